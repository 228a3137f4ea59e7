package dunning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

// told is a debtor whose first message was decided on Monday 03-09 at 08:00; the second stage is planned for 03-16.
func told(t require.TestingT) dunning.Facts {
	f := owing(t)
	f.Stage, f.StageAt = "friendly", at(t, "2026-03-09 08:00")
	return f
}

func TestNothingFollowsAMessageThatIsUnderWay(t *testing.T) {
	cal, f := chinese(t), told(t)
	f.UnderWay = true
	d := dunning.Step(threeSteps(), cal, f, at(t, "2026-03-10 10:00"))
	require.Empty(t, d.Why, "before the next stage's day there is nothing to wait for")
	require.Equal(t, "2026-03-16", calendar.DateOf(d.NextAt).String())
	for now, look := range map[string]string{"2026-03-16 10:00": "2026-03-17 08:00", "2026-03-20 21:00": "2026-03-23 08:00", "2026-03-21 12:00": "2026-03-23 08:00"} {
		d = dunning.Step(threeSteps(), cal, f, at(t, now))
		require.Equal(t, []any{dunning.Wait, dunning.WhyUnderWay, "remind"}, []any{d.Kind, d.Why, d.NextStage})
		require.WithinRange(t, d.NextAt, at(t, look), at(t, look).Add(within), "one look a day")
	}
	f.Bills = nil
	require.Equal(t, dunning.Paid, dunning.Step(threeSteps(), cal, f, at(t, "2026-03-16 10:00")).Kind)
}

func TestPeopleAndApprovalsWaitForTheMessageToo(t *testing.T) {
	for _, s := range []dunning.Stage{{Action: dunning.Call}, {Action: dunning.Legal, NeedsApproval: true}, {Action: dunning.Message, MinAmountFen: 999_999}} {
		s.Key, s.OffsetFrom = "after", dunning.FromPrevious
		p := threeSteps()
		p.Stages[1] = s
		f := told(t)
		f.UnderWay = true
		d := dunning.Step(p, chinese(t), f, at(t, "2026-03-20 10:00"))
		require.Equal(t, []any{dunning.Wait, dunning.WhyUnderWay}, []any{d.Kind, d.Why})
	}
}

func TestGapsAndOffsetsCountFromWhenTheMessageWentOut(t *testing.T) {
	previous := threeSteps()
	previous.MinGapDays = 1
	previous.Stages[1].OffsetFrom, previous.Stages[1].OffsetDays = dunning.FromPrevious, 2
	for name, c := range map[string]struct {
		policy dunning.Policy
		wentAt string
		kind   dunning.Kind
		nextOn string
	}{
		"the same day moves nothing":             {threeSteps(), "2026-03-09 21:30", dunning.Touch, ""},
		"a gap that is over moves nothing":       {threeSteps(), "2026-03-13 10:00", dunning.Touch, ""},
		"the gap runs from the late message":     {threeSteps(), "2026-03-16 09:30", dunning.Wait, "2026-03-19"},
		"it failed: it never went out":           {threeSteps(), "", dunning.Touch, ""},
		"previous, the same day":                 {previous, "2026-03-09 21:30", dunning.Touch, ""},
		"previous runs from the late message":    {previous, "2026-03-16 09:30", dunning.Wait, "2026-03-18"},
		"previous over a weekend goes to Monday": {previous, "2026-03-15 09:30", dunning.Wait, "2026-03-17"},
	} {
		t.Run(name, func(t *testing.T) {
			f := told(t)
			if c.wentAt != "" {
				f.TouchedAt = at(t, c.wentAt)
			}
			d := dunning.Step(c.policy, chinese(t), f, at(t, "2026-03-16 10:00"))
			require.Equal(t, c.kind, d.Kind)
			if c.kind == dunning.Wait {
				require.Equal(t, c.nextOn, calendar.DateOf(d.NextAt).String())
			}
		})
	}
}

func TestAMessageOfTheSameDayLeavesThePlanAsItWas(t *testing.T) {
	for _, gap := range []int{0, 1, 3} {
		p := threeSteps()
		p.MinGapDays = gap
		f := told(t)
		plain := dunning.Step(p, chinese(t), f, f.StageAt)
		f.TouchedAt = f.StageAt.Add(5 * time.Hour) // a second of wall time where a day lasts five
		require.Equal(t, plain, dunning.Step(p, chinese(t), f, f.StageAt))
		f.Stage = "demand"
		over := dunning.Step(p, chinese(t), f, f.StageAt).NextAt
		require.Equal(t, dunning.Finished, dunning.Step(p, chinese(t), f, over).Kind)
	}
}

func TestACaseDoesNotEndBeforeItsLastMessageIsOut(t *testing.T) {
	cal, f := chinese(t), told(t)
	f.Stage, f.UnderWay = "demand", true
	d := dunning.Step(threeSteps(), cal, f, at(t, "2026-03-12 08:00"))
	require.Equal(t, []any{dunning.Wait, dunning.WhyUnderWay, ""}, []any{d.Kind, d.Why, d.NextStage})
	require.WithinRange(t, d.NextAt, at(t, "2026-03-13 08:00"), at(t, "2026-03-13 08:00").Add(within))
	f.UnderWay, f.TouchedAt = false, at(t, "2026-03-12 15:00")
	d = dunning.Step(threeSteps(), cal, f, d.NextAt)
	require.Equal(t, dunning.Wait, d.Kind)
	require.Equal(t, at(t, "2026-03-15 15:00"), d.NextAt, "there is time to pay after the message went out")
	require.Equal(t, dunning.Finished, dunning.Step(threeSteps(), cal, f, d.NextAt).Kind)
}

// Without a minimum gap two stages may fall on one day, so the case looks again soon, but never busily.
func TestWithoutAGapTheLooksThinOut(t *testing.T) {
	p := threeSteps()
	p.MinGapDays = 0
	p.Stages[1].OffsetFrom, p.Stages[1].OffsetDays = dunning.FromPrevious, 0
	f := told(t)
	f.StageAt, f.UnderWay = at(t, "2026-03-09 09:00"), true
	now, looks := f.StageAt, 0
	for calendar.DateOf(now) == calendar.DateOf(f.StageAt) {
		d := dunning.Step(p, chinese(t), f, now)
		require.Equal(t, dunning.WhyUnderWay, d.Why)
		require.True(t, d.NextAt.After(now))
		if looks == 0 {
			require.Equal(t, 5*time.Second, d.NextAt.Sub(now))
		}
		now, looks = d.NextAt, looks+1
	}
	require.Less(t, looks, 20)
	require.WithinRange(t, now, at(t, "2026-03-10 08:00"), at(t, "2026-03-10 08:00").Add(within))
}
