package billing

import (
	"math/big"
	"strconv"
	"strings"

	"steward/domain/calendar"
)

var (
	one     = big.NewRat(1, 1)
	hundred = big.NewRat(100, 1)
)

// months counts how much of each month has been charged so far, so that the parts of a month add up to the month.
type months struct {
	rule    Prorate
	charged map[calendar.Date]int // by the month's first day
}

// take gives what a stretch of days bears of each of its months, and their sum.
func (m months) take(from, to calendar.Date) ([]MonthShare, *big.Rat) {
	var shares []MonthShare
	sum := new(big.Rat)
	for first := addMonths(from, 0); compareDays(first, to) <= 0; first = addMonths(first, 1) {
		size := daysIn(first.Year, first.Month)
		start, end := 1, size
		if first.Year == from.Year && first.Month == from.Month {
			start = from.Day
		}
		if first.Year == to.Year && first.Month == to.Month {
			end = to.Day
		}
		days, before := end-start+1, m.charged[first]
		m.charged[first] = before + days
		share := new(big.Rat).Sub(m.rule.of(before+days, size), m.rule.of(before, size))
		sum.Add(sum, share)
		shares = append(shares, MonthShare{Month: first.String()[:7], Days: days, Share: m.rule.say(share, size)})
	}
	return shares, sum
}

// say writes a share over the days that the rule divides by.
func (p Prorate) say(share *big.Rat, size int) string {
	if share.Cmp(one) == 0 {
		return "1"
	}
	over, unit := int64(size), ""
	switch p {
	case Days30:
		over = 30
	case Days365:
		over, unit = 365, "×12"
	}
	days := new(big.Rat).Mul(share, big.NewRat(over, 1))
	if unit != "" {
		days.Quo(days, big.NewRat(12, 1))
	}
	if !days.IsInt() {
		return share.RatString()
	}
	return days.RatString() + unit + "/" + strconv.FormatInt(over, 10)
}

// of gives what some days of a month are worth of it.
func (p Prorate) of(days, size int) *big.Rat {
	if days <= 0 {
		return new(big.Rat)
	}
	if days >= size || p == NoProrate {
		return one
	}
	share := big.NewRat(int64(days), int64(size))
	switch p {
	case Days30:
		share = big.NewRat(int64(days), 30)
	case Days365:
		share = big.NewRat(int64(days)*12, 365)
	}
	if share.Cmp(one) > 0 {
		return one
	}
	return share
}

// round turns yuan into fen, once. ok is false for what is negative or too large for a bill.
func (r Rounding) round(yuan *big.Rat) (fen int64, ok bool) {
	if yuan.Sign() < 0 {
		return 0, false
	}
	exact := new(big.Rat).Mul(yuan, hundred)
	unit := int64(1)
	if r == WholeYuan {
		exact, unit = yuan, 100
	}
	q, rest := new(big.Int).QuoRem(exact.Num(), exact.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest, 1).Cmp(exact.Denom())
	more := false
	switch r {
	case Up:
		more = rest.Sign() > 0
	case Down:
	case HalfDown:
		more = half > 0
	default:
		more = half >= 0
	}
	if more {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() || q.Int64() > maxFen/unit {
		return 0, false
	}
	return q.Int64() * unit, true
}

// maxFen is the largest bill.
const maxFen = 1_000_000_000_000

// text writes a number for people: exactly where ten places are enough, else to ten places.
func text(r *big.Rat) string {
	s := r.FloatString(10)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// yuan writes an amount with at least two places.
func yuan(r *big.Rat) string {
	s := text(r)
	whole, fraction, _ := strings.Cut(s, ".")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return whole + "." + fraction
}
