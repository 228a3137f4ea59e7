package billing

import (
	"fmt"
	"math/big"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// charge is what a formula comes to, before rounding: how much, from which figures, and how a person would say it.
type charge struct {
	yuan   *big.Rat
	inputs map[string]string
	months []MonthShare
	tiers  []TierUse
	said   string
}

// refused is why a charge cannot be computed.
type refused Problem

func (r *refused) Error() string { return r.Code + ": " + r.Message }

func refuse(code, format string, args ...any) error {
	return &refused{Code: code, Message: fmt.Sprintf(format, args...)}
}

// compute makes the lines of the bill.
func (b *bill) compute() {
	var timed, metered []segment
	for _, s := range b.segments(b.period.From, b.period.To) {
		if s.terms.Formula == Metered && s.terms.problem == nil {
			metered = append(metered, s)
		} else {
			timed = append(timed, s)
		}
	}
	b.computeMetered(metered)
	if len(timed) == 0 {
		return
	}
	m := months{rule: timed[0].terms.Prorate, charged: map[calendar.Date]int{}}
	if m.rule == NoProrate {
		whole := timed[0]
		whole.to = timed[len(timed)-1].to
		timed = []segment{whole}
	}
	for i, s := range timed {
		from, to := s.from, s.to
		if m.rule == NoProrate {
			from, to = b.period.From, b.period.To
		}
		shares, sum := m.take(from, to)
		if s.isProblem {
			b.add(s, b.reasons(timed, i), 0, charge{}, &s.problem)
			continue
		}
		c, err := b.amount(s, timed, shares, sum)
		if c == nil && err == nil {
			continue
		}
		b.settle(s, b.reasons(timed, i), 0, c, err)
	}
}

// amount computes one segment. A nil charge without an error is nothing to charge at all.
func (b *bill) amount(s segment, all []segment, shares []MonthShare, sum *big.Rat) (*charge, error) {
	c := &charge{inputs: map[string]string{}}
	var err error
	switch s.terms.Formula {
	case BuiltArea, InnerArea:
		err = s.areaCharge(c)
	case Fixed:
		s.fixedCharge(c)
	case RentSteps:
		c.yuan, _ = new(big.Rat).SetString(s.rentYuan)
		c.inputs["rent_yuan"] = yuan(c.yuan)
		c.said = "月租金 " + yuan(c.yuan) + " 元"
	case SharedArea, SharedHousehold:
		err = b.sharedCharge(s, c)
	case GivenAmount, Usage:
		return b.enteredCharge(s, all, c)
	case Expression:
		return b.expressionCharge(s, all, shares, sum, c)
	default:
		return nil, refuse("formula-unknown", "没有这种计费方式。")
	}
	if err != nil {
		return nil, err
	}
	perMonth := s.terms.perMonth && s.terms.Formula != SharedArea && s.terms.Formula != SharedHousehold
	b.overTime(s, c, shares, sum, perMonth)
	return c, nil
}

// overTime turns what a month (or the whole period) costs into what the segment costs.
func (b *bill) overTime(s segment, c *charge, shares []MonthShare, sum *big.Rat, perMonth bool) {
	c.months = shares
	c.yuan = new(big.Rat).Mul(c.yuan, sum)
	if !perMonth {
		c.yuan.Quo(c.yuan, big.NewRat(int64(b.period.Months), 1))
		c.said += "/期"
	} else {
		c.said += "/月"
	}
	s.vacancy(c)
}

// vacancy takes a vacant unit's share.
func (s segment) vacancy(c *charge) {
	if s.state.Status != estate.Vacant {
		return
	}
	c.yuan = new(big.Rat).Mul(c.yuan, s.terms.vacant)
	c.inputs["vacant_share"] = text(s.terms.vacant)
	c.said += "，空置按 " + text(new(big.Rat).Mul(s.terms.vacant, hundred)) + "% 收取"
}

// price is the unit's own, or the version's; nil for none.
func (s segment) price() *big.Rat {
	if own := Decimal(s.own).rat(); own != nil {
		return own
	}
	return s.terms.price
}

func (s segment) areaCharge(c *charge) error {
	written, title, key := s.state.BuiltAreaM2, "建筑面积", "built_area_m2"
	if s.terms.Formula == InnerArea {
		written, title, key = s.state.InnerAreaM2, "套内面积", "inner_area_m2"
	}
	area := Decimal(written).rat()
	if area == nil || area.Sign() <= 0 {
		return refuse("area-missing", "没有登记%s，无法按面积计费。请先在房屋资料里补上面积。", title)
	}
	price := s.price()
	if price == nil {
		price = new(big.Rat)
	}
	c.yuan = new(big.Rat).Mul(area, price)
	c.inputs[key], c.inputs["price_yuan"] = text(area), text(price)
	c.said = fmt.Sprintf("%s %s 平方米 × 单价 %s 元", title, text(area), text(price))
	s.addExtra(c)
	c.said += " = " + yuan(c.yuan) + " 元"
	return nil
}

func (s segment) addExtra(c *charge) {
	if s.terms.extra != nil && s.terms.extra.Sign() > 0 {
		c.yuan.Add(c.yuan, s.terms.extra)
		c.inputs["extra_yuan"] = text(s.terms.extra)
		c.said += " + 附加费 " + text(s.terms.extra) + " 元"
	}
}

func (s segment) fixedCharge(c *charge) {
	c.yuan = s.terms.extra
	if own := Decimal(s.own).rat(); own != nil {
		c.yuan = own
	}
	c.inputs["amount_yuan"] = text(c.yuan)
	c.said = "固定金额 " + yuan(c.yuan) + " 元"
}

func (b *bill) sharedCharge(s segment, c *charge) error {
	shared, total := b.shared()
	if total == nil {
		return refuse("total-missing", "没有录入 %s 账期的分摊总金额。请先录入总金额，再重新计算。", b.period.Text)
	}
	c.inputs["total_yuan"] = text(total)
	if s.terms.Formula == SharedHousehold {
		if shared.Households < 1 {
			return refuse("households-missing", "没有参与分摊的户数，无法按户分摊。")
		}
		c.yuan = new(big.Rat).Quo(total, big.NewRat(int64(shared.Households), 1))
		c.inputs["households"] = fmt.Sprint(shared.Households)
		c.said = fmt.Sprintf("总金额 %s 元 ÷ %d 户 = %s 元", yuan(total), shared.Households, yuan(c.yuan))
		return nil
	}
	area, all := Decimal(s.state.BuiltAreaM2).rat(), Decimal(shared.TotalAreaM2).rat()
	switch {
	case area == nil || area.Sign() <= 0:
		return refuse("area-missing", "没有登记建筑面积，无法按面积分摊。请先在房屋资料里补上面积。")
	case all == nil || all.Cmp(area) < 0:
		return refuse("total-area-missing", "参与分摊的总面积不正确，无法按面积分摊。请核对房屋资料。")
	}
	c.yuan = new(big.Rat).Quo(new(big.Rat).Mul(total, area), all)
	c.inputs["built_area_m2"], c.inputs["total_area_m2"] = text(area), text(all)
	c.said = fmt.Sprintf("总金额 %s 元 × 建筑面积 %s 平方米 ÷ 总面积 %s 平方米 = %s 元", yuan(total), text(area), text(all), yuan(c.yuan))
	return nil
}

func (b *bill) shared() (Shared, *big.Rat) {
	for _, s := range b.unit.Shares {
		if s.FeeItemID == b.group.item.FeeItemID && s.Period == b.period.Text {
			return s, Decimal(s.TotalYuan).rat()
		}
	}
	return Shared{}, nil
}

// entered gives what was entered for this item and period, nil for nothing.
func (b *bill) entered(list []Entered) *big.Rat {
	for _, e := range list {
		if e.FeeItemID == b.group.item.FeeItemID && e.Period == b.period.Text {
			return Decimal(e.Value).rat()
		}
	}
	return nil
}

// ofDays is the part of the charged days of one formula that a segment has: what is entered for a period is split by it.
func ofDays(s segment, all []segment) *big.Rat {
	total := 0
	for _, o := range all {
		if o.terms.Formula == s.terms.Formula {
			total += o.days()
		}
	}
	return big.NewRat(int64(s.days()), int64(total))
}

func (b *bill) enteredCharge(s segment, all []segment, c *charge) (*charge, error) {
	share := ofDays(s, all)
	if s.terms.Formula == GivenAmount {
		amount := b.entered(b.unit.Amounts)
		switch {
		case amount == nil && !s.terms.Assigned:
			return nil, nil
		case amount == nil:
			return nil, refuse("amount-missing", "没有录入 %s 账期的金额。请先录入金额，再重新计算。", b.period.Text)
		}
		c.yuan = new(big.Rat).Mul(amount, share)
		c.inputs["amount_yuan"] = text(amount)
		c.said = "本期金额 " + yuan(amount) + " 元"
	} else {
		quantity := b.entered(b.unit.Quantities)
		switch {
		case quantity == nil && !s.terms.Assigned:
			return nil, nil
		case quantity == nil:
			return nil, refuse("quantity-missing", "没有录入 %s 账期的用量。请先录入用量，再重新计算。", b.period.Text)
		case quantity.Sign() < 0:
			return nil, refuse("quantity-negative", "录入的用量是负数，请核对。")
		}
		c.inputs["quantity"] = text(quantity)
		c.said = "用量 " + text(quantity)
		s.quantityCharge(c, quantity, b.usedBefore(""))
		s.addExtra(c)
		c.said += " = " + yuan(c.yuan) + " 元"
		c.yuan.Mul(c.yuan, share)
	}
	s.sayShare(c, share)
	return c, nil
}

func (s segment) sayShare(c *charge, share *big.Rat) {
	if share.Cmp(one) != 0 {
		c.inputs["days_share"] = share.RatString()
		c.said += "，按天数分摊 " + share.RatString()
	}
}
