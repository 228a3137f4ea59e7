package billing

import (
	"fmt"
	"math/big"
)

// What the bounds of tiers count from.
const (
	TiersOfPeriod = "period" // each period begins in the first tier
	TiersOfYear   = "year"   // the calendar year does; what was billed earlier in it counts first
)

// CountsTheYear tells whether the item's tiers go by the calendar year, so that it needs what was billed earlier in it.
func (it Item) CountsTheYear() bool {
	p, err := ReadParameters(it.Formula, it.Parameters)
	return err == nil && p.TierBasis == TiersOfYear
}

// usedBefore adds up what was billed of this item earlier in the year: for one meter, or for the unit where nothing is measured.
func (b *bill) usedBefore(meterID string) *big.Rat {
	sum := new(big.Rat)
	for _, u := range b.unit.Earlier {
		if q := Decimal(u.Quantity).rat(); q != nil && u.FeeItemID == b.group.item.FeeItemID && u.MeterID == meterID {
			sum.Add(sum, q)
		}
	}
	return sum
}

// quantityCharge prices a quantity: through the tiers, or at one price. before is what the year has used up already.
func (s segment) quantityCharge(c *charge, quantity, before *big.Rat) {
	p := s.terms.parameters
	own := Decimal(s.own).rat()
	if len(p.Tiers) == 0 || own != nil {
		price := s.price()
		if price == nil {
			price = new(big.Rat)
		}
		c.yuan = new(big.Rat).Mul(quantity, price)
		c.inputs["price_yuan"] = text(price)
		c.said += " × 单价 " + text(price) + " 元"
		return
	}
	from := new(big.Rat)
	if p.TierBasis == TiersOfYear {
		from = before
		c.inputs["tier_basis"], c.inputs["year_before"] = TiersOfYear, text(before)
		c.said += "，按年阶梯，本年此前已计费 " + text(before)
	}
	c.tierCharge(p.Tiers, from, new(big.Rat).Add(from, quantity))
}

// tierCharge prices what lies between two figures, each part at the price of its tier. Nothing at all is shown in the tier
// where it stands.
func (c *charge) tierCharge(tiers []Tier, from, to *big.Rat) {
	c.yuan = new(big.Rat)
	low := new(big.Rat)
	for i, t := range tiers {
		high := t.UpTo.rat()
		if high == nil || high.Cmp(to) > 0 {
			high = to
		}
		part := new(big.Rat).Sub(high, larger(low, from))
		low = high
		if part.Sign() < 0 || part.Sign() == 0 && (from.Cmp(to) != 0 || len(c.tiers) > 0) {
			continue
		}
		price := t.PriceYuan.rat()
		c.yuan.Add(c.yuan, new(big.Rat).Mul(part, price))
		c.tiers = append(c.tiers, TierUse{Quantity: text(part), PriceYuan: text(price)})
		c.said += fmt.Sprintf("，第 %d 级 %s × %s 元", i+1, text(part), text(price))
	}
}

func larger(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}
