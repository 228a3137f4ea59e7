package billing_test

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
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/clock"
	"steward/domain/refusal"
	process "steward/workflows/billing"
)

// shelf is a database of one run: chunks that are left in each of its steps, and what its next steps answer.
type shelf struct {
	status billingrun.Status
	chunks map[billingrun.Status]int
	steps  int
	errs   []error
	parked []string
	looked []calendar.Date
}

var after = map[billingrun.Status]billingrun.Status{
	billingrun.Computing: billingrun.Ready, billingrun.Issuing: billingrun.Issued, billingrun.Voiding: billingrun.Voided,
}

func (s *shelf) AdvanceBillingRun(_ context.Context, sc access.Scope, runID string) (billingrun.Progress, error) {
	if sc.OrgID != "org" || runID != "run" {
		return billingrun.Progress{}, errors.New("another run")
	}
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return billingrun.Progress{}, err
	}
	s.steps++
	if !s.status.Works() {
		return billingrun.Progress{Status: s.status}, nil
	}
	if s.chunks[s.status] > 0 {
		s.chunks[s.status]--
		return billingrun.Progress{Status: s.status, More: true}, nil
	}
	s.status = after[s.status]
	return billingrun.Progress{Status: s.status}, nil
}

func (s *shelf) ParkBillingRun(_ context.Context, _ access.Scope, _, why string) error {
	s.parked, s.status = append(s.parked, why), billingrun.NeedsAttention
	return nil
}

func (s *shelf) OpenDueRuns(_ context.Context, _ access.Scope, _ string, day calendar.Date) (int, error) {
	s.looked = append(s.looked, day)
	return 1, nil
}

func newEnv(s *shelf) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(&activities.Billing{Runs: s, Clock: clock.Fixed(time.Date(2026, 3, 8, 17, 0, 0, 0, time.UTC))})
	env.RegisterWorkflowWithOptions(process.RunLook, workflow.RegisterOptions{Name: process.LookType})
	return env
}

var input = process.State{Ref: billingrun.Ref{OrgID: "org", RunID: "run"}}

// tell changes the row as a command does, and gives the process the word.
func tell(env *testsuite.TestWorkflowEnvironment, at time.Duration, change func()) {
	env.RegisterDelayedCallback(func() {
		change()
		env.SignalWorkflow(process.RefreshSignal, nil)
	}, at)
}

func TestARunWaitsForItsApprovalAndIsIssued(t *testing.T) {
	s := &shelf{status: billingrun.Computing, chunks: map[billingrun.Status]int{billingrun.Computing: 3, billingrun.Issuing: 2}}
	env := newEnv(s)
	tell(env, time.Hour, func() {}) // a word that changes nothing
	tell(env, 40*24*time.Hour, func() {
		require.Equal(t, billingrun.Ready, s.status)
		s.status = billingrun.Issuing
	})
	env.ExecuteWorkflow(process.Run, input)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, billingrun.Issued, s.status)
	answer, err := env.QueryWorkflow(process.StateQuery)
	require.NoError(t, err)
	var state process.State
	require.NoError(t, answer.Get(&state))
	require.Equal(t, process.State{Ref: input.Ref, Status: billingrun.Issued}, state)
}

func TestARunEndsWhenItIsCancelledOrVoided(t *testing.T) {
	for _, end := range []billingrun.Status{billingrun.Cancelled, billingrun.Voided} {
		s := &shelf{status: billingrun.Ready}
		env := newEnv(s)
		tell(env, time.Minute, func() {
			if s.status = end; end == billingrun.Voided {
				s.status = billingrun.Voiding
			}
		})
		env.ExecuteWorkflow(process.Run, input)
		require.NoError(t, env.GetWorkflowError())
		require.Equal(t, end, s.status)
	}
}

func TestARunParksInsteadOfFailingAndGoesOnByARetry(t *testing.T) {
	for name, c := range map[string]struct {
		err error
		why string
	}{
		"refused": {refusal.New(refusal.Rule, "x", "单价缺失，请补录。"), "单价缺失，请补录。"},
		"a fault": {errors.New("index out of range"), ""},
	} {
		s := &shelf{status: billingrun.Issuing, chunks: map[billingrun.Status]int{billingrun.Issuing: 1}, errs: []error{c.err}}
		env := newEnv(s)
		tell(env, time.Hour, func() {
			if c.why != "" {
				require.Equal(t, []string{c.why}, s.parked, name)
				s.status = billingrun.Issuing
			}
		})
		env.ExecuteWorkflow(process.Run, input)
		require.NoError(t, env.GetWorkflowError(), name)
		require.Equal(t, billingrun.Issued, s.status, "a fault is tried again, a refusal by a person")
		require.Equal(t, c.why == "", len(s.parked) == 0, name)
	}
}

func TestARunThatWaitsKeepsItsHistory(t *testing.T) {
	s := &shelf{status: billingrun.Ready}
	env := newEnv(s)
	env.SetContinueAsNewSuggested(true)
	tell(env, time.Minute, func() { s.status = billingrun.Cancelled })
	env.ExecuteWorkflow(process.Run, input)
	require.NoError(t, env.GetWorkflowError())
}

func TestATickLooksAtItsBusinessDayOnce(t *testing.T) {
	s := &shelf{}
	env := newEnv(s)
	env.ExecuteWorkflow(process.RunTick, process.Tick{OrgID: "org", CommunityID: "c"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []calendar.Date{{Year: 2026, Month: 3, Day: 9}}, s.looked, "Monday in Shanghai")
}
