package sender

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/workflows"
)

// Timing of a shift. The heartbeat decides how long a channel is silent after its worker died.
const (
	shiftCeiling     = 2 * activities.ShiftLength
	heartbeat        = 10 * time.Second
	shiftsPerHistory = 200
)

var steps *activities.Sending

// Run is the sender's process: one shift of sending after the other, without end. A shift that fails is repeated without end:
// whatever is wrong with a channel, its messages wait in the outbox.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	shift := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           workflows.Send,
		StartToCloseTimeout: shiftCeiling,
		HeartbeatTimeout:    heartbeat,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: 5 * time.Second},
	})
	for s.Shifts < shiftsPerHistory {
		err := workflow.ExecuteActivity(shift, steps.SendQueued, activities.SendInput{Channel: s.Channel}).Get(ctx, nil)
		if err != nil {
			return err
		}
		s.Shifts++
	}
	return workflow.NewContinueAsNewError(ctx, Type, State{Channel: s.Channel})
}
