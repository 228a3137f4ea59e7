package engine

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"steward/activities"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/refusal"
	"steward/workflows"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
	"steward/workflows/importing"
	"steward/workflows/sender"
)

// atOnce is how many calls to Temporal are in flight at most when many processes are started or woken.
const atOnce = 50

// Engine starts and wakes processes. Every method can be repeated.
type Engine struct{ client client.Client }

var _ activities.Processes = (*Engine)(nil)

// New makes the door to a connected Temporal.
func New(c client.Client) *Engine { return &Engine{client: c} }

// Ping tells whether Temporal answers.
func (e *Engine) Ping(ctx context.Context) error {
	if _, err := e.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return refused("ask Temporal for its health", err)
	}
	return nil
}

// StartCampaign starts the process of a campaign; one that was started before, running or ended well, is left alone.
func (e *Engine) StartCampaign(ctx context.Context, c dunning.CampaignRef) error {
	o := once(campaign.ID(c.CampaignID), workflows.Commands)
	return e.start(ctx, o, campaign.Type, campaign.State{OrgID: c.OrgID, CampaignID: c.CampaignID})
}

// RefreshCampaign makes the campaign's process look at its campaign again, starting it if it does not run.
func (e *Engine) RefreshCampaign(ctx context.Context, c dunning.CampaignRef) error {
	o := again(campaign.ID(c.CampaignID), workflows.Commands)
	_, err := e.client.SignalWithStartWorkflow(ctx, o.ID, campaign.RefreshSignal, nil, o, campaign.Type,
		campaign.State{OrgID: c.OrgID, CampaignID: c.CampaignID})
	return refused("refresh "+o.ID, err)
}

// RefreshCohort makes a cohort look at its cases again; one that does not run is rebuilt from the rows.
func (e *Engine) RefreshCohort(ctx context.Context, c dunning.CampaignRef, no int) error {
	o := again(cohort.ID(c.CampaignID, no), workflows.Bulk)
	_, err := e.client.SignalWithStartWorkflow(ctx, o.ID, cohort.RefreshSignal, nil, o, cohort.Type,
		cohort.State{OrgID: c.OrgID, CampaignID: c.CampaignID, No: no})
	return refused("refresh "+o.ID, err)
}

// StartImport starts the process of an import; one that was started before, running or ended well, is left alone.
func (e *Engine) StartImport(ctx context.Context, orgID, importID string) error {
	o := once(importing.ID(importID), workflows.Commands)
	return e.start(ctx, o, importing.Type, importing.Input{OrgID: orgID, ImportID: importID})
}

// RebuildImport starts the process of an import anew from its row, whatever became of the one before.
func (e *Engine) RebuildImport(ctx context.Context, orgID, importID string) error {
	o := anew(importing.ID(importID), workflows.Commands)
	return e.start(ctx, o, importing.Type, importing.Input{OrgID: orgID, ImportID: importID})
}

// RebuildCampaign starts the process of a campaign anew from its row, whatever became of the one before.
func (e *Engine) RebuildCampaign(ctx context.Context, c dunning.CampaignRef) error {
	o := anew(campaign.ID(c.CampaignID), workflows.Commands)
	return e.start(ctx, o, campaign.Type, campaign.State{OrgID: c.OrgID, CampaignID: c.CampaignID})
}

// EnsureSender starts the sender of a channel unless it runs.
func (e *Engine) EnsureSender(ctx context.Context, ch dunning.Channel) error {
	o := again(sender.ID(ch), workflows.Commands)
	return e.start(ctx, o, sender.Type, sender.State{Channel: ch})
}

// StartCohorts implements activities.Processes. One that ended before is started again and ends again if nothing is to be
// done: after a restore its cases may be chosen anew under a number that has run before.
func (e *Engine) StartCohorts(ctx context.Context, c dunning.CampaignRef, starts []dunning.CohortStart, anchor clock.Anchor, beat func()) error {
	return each(ctx, starts, beat, func(ctx context.Context, s dunning.CohortStart) error {
		o := again(cohort.ID(c.CampaignID, s.No), workflows.Bulk)
		return e.start(ctx, o, cohort.Type, cohort.State{OrgID: c.OrgID, CampaignID: c.CampaignID, No: s.No, NextAt: s.FirstAt, Anchor: anchor})
	})
}

// WakeCohorts implements activities.Processes.
func (e *Engine) WakeCohorts(ctx context.Context, c dunning.CampaignRef, numbers []int, beat func()) error {
	return each(ctx, numbers, beat, func(ctx context.Context, no int) error { return e.RefreshCohort(ctx, c, no) })
}

// EndCohorts implements activities.Processes.
func (e *Engine) EndCohorts(ctx context.Context, c dunning.CampaignRef, numbers []int, beat func()) error {
	return each(ctx, numbers, beat, func(ctx context.Context, no int) error {
		id := cohort.ID(c.CampaignID, no)
		err := e.client.SignalWorkflow(ctx, id, "", cohort.RefreshSignal, nil)
		if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
			return nil
		}
		return refused("refresh "+id, err)
	})
}

func (e *Engine) start(ctx context.Context, o client.StartWorkflowOptions, workflowType string, state any) error {
	_, err := e.client.ExecuteWorkflow(ctx, o, workflowType, state)
	if started := new(serviceerror.WorkflowExecutionAlreadyStarted); errors.As(err, &started) {
		return nil
	}
	return refused("start "+o.ID, err)
}

// once is a start that happens at most once, except after a failure.
func once(id, queue string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: queue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}
}

// again is a start that finds the running process, and takes the place of one that ended.
func again(id, queue string) client.StartWorkflowOptions {
	o := once(id, queue)
	o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	o.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	return o
}

// anew is a start that takes the place of whatever is there, running or ended.
func anew(id, queue string) client.StartWorkflowOptions {
	o := again(id, queue)
	o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
	return o
}

// each does something for all items, at most atOnce at a time, and stops at the first error.
func each[T any](ctx context.Context, items []T, beat func(), do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		beat()
		group.Go(func() error { return do(ctx, item) })
	}
	return group.Wait()
}

// refused turns an error of Temporal into what a caller may be told: it is away, or nobody knows whether it took the command.
// The cause stays in the chain for the log.
func refused(what string, err error) error {
	if err == nil {
		return nil
	}
	var late *serviceerror.DeadlineExceeded
	var away *serviceerror.Unavailable
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late):
		r := refusal.New(refusal.Unavailable, "outcome-unknown", "系统未能及时确认操作结果，请使用同一请求标识稍后重试。")
		return fmt.Errorf("%s: %w: %w", what, r, err)
	case errors.As(err, &away):
		r := refusal.New(refusal.Unavailable, "process-engine-away", "流程引擎暂时不可用，请稍后重试。")
		return fmt.Errorf("%s: %w: %w", what, r, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// EnsureSenders starts the senders of all channels; it tries until each runs or ctx ends.
func (e *Engine) EnsureSenders(ctx context.Context, channels []dunning.Channel, failed func(error)) {
	for ctx.Err() == nil {
		err := each(ctx, channels, func() {}, e.EnsureSender)
		if err == nil || ctx.Err() != nil {
			return
		}
		failed(err)
		pause(ctx, retryCeiling)
	}
}
