// Package metering is what meters showed and what that comes to: how a reading fits between those around it, what was used
// across a rollover or a new meter, which use a person should look at, and what a period may bill.
package metering

import (
	"github.com/shopspring/decimal"

	"steward/domain/calendar"
)

// Status is whether a reading counts.
type Status string

// The statuses of a reading. A rejected one counts as if it were not there.
const (
	Accepted Status = "accepted"
	Review   Status = "review"
	Rejected Status = "rejected"
)

// Reset says why a reading may be lower than the one before.
type Reset string

// The resets. Rollover: the display began at zero again. Replaced: another meter hangs there.
const (
	NoReset  Reset = ""
	Rollover Reset = "rollover"
	Replaced Reset = "replaced"
)

// Why a reading waits for review.
type Why string

// The rules that ask for a review.
const (
	HighUse       Why = "high-use"       // more than a multiple of what was usual
	ZeroUse       Why = "zero-use"       // nothing, where something was usual
	LargeRollover Why = "large-rollover" // more than half the display in one go: rather a mistyped reading than a rollover
	NoFinal       Why = "no-final"       // replaced, and nobody wrote down what the old meter showed last
	NoDigits      Why = "no-digits"      // rolled over, and nobody wrote down how many digits the display has
	Corrected     Why = "corrected"      // changed after somebody had decided on it
)

// Reading is what a meter showed on a day. Final and Start belong to a replacement: what the old meter showed last and what
// the new one showed first. Digits are the whole digits of a display that rolled over.
type Reading struct {
	ID     string
	On     calendar.Date
	Value  decimal.Decimal
	Reset  Reset
	Final  decimal.NullDecimal
	Start  decimal.Decimal
	Digits int
	Status Status
	Billed bool // an issued line stands on it
}

// Step is the use between two readings that follow each other. Known is false where a replacement or a rollover does not
// say enough; Used is then zero.
type Step struct {
	FromID string
	ToID   string
	From   calendar.Date
	To     calendar.Date
	First  decimal.Decimal
	Last   decimal.Decimal
	Reset  Reset
	Used   decimal.Decimal
	Known  bool
}

// Days is how many days the step covers.
func (s Step) Days() int { return s.From.DaysUntil(s.To) }

// StepTo gives the use from one reading to the next.
func StepTo(before, next Reading) Step {
	s := Step{FromID: before.ID, ToID: next.ID, From: before.On, To: next.On, First: before.Value, Last: next.Value, Reset: next.Reset, Known: true}
	switch next.Reset {
	case Rollover:
		if s.Known = next.Digits > 0; s.Known {
			s.Used = span(next.Digits).Sub(before.Value).Add(next.Value)
		}
	case Replaced:
		if s.Known = next.Final.Valid; s.Known {
			s.Used = next.Final.Decimal.Sub(before.Value).Add(next.Value.Sub(next.Start))
		}
	default:
		s.Used = next.Value.Sub(before.Value)
	}
	return s
}

// Steps are the steps between readings in order of their days; rejected ones are left out.
func Steps(readings []Reading) []Step {
	var out []Step
	var before *Reading
	for i := range readings {
		if readings[i].Status == Rejected {
			continue
		}
		if before != nil {
			out = append(out, StepTo(*before, readings[i]))
		}
		before = &readings[i]
	}
	return out
}

// span is what a display of so many whole digits counts before it begins again.
func span(digits int) decimal.Decimal { return decimal.New(1, int32(min(max(digits, 0), maxDigits))) }

// Around gives the readings before and after a day, rejected ones left out, and the one of the day itself.
func Around(readings []Reading, on calendar.Date) (before, same, after *Reading) {
	for i := range readings {
		r := &readings[i]
		switch {
		case r.On == on:
			same = r
		case r.Status == Rejected:
		case r.On.Before(on) && (before == nil || r.On.After(before.On)):
			before = r
		case r.On.After(on) && (after == nil || r.On.Before(after.On)):
			after = r
		}
	}
	return before, same, after
}
