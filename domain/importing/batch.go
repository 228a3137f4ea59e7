package importing

import "slices"

// Rows are good rows of one kind of file: only that kind's slice is filled.
type Rows struct {
	Roster      []RosterRow     `json:"roster,omitempty"` // also of owners and tenants
	Vehicles    []VehicleRow    `json:"vehicles,omitempty"`
	Receivables []ReceivableRow `json:"receivables,omitempty"`
	Payments    []PaymentRow    `json:"payments,omitempty"`
	FeeItems    []FeeItemRow    `json:"fee_items,omitempty"`
	Meters      []MeterRow      `json:"meters,omitempty"`
	Equipment   []EquipmentRow  `json:"equipment,omitempty"`
	Staff       []StaffRow      `json:"staff,omitempty"`
}

// BatchRows is the most rows that one transaction applies.
const BatchRows = 500

// Len is the number of rows.
func (r Rows) Len() int {
	return len(r.Roster) + len(r.Vehicles) + len(r.Receivables) + len(r.Payments) + len(r.FeeItems) + len(r.Meters) + len(r.Equipment) + len(r.Staff)
}

// Batches cuts rows into runs of at most BatchRows, which share the memory of r.
func (r Rows) Batches() []Rows {
	var out []Rows
	cut(&out, r.Roster, func(part []RosterRow) Rows { return Rows{Roster: part} })
	cut(&out, r.Vehicles, func(part []VehicleRow) Rows { return Rows{Vehicles: part} })
	cut(&out, r.Receivables, func(part []ReceivableRow) Rows { return Rows{Receivables: part} })
	cut(&out, r.Payments, func(part []PaymentRow) Rows { return Rows{Payments: part} })
	cut(&out, r.FeeItems, func(part []FeeItemRow) Rows { return Rows{FeeItems: part} })
	cut(&out, r.Meters, func(part []MeterRow) Rows { return Rows{Meters: part} })
	cut(&out, r.Equipment, func(part []EquipmentRow) Rows { return Rows{Equipment: part} })
	cut(&out, r.Staff, func(part []StaffRow) Rows { return Rows{Staff: part} })
	return out
}

func cut[T any](out *[]Rows, rows []T, wrap func([]T) Rows) {
	for part := range slices.Chunk(rows, BatchRows) {
		*out = append(*out, wrap(part))
	}
}

// Append adds the rows of another part of the same file.
func (r *Rows) Append(o Rows) {
	r.Roster = append(r.Roster, o.Roster...)
	r.Vehicles = append(r.Vehicles, o.Vehicles...)
	r.Receivables = append(r.Receivables, o.Receivables...)
	r.Payments = append(r.Payments, o.Payments...)
	r.FeeItems = append(r.FeeItems, o.FeeItems...)
	r.Meters = append(r.Meters, o.Meters...)
	r.Equipment = append(r.Equipment, o.Equipment...)
	r.Staff = append(r.Staff, o.Staff...)
}

// RowRef names a line of the file. Sheet is only set where rows of one kind come from several sheets.
type RowRef struct {
	Sheet string
	Row   int
}

// Without gives the rows that are not in the set.
func (r Rows) Without(rows map[RowRef]bool) Rows {
	if len(rows) == 0 {
		return r
	}
	return Rows{
		Roster:      without(r.Roster, rows, func(x RosterRow) RowRef { return RowRef{Row: x.Row} }),
		Vehicles:    without(r.Vehicles, rows, func(x VehicleRow) RowRef { return RowRef{Row: x.Row} }),
		Receivables: without(r.Receivables, rows, func(x ReceivableRow) RowRef { return RowRef{Row: x.Row} }),
		Payments:    without(r.Payments, rows, func(x PaymentRow) RowRef { return RowRef{Row: x.Row} }),
		FeeItems:    without(r.FeeItems, rows, func(x FeeItemRow) RowRef { return RowRef{x.Sheet, x.Row} }),
		Meters:      without(r.Meters, rows, func(x MeterRow) RowRef { return RowRef{Row: x.Row} }),
		Equipment:   without(r.Equipment, rows, func(x EquipmentRow) RowRef { return RowRef{Row: x.Row} }),
		Staff:       without(r.Staff, rows, func(x StaffRow) RowRef { return RowRef{Row: x.Row} }),
	}
}

func without[T any](rows []T, wrong map[RowRef]bool, ref func(T) RowRef) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(x T) bool { return wrong[ref(x)] })
}
