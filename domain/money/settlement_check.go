package money

import (
	"fmt"
	"math/big"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Check refuses settlement rules that cannot be signed off; the refusal points at the field. The fee item versions are
// checked where they are known.
func (s Settlement) Check() error {
	switch {
	case s.AllocationOrder != OrderLaw && s.AllocationOrder != OrderOldestDue:
		return refusal.New(refusal.Rule, "allocation-order-unknown", "请选择冲抵顺序：law（按民法典第五百六十条）或 oldest_due（按应缴日期先后）。").
			At("allocation_order", "冲抵顺序不正确", string(s.AllocationOrder))
	case s.SmallChange != "" && s.SmallChange != SmallChangeNone && s.SmallChange != SmallChangeJiao && s.SmallChange != SmallChangeYuan:
		return refusal.New(refusal.Rule, "small-change-unknown", "请选择抹零规则：none（不抹零）、jiao（抹去分）或 yuan（抹去角分）。").
			At("small_change", "抹零规则不正确", string(s.SmallChange))
	case s.BillDay < 0 || s.BillDay > 31:
		return refusal.New(refusal.Rule, "bill-day-malformed", "自动出账日应为 1 到 31，填 0 表示只手工出账。").At("bill_day", "应为 0 到 31", s.BillDay)
	case len(s.FeeItemVersionIDs) == 0:
		return refusal.New(refusal.Rule, "fee-items-needed", "结算规则里还没有可以出账的收费项目，请先添加收费项目。").At("fee_item_version_ids", "至少要有一个收费标准", nil)
	case s.LateFee.GraceDays < 0 || s.LateFee.GraceDays > 366:
		return refusal.New(refusal.Rule, "grace-days-malformed", "宽限期应为 0 到 366 天。").At("late_fee.grace_days", "应为 0 到 366", s.LateFee.GraceDays)
	case s.LateFee.Order != "" && s.LateFee.Order != PrincipalFirst && s.LateFee.Order != LateFeeFirst:
		return refusal.New(refusal.Rule, "late-fee-order-unknown", "请选择先冲本金（principal_first）还是先冲违约金（late_fee_first）。").
			At("late_fee.order", "冲抵次序不正确", string(s.LateFee.Order))
	}
	if !s.LateFee.Enabled {
		return nil
	}
	if len(s.LateFee.Rates) == 0 {
		return refusal.New(refusal.Rule, "late-fee-rate-needed", "已启用违约金，请至少填写一档日费率。").At("late_fee.rates", "请填写日费率", nil)
	}
	_, err := s.LateFee.Terms()
	return err
}

// lprMultiple is how many times the one-year LPR a rate may be before people are warned.
var lprMultiple = big.NewRat(4, 1)

// Warnings says what a signer should know: a late fee above four times the one-year LPR.
func (s Settlement) Warnings(today calendar.Date) []string {
	if !s.LateFee.Enabled {
		return nil
	}
	ceiling, _ := optionalDecimal(s.LateFee.CapYearly, "late_fee.cap_yearly")
	var warnings []string
	for _, r := range s.LateFee.Rates {
		daily, err := optionalDecimal(r.Daily, "late_fee.rates")
		on := today
		if r.From.After(on) {
			on = r.From
		}
		lpr, since := OneYearLPR(on)
		limit, _ := optionalDecimal(lpr, "")
		if err != nil || daily == nil || limit == nil {
			continue
		}
		limit = new(big.Rat).Mul(limit, lprMultiple)
		yearly := new(big.Rat).Mul(daily, daysOfYear)
		if ceiling != nil && ceiling.Cmp(yearly) < 0 {
			yearly = ceiling
		}
		if yearly.Cmp(limit) > 0 {
			warnings = append(warnings, fmt.Sprintf("从 %s 起的违约金折合年利率 %s%%，高于一年期 LPR（%s 起 %s%%）的 4 倍（%s%%）。法院通常会酌减，建议降低费率或设置年化上限。",
				r.From, percent(yearly), since, percent(new(big.Rat).Quo(limit, lprMultiple)), percent(limit)))
		}
	}
	return warnings
}

func percent(r *big.Rat) string { return new(big.Rat).Mul(r, big.NewRat(100, 1)).FloatString(2) }

// LateFeeExample works the late fee out on 1,000.00 yuan that are paid 30 days after their due date.
func (s Settlement) LateFeeExample(due calendar.Date) (SettlementExample, bool) {
	terms, err := s.LateFee.Terms()
	if err != nil || !terms.Charges() {
		return SettlementExample{}, false
	}
	const principalFen, days = 100_000, 30
	paid := due.AddDays(days)
	_, fen := terms.Accrue(LateFeeBase{PrincipalFen: principalFen, DueOn: due}, paid.AddDays(-1))
	grace := "，没有宽限期"
	if s.LateFee.GraceDays > 0 {
		grace = fmt.Sprintf("，宽限 %d 天", s.LateFee.GraceDays)
	}
	said := fmt.Sprintf("欠费 %s、应缴日期 %s%s，%s 缴清（缴费当天不计）：违约金 %s。", Format(principalFen), due, grace, paid, Format(fen))
	return SettlementExample{Case: CaseLateFee, FeeItem: "违约金", Period: due.String()[:7], AmountFen: fen, Explanation: said}, true
}
