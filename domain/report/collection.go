package report

import "slices"

// Collected is one debtor's bills of one fee item in one part of a report, in fen, as booked by the cut-off. Of the period:
// DueFen is what was issued and adjusted, AllocatedFen what payments and advances have settled of it, whenever the money
// came, WaivedFen what was let off. Prior is what stood open before the period began and what was paid of it since.
type Collected struct {
	FeeItemID    string `db:"fee_item_id"`
	FeeItem      string `db:"fee_item"`
	DebtorID     string `db:"debtor_id"`
	DueFen       int64  `db:"due_fen"`
	AllocatedFen int64  `db:"allocated_fen"`
	WaivedFen    int64  `db:"waived_fen"`
	PriorFen     int64  `db:"prior_fen"`
	RecoveredFen int64  `db:"recovered_fen"`
}

// Collection is the 收缴率 by the one definition: by amount, what is allocated to bills of the period over what is due for
// it; by household, the debtors who have paid all over all debtors. Waivers and the recovery of prior arrears (清欠率) stand
// apart. A bill belongs to the period in which the time begins that it charges for.
type Collection struct {
	DueFen           int64
	AllocatedFen     int64
	WaivedFen        int64
	Households       int64
	PaidHouseholds   int64
	WaivedHouseholds int64 // owe nothing, and have paid nothing
	PriorFen         int64
	RecoveredFen     int64
}

// Collect adds lines up.
func Collect(lines []Collected) Collection {
	var c Collection
	type debtor struct{ due, allocated, waived int64 }
	debtors := map[string]*debtor{}
	for _, l := range lines {
		c.DueFen += l.DueFen
		c.AllocatedFen += l.AllocatedFen
		c.WaivedFen += l.WaivedFen
		c.PriorFen += l.PriorFen
		c.RecoveredFen += l.RecoveredFen
		if l.DueFen == 0 {
			continue
		}
		if debtors[l.DebtorID] == nil {
			debtors[l.DebtorID] = &debtor{}
		}
		d := debtors[l.DebtorID]
		d.due, d.allocated, d.waived = d.due+l.DueFen, d.allocated+l.AllocatedFen, d.waived+l.WaivedFen
	}
	for _, d := range debtors {
		c.Households++
		switch {
		case d.allocated+d.waived < d.due:
		case d.allocated > 0:
			c.PaidHouseholds++
		default:
			c.WaivedHouseholds++
		}
	}
	return c
}

// Row gives the figures by name.
func (c Collection) Row() Row {
	return Row{"due_fen": c.DueFen, "collected_fen": c.AllocatedFen, "waived_fen": c.WaivedFen, "unpaid_fen": c.DueFen - c.AllocatedFen - c.WaivedFen,
		"rate": ShareOf(c.AllocatedFen, c.DueFen), "households": c.Households, "households_paid": c.PaidHouseholds, "households_waived": c.WaivedHouseholds,
		"household_rate": ShareOf(c.PaidHouseholds, c.Households), "prior_fen": c.PriorFen, "recovered_fen": c.RecoveredFen,
		"recovery_rate": ShareOf(c.RecoveredFen, c.PriorFen)}
}

// CollectionSections shows the rate as a whole and by fee item.
func CollectionSections(lines []Collected) (Row, []Section) {
	byItem, names := map[string][]Collected{}, map[string]string{}
	for _, l := range lines {
		byItem[l.FeeItemID] = append(byItem[l.FeeItemID], l)
		names[l.FeeItemID] = l.FeeItem
	}
	s := Section{Key: "fee_items", Title: "按收费项目", Rows: []Row{}, Columns: []Column{
		{"fee_item", "收费项目", Text}, {"due_fen", "应收（元）", Yuan}, {"collected_fen", "已收（元）", Yuan}, {"waived_fen", "减免（元）", Yuan},
		{"unpaid_fen", "未收（元）", Yuan}, {"rate", "收缴率（金额）", Share}, {"households", "应缴户数", Count}, {"households_paid", "缴清户数", Count},
		{"households_waived", "全额减免户数", Count}, {"household_rate", "收缴率（户数）", Share}, {"prior_fen", "期初往年欠费（元）", Yuan},
		{"recovered_fen", "本期清欠（元）", Yuan}, {"recovery_rate", "清欠率", Share},
	}}
	for id, own := range byItem {
		row := Collect(own).Row()
		row["fee_item_id"], row["fee_item"] = id, names[id]
		s.Rows = append(s.Rows, row)
	}
	slices.SortFunc(s.Rows, byText("fee_item"))
	all := Collect(lines).Row()
	s.Totals = Row{"fee_item": "合计"}
	for k, v := range all {
		s.Totals[k] = v
	}
	return all, []Section{s}
}
