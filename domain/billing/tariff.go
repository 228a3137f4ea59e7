package billing

// Tariff is a set of agreed fee items, made ready to charge many units.
type Tariff struct {
	items [][]Item // by fee item: its versions
}

// NewTariff takes the agreed versions, in any order.
func NewTariff(items []Item) *Tariff { return &Tariff{items: [][]Item{items}} }

// Compute charges one unit for one period: the items that are due in a run for it (Item.PeriodIn). A line's number is the
// offset of its first day in its period, so that it stays the same when the line is computed again; the second meter of an
// item counts from 400 on, the third from 800.
func (t *Tariff) Compute(u Unit, p Period) []Line { return nil }
