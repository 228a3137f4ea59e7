package print

import (
	"cmp"
	"fmt"

	"steward/domain/money"
)

// ClosingSheet draws the sheet of a closed day or month (日结单, 月结单) with its figures as they were at closing.
func ClosingSheet(fonts *Fonts, c money.Closing, community string) ([]byte, error) {
	title, period := "日 结 单", c.Through.String()
	if c.Kind == money.ClosingMonth {
		title, period = "月 结 单", c.Month
	}
	r := newReport(fonts, title, community+"　"+period)
	r.pairs(pair{"期间", c.From.String() + " 至 " + c.Through.String()}, pair{"结账时间", minute(c.ClosedAt)},
		pair{"收款", fmt.Sprintf("%d 笔 %s", c.Payments, yuan(c.PaymentsFen))}, pair{"冲销", fmt.Sprintf("%d 笔 %s", c.Reversals, yuan(c.ReversalsFen))},
		pair{"退款", fmt.Sprintf("%d 笔 %s", c.Refunds, yuan(c.RefundsFen))}, pair{"其中违约金", yuan(c.LateFeesFen)},
		pair{"开具收据", fmt.Sprintf("%d 张", c.ReceiptsIssued)}, pair{"作废收据", fmt.Sprintf("%d 张", c.ReceiptsVoid)},
		pair{"待认领转入", yuan(c.SuspenseInFen)}, pair{"待认领转出", yuan(c.SuspenseOutFen)})
	r.heading("按渠道")
	var rows [][]string
	for _, ch := range c.Channels {
		rows = append(rows, []string{channelName(ch.Channel), yuan(ch.ReceivedFen), yuan(ch.ReversedFen), yuan(ch.RefundedFen), yuan(ch.SuspenseFen), yuan(ch.ExpectedFen),
			optional(ch.CountedFen), counted(ch.DifferenceFen)})
	}
	r.table([]column{{"渠道", 0, 0.16, left}, {"收款", 0, 0.13, right}, {"冲销", 0, 0.11, right}, {"退款", 0, 0.11, right}, {"待认领", 0, 0.12, right},
		{"应有", 0, 0.13, right}, {"实点", 0, 0.12, right}, {"差额", 0, 0.12, right}}, rows)
	r.pairs(pair{"现金应有", yuan(c.Cash.ExpectedFen)}, pair{"现金实点", optional(c.Cash.CountedFen) + "　" + counted(c.Cash.DifferenceFen)},
		pair{"各渠道合计", yuan(c.ExpectedFen)}, pair{"差额合计", cmp.Or(counted(c.DifferenceFen), "未点")})
	if len(c.AlsoClosed) > 0 && c.Kind == money.ClosingDay {
		r.heading("一并结账的日期")
		rows = nil
		for _, d := range c.AlsoClosed {
			rows = append(rows, []string{d.Day.String(), fmt.Sprint(d.Payments), yuan(d.ExpectedFen)})
		}
		r.table([]column{{"日期", 0, 0.4, left}, {"收款笔数", 0, 0.3, right}, {"应有（元）", 0, 0.3, right}}, rows)
	}
	if len(c.Receivables) > 0 {
		r.heading("应收变动")
		rows = nil
		for _, v := range c.Receivables {
			rows = append(rows, []string{v.FeeItem, yuan(v.OpeningFen), yuan(v.IssuedFen), yuan(v.AdjustedFen), yuan(v.WaivedFen), yuan(v.PaidFen), yuan(v.ClosingFen)})
		}
		r.table([]column{{"收费项目", 0, 0.22, left}, {"期初", 0, 0.13, right}, {"开单", 0, 0.13, right}, {"调整", 0, 0.13, right}, {"减免", 0, 0.13, right},
			{"收回", 0, 0.13, right}, {"期末", 0, 0.13, right}}, rows)
		r.pairs(pair{"预存期初", yuan(c.AdvanceOpeningFen)}, pair{"预存期末", yuan(c.AdvanceClosingFen)})
	}
	for _, w := range c.Warnings {
		r.note("提示：" + w.Message)
	}
	if c.Note != "" {
		r.note("备注：" + c.Note)
	}
	r.y += lineH
	r.pairs(pair{"制表人", ""}, pair{"复核人", ""})
	return r.bytes()
}

func optional(fen *int64) string {
	if fen == nil {
		return "未点"
	}
	return yuan(*fen)
}

func counted(differenceFen *int64) string {
	if differenceFen == nil {
		return ""
	}
	return difference(*differenceFen)
}
