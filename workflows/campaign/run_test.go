package campaign_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/refusal"
	"steward/workflows/campaign"
)

const (
	orgID      = "01J00000000000000000000ORG"
	campaignID = "01J00000000000000000000CMP"
)

var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// drive is a database of one campaign with three cohorts, and the other processes as far as they can be seen.
type drive struct {
	dunning.CaseStore
	env *testsuite.TestWorkflowEnvironment

	anchor     clock.Anchor
	head       dunning.CampaignHead
	households int
	openCases  int
	errs       []error // answers of the next selections
	parked     []string

	onEnd func() // what happens while a step ends the cohorts

	started []int // cohorts, in order of start
	woken   int   // rounds of waking
	ended   int   // rounds of ending
}

func (d *drive) CampaignHead(context.Context, access.Scope, string) (dunning.CampaignHead, error) {
	return d.head, nil
}

func (d *drive) CohortNumbers(context.Context, access.Scope, string, bool) ([]int, error) {
	return []int{1, 2, 3}, nil
}

func (d *drive) SelectCases(_ context.Context, _ access.Scope, _ string, _ dunning.Decide, beat func()) (dunning.Selection, error) {
	if len(d.errs) > 0 {
		err := d.errs[0]
		d.errs = d.errs[1:]
		if err != nil {
			return dunning.Selection{}, err
		}
	}
	beat()
	d.head.Selected, d.openCases = true, d.households
	s := dunning.Selection{Households: d.households}
	if d.households > 0 {
		s.Cohorts = []dunning.CohortStart{{No: 1, FirstAt: began}, {No: 2, FirstAt: began}, {No: 3, FirstAt: began}}
	}
	return s, nil
}

func (d *drive) CloseCampaign(context.Context, access.Scope, string) (bool, error) {
	if d.openCases == 0 {
		d.head.Status = dunning.CampaignFinished
	}
	return d.openCases == 0, nil
}

func (d *drive) ParkCampaign(_ context.Context, _ access.Scope, _, why string) error {
	d.parked = append(d.parked, why)
	d.head.Status = dunning.CampaignNeedsAttention
	return nil
}

func (d *drive) StartCohorts(_ context.Context, c dunning.CampaignRef, starts []dunning.CohortStart, anchor clock.Anchor, _ func()) error {
	if c.CampaignID != campaignID || anchor != d.anchor {
		return errors.New("cohorts of another campaign")
	}
	for _, s := range starts {
		d.started = append(d.started, s.No)
	}
	return nil
}

func (d *drive) WakeCohorts(context.Context, dunning.CampaignRef, []int, func()) error {
	d.woken++
	return nil
}

func (d *drive) EndCohorts(context.Context, dunning.CampaignRef, []int, func()) error {
	d.ended++
	if d.onEnd != nil {
		d.onEnd()
	}
	return nil
}

func (d *drive) RefreshCampaign(context.Context, dunning.CampaignRef) error { return nil }
func (d *drive) Anchor() clock.Anchor                                       { return d.anchor }
func (d *drive) Now() time.Time                                             { return d.anchor.BusinessAt(d.env.Now()) }

func newDrive() *drive {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkflowRunTimeout(365 * 24 * time.Hour)
	env.SetStartTime(began)
	d := &drive{
		env: env, anchor: clock.Anchor{Wall: began, Business: began, Speed: 1}, households: 900,
		head: dunning.CampaignHead{Status: dunning.CampaignRunning, StartAt: began},
	}
	env.RegisterWorkflowWithOptions(campaign.Run, workflow.RegisterOptions{Name: campaign.Type})
	env.RegisterActivity(&activities.Collections{Cases: d, Progress: d, Processes: d, Clock: d})
	return d
}

func (d *drive) signal(after time.Duration, change func()) {
	d.env.RegisterDelayedCallback(func() {
		change()
		d.env.SignalWorkflow(campaign.RefreshSignal, nil)
	}, after)
}

func (d *drive) run() {
	d.env.ExecuteWorkflow(campaign.Type, campaign.State{OrgID: orgID, CampaignID: campaignID})
}

func (d *drive) requireEnded(t *testing.T) {
	t.Helper()
	require.True(t, d.env.IsWorkflowCompleted())
	require.NoError(t, d.env.GetWorkflowError())
}

func TestACampaignRunsUntilItsLastCaseCloses(t *testing.T) {
	d := newDrive()
	d.signal(30*24*time.Hour, func() { d.openCases = 0 })
	d.run()
	d.requireEnded(t)
	require.Equal(t, []int{1, 2, 3}, d.started)
	require.Zero(t, d.woken)
	require.Equal(t, 1, d.ended)
	require.Equal(t, dunning.CampaignFinished, d.head.Status)
}

func TestNobodyOwesFinishesAtOnce(t *testing.T) {
	d := newDrive()
	d.households = 0
	d.run()
	d.requireEnded(t)
	require.Equal(t, dunning.CampaignFinished, d.head.Status)
	require.Equal(t, began, d.env.Now().UTC())
}

func TestALaterStartIsAwaited(t *testing.T) {
	d := newDrive()
	d.head.StartAt = began.AddDate(0, 0, 5)
	d.signal(20*24*time.Hour, func() { d.openCases = 0 })
	var startedAt time.Time
	d.env.SetOnActivityCompletedListener(func(_ *activity.Info, _ converter.EncodedValue, _ error) {
		if len(d.started) > 0 && startedAt.IsZero() {
			startedAt = d.env.Now().UTC()
		}
	})
	d.run()
	d.requireEnded(t)
	require.Equal(t, began.AddDate(0, 0, 5), startedAt)
}

func TestATurnedClockBringsTheStartForward(t *testing.T) {
	d := newDrive()
	d.head.StartAt = began.AddDate(0, 0, 5)
	d.signal(time.Hour, func() {
		d.anchor = clock.Anchor{Wall: d.env.Now(), Business: began.AddDate(0, 0, 6), Speed: 1}
	})
	d.signal(2*time.Hour, func() { d.openCases = 0 })
	d.run()
	d.requireEnded(t)
	require.Len(t, d.started, 3)
	require.Equal(t, began.Add(2*time.Hour), d.env.Now().UTC())
}

func TestCommandsReachEveryOpenCohort(t *testing.T) {
	d := newDrive()
	d.signal(24*time.Hour, func() { d.head.Status = dunning.CampaignPaused })
	d.signal(48*time.Hour, func() { d.head.Status = dunning.CampaignRunning })
	d.signal(72*time.Hour, func() { d.head.Status, d.openCases = dunning.CampaignCancelled, 0 })
	d.run()
	d.requireEnded(t)
	require.Equal(t, 2, d.woken, "pause and resume")
	require.Equal(t, 1, d.ended, "cancel")
	require.Equal(t, dunning.CampaignCancelled, d.head.Status, "what is cancelled does not become finished")
}

func TestPausedBeforeTheStartWaitsForAPerson(t *testing.T) {
	d := newDrive()
	d.head.Status = dunning.CampaignPaused
	d.signal(24*time.Hour, func() { d.head.Status = dunning.CampaignRunning })
	d.signal(48*time.Hour, func() { d.openCases = 0 })
	d.run()
	d.requireEnded(t)
	require.Len(t, d.started, 3)
}

func TestARefusedLaunchParksAndARefreshTriesAgain(t *testing.T) {
	d := newDrive()
	d.errs = []error{errors.New("connection refused"), refusal.New(refusal.Rule, "policy-unknown", "找不到催缴策略。")}
	d.signal(24*time.Hour, func() { d.head.Status = dunning.CampaignRunning })
	d.signal(48*time.Hour, func() { d.openCases = 0 })
	d.run()
	d.requireEnded(t)
	require.Equal(t, []string{"找不到催缴策略。"}, d.parked)
	require.Len(t, d.started, 3)
}

func TestContinueAsNewCarriesTheWholeState(t *testing.T) {
	first := newDrive()
	first.env.RegisterDelayedCallback(func() { first.env.SetContinueAsNewSuggested(true) }, time.Hour)
	first.signal(2*time.Hour, func() {})
	first.run()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, first.env.GetWorkflowError(), &next)
	require.Equal(t, campaign.Type, next.WorkflowType.Name)
	var s campaign.State
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &s))
	require.Equal(t, campaign.State{OrgID: orgID, CampaignID: campaignID, Launched: true, Waiting: true, Anchor: first.anchor}, s)

	second := newDrive()
	second.head.Selected, second.openCases = true, 900
	second.signal(time.Hour, func() { second.openCases = 0 })
	second.env.ExecuteWorkflow(campaign.Type, s)
	second.requireEnded(t)
	require.Empty(t, second.started)
	require.Zero(t, second.woken)
	require.Equal(t, 1, second.ended)
}

func TestASignalDuringTheLastStepIsHeard(t *testing.T) {
	d := newDrive()
	d.signal(24*time.Hour, func() { d.openCases = 0 })
	d.onEnd = func() { // a payment is taken back after the campaign was closed and before its process knows
		d.onEnd = nil
		d.head.Status, d.openCases = dunning.CampaignRunning, 1
		d.env.SignalWorkflow(campaign.RefreshSignal, nil)
	}
	d.signal(48*time.Hour, func() { d.openCases = 0 })
	d.run()
	d.requireEnded(t)
	require.Equal(t, began.Add(48*time.Hour), d.env.Now().UTC(), "the process went on for the case that was opened again")
	require.Equal(t, 1, d.woken)
}

func TestALostProcessWakesTheCohortsThatSleep(t *testing.T) {
	d := newDrive()
	d.head.Selected, d.openCases = true, 900
	d.signal(time.Hour, func() { d.openCases = 0 })
	d.env.ExecuteWorkflow(campaign.Type, campaign.State{OrgID: orgID, CampaignID: campaignID})
	d.requireEnded(t)
	require.Equal(t, 1, d.woken, "the word that started it may have been that the campaign goes on")
}
