package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// SleepUntilSignal returns when d has passed or a signal is there, which it takes. The timer goes when it is not needed any
// more, so that it wakes nobody later.
func SleepUntilSignal(ctx workflow.Context, d time.Duration, signal workflow.ReceiveChannel) error {
	if signal.ReceiveAsync(nil) || d <= 0 {
		return nil
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	var err error
	workflow.NewSelector(ctx).
		AddFuture(workflow.NewTimer(timerCtx, d), func(f workflow.Future) { err = f.Get(ctx, nil) }).
		AddReceive(signal, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		Select(ctx)
	return err
}

// Drain takes all signals that are there: one look answers them all.
func Drain(signal workflow.ReceiveChannel) {
	for signal.ReceiveAsync(nil) {
	}
}
