// Package activities holds the side effects of processes: each does one thing, and doing it again does no harm.
package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// ErrTypeRefused is the type of an error that no retry mends: a rule said no. The process parks and waits for a person.
const ErrTypeRefused = "refused"

// CampaignProgress is what the campaign's process reads of its rows.
type CampaignProgress interface {
	// CampaignHead gives the campaign's status; an unknown campaign is a refusal.
	CampaignHead(ctx context.Context, s access.Scope, campaignID string) (dunning.CampaignHead, error)
	// CohortNumbers lists the campaign's cohorts; with openOnly those in which a case is not closed yet.
	CohortNumbers(ctx context.Context, s access.Scope, campaignID string, openOnly bool) ([]int, error)
}

// Processes starts and wakes the other processes of collection. Every method can be repeated; beat is called as it goes on.
type Processes interface {
	// StartCohorts starts those that have never been started.
	StartCohorts(ctx context.Context, c dunning.CampaignRef, starts []dunning.CohortStart, anchor clock.Anchor, beat func()) error
	// WakeCohorts makes cohorts look at their cases again, starting those that don't run.
	WakeCohorts(ctx context.Context, c dunning.CampaignRef, numbers []int, beat func()) error
	// EndCohorts makes running cohorts look at their cases again; those that don't run are left alone.
	EndCohorts(ctx context.Context, c dunning.CampaignRef, numbers []int, beat func()) error
	// RefreshCampaign makes the campaign's process look at its campaign again, starting it if it does not run.
	RefreshCampaign(ctx context.Context, c dunning.CampaignRef) error
}

// Collections are the steps of a campaign and its cohorts.
type Collections struct {
	Cases     dunning.CaseStore
	Progress  CampaignProgress
	Processes Processes
	Decide    dunning.Decide
	Clock     clock.Source
}

// CampaignInput names the campaign of a step.
type CampaignInput struct {
	OrgID      string `json:"org_id"`
	CampaignID string `json:"campaign_id"`
}

// CohortInput names the cohort of a step.
type CohortInput struct {
	OrgID      string `json:"org_id"`
	CampaignID string `json:"campaign_id"`
	No         int    `json:"no"`
}

// ParkInput says why a campaign can't go on by itself.
type ParkInput struct {
	OrgID      string `json:"org_id"`
	CampaignID string `json:"campaign_id"`
	Why        string `json:"why"`
}

// CampaignStep is what a step of a campaign came to.
type CampaignStep struct {
	Launched bool         `json:"launched"` // cases are chosen and all cohorts run
	Over     bool         `json:"over"`
	NotYet   time.Time    `json:"not_yet"` // business time at which the campaign starts, zero when that is not what it waits for
	Anchor   clock.Anchor `json:"anchor"`
}

// LaunchCampaign chooses the cases and starts the cohorts, once the campaign's start has come. Its answer holds no list: a
// campaign of any size leaves a history of the same length.
func (a *Collections) LaunchCampaign(ctx context.Context, in CampaignInput) (CampaignStep, error) {
	defer stayAlive(ctx)()
	scope, ref := access.ForSystem(in.OrgID), dunning.CampaignRef(in)
	step := CampaignStep{Anchor: a.Clock.Anchor()}
	head, err := a.Progress.CampaignHead(ctx, scope, in.CampaignID)
	if err != nil {
		return step, failed("read the campaign", err)
	}
	switch {
	case head.Over():
		step.Over = true
		return step, a.end(ctx, ref)
	case !head.Selected && head.Status != dunning.CampaignRunning:
		return step, nil
	case !head.Selected && head.StartAt.After(a.Clock.Now()):
		step.NotYet = head.StartAt
		return step, nil
	}
	chosen, err := a.Cases.SelectCases(ctx, scope, in.CampaignID, a.Decide, beatOf(ctx))
	if err != nil {
		return step, failed("select the cases", err)
	}
	if err := a.Processes.StartCohorts(ctx, ref, chosen.Cohorts, step.Anchor, beatOf(ctx)); err != nil {
		return step, failed("start the cohorts", err)
	}
	step.Launched = true
	if head.Selected { // a process that was lost: its cohorts may run already and not know what it was told last
		return a.RefreshCampaign(ctx, in)
	}
	step.Over, err = a.close(ctx, ref)
	return step, err
}

// RefreshCampaign is the answer to a command on the whole campaign, or to its last case closing: a campaign that is over
// ends with its cohorts, and one that is not has every open cohort look again.
func (a *Collections) RefreshCampaign(ctx context.Context, in CampaignInput) (CampaignStep, error) {
	defer stayAlive(ctx)()
	scope, ref := access.ForSystem(in.OrgID), dunning.CampaignRef(in)
	step := CampaignStep{Launched: true, Anchor: a.Clock.Anchor()}
	head, err := a.Progress.CampaignHead(ctx, scope, in.CampaignID)
	if err != nil {
		return step, failed("read the campaign", err)
	}
	if head.Over() {
		step.Over = true
		return step, a.end(ctx, ref)
	}
	if step.Over, err = a.close(ctx, ref); err != nil || step.Over {
		return step, err
	}
	numbers, err := a.Progress.CohortNumbers(ctx, scope, in.CampaignID, true)
	if err != nil {
		return step, failed("list the open cohorts", err)
	}
	return step, failed("wake the cohorts", a.Processes.WakeCohorts(ctx, ref, numbers, beatOf(ctx)))
}

// close marks the campaign finished when no case is open, and lets its cohorts end.
func (a *Collections) close(ctx context.Context, ref dunning.CampaignRef) (over bool, err error) {
	over, err = a.Cases.CloseCampaign(ctx, access.ForSystem(ref.OrgID), ref.CampaignID)
	if err != nil {
		return false, failed("close the campaign", err)
	}
	if !over {
		return false, nil
	}
	return true, a.end(ctx, ref)
}

func (a *Collections) end(ctx context.Context, ref dunning.CampaignRef) error {
	numbers, err := a.Progress.CohortNumbers(ctx, access.ForSystem(ref.OrgID), ref.CampaignID, false)
	if err != nil {
		return failed("list the cohorts", err)
	}
	return failed("end the cohorts", a.Processes.EndCohorts(ctx, ref, numbers, beatOf(ctx)))
}

// AdvanceCohort takes every case of the cohort that is due, decides and writes. The cohort that finds its campaign
// without an open case tells the campaign, once.
func (a *Collections) AdvanceCohort(ctx context.Context, in CohortInput) (dunning.Advanced, error) {
	advanced, err := a.Cases.Advance(ctx, access.ForSystem(in.OrgID), in.CampaignID, in.No, a.Decide)
	if err != nil {
		return advanced, failed("advance the cohort", err)
	}
	advanced.Anchor = a.Clock.Anchor()
	ref := dunning.CampaignRef{OrgID: in.OrgID, CampaignID: in.CampaignID}
	if over, err := a.lastOpen(ctx, ref, advanced); err != nil || !over {
		return advanced, err
	}
	head, err := a.Progress.CampaignHead(ctx, access.ForSystem(in.OrgID), in.CampaignID)
	if err != nil {
		return advanced, failed("read the campaign", err)
	}
	if head.Over() || !head.Selected {
		return advanced, nil
	}
	return advanced, failed("tell the campaign", a.Processes.RefreshCampaign(ctx, ref))
}

// lastOpen tells whether the step left the campaign without an open case. A step whose cohort is through looks once more
// after it has committed: of two that close the last cases at the same moment, neither sees the other's before.
func (a *Collections) lastOpen(ctx context.Context, ref dunning.CampaignRef, advanced dunning.Advanced) (bool, error) {
	if advanced.CampaignOver || advanced.Open > 0 {
		return advanced.CampaignOver, nil
	}
	open, err := a.Progress.CohortNumbers(ctx, access.ForSystem(ref.OrgID), ref.CampaignID, true)
	return err == nil && len(open) == 0, failed("list the open cohorts", err)
}

// ParkCampaign shows a person that the campaign can't go on by itself.
func (a *Collections) ParkCampaign(ctx context.Context, in ParkInput) error {
	return failed("park the campaign", a.Cases.ParkCampaign(ctx, access.ForSystem(in.OrgID), in.CampaignID, in.Why))
}

// failed wraps an error with what was attempted. What a rule refused is marked so that it is not tried again.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if r, ok := refusal.As(err); ok && r.Kind != refusal.Unavailable {
		return temporal.NewNonRetryableApplicationError(r.Message, ErrTypeRefused, errors.New(r.Code))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// stayAlive beats until stop is called: the heartbeat then says that the worker lives, however long one statement takes.
func stayAlive(ctx context.Context) (stop func()) {
	ctx, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		every(ctx, beatEvery, func() { activity.RecordHeartbeat(ctx) })
	}()
	return func() { end(); <-ended }
}

// beatOf gives the heartbeat of a step that may take long; a step that runs inside the workflow task has none.
func beatOf(ctx context.Context) func() {
	if !activity.IsActivity(ctx) || activity.GetInfo(ctx).IsLocalActivity {
		return func() {}
	}
	return func() { activity.RecordHeartbeat(ctx) }
}

// WhyParked is the sentence that a person reads about a process that parked.
func WhyParked(cause error) string {
	return whyParked(cause, "系统处理时遇到内部错误，已暂停该活动。请查看日志并联系技术人员，处理后点击“恢复”重试。")
}

func whyParked(cause error, internal string) string {
	var app *temporal.ApplicationError
	if errors.As(cause, &app) && app.Type() == ErrTypeRefused {
		return app.Message()
	}
	return internal
}
