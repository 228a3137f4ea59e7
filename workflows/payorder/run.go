package payorder

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/workflows"
)

// Timing of a step, wall time: up to three calls to the provider and a few statements. The database may be away for long; the
// step is repeated without end.
const (
	stepTry      = time.Minute
	retryCeiling = 10 * time.Second
	parkedRefund = time.Hour
)

var steps *activities.Checkout

// Run is the process of an order. It ends when the order is paid, closed or failed and nobody wants another look.
func Run(ctx workflow.Context, s State) error {
	return run(ctx, s, Type, func(ctx workflow.Context, in activities.CheckoutInput) workflow.Future {
		return workflow.ExecuteActivity(ctx, steps.AdvanceOrder, in)
	})
}

// RunRefund is the process of a refund. It ends when the provider has paid or refused.
func RunRefund(ctx workflow.Context, s State) error {
	return run(ctx, s, RefundType, func(ctx workflow.Context, in activities.CheckoutInput) workflow.Future {
		return workflow.ExecuteActivity(ctx, steps.AdvanceRefund, in)
	})
}

func run(ctx workflow.Context, s State, name string, advance func(workflow.Context, activities.CheckoutInput) workflow.Future) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: stepTry,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{"PanicError"}},
	})
	refresh := workflow.GetSignalChannel(ctx, RefreshSignal)
	for {
		workflows.Drain(refresh)
		var done activities.CheckoutStep
		err := advance(ctx, activities.CheckoutInput{Ref: s.Ref, Looks: s.Looks, Tries: s.Tries}).Get(ctx, &done)
		if temporal.IsCanceledError(err) {
			return err
		}
		if s.Parked = err != nil; s.Parked {
			if err := s.park(ctx, name, err); err != nil {
				return err
			}
		}
		if done.Over && refresh.Len() == 0 {
			return nil
		}
		if !done.Over {
			s.note(done)
			if err := s.sleep(ctx, name, done.Wait, refresh); err != nil {
				return err
			}
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && refresh.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, name, s)
		}
	}
}

// note counts how often the provider has said "waiting", or nothing.
func (s *State) note(done activities.CheckoutStep) {
	switch {
	case s.Parked:
		s.Looks, s.Tries = 0, 0
	case done.Away:
		s.Tries++
	default:
		s.Looks++
		s.Tries = 0
	}
}

// sleep returns when it is time to look again or a signal is there. A parked order waits for a person alone; a refund, of which
// nobody may know whether it was paid, is asked about again.
func (s *State) sleep(ctx workflow.Context, name string, wait time.Duration, refresh workflow.ReceiveChannel) error {
	switch {
	case s.Parked && name == RefundType:
		wait = parkedRefund
	case s.Parked:
		return workflow.Await(ctx, func() bool { return refresh.Len() > 0 })
	}
	return workflows.SleepUntilSignal(ctx, wait, refresh)
}

// park puts an order or a refund before a person.
func (s *State) park(ctx workflow.Context, name string, cause error) error {
	workflow.GetLogger(ctx).Error("process is parked", "process", name, "id", s.ID, "error", cause)
	in := activities.AttendInput{Ref: s.Ref, Why: activities.WhyCheckoutParked(cause)}
	do := steps.AttendOrder
	if name == RefundType {
		do = steps.AttendRefund
	}
	err := workflow.ExecuteActivity(ctx, do, in).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
