package billing

import (
	"math/big"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// maxRises bounds how often a rent rises, so that exact figures stay short.
const maxRises = 100

// rent gives the rent of a month on a day, nil before the first step.
func (b *bill) rent(t *terms, a Assignment, own string, day calendar.Date) *big.Rat {
	if steps := t.parameters.Steps; len(steps) > 0 {
		var rent *big.Rat
		for _, s := range steps {
			if compareDays(s.From, day) <= 0 {
				rent = s.AmountYuan.rat()
			}
		}
		return rent
	}
	rent := new(big.Rat).Set(t.price)
	if price := Decimal(own).rat(); price != nil {
		rent.Set(price)
	}
	start := b.rentStart(t, a, day)
	if t.parameters.StepMonths < 1 || start.IsZero() {
		return rent
	}
	for n := 1; n <= maxRises && compareDays(riseOn(start, n*t.parameters.StepMonths), day) <= 0; n++ {
		if percent := t.parameters.StepPercent.rat(); percent != nil {
			rent.Mul(rent, percent.Add(one, percent.Quo(percent, hundred)))
		} else {
			rent.Add(rent, t.parameters.StepYuan.rat())
		}
	}
	return rent
}

// rentStart is the day from which the intervals between rises are counted.
func (b *bill) rentStart(t *terms, a Assignment, day calendar.Date) calendar.Date {
	if !t.parameters.StepFrom.IsZero() {
		return t.parameters.StepFrom
	}
	if !a.From.IsZero() {
		return a.From
	}
	for _, o := range b.unit.Tenures {
		if o.Role == estate.RoleTenant && o.On(day) {
			return o.From
		}
	}
	return t.From
}

// rises gives every day until `to` on which the rent may rise, whatever it is counted from.
func (b *bill) rises(to calendar.Date) []calendar.Date {
	var days []calendar.Date
	for _, t := range b.group.all {
		months := t.parameters.StepMonths
		if months < 1 {
			continue
		}
		starts := []calendar.Date{t.parameters.StepFrom, t.From}
		for _, f := range b.unit.Fees {
			starts = append(starts, f.From)
		}
		for _, o := range b.unit.Tenures {
			starts = append(starts, o.From)
		}
		for _, s := range starts {
			for n := 1; n <= maxRises && !s.IsZero(); n++ {
				day := riseOn(s, n*months)
				if compareDays(day, to) > 0 {
					break
				}
				days = append(days, day)
			}
		}
	}
	return days
}

// riseOn gives the same day some months later, or the last of that month.
func riseOn(start calendar.Date, months int) calendar.Date {
	return onDay(addMonths(start, months), start.Day)
}
