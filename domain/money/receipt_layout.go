package money

import (
	"fmt"
	"slices"

	"steward/domain/refusal"
)

// ReceiptPaper is what a receipt is printed on: plain paper, for which everything is drawn, or a printed form, on which only
// the values go.
type ReceiptPaper string

// The papers.
const (
	PaperPlain      ReceiptPaper = "plain"
	PaperPreprinted ReceiptPaper = "preprinted"
)

// ReceiptLayout says how a community's receipts are laid out, in millimetres from the upper left corner. Plain paper takes
// its size only. The offset moves every value of a printed form, for a printer that feeds askew.
type ReceiptLayout struct {
	PlainSize string                `json:"plain_size" enum:"a5,a4_third" doc:"The paper of plain receipts: A5 across, or a third of A4."`
	WidthMM   float64               `json:"width_mm" doc:"Of the printed form."`
	HeightMM  float64               `json:"height_mm"`
	OffsetXMM float64               `json:"offset_x_mm"`
	OffsetYMM float64               `json:"offset_y_mm"`
	FontPt    float64               `json:"font_pt"`
	Fields    map[string]FieldPlace `json:"fields" doc:"Where a value goes; a value without a place is not printed. Values: no, date, year, month, day, payer, unit, method, total, words, advance, deposit, round_off, late_fee, cashier, note."`
	Lines     LinesPlace            `json:"lines"`
	Version   int                   `json:"version"`
}

// FieldPlace is where one value begins.
type FieldPlace struct {
	XMM float64 `json:"x_mm"`
	YMM float64 `json:"y_mm"`
}

// LinesPlace is where the form's rows are: the first row's top, their height and number, and where each column begins.
type LinesPlace struct {
	TopMM   float64            `json:"top_mm"`
	RowMM   float64            `json:"row_mm"`
	Rows    int                `json:"rows"`
	Columns map[string]float64 `json:"columns" doc:"Of unit, item, period, principal, late_fee, sum."`
}

// DefaultReceiptLayout is a form of 241 x 93 mm (a third of listing paper) with six rows.
func DefaultReceiptLayout() ReceiptLayout {
	return ReceiptLayout{
		PlainSize: "a5", WidthMM: 241, HeightMM: 93, FontPt: 10,
		Fields: map[string]FieldPlace{
			"no": {190, 12}, "date": {30, 21}, "payer": {30, 28}, "unit": {115, 28}, "method": {195, 28},
			"words": {40, 72}, "total": {190, 72}, "note": {30, 79}, "cashier": {195, 84},
		},
		Lines: LinesPlace{TopMM: 39, RowMM: 5.2, Rows: 6, Columns: map[string]float64{"unit": 14, "item": 55, "period": 100, "principal": 140, "late_fee": 170, "sum": 200}},
	}
}

var (
	layoutFields  = []string{"no", "date", "year", "month", "day", "payer", "unit", "method", "total", "words", "advance", "deposit", "round_off", "late_fee", "cashier", "note"}
	layoutColumns = []string{"unit", "item", "period", "principal", "late_fee", "sum"}
)

// Check refuses a layout that leaves the paper or names values that there are not.
func (l ReceiptLayout) Check() error {
	refuse := func(location, why string, value any) error {
		return refusal.New(refusal.Rule, "layout-malformed", "收据版式不正确：%s。", why).At(location, why, value)
	}
	within := func(v, limit float64) bool { return v >= 0 && v <= limit }
	switch {
	case l.PlainSize != "a5" && l.PlainSize != "a4_third":
		return refuse("plain_size", "普通纸只能是 a5 或 a4_third", l.PlainSize)
	case l.WidthMM < 50 || l.WidthMM > 420:
		return refuse("width_mm", "纸宽应在 50 到 420 毫米之间", l.WidthMM)
	case l.HeightMM < 50 || l.HeightMM > 420:
		return refuse("height_mm", "纸高应在 50 到 420 毫米之间", l.HeightMM)
	case l.FontPt < 6 || l.FontPt > 24:
		return refuse("font_pt", "字号应在 6 到 24 之间", l.FontPt)
	case l.OffsetXMM < -50 || l.OffsetXMM > 50:
		return refuse("offset_x_mm", "偏移应在 ±50 毫米之内", l.OffsetXMM)
	case l.OffsetYMM < -50 || l.OffsetYMM > 50:
		return refuse("offset_y_mm", "偏移应在 ±50 毫米之内", l.OffsetYMM)
	case l.Lines.Rows < 1 || l.Lines.Rows > 40:
		return refuse("lines.rows", "行数应在 1 到 40 之间", l.Lines.Rows)
	case l.Lines.RowMM < 2 || l.Lines.TopMM < 0 || l.Lines.TopMM+float64(l.Lines.Rows)*l.Lines.RowMM > l.HeightMM:
		return refuse("lines.top_mm", "明细行超出纸张", l.Lines.TopMM)
	}
	if name, ok := unknownKey(l.Fields, layoutFields); !ok {
		return refuse("fields", fmt.Sprintf("没有名为 %s 的栏目", name), name)
	}
	if name, ok := unknownKey(l.Lines.Columns, layoutColumns); !ok {
		return refuse("lines.columns", fmt.Sprintf("没有名为 %s 的列", name), name)
	}
	for name, at := range l.Fields {
		if !within(at.XMM, l.WidthMM) || !within(at.YMM, l.HeightMM) {
			return refuse("fields."+name, "位置超出纸张", at)
		}
	}
	for name, x := range l.Lines.Columns {
		if !within(x, l.WidthMM) {
			return refuse("lines.columns."+name, "位置超出纸张", x)
		}
	}
	return nil
}

func unknownKey[V any](given map[string]V, known []string) (string, bool) {
	for name := range given {
		if !slices.Contains(known, name) {
			return name, false
		}
	}
	return "", true
}
