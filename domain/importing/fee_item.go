package importing

import (
	"steward/domain/calendar"
	"steward/domain/estate"
)

// FeeItemRow is a fee item, or a fee item together with a unit that pays it (Unit is zero when the row names none).
type FeeItemRow struct {
	Row        int           `json:"row"`
	Name       string        `json:"name"`
	Formula    string        `json:"formula"` // as in the schema: built_area, inner_area, fixed, given, metered, ...
	PriceYuan  string        `json:"price_yuan,omitempty"`
	ExtraYuan  string        `json:"extra_yuan,omitempty"`
	Cycle      string        `json:"cycle"` // month, quarter, half_year, year
	Prepaid    bool          `json:"prepaid,omitempty"`
	DebtorRole estate.Role   `json:"debtor_role,omitempty"`
	From       calendar.Date `json:"from"`
	To         calendar.Date `json:"to"`
	Unit       estate.Room   `json:"unit"`
	UnitFrom   calendar.Date `json:"unit_from"`
	UnitTo     calendar.Date `json:"unit_to"`
}
