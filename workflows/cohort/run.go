package cohort

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/domain/dunning"
	"steward/workflows"
)

// Timing of a step. The quick try runs inside the workflow task and leaves one event; it must end before the task does
// (10 s). A step that the database does not take in time becomes an ordinary activity that is repeated without end.
const (
	quickTry     = 6 * time.Second
	slowTry      = 60 * time.Second
	retryCeiling = 10 * time.Second
)

var steps *activities.Collections

// Run is the cohort's process. It ends when none of its cases is open.
func Run(ctx workflow.Context, s State) error {
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return s, nil }); err != nil {
		return err
	}
	refresh := workflow.GetSignalChannel(ctx, RefreshSignal)
	for {
		if err := s.sleep(ctx, refresh); err != nil {
			return err
		}
		workflows.Drain(refresh)
		advanced, err := advance(ctx, s)
		switch {
		case temporal.IsCanceledError(err):
			return err
		case err != nil:
			if err := workflows.Park(ctx, s.OrgID, s.CampaignID, err); err != nil {
				return err
			}
			s.Asleep = true
		case advanced.Open == 0 && refresh.Len() == 0:
			return nil
		default:
			s.take(advanced, workflow.Now(ctx))
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && refresh.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, Type, s)
		}
	}
}

// take remembers from a step when the next one is.
func (s *State) take(a dunning.Advanced, wall time.Time) {
	moved := a.Touched > 0 || a.NextAt.After(s.NextAt)
	s.Anchor, s.NextAt = a.Anchor, a.NextAt
	s.Asleep = a.Paused || a.NextAt.IsZero()
	if !s.Asleep && !moved && s.Anchor.WallUntil(wall, s.NextAt) == 0 {
		s.Idle++
	} else {
		s.Idle = 0
	}
}

// wait is how long to sleep on the wall: until the next instant, and longer the more often a step moved nothing.
func (s *State) wait(wall time.Time) time.Duration {
	if s.NextAt.IsZero() {
		return 0
	}
	d := s.Anchor.WallUntil(wall, s.NextAt)
	if s.Idle > 0 {
		d = max(d, 100*time.Millisecond<<min(s.Idle, 9))
	}
	return d
}

// sleep returns when the next instant has come or a signal is there.
func (s *State) sleep(ctx workflow.Context, refresh workflow.ReceiveChannel) error {
	if s.Asleep {
		return workflow.Await(ctx, func() bool { return refresh.Len() > 0 })
	}
	return workflows.SleepUntilSignal(ctx, s.wait(workflow.Now(ctx)), refresh)
}

func advance(ctx workflow.Context, s State) (advanced dunning.Advanced, err error) {
	in := activities.CohortInput{OrgID: s.OrgID, CampaignID: s.CampaignID, No: s.No}
	quick := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: quickTry,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	err = workflow.ExecuteLocalActivity(quick, steps.AdvanceCohort, in).Get(ctx, &advanced)
	if err == nil || final(err) || temporal.IsCanceledError(err) {
		return advanced, err
	}
	slow := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: slowTry,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: retryCeiling, NonRetryableErrorTypes: []string{panicType}},
	})
	err = workflow.ExecuteActivity(slow, steps.AdvanceCohort, in).Get(ctx, &advanced)
	return advanced, err
}

const panicType = "PanicError"

// final tells whether no repeat will mend the error.
func final(err error) bool {
	var app *temporal.ApplicationError
	var panicked *temporal.PanicError
	return errors.As(err, &app) && app.NonRetryable() || errors.As(err, &panicked)
}
