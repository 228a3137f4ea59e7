package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// take decides one row and remembers what it makes, so that the next rows see it.
func (p *feeItemPlan) take(r importing.FeeItemRow) {
	var unit *roomUnit
	if r.HasUnit() {
		var code, message string
		if unit, code, message = p.rooms.find(r.Unit); unit == nil {
			p.plan.rejectIn(r.Sheet, r.Row, "room", code, "%s", message)
			return
		}
	}
	e := importing.Effect{Sheet: r.Sheet, Row: r.Row, Outcome: importing.Unchanged, Subject: r.Name}
	changes := changeList{kind: importing.FeeItems}
	item := p.known.items[estate.NameKey(r.Name)]
	fee := feeWish{row: r, unit: unit}
	if unit != nil {
		e.Subject = unit.Display + " " + r.Name
		if refused := p.wish(&fee, item); refused != nil {
			p.plan.rejectIn(r.Sheet, r.Row, refused.column, refused.code, "%s", refused.message)
			return
		}
	}
	switch {
	case item == nil && r.Formula+r.PriceYuan+r.ExtraYuan == "":
		p.plan.rejectIn(r.Sheet, r.Row, "fee_item", "unknown-fee-item", "小区里还没有收费项目“%s”。请补上计算公式和单价，或先导入收费项目。", r.Name)
		return
	case item == nil:
		item = p.makeItem(r, &e)
		e.Outcome = importing.Created
	case !r.HasUnit() || item.Formula == "given" && r.Formula+r.PriceYuan+r.ExtraYuan != "":
		p.changeItem(item, r, &changes, &e)
	}
	if unit != nil && p.settleFee(fee, item, &changes) {
		e.Outcome = importing.Created
	}
	if e.Changes = changes.found; e.Outcome == importing.Unchanged && len(e.Changes) > 0 {
		e.Outcome = importing.Updated
	}
	p.plan.settle(e)
}

// dearPerM2 is a price in yuan that nobody asks for a square metre a month of looking after a building.
var dearPerM2 = decimal.NewFromInt(20)

// notByArea are words in the names of fees that are so much a month, whatever the area.
var notByArea = []string{"车位", "停车", "车库", "垃圾", "清运", "押金", "保证金", "门禁", "宽带", "电视"}

// assumed is the formula of a row that gives none, and what to say about it: a price is for the built area, unless the fee's
// name or the height of the price says that it can't be.
func assumed(r importing.FeeItemRow, e *importing.Effect) string {
	switch {
	case r.Formula != "":
		return r.Formula
	case r.PriceYuan == "":
		return "fixed"
	}
	formula := "built_area"
	price, err := decimal.NewFromString(r.PriceYuan)
	if err == nil && price.GreaterThan(dearPerM2) || slices.ContainsFunc(notByArea, func(word string) bool { return strings.Contains(r.Name, word) }) {
		formula = "fixed"
	}
	e.Doubts = append(e.Doubts, importing.Notice{Sheet: r.Sheet, Row: r.Row, Column: importing.ColumnTitle(importing.FeeItems, "formula"), Code: "formula-assumed",
		Message: fmt.Sprintf("收费项目“%s”没有写计算公式，按“%s”处理。如果不对，请在文件里补上计算公式后重新导入。", r.Name, importing.WordOf("formula", formula))})
	return formula
}

func (p *feeItemPlan) makeItem(r importing.FeeItemRow, e *importing.Effect) *feeItemState {
	i := &feeItemState{ID: NewID(), Name: r.Name, NameKey: estate.NameKey(r.Name), VersionID: NewID(), No: 1, Rounding: "half_up", feeTerms: feeTerms{
		Formula: assumed(r, e), Cycle: or(r.Cycle, "month"), DebtorRole: or(string(r.DebtorRole), string(estate.RoleOwner)), Prepaid: or(r.Prepaid, "no"),
		From: r.From, To: r.To, PriceYuan: r.PriceYuan, ExtraYuan: r.ExtraYuan}}
	if i.From.IsZero() {
		i.From = estate.SinceEver
	}
	p.known.items[i.NameKey] = i
	p.plan.makes("fee_item", i.ID)
	p.plan.makes("fee_item_version", i.VersionID)
	p.toMake.items = append(p.toMake.items, i)
	p.toMake.versions = append(p.toMake.versions, i)
	return i
}

// changeItem makes another version where the row says something else than the newest one does.
func (p *feeItemPlan) changeItem(have *feeItemState, r importing.FeeItemRow, c *changeList, e *importing.Effect) {
	next := *have
	said := r.Formula
	if have.Formula == "given" && said == "" && r.PriceYuan+r.ExtraYuan != "" {
		said = assumed(r, e)
	}
	c.word("formula", "formula", &next.Formula, said)
	c.text("price", &next.PriceYuan, r.PriceYuan)
	c.text("extra", &next.ExtraYuan, r.ExtraYuan)
	c.word("cycle", "cycle", &next.Cycle, r.Cycle)
	c.word("prepaid", "prepaid", &next.Prepaid, r.Prepaid)
	c.word("debtor_role", "debtor_role", &next.DebtorRole, string(r.DebtorRole))
	terms := len(c.found) > 0
	c.date("to", &next.To, r.To)
	c.date("from", &next.From, r.From)
	if len(c.found) == 0 {
		return
	}
	if next.Formula == "fixed" {
		next.PriceYuan = ""
	}
	switch {
	case terms && r.From.IsZero():
		next.From = p.today
	case terms && have.Formula != "given" && !have.From.Before(r.From):
		e.Doubts = append(e.Doubts, importing.Notice{Sheet: r.Sheet, Row: r.Row, Column: importing.ColumnTitle(importing.FeeItems, "from"), Code: "terms-from-the-start",
			Message: fmt.Sprintf("“%s”的收费标准变了，但计费起始时间没有往后改：新标准从 %s 起生效，已出的账单不变。如果从某天起调价，请填写调价日期。", r.Name, r.From)})
	}
	next.VersionID, next.No = NewID(), have.No+1
	p.known.items[next.NameKey] = &next
	p.plan.changes("fee_item", next.ID)
	p.plan.makes("fee_item_version", next.VersionID)
	p.raised = append(p.raised, &next)
	p.toMake.versions = append(p.toMake.versions, &next)
}

// feeWish is what a row says about one unit and item: since when, and the row of the database that it means.
type feeWish struct {
	row   importing.FeeItemRow
	unit  *roomUnit
	from  calendar.Date
	same  *unitFee // that it is about
	ended *unitFee // an open one that a later start ends
}

type refusedRow struct{ column, code, message string }

// wish finds which fee of a unit a row is about, before anything is changed for it. A row without a start means the one
// that lasts; for a unit that does not pay the item yet the start is the item's, or the unit's own.
func (p *feeItemPlan) wish(w *feeWish, item *feeItemState) *refusedRow {
	var have []*unitFee
	if item != nil {
		have = p.known.fees[[2]string{w.unit.ID, item.ID}]
	}
	w.from = w.row.UnitFrom
	if w.from.IsZero() && len(have) > 0 {
		w.same = have[0]
		for _, f := range have[1:] {
			if f.From.After(w.same.From) {
				w.same = f
			}
		}
		w.from = w.same.From
	}
	usual := []calendar.Date{w.row.From, w.unit.FeeStartOn, w.unit.DeliveredOn}
	if item != nil && item.From != estate.SinceEver {
		usual = append(usual, item.From)
	}
	for _, d := range usual {
		if w.from.IsZero() {
			w.from = d
		}
	}
	switch {
	case w.from.IsZero():
		return &refusedRow{"unit_from", "missing-value", fmt.Sprintf("不知道“%s”从哪天起收“%s”。请填写费用开始时间，或在房屋业主清册里补上计费开始日期。", w.unit.Display, w.row.Name)}
	case !w.row.UnitTo.IsZero() && w.row.UnitTo.Before(w.from):
		return &refusedRow{"unit_to", "dates-out-of-order", fmt.Sprintf("费用结束时间早于开始时间 %s，请核对。", w.from)}
	}
	for _, f := range have {
		switch {
		case f == w.same || f.From == w.from:
			w.same = f
		case !f.To.IsZero() && f.To.Before(w.from) || !w.row.UnitTo.IsZero() && w.row.UnitTo.Before(f.From):
		case f.To.IsZero() && f.From.Before(w.from):
			w.ended = f
		default:
			return &refusedRow{"unit_from", "unit-fee-overlaps", fmt.Sprintf("“%s”的“%s”已登记为%s收取，与这一行的起止时间重叠。请核对费用开始时间和结束时间。",
				w.unit.Display, w.row.Name, spanText(f.From, f.To))}
		}
	}
	return nil
}

func spanText(from, to calendar.Date) string {
	if to.IsZero() {
		return "从 " + from.String() + " 起"
	}
	return "从 " + from.String() + " 到 " + to.String()
}

// settleFee makes or changes what the unit pays; a later start ends the fee that lasted until then.
func (p *feeItemPlan) settleFee(w feeWish, item *feeItemState, c *changeList) (made bool) {
	price := w.row.UnitPriceYuan
	if price == "" && !w.row.Defined && w.row.PriceYuan != item.PriceYuan {
		price = w.row.PriceYuan
	}
	if w.ended != nil {
		c.date("unit_to", &w.ended.To, w.from.AddDays(-1))
		p.change(w.ended)
	}
	if w.same == nil {
		f := &unitFee{ID: NewID(), UnitID: w.unit.ID, FeeItemID: item.ID, From: w.from, To: w.row.UnitTo, PriceYuan: price, made: true}
		p.known.add(f)
		p.plan.makes("unit_fee", f.ID)
		p.toMake.fees = append(p.toMake.fees, f)
		return true
	}
	before := len(c.found)
	c.date("unit_to", &w.same.To, w.row.UnitTo)
	if said := w.row.PriceYuan + w.row.UnitPriceYuan; said != "" && price != w.same.PriceYuan {
		c.note("price", or(w.same.PriceYuan, item.PriceYuan), or(price, item.PriceYuan))
		w.same.PriceYuan = price
	}
	if len(c.found) > before {
		p.change(w.same)
	}
	return false
}

// change notes that a fee is to be written; one that the same run makes is written as it is in the end.
func (p *feeItemPlan) change(f *unitFee) {
	if f.made || p.changedFees[f.ID] != nil {
		return
	}
	p.changedFees[f.ID] = f
	p.plan.changes("unit_fee", f.ID)
}
