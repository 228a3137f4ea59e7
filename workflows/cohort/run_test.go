package cohort_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/refusal"
	"steward/workflows/cohort"
)

const (
	orgID      = "01J00000000000000000000ORG"
	campaignID = "01J00000000000000000000CMP"
)

var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// ladder is a database of one cohort: all open cases do the next stage at the next instant.
type ladder struct {
	dunning.CaseStore
	env *testsuite.TestWorkflowEnvironment

	anchor  clock.Anchor
	at      []time.Time // instants of the stages, business time
	done    []time.Time // when the stages were done
	open    int
	paused  bool
	over    bool
	errs    []error // answers of the next steps
	steps   int
	parked  []string
	told    int // words to the campaign
	status  string
	advance func(*ladder) // happens inside the next step, before it decides
}

func (l *ladder) now() time.Time { return l.anchor.BusinessAt(l.env.Now()) }

func (l *ladder) Advance(_ context.Context, sc access.Scope, campaign string, no int, _ dunning.Decide) (dunning.Advanced, error) {
	l.steps++
	if sc.OrgID != orgID || campaign != campaignID || no != 7 {
		return dunning.Advanced{}, errors.New("a step of another cohort")
	}
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		if err != nil {
			return dunning.Advanced{}, err
		}
	}
	if l.advance != nil {
		f := l.advance
		l.advance = nil
		f(l)
	}
	a := dunning.Advanced{Open: l.open, Paused: l.paused, CampaignOver: l.open == 0 && l.over}
	if l.paused || l.open == 0 {
		return a, nil
	}
	for len(l.done) < len(l.at) && !l.at[len(l.done)].After(l.now()) {
		l.done = append(l.done, l.now())
		a.Touched += l.open
	}
	if len(l.done) < len(l.at) {
		a.NextAt = l.at[len(l.done)]
		return a, nil
	}
	l.open, a.Open, a.CampaignOver = 0, 0, true
	return a, nil
}

func (l *ladder) ParkCampaign(_ context.Context, _ access.Scope, _, why string) error {
	l.parked = append(l.parked, why)
	l.paused = true
	return nil
}

func (l *ladder) CampaignHead(context.Context, access.Scope, string) (dunning.CampaignHead, error) {
	return dunning.CampaignHead{Status: l.status, Selected: true}, nil
}

func (l *ladder) CohortNumbers(context.Context, access.Scope, string, bool) ([]int, error) {
	return []int{7}, nil
}

func (l *ladder) Anchor() clock.Anchor { return l.anchor }
func (l *ladder) Now() time.Time       { return l.now() }

type campaignDoor struct {
	activities.Processes
	l *ladder
}

func (d campaignDoor) RefreshCampaign(context.Context, dunning.CampaignRef) error {
	d.l.told++
	return nil
}

func newLadder(t *testing.T, speed float64, days ...int) *ladder {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkflowRunTimeout(365 * 24 * time.Hour)
	env.SetStartTime(began)
	l := &ladder{env: env, anchor: clock.Anchor{Wall: began, Business: began, Speed: speed}, open: 300, status: dunning.CampaignRunning}
	for _, d := range days {
		l.at = append(l.at, began.AddDate(0, 0, d))
	}
	env.RegisterWorkflowWithOptions(cohort.Run, workflow.RegisterOptions{Name: cohort.Type})
	env.RegisterActivity(&activities.Collections{Cases: l, Progress: l, Processes: campaignDoor{l: l}, Clock: l})
	t.Cleanup(func() { env.AssertExpectations(t) })
	return l
}

func (l *ladder) run(s cohort.State) { l.env.ExecuteWorkflow(cohort.Type, s) }

func (l *ladder) signal(after time.Duration, change func()) {
	l.env.RegisterDelayedCallback(func() {
		change()
		l.env.SignalWorkflow(cohort.RefreshSignal, nil)
	}, after)
}

func (l *ladder) state() cohort.State {
	s := cohort.State{OrgID: orgID, CampaignID: campaignID, No: 7, Anchor: l.anchor}
	if len(l.at) > 0 {
		s.NextAt = l.at[0]
	}
	return s
}

func (l *ladder) requireEnded(t *testing.T) {
	t.Helper()
	require.True(t, l.env.IsWorkflowCompleted())
	require.NoError(t, l.env.GetWorkflowError())
}

func day(n int) time.Time { return began.AddDate(0, 0, n) }

func TestEachStageTakesOneStepAtItsInstant(t *testing.T) {
	for name, speed := range map[string]float64{"wall time": 1, "a day in five seconds": 17280} {
		t.Run(name, func(t *testing.T) {
			l := newLadder(t, speed, 7, 15, 30)
			l.run(l.state())
			l.requireEnded(t)
			require.Equal(t, 3, l.steps, "no step but one a stage")
			require.Len(t, l.done, 3)
			for i, d := range []int{7, 15, 30} {
				require.WithinDuration(t, day(d), l.done[i], time.Duration(speed)*time.Millisecond)
			}
			require.Equal(t, 1, l.told, "the last cohort tells its campaign")
		})
	}
}

func TestARebuiltCohortLooksAtOnce(t *testing.T) {
	l := newLadder(t, 1, 7)
	l.run(cohort.State{OrgID: orgID, CampaignID: campaignID, No: 7})
	l.requireEnded(t)
	require.Equal(t, 2, l.steps)
	require.Equal(t, day(7), l.done[0])
}

func TestACampaignThatIsOverIsNotTold(t *testing.T) {
	l := newLadder(t, 1, 7)
	l.status = dunning.CampaignCancelled
	l.run(l.state())
	l.requireEnded(t)
	require.Zero(t, l.told)
}

func TestThePaymentOfTheLastDebtorEndsTheCohort(t *testing.T) {
	l := newLadder(t, 1, 7, 15)
	l.signal(8*24*time.Hour, func() { l.open = 0 })
	l.run(l.state())
	l.requireEnded(t)
	require.Len(t, l.done, 1)
	require.Equal(t, day(8), l.env.Now().UTC())
}

func TestPauseAndResume(t *testing.T) {
	l := newLadder(t, 1, 7, 15)
	l.signal(3*24*time.Hour, func() { l.paused = true })
	l.signal(20*24*time.Hour, func() {
		l.paused = false
		l.at = []time.Time{day(24), day(32)}
	})
	l.run(l.state())
	l.requireEnded(t)
	require.Equal(t, []time.Time{day(24), day(32)}, l.done)
}

func TestCancelEndsAtOnce(t *testing.T) {
	l := newLadder(t, 1, 7)
	l.signal(24*time.Hour, func() { l.open, l.over, l.status = 0, true, dunning.CampaignCancelled })
	l.run(l.state())
	l.requireEnded(t)
	require.Empty(t, l.done)
	require.Equal(t, day(1), l.env.Now().UTC())
}

func TestATurnedClockMovesTheTimer(t *testing.T) {
	l := newLadder(t, 1, 7)
	l.signal(time.Hour, func() {
		l.anchor = clock.Anchor{Wall: l.env.Now(), Business: day(6).Add(12 * time.Hour), Speed: 17280}
	})
	l.run(l.state())
	l.requireEnded(t)
	require.WithinDuration(t, began.Add(time.Hour+2500*time.Millisecond), l.env.Now(), 10*time.Millisecond)
}

func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	l := newLadder(t, 1, 7)
	for range 7 {
		l.errs = append(l.errs, errors.New("connection refused"))
	}
	l.run(l.state())
	l.requireEnded(t)
	require.Equal(t, 8, l.steps)
	require.Empty(t, l.parked)
}

func TestARefusedStepParksAndARefreshTriesAgain(t *testing.T) {
	cases := map[string]struct {
		err error
		why string
	}{
		"rule":  {refusal.New(refusal.Rule, "policy-lacks-stage", "策略缺少当前阶段。"), "策略缺少当前阶段。"},
		"panic": {nil, "系统处理时遇到内部错误"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLadder(t, 1, 7, 15)
			l.errs = []error{c.err}
			if c.err == nil {
				l.advance = func(*ladder) { panic("index out of range") }
			}
			l.signal(10*24*time.Hour, func() { l.paused = false })
			l.run(l.state())
			l.requireEnded(t)
			require.Len(t, l.parked, 1)
			require.Contains(t, l.parked[0], c.why)
			require.Equal(t, []time.Time{day(10), day(15)}, l.done, "what was missed is done when a person retries")
		})
	}
}

func TestASignalDuringAStepIsNotLost(t *testing.T) {
	l := newLadder(t, 1, 7)
	l.advance = func(l *ladder) {
		l.env.SignalWorkflow(cohort.RefreshSignal, nil)
	}
	l.run(l.state())
	l.requireEnded(t)
	require.Equal(t, 2, l.steps)
}

func TestStepsThatMoveNothingSlowDown(t *testing.T) {
	l := newLadder(t, 1)
	l.at = []time.Time{began}
	var stuck []time.Time
	l.env.OnActivity("AdvanceCohort", mock.Anything, mock.Anything).Return(func(context.Context, activities.CohortInput) (dunning.Advanced, error) {
		stuck = append(stuck, l.env.Now())
		if len(stuck) == 12 {
			return dunning.Advanced{}, nil
		}
		return dunning.Advanced{Open: 1, NextAt: began, Anchor: l.anchor}, nil
	})
	l.run(l.state())
	l.requireEnded(t)
	require.Greater(t, stuck[11].Sub(stuck[0]), time.Minute)
}

func TestContinueAsNewCarriesTheWholeState(t *testing.T) {
	first := newLadder(t, 17280, 7, 15, 30)
	first.advance = func(l *ladder) { l.env.SetContinueAsNewSuggested(true) }
	first.run(first.state())
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, first.env.GetWorkflowError(), &next)
	require.Equal(t, cohort.Type, next.WorkflowType.Name)
	var s cohort.State
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &s))
	require.Equal(t, cohort.State{OrgID: orgID, CampaignID: campaignID, No: 7, NextAt: day(15), Anchor: first.anchor}, s)

	second := newLadder(t, 17280, 7, 15, 30)
	second.done = first.done
	second.env.SetStartTime(first.env.Now())
	second.run(s)
	second.requireEnded(t)
	require.Len(t, second.done, 3)
	require.Equal(t, 2, second.steps)
}

func TestTheStateCanBeAsked(t *testing.T) {
	l := newLadder(t, 1, 7, 15)
	l.env.RegisterDelayedCallback(func() {
		answer, err := l.env.QueryWorkflow(cohort.StateQuery)
		require.NoError(t, err)
		var s cohort.State
		require.NoError(t, answer.Get(&s))
		require.Equal(t, day(15), s.NextAt)
	}, 8*24*time.Hour)
	l.run(l.state())
	l.requireEnded(t)
}
