package activities

import (
	"context"
	"time"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/clock"
	"steward/domain/refusal"
)

// Billing are the steps of a billing run and of the daily look for runs that fall due.
type Billing struct {
	Runs  billingrun.Store
	Clock clock.Source
}

// stepTime is how long one step of a run goes on before it tells its process how far it is: long enough that a large run
// leaves a short history, short enough that a stop waits for little.
const stepTime = 5 * time.Second

// AdvanceRun does chunks of the run until none is left or stepTime has passed.
func (a *Billing) AdvanceRun(ctx context.Context, ref billingrun.Ref) (billingrun.Progress, error) {
	defer stayAlive(ctx)()
	scope := access.ForSystem(ref.OrgID)
	for began := time.Now(); ; {
		done, err := a.Runs.AdvanceBillingRun(ctx, scope, ref.RunID)
		if refusal.Is(err, "billing-run-not-found") { // the database was restored to before the run: its process has nothing to do
			return billingrun.Progress{Status: billingrun.Cancelled}, nil
		}
		if err != nil {
			return done, failed("advance the billing run", err)
		}
		if !done.More || time.Since(began) > stepTime || ctx.Err() != nil {
			return done, nil
		}
	}
}

// ParkRunInput says why a run can't go on by itself.
type ParkRunInput struct {
	billingrun.Ref
	Why string `json:"why"`
}

// ParkRun shows a person that the run can't go on by itself.
func (a *Billing) ParkRun(ctx context.Context, in ParkRunInput) error {
	return failed("park the billing run", a.Runs.ParkBillingRun(ctx, access.ForSystem(in.OrgID), in.RunID, in.Why))
}

// BusinessDay tells which day it is, on the clock that bills go by.
func (a *Billing) BusinessDay(context.Context) (calendar.Date, error) {
	return calendar.DateOf(a.Clock.Now()), nil
}

// OpenDueInput names a community and the day by which runs are due.
type OpenDueInput struct {
	billingrun.CommunityRef
	Day calendar.Date `json:"day"`
}

// OpenDue opens the runs that have fallen due by a day and that nobody has opened; it gives how many.
func (a *Billing) OpenDue(ctx context.Context, in OpenDueInput) (int, error) {
	n, err := a.Runs.OpenDueRuns(ctx, access.ForSystem(in.OrgID), in.CommunityID, in.Day)
	return n, failed("open the billing runs that are due", err)
}

// WhyRunParked is the sentence that a person reads about a run that parked.
func WhyRunParked(cause error) string {
	return whyParked(cause, "系统处理时遇到内部错误，本次出账已暂停，已完成的部分不受影响。请联系技术人员查看日志，处理后点击“重试”继续。")
}
