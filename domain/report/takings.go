package report

import (
	"cmp"
	"slices"

	"steward/domain/calendar"
	"steward/domain/money"
)

// TakingsSections shows what was booked on cash by day, channel and method, and by channel over the whole range.
func TakingsSections(moves []money.CashMovement) (Row, []Section) {
	type key struct {
		day             calendar.Date
		channel, method string
	}
	lines, channels, total := map[key]Row{}, map[string]Row{}, takingsRow()
	for _, m := range moves {
		k := key{m.Day, m.Channel, m.Method}
		if lines[k] == nil {
			lines[k] = takingsRow()
			lines[k]["day"], lines[k]["channel"], lines[k]["method"] = m.Day, m.Channel, m.Method
		}
		if channels[m.Channel] == nil {
			channels[m.Channel] = takingsRow()
			channels[m.Channel]["channel"] = m.Channel
		}
		for _, row := range []Row{lines[k], channels[m.Channel], total} {
			switch m.Kind {
			case money.EntryPayment:
				row.add("payments", int64(m.Number))
				row.add("received_fen", m.AmountFen)
			case money.EntryReversal:
				row.add("reversals", int64(m.Number))
				row.add("reversed_fen", -m.AmountFen)
			case money.EntryPaidOut:
				row.add("refunds", int64(m.Number))
				row.add("refunded_fen", -m.AmountFen)
			default:
				row.add("suspense_fen", m.AmountFen)
			}
			row.add("net_fen", m.AmountFen)
		}
	}
	columns := []Column{{"payments", "收款笔数", Count}, {"received_fen", "收款（元）", Yuan}, {"reversals", "冲销笔数", Count}, {"reversed_fen", "冲销（元）", Yuan},
		{"refunds", "退款笔数", Count}, {"refunded_fen", "退款（元）", Yuan}, {"suspense_fen", "待认领（元）", Yuan}, {"net_fen", "净收（元）", Yuan}}
	days := Section{Key: "days", Title: "按日", Rows: values(lines), Totals: labelled(total, "channel"),
		Columns: append([]Column{{"day", "日期", Day}, {"channel", "渠道", Text}, {"method", "方式", Text}}, columns...)}
	slices.SortFunc(days.Rows, func(a, b Row) int {
		x, _ := a["day"].(calendar.Date)
		y, _ := b["day"].(calendar.Date)
		return cmp.Or(cmp.Compare(x.String(), y.String()), byText("channel")(a, b), byText("method")(a, b))
	})
	whole := Section{Key: "channels", Title: "按渠道", Columns: append([]Column{{"channel", "渠道", Text}}, columns...), Rows: values(channels), Totals: labelled(total, "channel")}
	slices.SortFunc(whole.Rows, byText("channel"))
	return total, []Section{days, whole}
}

func takingsRow() Row {
	return Row{"payments": int64(0), "received_fen": int64(0), "reversals": int64(0), "reversed_fen": int64(0), "refunds": int64(0), "refunded_fen": int64(0),
		"suspense_fen": int64(0), "net_fen": int64(0)}
}

// OnlineTarget is the share of money that is to be paid online.
const OnlineTarget = "0.8000"

// PaidMonth is what was paid in one month, and how much of it online: through a provider, without a person at the desk.
type PaidMonth struct {
	Month     string `db:"month"`
	Number    int64  `db:"number"`
	AmountFen int64  `db:"amount_fen"`
	Online    int64  `db:"online"`
	OnlineFen int64  `db:"online_fen"`
}

// OnlineSections shows the share paid online by amount and by number, by month.
func OnlineSections(months []PaidMonth) (Row, []Section) {
	s := Section{Key: "months", Title: "按月", Rows: []Row{}, Columns: []Column{{"month", "月份", Text}, {"payments", "缴费笔数", Count}, {"amount_fen", "缴费金额（元）", Yuan},
		{"online_payments", "线上笔数", Count}, {"online_fen", "线上金额（元）", Yuan}, {"share_by_amount", "线上占比（金额）", Share}, {"share_by_number", "线上占比（笔数）", Share}}}
	var all PaidMonth
	row := func(m PaidMonth) Row {
		return Row{"month": m.Month, "payments": m.Number, "amount_fen": m.AmountFen, "online_payments": m.Online, "online_fen": m.OnlineFen,
			"share_by_amount": ShareOf(m.OnlineFen, m.AmountFen), "share_by_number": ShareOf(m.Online, m.Number)}
	}
	for _, m := range months {
		s.Rows = append(s.Rows, row(m))
		all.Number, all.AmountFen, all.Online, all.OnlineFen = all.Number+m.Number, all.AmountFen+m.AmountFen, all.Online+m.Online, all.OnlineFen+m.OnlineFen
	}
	s.Totals = row(all)
	s.Totals["month"] = "合计"
	figures := row(all)
	delete(figures, "month")
	figures["target"] = OnlineTarget
	figures["target_met"] = figures["share_by_amount"].(string) >= OnlineTarget
	return figures, []Section{s}
}

// Held is what a community holds of one debtor for one purpose: an advance, or a deposit.
type Held struct {
	DebtorID  string `db:"debtor_id"`
	Purpose   string `db:"purpose"`
	Number    int64  `db:"number"`
	AmountFen int64  `db:"amount_fen"`
}

// HeldSections shows what is held by purpose, and by debtor; debtors nil leaves the people out.
func HeldSections(held []Held, debtors map[string]Debtor, purposeTitle string, maxRows int) (Row, []Section) {
	byPurpose, total := map[string]Row{}, Row{"payments": int64(0), "amount_fen": int64(0)}
	people, heads := []Row{}, map[string]bool{}
	for _, h := range held {
		if byPurpose[h.Purpose] == nil {
			byPurpose[h.Purpose] = Row{"purpose": h.Purpose, "payments": int64(0), "amount_fen": int64(0), "debtors": int64(0)}
		}
		for _, row := range []Row{byPurpose[h.Purpose], total} {
			row.add("payments", h.Number)
			row.add("amount_fen", h.AmountFen)
		}
		byPurpose[h.Purpose].add("debtors", 1)
		heads[h.DebtorID] = true
		d := debtors[h.DebtorID]
		people = append(people, Row{"debtor_id": h.DebtorID, "debtor": d.Name, "unit": d.Unit, "purpose": h.Purpose, "payments": h.Number, "amount_fen": h.AmountFen})
	}
	total["debtors"] = int64(len(heads))
	columns := []Column{{"payments", "笔数", Count}, {"amount_fen", "余额（元）", Yuan}}
	purposes := Section{Key: "purposes", Title: "按" + purposeTitle, Rows: values(byPurpose), Totals: labelled(total, "purpose"),
		Columns: append([]Column{{"purpose", purposeTitle, Text}, {"debtors", "户数", Count}}, columns...)}
	slices.SortFunc(purposes.Rows, byText("purpose"))
	sections := []Section{purposes}
	if debtors != nil {
		list := Section{Key: "debtors", Title: "按缴费人", Rows: people, Totals: labelled(total, "debtor"),
			Columns: append([]Column{{"debtor", "缴费人", Text}, {"unit", "房屋", Text}, {"purpose", purposeTitle, Text}}, columns...)}
		slices.SortFunc(list.Rows, byMost("amount_fen", "debtor_id"))
		sections = append(sections, list.cut(maxRows))
	}
	return total, sections
}
