package engine

import (
	"context"

	"steward/domain/billingrun"
	"steward/workflows/billing"
)

// billingRuns looks at every run that is not over. Its process only asks the row what to do next, so that starting it anew and
// waking it are one and the same word; whatever it did last stands in the row.
func (r *Reconciler) billingRuns(ctx context.Context) error {
	live, err := r.Store.LiveBillingRuns(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, func(ctx context.Context, ref billingrun.Ref) error {
		id := billing.ID(ref.RunID)
		process, err := r.stateOf(ctx, id)
		if err != nil {
			return err
		}
		refresh := func(ctx context.Context) error { return r.Engine.RefreshBillingRun(ctx, ref) }
		if process == processRunning {
			return r.rearm(ctx, id, 1, refresh)
		}
		return r.mend(ctx, id, why(rowLive, process), Rebuilt, refresh)
	})
}

// billingSchedules looks for communities that bill by the calendar and have no schedule. One that is there is made what it
// should be.
func (r *Reconciler) billingSchedules(ctx context.Context) error {
	all, err := r.Store.ScheduledCommunities(ctx)
	if err != nil {
		return err
	}
	return each(ctx, all, func() {}, func(ctx context.Context, c billingrun.CommunityRef) error {
		there, err := r.Engine.billingScheduleThere(ctx, c.CommunityID)
		if err != nil {
			return err
		}
		ensure := func(ctx context.Context) error {
			if err := r.Engine.EnsureBillingSchedule(ctx, c, r.Speed); err != nil {
				return err
			}
			return r.Engine.LookForBilling(ctx, c, r.Today) // what fell due while the schedule was not there
		}
		switch {
		case !there:
			return r.mend(ctx, billing.ScheduleID(c.CommunityID), "bills by the calendar, schedule is not there", Rebuilt, ensure)
		case r.DryRun:
			return nil
		}
		return ensure(ctx)
	})
}
