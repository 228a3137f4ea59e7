package print

import (
	"fmt"

	"steward/domain/money"
)

// receiptRow is one row of a receipt. A row without a split shows its sum only.
type receiptRow struct {
	unit, item, period string
	principalFen       int64
	lateFeeFen         int64
	sumFen             int64
	split              bool
}

// rowsOf are the bills of a receipt, then what lies in advance, deposits, and what was left off.
func rowsOf(r money.Receipt) []receiptRow {
	rows := make([]receiptRow, 0, len(r.Lines)+3)
	for _, l := range r.Lines {
		rows = append(rows, receiptRow{l.Unit, l.FeeItem, l.Period, l.PrincipalFen, l.LateFeeFen, l.PrincipalFen + l.LateFeeFen, true})
	}
	if r.AdvanceFen > 0 {
		item := "预存款"
		if r.Purpose != "" {
			item = "预存（" + r.Purpose + "）"
		}
		rows = append(rows, receiptRow{unit: r.Unit, item: item, sumFen: r.AdvanceFen})
	}
	if r.DepositFen > 0 {
		rows = append(rows, receiptRow{unit: r.Unit, item: depositName(r.Payment.DepositKind), sumFen: r.DepositFen})
	}
	return rows
}

func unitOf(r money.Receipt) string {
	unit := r.Unit
	for _, l := range r.Lines {
		switch unit {
		case "", l.Unit:
			unit = l.Unit
		default:
			return unit + " 等"
		}
	}
	return unit
}

// plainForm is how a receipt lies on a size of plain paper.
type plainForm struct {
	paper                 size
	titlePt, textPt       float64
	titleY, headY, tableY float64
	rowH                  float64
	rows                  int
	footY                 float64
}

var plainForms = map[string]plainForm{
	"a5":       {a5Across, 17, 9.5, 15, 26, 38, 7, 9, 114},
	"a4_third": {a4Third, 14, 8.5, 10, 18, 27, 5.6, 7, 76},
}

// column is one column of a table.
type column struct {
	title string
	x, w  float64
	to    align
}

var receiptColumns = []column{
	{"房屋", 10, 46, left}, {"收费项目", 56, 46, left}, {"账期", 102, 34, left}, {"本金（元）", 136, 22, right}, {"违约金（元）", 158, 20, right}, {"小计（元）", 178, 22, right},
}

// Receipt draws a receipt on plain paper.
func Receipt(fonts *Fonts, r money.Receipt, p money.ReceiptPrint, layout money.ReceiptLayout) ([]byte, error) {
	form, ok := plainForms[layout.PlainSize]
	if !ok {
		form = plainForms["a5"]
	}
	s := newSheet(fonts, form.paper)
	rows := rowsOf(r)
	pages := max((len(rows)+form.rows-1)/form.rows, 1)
	for page := range pages {
		if page > 0 {
			s.addPage()
		}
		shown := rows[page*form.rows : min((page+1)*form.rows, len(rows))]
		form.draw(s, r, p, shown, page+1, pages)
	}
	return s.bytes()
}

func (f plainForm) draw(s *sheet, r money.Receipt, p money.ReceiptPrint, rows []receiptRow, page, pages int) {
	if r.Status == "void" {
		s.stamp("作 废")
	}
	const x, w = 10, 190
	s.cell(x, f.titleY, w, f.titlePt, centre, "收 款 收 据")
	s.cell(x, f.titleY, 70, f.textPt, left, r.Community)
	s.cell(x+w-60, f.titleY, 60, f.textPt+1, right, "No. "+r.No)
	if mark := reprintMark(p); mark != "" {
		s.cell(x+w-70, f.titleY+f.rowH*0.75, 70, f.textPt-1, right, mark)
	}
	s.cell(x, f.headY, 62, f.textPt, left, "交款人："+r.Payer)
	s.cell(x+64, f.headY, 62, f.textPt, left, "房屋："+unitOf(r))
	s.cell(x+130, f.headY, 60, f.textPt, right, "收款日期："+day(r.Payment.PaidAt))
	s.cell(x, f.headY+f.rowH*0.85, 62, f.textPt, left, "收款方式："+methodName(r.Payment.Method))
	if pages > 1 {
		s.cell(x+130, f.headY+f.rowH*0.85, 60, f.textPt, right, fmt.Sprintf("第 %d 页，共 %d 页", page, pages))
	}
	f.table(s, rows)
	f.foot(s, r, page == pages)
}

func (f plainForm) table(s *sheet, rows []receiptRow) {
	const x, w = 10, 190
	s.box(x, f.tableY, w, f.rowH*float64(f.rows+1))
	base := f.rowH*0.5 + f.textPt*0.13
	for i, c := range receiptColumns {
		s.cell(c.x+1, f.tableY+base, c.w-2, f.textPt, centre, c.title)
		if i > 0 {
			s.line(c.x, f.tableY, c.x, f.tableY+f.rowH*float64(f.rows+1))
		}
	}
	for i := range f.rows {
		top := f.tableY + f.rowH*float64(i+1)
		s.line(x, top, x+w, top)
		if i < len(rows) {
			for j, text := range rows[i].cells() {
				c := receiptColumns[j]
				s.cell(c.x+1, top+base, c.w-2, f.textPt, c.to, text)
			}
		}
	}
}

func (r receiptRow) cells() []string {
	if !r.split {
		return []string{r.unit, r.item, r.period, "", "", yuan(r.sumFen)}
	}
	late := ""
	if r.lateFeeFen != 0 {
		late = yuan(r.lateFeeFen)
	}
	return []string{r.unit, r.item, r.period, yuan(r.principalFen), late, yuan(r.sumFen)}
}

// foot holds the sums, on the last page, and who took the money.
func (f plainForm) foot(s *sheet, r money.Receipt, last bool) {
	const x, w = 10, 190
	y := f.footY
	if !last {
		s.cell(x, y, w, f.textPt, left, "（续下页）")
		return
	}
	s.cell(x, y, 125, f.textPt+1, left, "合计（大写）："+r.AmountWords)
	s.cell(x+127, y, 63, f.textPt+1, right, "¥ "+yuan(r.AmountFen))
	note := ""
	if r.RoundOffFen > 0 {
		note = fmt.Sprintf("应收 %s 元，抹零 %s 元，实收 %s 元。", yuan(r.AmountFen+r.RoundOffFen), yuan(r.RoundOffFen), yuan(r.AmountFen))
	}
	if r.Status == "void" && r.VoidedAt != nil {
		note += fmt.Sprintf("本收据已于 %s 作废。", minute(*r.VoidedAt))
	}
	s.cell(x, y+f.rowH, w, f.textPt, left, note)
	s.cell(x, y+2*f.rowH, 95, f.textPt, left, "收款单位（盖章）：")
	s.cell(x+100, y+2*f.rowH, 90, f.textPt, right, "收款人："+r.Cashier)
}
