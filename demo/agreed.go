package demo

import "steward/domain/calendar"

// FeeItem is a fee item of the demo community in the form of `POST /fee-items`, without its community. The property fee is
// there already, made by the receivables, and only gets its terms.
type FeeItem struct {
	Name       string            `json:"name"`
	Formula    string            `json:"formula"`
	Parameters map[string]string `json:"parameters"`
	Prepaid    bool              `json:"prepaid"`
	From       calendar.Date     `json:"from"`
	Vacant     string            `json:"vacant_share,omitempty"`
}

// PropertyFee is what the demo community calls it.
const PropertyFee = "物业费"

// FeeItems are what the demo community charges, at the price of its arrears.
func FeeItems() []FeeItem {
	from := calendar.Date{Year: 2020, Month: 1, Day: 1}
	return []FeeItem{
		{Name: PropertyFee, Formula: "built_area", Parameters: map[string]string{"price_yuan": yuan(pricePerM2Fen)}, Prepaid: true, From: from},
		{Name: "垃圾清运费", Formula: "fixed", Parameters: map[string]string{"extra_yuan": "8"}, Prepaid: true, From: from, Vacant: "0"},
	}
}

// Signers are who has agreed on paper.
const Signers = "演示小区业主委员会（示例）"
