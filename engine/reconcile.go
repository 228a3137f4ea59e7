package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/store"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
	"steward/workflows/importing"
	"steward/workflows/sender"
)

// ReconcileStore is what reconciliation reads of the database.
type ReconcileStore interface {
	LiveCampaigns(ctx context.Context) ([]dunning.CampaignRef, error)
	LiveImports(ctx context.Context) ([]store.ImportRef, error)
	CampaignHead(ctx context.Context, s access.Scope, campaignID string) (dunning.CampaignHead, error)
	CohortNumbers(ctx context.Context, s access.Scope, campaignID string, openOnly bool) ([]int, error)
	OverdueCohorts(ctx context.Context, late time.Duration) ([]dunning.CohortRef, error)
	LapsedSending(ctx context.Context, since time.Duration) (map[dunning.Channel]int, error)
	LateDeliveries(ctx context.Context, since time.Duration) (int, error)
	KnownProcesses(ctx context.Context, campaignIDs, importIDs []string) (map[string]bool, error)
}

// Finding is one difference between the two stores and what was done about it.
type Finding struct {
	Subject string // workflow ID, channel or table
	What    string
	Done    string // empty when nothing was done
	Left    bool   // a person, or time, has to mend it
}

// Reconciler compares rows with processes after either store was restored from a backup.
type Reconciler struct {
	Store     ReconcileStore
	Engine    *Engine
	Namespace string
	Speed     float64           // business seconds a wall second
	Channels  []dunning.Channel // that must have a sender
	DryRun    bool

	mu       sync.Mutex
	findings []Finding
}

// normalDelay is how late on the wall things may be in a sound system.
const normalDelay = 10 * time.Second

// Run compares, mends unless DryRun, and gives what it found in a stable order.
func (r *Reconciler) Run(ctx context.Context) ([]Finding, error) {
	for _, step := range []func(context.Context) error{r.campaigns, r.overdue, r.imports, r.senders, r.strays, r.lapsed, r.deliveries} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(r.findings, func(a, b Finding) int {
		return strings.Compare(a.Subject+a.What, b.Subject+b.What)
	})
	return r.findings, nil
}

func (r *Reconciler) note(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.findings = append(r.findings, f)
}

// mend notes a difference and takes it away.
func (r *Reconciler) mend(ctx context.Context, subject, what, done string, do func(context.Context) error) error {
	if r.DryRun {
		r.note(Finding{Subject: subject, What: what, Left: true})
		return nil
	}
	if err := do(ctx); err != nil {
		return fmt.Errorf("mend %s: %w", subject, err)
	}
	r.note(Finding{Subject: subject, What: what, Done: done})
	return nil
}

// runs asks whether a process runs now. It asks for the one process, because lists lag behind.
func (r *Reconciler) runs(ctx context.Context, id string) (bool, error) {
	d, err := r.Engine.client.DescribeWorkflowExecution(ctx, id, "")
	if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
		return false, nil
	}
	if err != nil {
		return false, refused("ask for "+id, err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// ensure finds a process that should run and does not.
func (r *Reconciler) ensure(ctx context.Context, id string, start func(context.Context) error) error {
	running, err := r.runs(ctx, id)
	if err != nil || running {
		return err
	}
	return r.mend(ctx, id, "row is live, process does not run", "started", start)
}

func (r *Reconciler) campaigns(ctx context.Context) error {
	live, err := r.Store.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, func(ctx context.Context, c dunning.CampaignRef) error {
		err := r.ensure(ctx, campaign.ID(c.CampaignID), func(ctx context.Context) error { return r.Engine.RefreshCampaign(ctx, c) })
		if err != nil {
			return err
		}
		return r.cohorts(ctx, c)
	})
}

func (r *Reconciler) cohorts(ctx context.Context, c dunning.CampaignRef) error {
	scope := access.ForSystem(c.OrgID)
	head, err := r.Store.CampaignHead(ctx, scope, c.CampaignID)
	if err != nil || !head.Selected {
		return err
	}
	numbers, err := r.Store.CohortNumbers(ctx, scope, c.CampaignID, true)
	if err != nil {
		return err
	}
	for _, no := range numbers {
		err := r.ensure(ctx, cohort.ID(c.CampaignID, no), func(ctx context.Context) error { return r.Engine.RefreshCohort(ctx, c, no) })
		if err != nil {
			return err
		}
	}
	return nil
}

// overdue wakes cohorts that run and sleep too long, because Temporal was restored to before a command.
func (r *Reconciler) overdue(ctx context.Context) error {
	late, err := r.Store.OverdueCohorts(ctx, time.Duration(float64(normalDelay)*r.Speed))
	if err != nil {
		return err
	}
	return each(ctx, late, func() {}, func(ctx context.Context, c dunning.CohortRef) error {
		return r.mend(ctx, cohort.ID(c.CampaignID, c.No), "cases are overdue", "woken", func(ctx context.Context) error {
			return r.Engine.RefreshCohort(ctx, c.CampaignRef, c.No)
		})
	})
}

func (r *Reconciler) imports(ctx context.Context) error {
	live, err := r.Store.LiveImports(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, func(ctx context.Context, i store.ImportRef) error {
		return r.ensure(ctx, importing.ID(i.ImportID), func(ctx context.Context) error { return r.Engine.RestartImport(ctx, i.OrgID, i.ImportID) })
	})
}

func (r *Reconciler) senders(ctx context.Context) error {
	for _, ch := range r.Channels {
		if err := r.ensure(ctx, sender.ID(ch), func(ctx context.Context) error { return r.Engine.EnsureSender(ctx, ch) }); err != nil {
			return err
		}
	}
	return nil
}

// strays ends processes whose row is not there: what MySQL does not know is not to be done.
func (r *Reconciler) strays(ctx context.Context) error {
	query := fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType IN ('%s','%s','%s')", campaign.Type, cohort.Type, importing.Type)
	var token []byte
	for {
		page, err := r.Engine.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: query, PageSize: 500, NextPageToken: token,
		})
		if err != nil {
			return refused("list running processes", err)
		}
		ids := make([]string, 0, len(page.GetExecutions()))
		for _, e := range page.GetExecutions() {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
		if err := r.endStrays(ctx, ids); err != nil {
			return err
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return nil
		}
	}
}

func (r *Reconciler) endStrays(ctx context.Context, ids []string) error {
	var campaignIDs, importIDs []string
	for _, id := range ids {
		switch kind, subject := subjectOf(id); kind {
		case "campaign":
			campaignIDs = append(campaignIDs, subject)
		case "import":
			importIDs = append(importIDs, subject)
		}
	}
	known, err := r.Store.KnownProcesses(ctx, campaignIDs, importIDs)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, subject := subjectOf(id); known[subject] {
			continue
		}
		err := r.mend(ctx, id, "process runs, row is not there", "terminated", func(ctx context.Context) error {
			err := r.Engine.client.TerminateWorkflow(ctx, id, "", "reconcile: its row is not there")
			if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
				return nil
			}
			return refused("terminate "+id, err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// subjectOf takes a workflow ID apart: campaign/<id>, campaign/<id>/cohort/<n>, import/<id>.
func subjectOf(id string) (kind, subject string) {
	parts := strings.Split(id, "/")
	if len(parts) < 2 {
		return "", ""
	}
	return parts[0], parts[1]
}

func (r *Reconciler) lapsed(ctx context.Context) error {
	lapsed, err := r.Store.LapsedSending(ctx, normalDelay)
	if err != nil {
		return err
	}
	for ch, n := range lapsed {
		done := "its sender takes them over"
		if r.DryRun || !slices.Contains(r.Channels, ch) {
			done = ""
		}
		r.note(Finding{Subject: sender.ID(ch), What: fmt.Sprintf("%d messages were left in sending", n), Done: done, Left: true})
	}
	return nil
}

func (r *Reconciler) deliveries(ctx context.Context) error {
	n, err := r.Store.LateDeliveries(ctx, normalDelay)
	if err != nil || n == 0 {
		return err
	}
	r.note(Finding{Subject: "delivery", What: fmt.Sprintf("%d words wait for the relay", n), Left: true})
	return nil
}
