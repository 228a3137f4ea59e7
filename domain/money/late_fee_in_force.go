package money

import (
	"math"
	"math/big"

	"steward/domain/calendar"
)

// AgreedLateFee is a late fee as one signed version of the settlement rules has it, and the day from which it is in force.
type AgreedLateFee struct {
	From  calendar.Date
	Terms LateFeeTerms
}

// LateFeeInForce joins versions that followed each other, oldest first, so that each day is charged by the version in force
// on it: a later version changes nothing that had accrued before it, and one that is off charges nothing from its day on.
// The first counts for the days before it too, by its own dated rates: arrears of before the agreement can bear what it says.
func LateFeeInForce(agreed []AgreedLateFee) LateFeeTerms {
	var t LateFeeTerms
	for i, a := range agreed {
		from, until := dayNumber(a.From), math.MaxInt
		if i == 0 {
			from = beginning
		}
		if i+1 < len(agreed) {
			until = dayNumber(agreed[i+1].From)
		}
		if from >= until {
			continue
		}
		grace := datedGrace{from: from, off: len(a.Terms.graces) == 0}
		if !grace.off {
			grace.days = a.Terms.graces[0].days
		}
		first := a.Terms.rateOn(from)
		first.from = from
		t.graces, t.rates = append(t.graces, grace), append(t.rates, first)
		for _, r := range a.Terms.rates {
			if r.from > from && r.from < until {
				t.rates = append(t.rates, r)
			}
		}
	}
	return t
}

// beginning is before every day.
const beginning = math.MinInt

// datedGrace are the days of grace of bills that fall due from a day on; off where no late fee is agreed from it on.
type datedGrace struct {
	from int
	days int
	off  bool
}

// graceOn gives the grace of a bill by its due date. Where no late fee was agreed on that day, the next agreement gives it.
func (t LateFeeTerms) graceOn(due int) int {
	in := 0
	for i, g := range t.graces {
		if g.from <= due {
			in = i
		}
	}
	for _, g := range t.graces[min(in, len(t.graces)):] {
		if !g.off {
			return g.days
		}
	}
	return 0
}

// ChargesOn tells whether what is owed on a day is charged.
func (t LateFeeTerms) ChargesOn(day calendar.Date) bool {
	return t.rateOn(dayNumber(day)).daily.Sign() > 0
}

// AtLPR gives the same terms with the one-year loan prime rate (over 365 days) on every day that is charged, to which courts
// commonly reduce a late fee. Caps are left out.
func (t LateFeeTerms) AtLPR() LateFeeTerms {
	at := LateFeeTerms{graces: t.graces}
	for i, agreed := range t.rates {
		until := math.MaxInt
		if i+1 < len(t.rates) {
			until = t.rates[i+1].from
		}
		at.rates = append(at.rates, datedRate{from: agreed.from, daily: new(big.Rat)})
		if agreed.daily.Sign() == 0 {
			continue
		}
		for _, lpr := range lprRates() {
			if from := max(dayNumber(lpr.from), agreed.from); from < until {
				at.rates = append(at.rates, datedRate{from: from, daily: new(big.Rat).Quo(lpr.yearly, daysOfYear)})
			}
		}
	}
	return at
}
