package metering

import (
	"github.com/shopspring/decimal"

	"steward/domain/refusal"
)

// Rule says which use a person looks at before it is billed. It is set for a fee item, or for the others of a community.
type Rule struct {
	HighFactor string `json:"high_factor" maxLength:"8" doc:"Use above this multiple of what was usual waits for review; a decimal above 1, or empty to switch it off."`
	ZeroUse    bool   `json:"zero_use" doc:"Nothing used, where something was usual, waits for review."`
	Periods    int    `json:"periods" minimum:"1" maximum:"24" doc:"Over how many readings back the usual is taken."`
}

// UsualRule holds where nobody has set another.
var UsualRule = Rule{HighFactor: "3", ZeroUse: true, Periods: 6}

// Check refuses a rule that cannot be applied.
func (r Rule) Check() error {
	if r.HighFactor != "" {
		if f, err := decimal.NewFromString(r.HighFactor); err != nil || f.LessThanOrEqual(decimal.NewFromInt(1)) || f.GreaterThan(decimal.NewFromInt(1000)) {
			return rule("high-factor-malformed", "异常倍数应为大于 1 且不超过 1000 的数，例如 3；留空表示不检查。").At("body.high_factor", "异常倍数不正确", r.HighFactor)
		}
	}
	if r.Periods < 1 || r.Periods > 24 {
		return refusal.New(refusal.Rule, "periods-malformed", "取平均的期数应在 1 到 24 之间。").At("body.periods", "期数不正确", r.Periods)
	}
	return nil
}

// Judge decides whether a step counts at once. history are the meter's steps before it, in order; vacant tells that nobody
// lives there, so that no use is what one expects.
func Judge(r Rule, step Step, digits int, history []Step, vacant bool) (Status, Why) {
	if !step.Known {
		if step.Reset == Rollover {
			return Review, NoDigits
		}
		return Review, NoFinal
	}
	if step.Reset == Rollover && step.Used.Mul(decimal.NewFromInt(2)).GreaterThan(span(digits)) {
		return Review, LargeRollover
	}
	used, days, known := usual(history, r.Periods)
	if !known || step.Days() <= 0 {
		return Accepted, ""
	}
	if r.ZeroUse && step.Used.IsZero() && used.IsPositive() && !vacant {
		return Review, ZeroUse
	}
	if r.HighFactor == "" {
		return Accepted, ""
	}
	factor, err := decimal.NewFromString(r.HighFactor)
	if err != nil {
		return Accepted, ""
	}
	// used/days x factor x step days < step used, without a division
	limit := used.Mul(factor).Mul(decimal.NewFromInt(int64(step.Days())))
	if step.Used.Mul(decimal.NewFromInt(int64(days))).GreaterThan(limit) {
		return Review, HighUse
	}
	return Accepted, ""
}

// usual sums the last steps whose use is known.
func usual(history []Step, periods int) (used decimal.Decimal, days int, known bool) {
	for i := len(history) - 1; i >= 0 && periods > 0; i-- {
		if s := history[i]; s.Known && s.Days() > 0 {
			used, days, periods = used.Add(s.Used), days+s.Days(), periods-1
		}
	}
	return used, days, days > 0
}

// PerDay is the usual use of a day over the last steps, to three places; "" where nothing is known.
func PerDay(history []Step, periods int) string {
	used, days, known := usual(history, periods)
	if !known {
		return ""
	}
	return used.DivRound(decimal.NewFromInt(int64(days)), readingPlaces).String()
}
