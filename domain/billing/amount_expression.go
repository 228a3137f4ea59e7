package billing

import (
	"errors"
	"math/big"
)

// expressionCharge computes a custom formula. One that reads days charges each segment as it is; one that reads a usage or
// an entered amount is for the whole period and split by days; one that reads a total is for the whole period and pro-rated;
// any other is for a month, or for the period if the version says so.
func (b *bill) expressionCharge(s segment, all []segment, shares []MonthShare, sum *big.Rat, c *charge) (*charge, error) {
	uses := s.terms.expression.uses
	values, err := b.values(s)
	if err != nil {
		return nil, err
	}
	if c.yuan, err = s.terms.expression.value(values); err != nil {
		var f *fault
		if errors.As(err, &f) {
			return nil, refuse(f.code, "%s", f.message)
		}
		return nil, err
	}
	for name := range uses {
		c.inputs[name] = text(values[name])
	}
	c.inputs["expression"] = s.terms.parameters.Expression
	c.said = "公式 " + s.terms.parameters.Expression + " = " + yuan(c.yuan) + " 元"
	switch {
	case uses["days"] || uses["period_days"]:
		s.vacancy(c)
	case uses["usage"] || uses["given"]:
		share := ofDays(s, all)
		c.yuan = new(big.Rat).Mul(c.yuan, share)
		s.sayShare(c, share)
		s.vacancy(c)
	default:
		b.overTime(s, c, shares, sum, s.terms.perMonth && !uses["total"])
	}
	return c, nil
}

// values gives every variable that the expression uses, or says which is not on file.
func (b *bill) values(s segment) (map[string]*big.Rat, error) {
	values := map[string]*big.Rat{}
	for k, v := range s.terms.constants {
		values[k] = v
	}
	if own := Decimal(s.own).rat(); own != nil {
		values["price"] = own
	}
	shared, total := b.shared()
	for name := range s.terms.expression.uses {
		if values[name] != nil {
			continue
		}
		var v *big.Rat
		switch name {
		case "built_area":
			v = Decimal(s.state.BuiltAreaM2).rat()
		case "inner_area":
			v = Decimal(s.state.InnerAreaM2).rat()
		case "usage":
			var err error
			if v, err = b.usage(); err != nil {
				return nil, err
			}
		case "given":
			v = b.entered(b.unit.Amounts)
		case "total":
			v = total
		case "total_area":
			v = Decimal(shared.TotalAreaM2).rat()
		case "households":
			if shared.Households > 0 {
				v = big.NewRat(int64(shared.Households), 1)
			}
		case "days":
			v = big.NewRat(int64(s.days()), 1)
		case "period_days":
			v = big.NewRat(int64(b.period.From.DaysUntil(b.period.To)+1), 1)
		}
		if v == nil {
			return nil, refuse("variable-missing", "计算公式需要的“%s”没有登记或录入，请补上后重新计算。", variables[name].title)
		}
		values[name] = v
	}
	return values, nil
}

// usage gives what the unit's meters of this item measured in the period, or what was entered; nil for nothing. One use that
// cannot be billed keeps the others from being billed, too.
func (b *bill) usage() (*big.Rat, error) {
	var sum *big.Rat
	for _, m := range b.unit.Meters {
		if m.FeeItemID != b.group.item.FeeItemID {
			continue
		}
		uses, _ := b.uses(m)
		for _, u := range uses {
			q, err := u.quantity()
			if err != nil {
				return nil, err
			}
			if sum == nil {
				sum = new(big.Rat)
			}
			sum.Add(sum, q)
		}
	}
	if sum == nil {
		return b.entered(b.unit.Quantities), nil
	}
	return sum, nil
}
