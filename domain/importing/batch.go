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
	Statements  []StatementRow  `json:"statements,omitempty"`
}

// BatchRows is about the most rows that one transaction applies: the rows of one line of the file stay together.
const BatchRows = 500

// Len is the number of lines of the file that the rows come from.
func (r Rows) Len() int {
	return linesOf(r.Roster, rosterRef) + linesOf(r.Vehicles, vehicleRef) + linesOf(r.Receivables, receivableRef) + linesOf(r.Payments, paymentRef) +
		linesOf(r.FeeItems, feeItemRef) + linesOf(r.Meters, meterRef) + linesOf(r.Equipment, equipmentRef) + linesOf(r.Staff, staffRef) +
		linesOf(r.Statements, statementRef)
}

func rosterRef(x RosterRow) RowRef         { return RowRef{Row: x.Row} }
func vehicleRef(x VehicleRow) RowRef       { return RowRef{Row: x.Row} }
func receivableRef(x ReceivableRow) RowRef { return RowRef{Row: x.Row} }
func paymentRef(x PaymentRow) RowRef       { return RowRef{Row: x.Row} }
func feeItemRef(x FeeItemRow) RowRef       { return RowRef{x.Sheet, x.Row} }
func meterRef(x MeterRow) RowRef           { return RowRef{Row: x.Row} }
func equipmentRef(x EquipmentRow) RowRef   { return RowRef{Row: x.Row} }
func staffRef(x StaffRow) RowRef           { return RowRef{Row: x.Row} }
func statementRef(x StatementRow) RowRef   { return RowRef{Row: x.Row} }

func linesOf[T any](rows []T, ref func(T) RowRef) (n int) {
	for i := range rows {
		if i == 0 || ref(rows[i]) != ref(rows[i-1]) {
			n++
		}
	}
	return n
}

// Batches cuts rows into runs of about BatchRows, which share the memory of r.
func (r Rows) Batches() []Rows {
	var out []Rows
	cut(&out, r.Roster, rosterRef, func(part []RosterRow) Rows { return Rows{Roster: part} })
	cut(&out, r.Vehicles, vehicleRef, func(part []VehicleRow) Rows { return Rows{Vehicles: part} })
	cut(&out, r.Receivables, receivableRef, func(part []ReceivableRow) Rows { return Rows{Receivables: part} })
	cut(&out, r.Payments, paymentRef, func(part []PaymentRow) Rows { return Rows{Payments: part} })
	cut(&out, r.FeeItems, feeItemRef, func(part []FeeItemRow) Rows { return Rows{FeeItems: part} })
	cut(&out, r.Meters, meterRef, func(part []MeterRow) Rows { return Rows{Meters: part} })
	cut(&out, r.Equipment, equipmentRef, func(part []EquipmentRow) Rows { return Rows{Equipment: part} })
	cut(&out, r.Staff, staffRef, func(part []StaffRow) Rows { return Rows{Staff: part} })
	cut(&out, r.Statements, statementRef, func(part []StatementRow) Rows { return Rows{Statements: part} })
	return out
}

func cut[T any](out *[]Rows, rows []T, ref func(T) RowRef, wrap func([]T) Rows) {
	for len(rows) > 0 {
		end := min(BatchRows, len(rows))
		for end < len(rows) && ref(rows[end]) == ref(rows[end-1]) {
			end++
		}
		*out = append(*out, wrap(rows[:end]))
		rows = rows[end:]
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
	r.Statements = append(r.Statements, o.Statements...)
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
		Roster:      without(r.Roster, rows, rosterRef),
		Vehicles:    without(r.Vehicles, rows, vehicleRef),
		Receivables: without(r.Receivables, rows, receivableRef),
		Payments:    without(r.Payments, rows, paymentRef),
		FeeItems:    without(r.FeeItems, rows, feeItemRef),
		Meters:      without(r.Meters, rows, meterRef),
		Equipment:   without(r.Equipment, rows, equipmentRef),
		Staff:       without(r.Staff, rows, staffRef),
		Statements:  without(r.Statements, rows, statementRef),
	}
}

func without[T any](rows []T, wrong map[RowRef]bool, ref func(T) RowRef) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(x T) bool { return wrong[ref(x)] })
}
