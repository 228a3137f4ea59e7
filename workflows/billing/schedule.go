package billing

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/calendar"
	"steward/workflows"
)

const lookTry = time.Minute

// RunTick is what a schedule starts: it asks for the business day, which in dev goes by another clock than the schedule, and
// looks at that day once. Whatever days were missed, one look finds all that is due.
func RunTick(ctx workflow.Context, c Tick) error {
	var day calendar.Date
	if err := workflow.ExecuteActivity(quick(ctx), steps.BusinessDay).Get(ctx, &day); err != nil {
		return err
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: LookID(c.CommunityID, day), TaskQueue: workflows.Commands,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
	})
	err := workflow.ExecuteChildWorkflow(ctx, LookType, Look{CommunityRef: c, Day: day}).GetChildWorkflowExecution().Get(ctx, nil)
	if looked := new(temporal.ChildWorkflowExecutionAlreadyStartedError); errors.As(err, &looked) {
		return nil
	}
	return err
}

// RunLook opens the runs that have fallen due by a day.
func RunLook(ctx workflow.Context, l Look) error {
	return workflow.ExecuteActivity(quick(ctx), steps.OpenDue, l).Get(ctx, nil)
}

func quick(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: workflows.Bulk, StartToCloseTimeout: lookTry,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: retryFirst, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{panicType, activities.ErrTypeRefused}},
	})
}
