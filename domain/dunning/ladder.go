package dunning

import (
	"hash/fnv"
	"strconv"
	"time"

	"steward/domain/calendar"
)

// The reasons that decisions carry; they appear on the timeline as stable codes.
const (
	WhyBelowMinimum = "below-minimum" // less is owed than the stage's minimum amount
	WhyNoAddress    = "no-address"    // none of the stage's channels has an address of the debtor
	WhyGuarded      = "go-live-guard" // the community's opening balances are not signed off
	WhyApproval     = "needs-approval"
	WhyDisputed     = "disputed"          // all that is owed is disputed
	WhyWeeklyCap    = "weekly-cap"        // the debtor had as many messages this week as the policy allows
	WhyUnderWay     = "message-under-way" // the message of the stage before has not gone out yet
)

const (
	week = 7 * 24 * time.Hour
	// herdSpread is the part of a window over which cohorts that are due at its start are spread.
	herdSpread = 10 * time.Minute
	// firstLook is how soon a case without a minimum gap looks again for its message that is under way.
	firstLook = 5 * time.Second
)

// Step decides one case at one instant. It takes stages strictly in order and at most one per call: a stage whose
// instant has passed is done now when the window is open, and else moved to the next open one. A Touch, HumanDo or Skip
// makes Stage the last stage done, with StageAt = now; NextStage and NextAt say what comes after it. While a message of
// the case is under way nothing follows, and gaps and offsets from the stage before count from the day on which it really
// went out. The facts alone decide, so that a repeat over the same facts gives the same answer.
func Step(p Policy, cal calendar.Calendar, f Facts, now time.Time) Decision {
	cal, _ = cal.Narrow(p.QuietHours.From, p.QuietHours.To)
	l := ladder{policy: p, cal: cal, facts: f, now: now}
	return l.decide()
}

// ladder is one case on one policy at one instant.
type ladder struct {
	policy Policy
	cal    calendar.Calendar
	facts  Facts
	now    time.Time
}

func (l ladder) decide() Decision {
	next := l.nextStage()
	asked := Ask(l.policy, l.facts, calendar.DateOf(l.now))
	d := Decision{CaseID: l.facts.CaseID, DueOn: asked.DueOn, ArrearsFen: asked.AmountFen}
	if asked.AmountFen <= 0 {
		if l.facts.DisputedFen > 0 {
			d.Kind, d.Why = Wait, WhyDisputed
			return d
		}
		d.Kind = Paid
		return d
	}
	if next < 0 {
		return l.afterLast(d)
	}
	planned := l.plannedAt(next, asked.DueOn)
	d.NextStage = l.policy.Stages[next].Key
	if planned.After(l.now) {
		d.Kind, d.PlannedAt, d.NextAt = Wait, planned, planned
		return d
	}
	if l.facts.UnderWay {
		d.Kind, d.PlannedAt, d.Why, d.NextAt = Wait, planned, WhyUnderWay, l.nextLook()
		return d
	}
	if !l.cal.Open(l.now) {
		d.Kind, d.PlannedAt, d.NextAt = Wait, planned, l.spread(l.cal.NextOpen(l.now))
		return d
	}
	d.PlannedAt = planned
	return l.take(d, next, asked)
}

// take does the stage that is due: skip, wait for the weekly cap or for approval, or act.
func (l ladder) take(d Decision, n int, asked Asked) Decision {
	stage := l.policy.Stages[n]
	channels := l.reachable(stage)
	switch {
	case asked.AmountFen < stage.MinAmountFen:
		return l.done(d, n, Skip, WhyBelowMinimum)
	case stage.Action == Message && len(channels) == 0:
		return l.done(d, n, Skip, WhyNoAddress)
	case stage.Action == Message && l.facts.Guarded:
		return l.done(d, n, Skip, WhyGuarded)
	case stage.NeedsApproval && l.facts.ApprovedStage != stage.Key:
		d.Kind, d.Stage, d.Why = Park, stage.Key, WhyApproval
		return d
	case stage.Action == Message && l.capped():
		d.Kind, d.Why, d.NextAt = Wait, WhyWeeklyCap, l.capLifts()
		return d
	}
	d.Text = Render(stage.Template, l.facts, asked)
	if stage.Action != Message {
		return l.done(d, n, HumanDo, "")
	}
	d.Channel, d.Then = channels[0], channels[1:]
	d.Recipient = l.facts.Addresses[d.Channel]
	return l.done(d, n, Touch, "")
}

// done closes a stage and says what comes next.
func (l ladder) done(d Decision, n int, kind Kind, why string) Decision {
	d.Kind, d.Stage, d.Why = kind, l.policy.Stages[n].Key, why
	l.facts.Stage, l.facts.StageAt, l.facts.PausedSinceStage, l.facts.TouchedAt = d.Stage, l.now, 0, time.Time{}
	d.NextStage = ""
	if n+1 < len(l.policy.Stages) {
		d.NextStage = l.policy.Stages[n+1].Key
		d.NextAt = l.plannedAt(n+1, d.DueOn)
		return d
	}
	d.NextAt = l.overAt()
	return d
}

// afterLast keeps the case open until its last message has gone out, and for a while after that, for payments that this
// stage brings.
func (l ladder) afterLast(d Decision) Decision {
	over := l.overAt()
	switch {
	case l.now.Before(over):
		d.Kind, d.NextAt = Wait, over
	case l.facts.UnderWay:
		d.Kind, d.Why, d.NextAt = Wait, WhyUnderWay, l.nextLook()
	default:
		d.Kind = Finished
	}
	return d
}

func (l ladder) overAt() time.Time {
	return l.stageAt().AddDate(0, 0, max(l.policy.MinGapDays, 1)).UTC()
}

// stageAt is the instant from which gaps and offsets from the stage before count: when the stage was done, or when its
// message went out if that was on a later day.
func (l ladder) stageAt() time.Time {
	f := l.facts
	if f.StageAt.Before(f.TouchedAt) && calendar.DateOf(f.StageAt) != calendar.DateOf(f.TouchedAt) {
		return f.TouchedAt
	}
	return f.StageAt
}

// nextLook is when a case whose message is under way looks again. With a minimum gap nothing can follow on the day on
// which the message goes out, so the next day's window is soon enough; without one the case looks again after as long as
// it has waited, which is some ten looks a day at most.
func (l ladder) nextLook() time.Time {
	tomorrow := l.spread(l.cal.NextOpen(l.cal.DayStart(calendar.DateOf(l.now).AddDays(1))))
	if l.policy.MinGapDays > 0 {
		return tomorrow
	}
	soon := l.cal.NextOpen(l.now.Add(max(l.now.Sub(l.facts.StageAt), firstLook))).UTC()
	if soon.Before(tomorrow) {
		return soon
	}
	return tomorrow
}

// nextStage is the index of the first stage not yet done, -1 after the last. A stage that the policy does not know (its
// version was changed) starts nothing again: such a change is refused before it gets here.
func (l ladder) nextStage() int {
	if l.facts.Stage == "" {
		return max(l.policy.StageIndex(l.facts.FromStage), 0)
	}
	done := l.policy.StageIndex(l.facts.Stage)
	if done < 0 || done+1 == len(l.policy.Stages) {
		return -1
	}
	return done + 1
}

// plannedAt is the instant of a stage: the start of the window on the day that its offset names, not before the minimum
// gap after the last stage or the entry, moved to the next open window, spread there by cohort.
func (l ladder) plannedAt(n int, dueOn calendar.Date) time.Time {
	stage, f := l.policy.Stages[n], l.facts
	var origin calendar.Date
	switch {
	case stage.OffsetFrom == FromStart || (stage.OffsetFrom == FromPrevious && f.StageAt.IsZero()):
		origin = calendar.DateOf(f.EnteredAt.Add(f.PausedFor))
	case stage.OffsetFrom == FromPrevious:
		origin = calendar.DateOf(l.stageAt().Add(f.PausedSinceStage))
	default:
		origin = dueOn
	}
	at := l.cal.DayStart(origin.AddDays(stage.OffsetDays))
	if !f.StageAt.IsZero() {
		if l.policy.MinGapDays > 0 {
			at = later(at, l.cal.DayStart(calendar.DateOf(l.stageAt()).AddDays(l.policy.MinGapDays)))
		} else {
			at = later(at, l.stageAt())
		}
	}
	at = l.cal.NextOpen(later(at, f.EnteredAt))
	return l.spread(at)
}

// spread moves the start of a window by the cohort's share of the first minutes; another instant stays.
func (l ladder) spread(at time.Time) time.Time {
	if l.cal.Open(at.Add(-time.Microsecond)) && !at.Equal(l.cal.DayStart(calendar.DateOf(at))) {
		return at.UTC()
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strconv.Itoa(l.facts.CohortSlot)))
	shifted := at.Add(time.Duration(h.Sum32()) % (herdSpread / time.Second) * time.Second)
	if !l.cal.Open(shifted) {
		return at.UTC()
	}
	return shifted.UTC()
}

// reachable lists the stage's channels for which the debtor has an address, in order.
func (l ladder) reachable(stage Stage) []Channel {
	var out []Channel
	for _, c := range stage.Channels {
		if l.facts.Addresses[c] != "" {
			out = append(out, c)
		}
	}
	return out
}

func (l ladder) capped() bool {
	return l.policy.MaxTouchesPerWeek > 0 && l.facts.TouchesLastWeek >= l.policy.MaxTouchesPerWeek
}

// capLifts is when the oldest message of the week has run out of it; it always lies ahead.
func (l ladder) capLifts() time.Time {
	return l.spread(l.cal.NextOpen(later(l.facts.OldestTouchAt.Add(week), l.now.Add(time.Minute))))
}

// StageIndex finds a stage by its key; -1 when the policy has none of that name.
func (p Policy) StageIndex(key string) int {
	for i, s := range p.Stages {
		if s.Key == key {
			return i
		}
	}
	return -1
}

// BeforeDue tells whether a stage comes before the due date: it then looks at issued bills that are not yet due.
func (s Stage) BeforeDue() bool { return s.OffsetFrom == FromDue && s.OffsetDays < 0 }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
