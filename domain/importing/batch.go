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

// Without gives the rows whose numbers are not in the set.
func (r Rows) Without(rowNos map[int]bool) Rows {
	if len(rowNos) == 0 {
		return r
	}
	return Rows{
		Roster:      without(r.Roster, rowNos, func(x RosterRow) int { return x.Row }),
		Vehicles:    without(r.Vehicles, rowNos, func(x VehicleRow) int { return x.Row }),
		Receivables: without(r.Receivables, rowNos, func(x ReceivableRow) int { return x.Row }),
		Payments:    without(r.Payments, rowNos, func(x PaymentRow) int { return x.Row }),
		FeeItems:    without(r.FeeItems, rowNos, func(x FeeItemRow) int { return x.Row }),
		Meters:      without(r.Meters, rowNos, func(x MeterRow) int { return x.Row }),
		Equipment:   without(r.Equipment, rowNos, func(x EquipmentRow) int { return x.Row }),
		Staff:       without(r.Staff, rowNos, func(x StaffRow) int { return x.Row }),
	}
}

func without[T any](rows []T, rowNos map[int]bool, rowNo func(T) int) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(x T) bool { return rowNos[rowNo(x)] })
}
