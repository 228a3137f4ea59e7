package dunning

import (
	"time"

	"steward/domain/calendar"
)

// Planned is one stage of a case as it would come if nobody paid.
type Planned struct {
	Stage   string
	Kind    Kind // Touch, HumanDo or Skip
	Channel Channel
	At      time.Time
	Why     string
}

// maxSimulatedSteps bounds a simulation; a stage takes at most a few waits (its instant, the window, the weekly cap).
const maxSimulatedSteps = 8 * MaxStages

// Simulate runs the ladder of one case forward from now with the rule that the campaign uses, each step at the instant
// that the rule named, and gives the stages in order. It supposes that nobody pays and that persons approve at once.
func Simulate(p Policy, cal calendar.Calendar, f Facts, now time.Time) []Planned {
	var out []Planned
	touches := newTouchLog(f)
	for range maxSimulatedSteps {
		f.TouchesLastWeek, f.OldestTouchAt = touches.lastWeek(now)
		d := Step(p, cal, f, now)
		switch d.Kind {
		case Touch, HumanDo, Skip:
			out = append(out, Planned{Stage: d.Stage, Kind: d.Kind, Channel: d.Channel, At: now, Why: d.Why})
			f.Stage, f.StageAt, f.PausedSinceStage = d.Stage, now, 0
			if d.Kind == Touch {
				touches.at = append(touches.at, now)
			}
		case Park:
			f.ApprovedStage = d.Stage
			continue
		case Wait:
		default:
			return out
		}
		if d.NextStage == "" || d.NextAt.IsZero() {
			return out
		}
		now = later(now, d.NextAt)
	}
	return out
}

// touchLog counts the messages of the last week as a simulation goes on. Of the messages before it only their number and
// the oldest are known; they are taken to run out together.
type touchLog struct {
	before   int
	beforeAt time.Time
	at       []time.Time
}

func newTouchLog(f Facts) *touchLog {
	return &touchLog{before: f.TouchesLastWeek, beforeAt: f.OldestTouchAt}
}

func (l *touchLog) lastWeek(now time.Time) (n int, oldest time.Time) {
	since := now.Add(-week)
	if l.before > 0 && l.beforeAt.After(since) {
		n, oldest = l.before, l.beforeAt
	}
	for _, at := range l.at {
		if at.After(since) {
			n++
			if oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
		}
	}
	return n, oldest
}

// Preview is the answer to what a campaign would do. It counts cases: one debtor in one community.
type Preview struct {
	ID         string          `json:"preview_id"`
	Households int             `json:"households"`
	AmountFen  int64           `json:"amount_fen"`
	Schedule   []ScheduledDay  `json:"schedule"`
	Excluded   []ExcludedCount `json:"excluded"`
	Warnings   []Warning       `json:"warnings"`
	PolicyID   string          `json:"policy_id"`
	VersionID  string          `json:"version_id"`
	CreatedAt  time.Time       `json:"created_at"`
}

// ScheduledDay is what one stage does on one day if nobody pays: messages and people's tasks.
type ScheduledDay struct {
	Stage     string          `json:"stage"`
	Date      calendar.Date   `json:"date"`
	Touches   int             `json:"touches"`
	ByChannel map[Channel]int `json:"by_channel"`
	Tasks     int             `json:"tasks"`
	Skipped   int             `json:"skipped"`
	CostFen   int64           `json:"cost_fen"`
}

// ExcludedCount is how many debtors are left out for one reason.
type ExcludedCount struct {
	Reason     string `json:"reason"`
	Households int    `json:"households"`
}

// Warning is something to look at before the start.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// PreviewItem is one debtor of a preview.
type PreviewItem struct {
	CommunityID string        `json:"community_id"`
	DebtorID    string        `json:"debtor_id"`
	Household   string        `json:"household"` // the debtor's name, masked unless the caller sees money in detail
	AmountFen   *int64        `json:"amount_fen,omitempty"`
	DueOn       calendar.Date `json:"due_on,omitzero"`
	Excluded    string        `json:"excluded,omitempty"`
	FirstStage  string        `json:"first_stage,omitempty"`
	FirstAt     *time.Time    `json:"first_at,omitempty"`
}
