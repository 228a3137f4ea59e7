package print_test

import (
	"cmp"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/print"
)

func fonts(t *testing.T) *print.Fonts {
	t.Helper()
	f := print.LoadFonts(cmp.Or(os.Getenv("STEWARD_PRINT_FONTS"), print.DefaultFonts))
	require.NoError(t, f.Err(), "scripts/setup.sh installs them")
	return f
}

// keep writes a document where STEWARD_KEEP_PDF names a folder, for a person to look at.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("STEWARD_KEEP_PDF"); dir != "" {
		require.NoError(t, os.WriteFile(dir+"/"+name+".pdf", data, 0o600))
	}
}

var paid = time.Date(2026, 3, 31, 2, 22, 0, 0, time.UTC)

func receipt() money.Receipt {
	return money.Receipt{No: "003-00000012", Status: "issued", Community: "幸福花园", AmountFen: 105240, AmountWords: money.Words(105240), Payer: "王小明", Cashier: "李收银",
		IssuedAt: paid, AdvanceFen: 24820, Purpose: "物业管理费", RoundOffFen: 3, Unit: "3栋2单元1501", Lines: []money.ReceiptLine{
			{Unit: "3栋2单元1501", FeeItem: "物业管理费", Period: "2026-01", PrincipalFen: 25060, LateFeeFen: 4240},
			{Unit: "3栋2单元1501", FeeItem: "物业管理费", Period: "2026-02", PrincipalFen: 25060},
			{Unit: "车位 B1-023", FeeItem: "车位管理费", Period: "2026-02", PrincipalFen: 26060},
		}, Payment: money.Payment{AmountFen: 105240, Method: "cash", PaidAt: paid}}
}

func TestAReceiptOnPlainPaper(t *testing.T) {
	f := fonts(t)
	layout := money.DefaultReceiptLayout()
	data, err := print.Receipt(f, receipt(), money.ReceiptPrint{No: 1, By: "李收银", PrintedAt: paid}, layout)
	require.NoError(t, err)
	keep(t, "plain", data)
	d := readPDF(t, data)
	require.Equal(t, 1, d.pages)
	require.InDelta(t, 210, d.w, 0.2)
	require.InDelta(t, 148, d.h, 0.2)
	require.Equal(t, 2, d.fonts, "both fonts are embedded")
	require.Less(t, len(data), 200_000, "as subsets")
	for _, want := range []string{"收 款 收 据", "No. 003-00000012", "幸福花园", "王小明", "3栋2单元1501 等", "2026-03-31", "现金", "物业管理费", "2026-01", "250.60", "42.40", "293.00",
		"预存（物业管理费）", "248.20", "人民币壹仟零伍拾贰元肆角整", "¥ 1,052.40", "应收 1,052.43 元，抹零 0.03 元", "李收银"} {
		require.Contains(t, d.text, want)
	}
	require.NotContains(t, d.text, "补打")
	require.NotContains(t, d.text, "作 废")
	again, err := print.Receipt(f, receipt(), money.ReceiptPrint{No: 1, By: "李收银", PrintedAt: paid}, layout)
	require.NoError(t, err)
	require.Equal(t, data, again, "the same receipt gives the same bytes")
}

func TestACopyAndAVoidReceiptSaySo(t *testing.T) {
	r := receipt()
	r.Status, r.VoidedAt = "void", &paid
	layout := money.DefaultReceiptLayout()
	layout.PlainSize = "a4_third"
	data, err := print.Receipt(fonts(t), r, money.ReceiptPrint{No: 3, By: "张三", PrintedAt: paid}, layout)
	require.NoError(t, err)
	keep(t, "void", data)
	d := readPDF(t, data)
	require.InDelta(t, 99, d.h, 0.2)
	require.Contains(t, d.text, "作 废")
	require.Contains(t, d.text, "补打 第2次 2026-03-31 10:22 张三")
	require.Contains(t, d.text, "已于 2026-03-31 10:22 作废")
}

func TestALongReceiptGoesOnAndSumsUpOnce(t *testing.T) {
	r := receipt()
	r.Lines = nil
	for i := range 30 {
		r.Lines = append(r.Lines, money.ReceiptLine{Unit: "3栋2单元1501", FeeItem: "物业管理费", Period: fmt.Sprintf("20%02d-01", i), PrincipalFen: 100})
	}
	data, err := print.Receipt(fonts(t), r, money.ReceiptPrint{No: 1}, money.DefaultReceiptLayout())
	require.NoError(t, err)
	d := readPDF(t, data)
	require.Equal(t, 4, d.pages)
	require.Contains(t, d.text, "第 4 页，共 4 页")
	require.Contains(t, d.text, "2029-01")
}

func TestAReceiptOnAPrintedForm(t *testing.T) {
	layout := money.DefaultReceiptLayout()
	layout.OffsetXMM, layout.OffsetYMM = 1.5, -2
	layout.Fields["year"] = money.FieldPlace{XMM: 150, YMM: 21}
	data, err := print.ReceiptOnForm(fonts(t), receipt(), money.ReceiptPrint{No: 2, By: "李收银", PrintedAt: paid}, layout)
	require.NoError(t, err)
	keep(t, "form", data)
	d := readPDF(t, data)
	require.Equal(t, 1, d.pages)
	require.InDelta(t, 241, d.w, 0.2)
	require.InDelta(t, 93, d.h, 0.2)
	for _, want := range []string{"003-00000012", "王小明", "人民币壹仟零伍拾贰元肆角整", "1,052.40", "293.00", "补打 第1次"} {
		require.Contains(t, d.text, want)
	}
	require.NotContains(t, d.text, "收 款 收 据", "the form has its own words")
	require.NotContains(t, d.text, "交款人")

	layout.Lines.Rows = 2
	data, err = print.ReceiptOnForm(fonts(t), receipt(), money.ReceiptPrint{No: 1}, layout)
	require.NoError(t, err)
	d = readPDF(t, data)
	require.Contains(t, d.text, "2026-01~2026-02", "bills of one item share a row")
	require.Contains(t, d.text, "其余 2 项")
	require.Contains(t, d.text, "508.80", "260.60 of the parking space and 248.20 in advance")
}

func TestAPayInSlip(t *testing.T) {
	closed := paid.Add(8 * time.Hour)
	counted, difference, payIn := int64(152240), int64(-500), int64(102240)
	sh := money.Shift{No: 7, SlipNo: "JK-000007", Community: "幸福花园", Cashier: "李收银", Status: money.ShiftClosed, FloatFen: 50000, CashInFen: 105240, CashOutFen: 2500,
		ExpectedFen: 152740, CountedFen: &counted, DifferenceFen: &difference, PayInFen: &payIn, OpenedAt: paid, ClosedAt: &closed, Note: "少收五元",
		Takings:       []money.Taking{{Method: "cash", Channel: "counter", Payments: 3, InFen: 105240, BackFen: 2500}, {Method: "wechat", Channel: "qr", Payments: 1, InFen: 8800}},
		Denominations: []money.Denomination{{FaceFen: 10000, Pieces: 15}, {FaceFen: 2000, Pieces: 1}, {FaceFen: 50, Pieces: 4}, {FaceFen: 10, Pieces: 4}}}
	data, err := print.PayInSlip(fonts(t), sh)
	require.NoError(t, err)
	keep(t, "slip", data)
	d := readPDF(t, data)
	for _, want := range []string{"交 款 单", "JK-000007", "幸福花园", "现金", "柜台", "微信", "1,527.40", "短款 5.00", "1,022.40", "人民币壹仟零贰拾贰元肆角整", "少收五元", "2026-03-31 18:22"} {
		require.Contains(t, d.text, want)
	}
}

func TestFontsThatAreNotThere(t *testing.T) {
	for _, files := range []string{"", "/nowhere/x.ttf", "receipt_test.go"} {
		f := print.LoadFonts(files)
		_, err := print.Receipt(f, receipt(), money.ReceiptPrint{No: 1}, money.DefaultReceiptLayout())
		require.ErrorIs(t, err, print.ErrNoFonts)
	}
	require.ErrorContains(t, print.LoadFonts("/nowhere/x.ttf").Err(), "fonts-droid-fallback")
}

func TestAClosingSheetAndAStatement(t *testing.T) {
	counted, difference := int64(10000), int64(0)
	c := money.Closing{Kind: money.ClosingDay, Through: calendar.DateOf(paid), From: calendar.DateOf(paid), ClosedAt: paid, ClosingFigures: money.ClosingFigures{
		Channels: []money.ChannelTakings{{Channel: "counter", ReceivedFen: 12000, ReversedFen: 2000, ExpectedFen: 10000, CountedFen: &counted, DifferenceFen: &difference}},
		Cash:     money.CashCount{ExpectedFen: 10000, CountedFen: &counted, DifferenceFen: &difference}, Payments: 3, PaymentsFen: 12000, ReceiptsIssued: 3, ReceiptsVoid: 1,
		AlsoClosed: []money.DayTotal{{Day: calendar.DateOf(paid).AddDays(-1), ExpectedFen: 500, Payments: 1}},
		Warnings:   []money.ClosingWarning{{Code: "x", Message: "有一个班次未交班"}}}}
	data, err := print.Press{Fonts: fonts(t)}.ClosingSheet(c, "幸福花园")
	require.NoError(t, err)
	keep(t, "closing", data)
	d := readPDF(t, data)
	for _, want := range []string{"日 结 单", "幸福花园", "柜台", "120.00", "相符", "有一个班次未交班", "一并结账的日期", "2026-03-30", "差额合计：未点"} {
		require.Contains(t, d.text, want)
	}
	st := money.Statement{Debtor: "王小明", Community: "幸福花园", AsOf: calendar.DateOf(paid), MadeAt: paid, PrincipalFen: 140000, LateFeeFen: 5580, BalanceFen: 145580,
		Versions: []money.StatementVersion{{Basis: money.LateFeeAtLPR, LateFeeFen: 1000, BalanceFen: 141000}}}
	for i := range 60 {
		st.Bills = append(st.Bills, money.Bill{Unit: "3栋2单元1501", FeeItem: "物业管理费", Period: fmt.Sprintf("P%02d", i), UnpaidFen: 100, DueDate: calendar.DateOf(paid)})
	}
	data, err = print.Press{Fonts: fonts(t)}.Statement(st)
	require.NoError(t, err)
	keep(t, "statement", data)
	d = readPDF(t, data)
	require.Equal(t, 2, d.pages)
	for _, want := range []string{"对 账 单", "P59", "人民币壹仟肆佰伍拾伍元捌角整", "LPR", "1,410.00", "第 2 页"} {
		require.Contains(t, d.text, want)
	}
}
