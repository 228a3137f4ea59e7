package engine

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/clock"
	"steward/workflows"
	"steward/workflows/billing"
)

// RefreshBillingRun makes a run's process look at its run again, starting it if it does not run: the first start, and every
// command after it, is one and the same word.
func (e *Engine) RefreshBillingRun(ctx context.Context, ref billingrun.Ref) error {
	o := again(billing.ID(ref.RunID), workflows.Commands)
	_, err := e.client.SignalWithStartWorkflow(ctx, o.ID, billing.RefreshSignal, nil, o, billing.Type, billing.State{Ref: ref})
	return refused("refresh "+o.ID, err)
}

// LookForBilling opens what has fallen due in a community by a business day, beside its schedule: its agreement was signed
// today, or the clock was turned.
func (e *Engine) LookForBilling(ctx context.Context, c billingrun.CommunityRef, day calendar.Date) error {
	o := again(billing.LookID(c.CommunityID, day), workflows.Commands)
	return e.start(ctx, o, billing.LookType, billing.Look{CommunityRef: c, Day: day})
}

// Daily schedules look shortly after midnight in Shanghai, spread over an hour so that communities do not all look at once.
const (
	lookHour   = 0
	lookMinute = 10
	lookSpread = time.Hour
	dayLength  = 24 * time.Hour
	// fastestLook is how often a schedule starts at most where business time runs fast.
	fastestLook = time.Second
	// missedFor is how long Temporal may be away and still make the starts good that it has missed. One start finds all that is
	// due, so that more would find nothing.
	missedFor = 36 * time.Hour
)

// EnsureBillingSchedule makes a community's schedule what it should be at a speed of business time, or makes it. Starts that
// overlap are left out: the one that runs looks at the same rows.
func (e *Engine) EnsureBillingSchedule(ctx context.Context, c billingrun.CommunityRef, speed float64) error {
	id, want := billing.ScheduleID(c.CommunityID), lookTimes(speed)
	o := again(billing.TickID(c.CommunityID), workflows.Commands)
	action := &client.ScheduleWorkflowAction{ID: o.ID, Workflow: billing.TickType, Args: []any{c}, TaskQueue: o.TaskQueue}
	_, err := e.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: want, Action: action, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp(speed),
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return refused("make schedule "+id, err)
	}
	err = e.client.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			s.Spec, s.Action = &want, action
			s.Policy = &client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp(speed)}
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
	return refused("change schedule "+id, err)
}

// lookTimes is once each business day: by the wall's calendar where business time is the wall's, else at an interval.
func lookTimes(speed float64) client.ScheduleSpec {
	if speed == 1 {
		return client.ScheduleSpec{
			Calendars:    []client.ScheduleCalendarSpec{{Hour: []client.ScheduleRange{{Start: lookHour}}, Minute: []client.ScheduleRange{{Start: lookMinute}}}},
			TimeZoneName: calendar.Shanghai.String(), Jitter: lookSpread,
		}
	}
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: lookEvery(speed)}}}
}

func lookEvery(speed float64) time.Duration {
	return max(fastestLook, time.Duration(float64(dayLength)/speed).Truncate(time.Second))
}

func catchUp(speed float64) time.Duration {
	if speed == 1 {
		return missedFor
	}
	return max(10*time.Second, lookEvery(speed))
}

// RemoveBillingSchedule takes a community's schedule away; one that is not there is left alone.
func (e *Engine) RemoveBillingSchedule(ctx context.Context, communityID string) error {
	id := billing.ScheduleID(communityID)
	err := e.client.ScheduleClient().GetHandle(ctx, id).Delete(ctx)
	if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
		return nil
	}
	return refused("remove schedule "+id, err)
}

// billingScheduleThere tells whether a community has its schedule.
func (e *Engine) billingScheduleThere(ctx context.Context, communityID string) (bool, error) {
	id := billing.ScheduleID(communityID)
	_, err := e.client.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
		return false, nil
	}
	return err == nil, refused("ask for schedule "+id, err)
}

// billingSchedule makes a community's schedule what its agreement asks for, and looks at once for what is due today.
func (r *Relay) billingSchedule(ctx context.Context, c billingrun.CommunityRef) error {
	wanted, err := r.store.BillingSchedule(ctx, c.OrgID, c.CommunityID)
	if err != nil {
		return err
	}
	if !wanted {
		return r.engine.RemoveBillingSchedule(ctx, c.CommunityID)
	}
	if err := r.engine.EnsureBillingSchedule(ctx, c, r.clock.Anchor().Speed); err != nil {
		return err
	}
	return r.engine.LookForBilling(ctx, c, calendar.DateOf(r.clock.Now()))
}

// tellSchedules gives every schedule the pace of a clock that was turned, and looks at the day that it was turned to.
func (r *Relay) tellSchedules(ctx context.Context, a clock.Anchor) error {
	all, err := r.store.ScheduledCommunities(ctx)
	if err != nil {
		return err
	}
	return each(ctx, all, func() {}, func(ctx context.Context, c billingrun.CommunityRef) error {
		if err := r.engine.EnsureBillingSchedule(ctx, c, a.Speed); err != nil {
			return err
		}
		return r.engine.LookForBilling(ctx, c, calendar.DateOf(r.clock.Now()))
	})
}
