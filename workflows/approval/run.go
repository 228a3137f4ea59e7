package approval

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/workflows"
)

// Timing of a look. It is repeated without end while the database is away.
const (
	lookTry      = 20 * time.Second
	retryCeiling = 15 * time.Second
	soonest      = 100 * time.Millisecond // between two looks
	afterFault   = time.Hour
)

const panicType = "PanicError"

var steps *activities.Approvals

// Run waits until the approval is decided or its time is over.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	refresh := workflow.GetSignalChannel(ctx, RefreshSignal)
	looking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: lookTry,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{panicType}},
	})
	for {
		workflows.Drain(refresh)
		var seen activities.ApprovalSeen
		in := activities.ApprovalInput{OrgID: s.OrgID, ApprovalID: s.ApprovalID}
		err := workflow.ExecuteActivity(looking, steps.WaitForApproval, in).Get(ctx, &seen)
		switch {
		case temporal.IsCanceledError(err):
			return err
		case err != nil: // a fault of the program: what is asked stays asked, and the next program looks again
			workflow.GetLogger(ctx).Error("approval is not looked at", "error", err)
			if err := workflows.SleepUntilSignal(ctx, afterFault, refresh); err != nil {
				return err
			}
			continue
		case !seen.Open:
			return nil
		}
		s.ExpiresAt, s.Anchor = seen.ExpiresAt, seen.Anchor
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && refresh.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, Type, s)
		}
		wait := max(s.Anchor.WallUntil(workflow.Now(ctx), s.ExpiresAt), soonest)
		if err := workflows.SleepUntilSignal(ctx, wait, refresh); err != nil {
			return err
		}
	}
}
