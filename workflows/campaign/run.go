package campaign

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/workflows"
)

// Timing of a step: choosing the cases of a large campaign takes long, so its worker shows by heartbeats that it lives.
const (
	stepCeiling  = time.Hour
	heartbeat    = 10 * time.Second
	retryCeiling = 10 * time.Second
)

var steps *activities.Collections

// Run is the campaign's process. It ends when the campaign is finished or cancelled.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	refresh := workflow.GetSignalChannel(ctx, RefreshSignal)
	for {
		if s.Waiting {
			if err := s.sleep(ctx, refresh); err != nil {
				return err
			}
		}
		workflows.Drain(refresh)
		over, err := s.step(ctx)
		if temporal.IsCanceledError(err) {
			return err
		}
		if s.Parked = err != nil; s.Parked {
			if err := workflows.Park(ctx, s.OrgID, s.CampaignID, err); err != nil {
				return err
			}
		}
		if over && refresh.Len() == 0 { // a reversal may have opened a case again after the step
			return nil
		}
		s.Waiting = true
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && refresh.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, Type, s)
		}
	}
}

// step launches what is not launched yet, and afterwards carries on what was commanded.
func (s *State) step(ctx workflow.Context) (over bool, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           workflows.Bulk,
		StartToCloseTimeout: stepCeiling,
		HeartbeatTimeout:    heartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{"PanicError"}},
	})
	in := activities.CampaignInput{OrgID: s.OrgID, CampaignID: s.CampaignID}
	do := steps.LaunchCampaign
	if s.Launched {
		do = steps.RefreshCampaign
	}
	var done activities.CampaignStep
	if err := workflow.ExecuteActivity(ctx, do, in).Get(ctx, &done); err != nil {
		return false, err
	}
	s.Launched, s.NotYet, s.Anchor = done.Launched, done.NotYet, done.Anchor
	return done.Over, nil
}

// sleep returns when the start has come or a signal is there.
func (s *State) sleep(ctx workflow.Context, refresh workflow.ReceiveChannel) error {
	if s.Parked || s.NotYet.IsZero() {
		return workflow.Await(ctx, func() bool { return refresh.Len() > 0 })
	}
	d := max(s.Anchor.WallUntil(workflow.Now(ctx), s.NotYet), 100*time.Millisecond)
	return workflows.SleepUntilSignal(ctx, d, refresh)
}
