package print

import (
	"fmt"

	"steward/domain/money"
)

// Statement draws what a debtor owes (对账单): the open bills with their late fees, what was paid, and the balance. Where the
// late fee was asked for by another way of computing it too, its total stands below.
func Statement(fonts *Fonts, st money.Statement) ([]byte, error) {
	under := st.Community
	if under != "" {
		under += "　"
	}
	r := newReport(fonts, "对 账 单", under+"截至 "+st.AsOf.String())
	r.pairs(pair{"缴费人", st.Debtor}, pair{"制表时间", minute(st.MadeAt)})
	r.heading("未缴账单")
	if len(st.Bills) == 0 {
		r.note("没有未缴账单。")
	}
	rows := make([][]string, 0, len(st.Bills))
	for _, b := range st.Bills {
		rows = append(rows, []string{b.Unit, b.FeeItem, b.Period, b.DueDate.String(), yuan(b.UnpaidFen), yuan(b.LateFeeFen), yuan(b.UnpaidFen + b.LateFeeFen)})
	}
	if len(rows) > 0 {
		r.table([]column{{"房屋", 0, 0.19, left}, {"收费项目", 0, 0.19, left}, {"账期", 0, 0.12, left}, {"应缴日", 0, 0.13, left}, {"未缴本金", 0, 0.13, right},
			{"违约金", 0, 0.11, right}, {"合计（元）", 0, 0.13, right}}, rows)
	}
	if len(st.Payments) > 0 {
		r.heading("缴费记录")
		rows = nil
		for _, p := range st.Payments {
			status := ""
			if p.Status == money.PaymentReversed {
				status = "已冲销"
			}
			rows = append(rows, []string{day(p.PaidAt), methodName(p.Method), p.ReceiptNo, yuan(p.AmountFen), yuan(p.AdvanceFen), status})
		}
		r.table([]column{{"日期", 0, 0.16, left}, {"方式", 0, 0.14, left}, {"收据号", 0, 0.24, left}, {"金额（元）", 0, 0.17, right}, {"余为预存", 0, 0.17, right}, {"备注", 0, 0.12, left}}, rows)
	}
	r.heading("合计")
	r.pairs(pair{"未缴本金", yuan(st.PrincipalFen)}, pair{"违约金", yuan(st.LateFeeFen)}, pair{"预存款", yuan(st.AdvanceFen)}, pair{"应缴（本金加违约金减预存）", yuan(st.BalanceFen)})
	if st.BalanceFen > 0 {
		r.note("应缴（大写）：" + money.Words(st.BalanceFen))
	}
	for _, v := range st.Versions {
		if v.Basis == money.LateFeeAtLPR {
			r.note(fmt.Sprintf("若违约金按一年期贷款市场报价利率（LPR）计算：违约金 %s，应缴 %s。", yuan(v.LateFeeFen), yuan(v.BalanceFen)))
		}
	}
	return r.bytes()
}
