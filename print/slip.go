package print

import (
	"fmt"

	"steward/domain/money"
)

// PayInSlip draws what a cashier hands over at the end of a shift (交款单): what was taken by each method, the count of the
// drawer, and the difference.
func PayInSlip(fonts *Fonts, sh money.Shift) ([]byte, error) {
	r := newReport(fonts, "交 款 单", sh.Community+"　No. "+sh.SlipNo)
	closed := "（未交班）"
	if sh.ClosedAt != nil {
		closed = minute(*sh.ClosedAt)
	}
	book := "电子收据"
	if sh.Book != "" {
		book = "纸质票据 " + sh.Book
	}
	r.pairs(pair{"收款员", sh.Cashier}, pair{"票据", book}, pair{"开班", minute(sh.OpenedAt)}, pair{"交班", closed})
	r.heading("收款")
	var rows [][]string
	var count int
	var in, back int64
	for _, t := range sh.Takings {
		rows = append(rows, []string{methodName(t.Method), channelName(t.Channel), fmt.Sprint(t.Payments), yuan(t.InFen), yuan(t.BackFen), yuan(t.InFen - t.BackFen)})
		count, in, back = count+t.Payments, in+t.InFen, back+t.BackFen
	}
	rows = append(rows, []string{"合计", "", fmt.Sprint(count), yuan(in), yuan(back), yuan(in - back)})
	r.table([]column{{"方式", 0, 0.17, left}, {"渠道", 0, 0.2, left}, {"笔数", 0, 0.12, right}, {"收入（元）", 0, 0.17, right}, {"冲退（元）", 0, 0.17, right}, {"净额（元）", 0, 0.17, right}}, rows)
	r.heading("现金")
	r.pairs(pair{"备用金", yuan(sh.FloatFen)}, pair{"现金收入", yuan(sh.CashInFen)}, pair{"现金冲退", yuan(sh.CashOutFen)}, pair{"应有现金", yuan(sh.ExpectedFen)})
	if sh.CountedFen == nil {
		return r.bytes()
	}
	r.pairs(pair{"清点现金", yuan(*sh.CountedFen)}, pair{"差额", difference(*sh.DifferenceFen)})
	if len(sh.Denominations) > 0 {
		r.heading("面额清点")
		rows = nil
		for _, d := range sh.Denominations {
			if d.Pieces > 0 {
				rows = append(rows, []string{yuan(d.FaceFen), fmt.Sprint(d.Pieces), yuan(d.FaceFen * d.Pieces)})
			}
		}
		r.table([]column{{"面额（元）", 0, 0.34, right}, {"张（枚）数", 0, 0.33, right}, {"金额（元）", 0, 0.33, right}}, rows)
	}
	r.heading("交款")
	r.note(fmt.Sprintf("实交（清点减备用金）：¥ %s　%s", yuan(*sh.PayInFen), money.Words(*sh.PayInFen)))
	if sh.Note != "" {
		r.note("备注：" + sh.Note)
	}
	r.y += lineH
	r.pairs(pair{"交款人", ""}, pair{"复核人", ""})
	return r.bytes()
}

func difference(fen int64) string {
	switch {
	case fen > 0:
		return "长款 " + yuan(fen)
	case fen < 0:
		return "短款 " + yuan(-fen)
	}
	return "相符"
}
