package approval_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/workflows/approval"
)

// desk is the row of one approval, and the business clock beside the test's own wall.
type desk struct {
	env     *testsuite.TestWorkflowEnvironment
	began   time.Time
	anchor  clock.Anchor
	open    bool
	expires time.Time
	looks   int
	away    int // how many looks fail before one does not
	refuse  int // how many looks are refused for good
	ended   time.Time
}

func newDesk(t *testing.T, speed float64) *desk {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	d := &desk{env: suite.NewTestWorkflowEnvironment(), open: true}
	d.began = d.env.Now().UTC()
	d.anchor = clock.Anchor{Wall: d.began, Business: time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC), Speed: speed}
	d.expires = d.anchor.Business.Add(7 * 24 * time.Hour)
	d.env.RegisterActivity(&activities.Approvals{Store: d, Clock: d})
	return d
}

func (d *desk) Now() time.Time       { return d.anchor.BusinessAt(d.env.Now()) }
func (d *desk) Anchor() clock.Anchor { return d.anchor }

func (d *desk) WaitForApproval(_ context.Context, sc access.Scope, id string) (money.Waiting, error) {
	d.looks++
	switch {
	case sc.OrgID != "org" || id != "ask":
		return money.Waiting{}, errors.New("another approval")
	case d.refuse > 0:
		d.refuse--
		return money.Waiting{}, refusal.New(refusal.Rule, "x", "不行")
	case d.away > 0:
		d.away--
		return money.Waiting{}, errors.New("connection refused")
	case !d.open:
		return money.Waiting{}, nil
	case !d.Now().Before(d.expires):
		d.open, d.ended = false, d.Now()
		return money.Waiting{}, nil
	}
	return money.Waiting{Open: true, ExpiresAt: d.expires}, nil
}

func (d *desk) run(t *testing.T) {
	t.Helper()
	d.env.SetTestTimeout(time.Minute)
	d.env.ExecuteWorkflow(approval.Run, approval.State{OrgID: "org", ApprovalID: "ask"})
	require.True(t, d.env.IsWorkflowCompleted())
}

func TestNobodyDecides(t *testing.T) {
	d := newDesk(t, 1)
	d.away, d.refuse = 5, 1
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.False(t, d.open)
	require.WithinDuration(t, d.expires, d.ended, time.Minute, "at its time, and not before")
	require.LessOrEqual(t, d.looks, 9)
}

func TestADecisionEndsTheWait(t *testing.T) {
	d := newDesk(t, 1)
	d.env.RegisterDelayedCallback(func() {
		answer, err := d.env.QueryWorkflow(approval.StateQuery)
		require.NoError(t, err)
		var s approval.State
		require.NoError(t, answer.Get(&s))
		require.Equal(t, d.expires, s.ExpiresAt.UTC())
		d.open = false
		d.env.SignalWorkflow(approval.RefreshSignal, nil)
	}, time.Hour)
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.Equal(t, 2, d.looks)
	require.WithinDuration(t, d.began.Add(time.Hour), d.env.Now(), time.Minute)
}

func TestASignalThatTellsNothingIsNoDecision(t *testing.T) {
	d := newDesk(t, 1)
	d.env.RegisterDelayedCallback(func() { d.env.SignalWorkflow(approval.RefreshSignal, nil) }, time.Hour)
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.Equal(t, 3, d.looks)
	require.WithinDuration(t, d.expires, d.ended, time.Minute)
}

func TestTheClockIsTurned(t *testing.T) {
	d := newDesk(t, 1)
	d.env.RegisterDelayedCallback(func() {
		d.anchor = clock.Anchor{Wall: d.env.Now().UTC(), Business: d.expires.Add(time.Second), Speed: 1}
		d.env.SignalWorkflow(approval.RefreshSignal, nil)
	}, time.Minute)
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.WithinDuration(t, d.began.Add(time.Minute), d.env.Now(), time.Minute)
	require.False(t, d.open)
}

func TestBusinessDaysOfAFastClockAreShort(t *testing.T) {
	d := newDesk(t, 17280)
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.WithinDuration(t, d.began.Add(35*time.Second), d.env.Now(), 2*time.Second)
}

func TestAnApprovalThatIsDecidedAlreadyEndsAtOnce(t *testing.T) {
	d := newDesk(t, 1)
	d.open = false
	d.run(t)
	require.NoError(t, d.env.GetWorkflowError())
	require.Equal(t, 1, d.looks)
}

func TestContinueAsNewCarriesItsState(t *testing.T) {
	d := newDesk(t, 1)
	d.env.SetContinueAsNewSuggested(true)
	d.run(t)
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, d.env.GetWorkflowError(), &again)
	require.Equal(t, approval.Type, again.WorkflowType.Name)
}
