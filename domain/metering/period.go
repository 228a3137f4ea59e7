package metering

import (
	"github.com/shopspring/decimal"

	"steward/domain/calendar"
)

// Why a period's use cannot be billed.
const (
	NoReading      = "no-reading"       // nothing was read up to the end of the period since what was billed last
	WaitsForReview = "waits-for-review" // a reading of the period is not decided
	UnknownUse     = "unknown-use"      // a replacement or a rollover without the figures that it needs
)

// Use is what one meter used from the reading that was billed last to the newest one up to a period's end. ReadingIDs are all
// that it stands on, first and last included. Problem is one of the codes above, or "".
type Use struct {
	MeterID    string
	Kind       string
	Serial     string
	UnitID     string // "" for a meter of the common parts
	From       calendar.Date
	To         calendar.Date
	First      decimal.Decimal
	Last       decimal.Decimal
	Used       decimal.Decimal
	Steps      []Step
	ReadingIDs []string
	Problem    string
}

// ForPeriod gives a meter's use for a period from its readings, in order of their days. It begins at the reading that was
// billed last; before anything was billed, at the newest one before the period, else at the first there is.
func ForPeriod(readings []Reading, from, to calendar.Date) Use {
	var use Use
	base, end := -1, -1
	billed := false
	for i, r := range readings {
		if r.Status == Rejected || to.Before(r.On) {
			continue
		}
		switch {
		case r.Billed:
			base, billed = i, true
		case base < 0 || !billed && r.On.Before(from) && r.Status == Accepted:
			base = i
		}
		end = i
	}
	if base < 0 || end <= base {
		use.Problem = NoReading
		if end >= 0 && readings[end].Status == Review {
			use.Problem = WaitsForReview
		}
		return use
	}
	var counted []Reading
	for _, r := range readings[base : end+1] {
		if r.Status == Rejected {
			continue
		}
		if r.Status == Review {
			use.Problem = WaitsForReview
		}
		counted = append(counted, r)
		use.ReadingIDs = append(use.ReadingIDs, r.ID)
	}
	use.From, use.To = counted[0].On, counted[len(counted)-1].On
	use.First, use.Last = counted[0].Value, counted[len(counted)-1].Value
	use.Steps = Steps(counted)
	for _, s := range use.Steps {
		use.Used = use.Used.Add(s.Used)
		if !s.Known && use.Problem == "" {
			use.Problem = UnknownUse
		}
	}
	return use
}
