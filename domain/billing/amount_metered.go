package billing

import (
	"fmt"
	"math/big"
)

// meterLines is how far apart the line numbers of two meters of one item are: more than a year has days.
const meterLines = 400

// quantity gives what was used, or why it cannot be told.
func (u MeterUse) quantity() (*big.Rat, error) {
	previous, current := Decimal(u.Previous).rat(), Decimal(u.Current).rat()
	switch {
	case u.Problem != "":
		return nil, refuse("reading-in-review", "%s", u.Problem)
	case u.Quantity != "":
		if q := Decimal(u.Quantity).rat(); q != nil && q.Sign() >= 0 {
			return q, nil
		}
		return nil, refuse("quantity-negative", "用量“%.20s”不正确，请核对抄表读数。", u.Quantity)
	case previous == nil || current == nil:
		return nil, refuse("reading-missing", "缺少抄表读数，无法计费。请先录入读数。")
	case current.Cmp(previous) < 0:
		return nil, refuse("reading-below-last", "本期读数 %s 小于上期读数 %s。请更正读数，或登记换表、翻转。", text(current), text(previous))
	}
	return new(big.Rat).Sub(current, previous), nil
}

// computeMetered charges what the unit's meters of this item measured up to days of the period.
func (b *bill) computeMetered(segments []segment) {
	if len(segments) == 0 {
		return
	}
	missing := func(code, format string, args ...any) {
		s := segments[0]
		s.to = segments[len(segments)-1].to
		b.add(s, nil, 0, charge{}, &Problem{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	no := 0
	for _, m := range b.unit.Meters {
		if m.FeeItemID != b.group.item.FeeItemID {
			continue
		}
		uses, days := b.uses(m)
		if len(uses) == 0 {
			missing("reading-missing", "仪表“%s”在 %s 账期没有抄表读数。请先抄表，再重新计算。", or(m.Name, m.ID), b.period.Text)
		}
		before := b.usedBefore(m.ID)
		for _, u := range uses {
			b.computeUse(m, u, days, no*meterLines, before)
			if q, err := u.quantity(); err == nil {
				before = new(big.Rat).Add(before, q)
			}
		}
		no++
	}
	if no == 0 && segments[0].terms.Assigned {
		missing("meter-missing", "这套房屋没有登记收费项目“%s”的仪表，无法按抄表计费。", segments[0].terms.FeeItem)
	}
}

// uses gives what a meter measured up to days of the period, and how many days that was.
func (b *bill) uses(m Meter) (uses []MeterUse, days int) {
	for _, u := range m.Uses {
		if compareDays(b.period.From, u.To) <= 0 && compareDays(u.To, b.period.To) <= 0 && compareDays(u.From, u.To) <= 0 {
			uses = append(uses, u)
			days += u.From.DaysUntil(u.To) + 1
		}
	}
	return uses, days
}

// computeUse charges one stretch between two readings; days is how many all stretches of the meter in this period have,
// because the extra is for the period. before is what the meter has used earlier in the year.
func (b *bill) computeUse(m Meter, u MeterUse, days, lineOffset int, before *big.Rat) {
	segments := b.segments(u.From, u.To)
	for i, s := range segments {
		lineOffset := lineOffset
		if i > 0 && s.from.Before(b.period.From) {
			lineOffset += meterLines - len(segments) + i // no day of the period has that offset
		}
		if s.isProblem {
			b.add(s, b.reasons(segments, i), lineOffset, charge{}, &s.problem)
			continue
		}
		c := &charge{inputs: map[string]string{"meter": or(m.Name, m.ID), "meter_id": m.ID, "from": u.From.String(), "to": u.To.String()}}
		q, err := u.quantity()
		if err == nil && s.terms.Formula == Metered {
			c.inputs["quantity"] = text(q)
			c.said = "用量 " + text(q)
			if u.Previous != "" && u.Current != "" {
				c.inputs["previous"], c.inputs["current"] = u.Previous, u.Current
				c.said = fmt.Sprintf("本期读数 %s − 上期读数 %s，用量 %s", u.Current, u.Previous, text(q))
			}
			if u.Note != "" {
				c.inputs["note"] = u.Note
				c.said += "（" + u.Note + "）"
			}
			s.quantityCharge(c, q, before)
			s.addExtraOf(c, big.NewRat(int64(u.From.DaysUntil(u.To)+1), int64(days)))
			c.said += " = " + yuan(c.yuan) + " 元"
			share := ofDays(s, segments)
			c.yuan = new(big.Rat).Mul(c.yuan, share)
			s.sayShare(c, share)
		} else if err == nil {
			continue
		}
		b.settle(s, b.reasons(segments, i), lineOffset, c, err)
	}
}

// addExtraOf adds the part of the extra that falls on one of several stretches.
func (s segment) addExtraOf(c *charge, share *big.Rat) {
	if s.terms.extra == nil || s.terms.extra.Sign() <= 0 {
		return
	}
	part := new(big.Rat).Mul(s.terms.extra, share)
	c.yuan = new(big.Rat).Add(c.yuan, part)
	c.inputs["extra_yuan"] = text(part)
	c.said += " + 附加费 " + text(part) + " 元"
}
