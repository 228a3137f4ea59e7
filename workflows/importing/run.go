package importing

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/importing"
	"steward/workflows"
)

// Limits of one try. A check of the largest file takes some tens of seconds; the heartbeat tells a dead worker from a slow
// one. Tries are repeated without end while the database is away.
const (
	checkTry     = 15 * time.Minute
	stepTry      = 2 * time.Minute
	endTry       = 20 * time.Second
	silence      = 6 * activities.ImportBeat
	retryCeiling = 15 * time.Second
)

const panicType = "PanicError"

var steps *activities.Importing

// Run is the import's process. What a rule refuses ends the import as failed; it never fails the process.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	ref := importing.Ref{OrgID: s.OrgID, ImportID: s.ImportID}
	if !s.Checked {
		var checked importing.Checked
		if err := workflow.ExecuteActivity(step(ctx, checkTry), steps.Check, ref).Get(ctx, &checked); err != nil {
			return giveUp(ctx, ref, err)
		}
		if checked.Ended {
			return nil
		}
		s.Checked, s.Batches = true, checked.Batches
	}
	for s.Applied < s.Batches {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, Type, s)
		}
		in := importing.BatchRef{Ref: ref, Batch: s.Applied}
		if err := workflow.ExecuteActivity(step(ctx, stepTry), steps.Apply, in).Get(ctx, nil); err != nil {
			return giveUp(ctx, ref, err)
		}
		s.Applied++
	}
	return workflow.ExecuteActivity(step(ctx, endTry), steps.Finish, ref).Get(ctx, nil)
}

func step(ctx workflow.Context, try time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: workflows.Bulk, StartToCloseTimeout: try, HeartbeatTimeout: silence,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{panicType}},
	})
}

// giveUp tells the importer why the import ended; a cancelled process is told the same, on a context that still works.
func giveUp(ctx workflow.Context, ref importing.Ref, cause error) error {
	workflow.GetLogger(ctx).Error("import ends", "error", cause)
	why := importing.Problem{Code: "import-broken", Message: "系统处理此文件时遇到内部错误，导入已停止。请联系技术人员，修复后重新导入同一文件即可，已写入的行不会重复。"}
	var app *temporal.ApplicationError
	switch {
	case temporal.IsCanceledError(cause):
		why = importing.Problem{Code: "import-cancelled", Message: "导入已被取消。重新导入同一文件即可，已写入的行不会重复。"}
	case errors.As(cause, &app) && app.Type() == activities.ErrTypeRefused:
		why = importing.Problem{Code: "import-refused", Message: app.Message()}
	}
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return workflow.ExecuteActivity(step(ctx, endTry), steps.Fail, activities.FailImportInput{Ref: ref, Why: why}).Get(ctx, nil)
}
