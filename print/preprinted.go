package print

import (
	"fmt"
	"maps"
	"slices"

	"steward/domain/calendar"
	"steward/domain/money"
)

var formColumns = []string{"unit", "item", "period", "principal", "late_fee", "sum"}

// ReceiptOnForm puts the values of a receipt where a printed form has room for them, and draws nothing else. A form has a
// fixed number of rows: where there are more, bills of one unit and fee item share a row, and the last row sums up the rest.
func ReceiptOnForm(fonts *Fonts, r money.Receipt, p money.ReceiptPrint, layout money.ReceiptLayout) ([]byte, error) {
	s := newSheet(fonts, size{layout.WidthMM, layout.HeightMM})
	if r.Status == "void" {
		s.stamp("作 废")
	}
	values := valuesOf(r)
	for _, name := range slices.Sorted(maps.Keys(layout.Fields)) {
		at := layout.Fields[name]
		x := at.XMM + layout.OffsetXMM
		s.cell(x, at.YMM+layout.OffsetYMM, max(layout.WidthMM-x-2, 5), layout.FontPt, left, values[name])
	}
	for i, row := range fitRows(rowsOf(r), layout.Lines.Rows) {
		y := layout.Lines.TopMM + float64(i)*layout.Lines.RowMM + layout.OffsetYMM
		for j, text := range row.cells() {
			if x, ok := layout.Lines.Columns[formColumns[j]]; ok {
				s.cell(x+layout.OffsetXMM, y, room(layout, x), layout.FontPt, left, text)
			}
		}
	}
	if mark := reprintMark(p); mark != "" {
		s.cell(4+layout.OffsetXMM, layout.HeightMM-3+layout.OffsetYMM, layout.WidthMM-8, layout.FontPt-2, left, mark)
	}
	return s.bytes()
}

// room is how far it is from x to the next column, or to the paper's edge.
func room(layout money.ReceiptLayout, x float64) float64 {
	end := layout.WidthMM - 2
	for _, other := range layout.Lines.Columns {
		if other > x {
			end = min(end, other-1)
		}
	}
	return max(end-x, 5)
}

func valuesOf(r money.Receipt) map[string]string {
	var lateFen int64
	for _, l := range r.Lines {
		lateFen += l.LateFeeFen
	}
	paid := calendar.DateOf(r.Payment.PaidAt)
	values := map[string]string{
		"no": r.No, "date": paid.String(), "year": fmt.Sprintf("%04d", paid.Year), "month": fmt.Sprintf("%02d", paid.Month), "day": fmt.Sprintf("%02d", paid.Day),
		"payer": r.Payer, "unit": unitOf(r), "method": methodName(r.Payment.Method), "total": yuan(r.AmountFen), "words": r.AmountWords, "cashier": r.Cashier,
	}
	for name, fen := range map[string]int64{"advance": r.AdvanceFen, "deposit": r.DepositFen, "round_off": r.RoundOffFen, "late_fee": lateFen} {
		if fen != 0 {
			values[name] = yuan(fen)
		}
	}
	if r.RoundOffFen > 0 {
		values["note"] = fmt.Sprintf("应收 %s，抹零 %s", yuan(r.AmountFen+r.RoundOffFen), yuan(r.RoundOffFen))
	}
	return values
}

// fitRows brings rows down to a number: first bills of one unit and fee item share a row, then the last row takes the rest.
func fitRows(rows []receiptRow, most int) []receiptRow {
	if len(rows) <= most {
		return rows
	}
	var merged []receiptRow
	for _, r := range rows {
		i := slices.IndexFunc(merged, func(m receiptRow) bool { return m.split && r.split && m.unit == r.unit && m.item == r.item })
		if i < 0 {
			merged = append(merged, r)
			continue
		}
		m := &merged[i]
		m.period = span(m.period, r.period)
		m.principalFen, m.lateFeeFen, m.sumFen = m.principalFen+r.principalFen, m.lateFeeFen+r.lateFeeFen, m.sumFen+r.sumFen
	}
	if len(merged) <= most {
		return merged
	}
	rest := receiptRow{item: fmt.Sprintf("其余 %d 项", len(merged)-most+1), split: true}
	for _, m := range merged[most-1:] {
		if !m.split {
			m.principalFen = m.sumFen
		}
		rest.principalFen, rest.lateFeeFen, rest.sumFen = rest.principalFen+m.principalFen, rest.lateFeeFen+m.lateFeeFen, rest.sumFen+m.sumFen
	}
	return append(merged[:most-1], rest)
}

// span is the stretch from the earlier to the later of two periods.
func span(first, next string) string {
	from, to := first, first
	if i := slices.Index([]byte(first), '~'); i > 0 {
		from, to = first[:i], first[i+1:]
	}
	return min(from, next) + "~" + max(to, next)
}
