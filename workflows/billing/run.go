package billing

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/billingrun"
	"steward/workflows"
)

// Limits of one try of a step, and of the pauses between tries, which are repeated without end while the database is away.
const (
	stepTry      = 2 * time.Minute
	silence      = 10 * time.Second
	retryFirst   = 200 * time.Millisecond
	retryCeiling = 10 * time.Second
	parkTry      = time.Minute
)

const panicType = "PanicError"

var steps *activities.Billing

// Run is the process of a billing run. It ends when the run is issued, cancelled or voided; voiding an issued one starts it
// again.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	refresh := workflow.GetSignalChannel(ctx, RefreshSignal)
	for {
		workflows.Drain(refresh)
		var done billingrun.Progress
		err := workflow.ExecuteActivity(step(ctx, stepTry), steps.AdvanceRun, s.Ref).Get(ctx, &done)
		if temporal.IsCanceledError(err) {
			return err
		}
		if s.Parked = err != nil; s.Parked {
			if err := park(ctx, s.Ref, err); err != nil {
				return err
			}
			done = billingrun.Progress{Status: billingrun.NeedsAttention}
		}
		s.Status = done.Status
		if done.Status.Over() && refresh.Len() == 0 {
			return nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && refresh.Len() == 0 && done.More {
			return workflow.NewContinueAsNewError(ctx, Type, s)
		}
		if done.More {
			continue
		}
		if err := workflow.Await(ctx, func() bool { return refresh.Len() > 0 }); err != nil {
			return err
		}
	}
}

// park puts the run before a person because a step was refused for good. It returns an error only when the process itself is
// cancelled.
func park(ctx workflow.Context, ref billingrun.Ref, cause error) error {
	workflow.GetLogger(ctx).Error("billing run is parked", "error", cause)
	in := activities.ParkRunInput{Ref: ref, Why: activities.WhyRunParked(cause)}
	err := workflow.ExecuteActivity(step(ctx, parkTry), steps.ParkRun, in).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}

func step(ctx workflow.Context, try time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: workflows.Bulk, StartToCloseTimeout: try, HeartbeatTimeout: silence,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: retryFirst, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{panicType}},
	})
}
