package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

func cohortID(c dunning.CohortRef) string { return cohort.ID(c.CampaignID, c.No) }
func senderID(ch dunning.Channel) string  { return sender.ID(ch) }
func (r *Reconciler) restored() bool      { return r.mark != nil }
func scopeOf(orgID string) access.Scope   { return access.ForSystem(orgID) }
func liveRow(h dunning.CampaignHead) rowState {
	if h.Selected {
		return rowLive
	}
	return rowWaiting
}

// stateOf asks for the one process, because lists lag behind.
func (r *Reconciler) stateOf(ctx context.Context, id string) (processState, error) {
	d, err := r.Engine.client.DescribeWorkflowExecution(ctx, id, "")
	if gone := new(serviceerror.NotFound); errors.As(err, &gone) {
		return processNone, nil
	}
	if err != nil {
		return processNone, refused("ask for "+id, err)
	}
	if d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return processRunning, nil
	}
	return processEnded, nil
}

// why says what differs, for people.
func why(row rowState, process processState) string {
	switch {
	case row == rowMissing:
		return "process runs, row is not there"
	case row == rowOver:
		return "process runs, row is over"
	case process == processNone:
		return "row is live, process is not known"
	case process == processEnded:
		return "row is live, process has ended"
	}
	return "process runs, row may be older"
}

func (r *Reconciler) campaigns(ctx context.Context) error {
	live, err := r.Store.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, r.campaign)
}

func (r *Reconciler) campaign(ctx context.Context, c dunning.CampaignRef) error {
	head, err := r.Store.CampaignHead(ctx, scopeOf(c.OrgID), c.CampaignID)
	if err != nil {
		return err
	}
	id := campaign.ID(c.CampaignID)
	process, err := r.stateOf(ctx, id)
	if err != nil {
		return err
	}
	row := liveRow(head)
	switch judge(aCampaign, row, process, r.restored()) {
	case Rebuilt:
		err = r.mend(ctx, id, why(row, process), Rebuilt, func(ctx context.Context) error { return r.Engine.RebuildCampaign(ctx, c) })
	case Rearmed:
		err = r.rearm(ctx, id, 1, func(ctx context.Context) error { return r.Engine.RefreshCampaign(ctx, c) })
	}
	if err != nil || !head.Selected {
		return err
	}
	return r.cohorts(ctx, c)
}

// cohorts looks at every cohort with an open case; those that run are told of in one finding.
func (r *Reconciler) cohorts(ctx context.Context, c dunning.CampaignRef) error {
	numbers, err := r.Store.CohortNumbers(ctx, scopeOf(c.OrgID), c.CampaignID, true)
	if err != nil {
		return err
	}
	var running []int
	for _, no := range numbers {
		id := cohort.ID(c.CampaignID, no)
		process, err := r.stateOf(ctx, id)
		if err != nil {
			return err
		}
		if judge(aCohort, rowLive, process, r.restored()) == Rearmed {
			running = append(running, no)
			continue
		}
		err = r.mend(ctx, id, why(rowLive, process), Rebuilt, func(ctx context.Context) error { return r.Engine.RefreshCohort(ctx, c, no) })
		if err != nil {
			return err
		}
	}
	return r.rearm(ctx, campaign.ID(c.CampaignID)+"/cohort/*", len(running), func(ctx context.Context) error {
		return each(ctx, running, func() {}, func(ctx context.Context, no int) error { return r.Engine.RefreshCohort(ctx, c, no) })
	})
}

// rearm makes processes that run look again. Where nothing says that they sleep wrongly, a dry run does not call it a difference.
func (r *Reconciler) rearm(ctx context.Context, subject string, n int, do func(context.Context) error) error {
	if n == 0 || r.DryRun && !r.restored() {
		return nil
	}
	return r.mend(ctx, subject, fmt.Sprintf("%d run", n), Rearmed, do)
}

func (r *Reconciler) imports(ctx context.Context) error {
	live, err := r.Store.LiveImports(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, func(ctx context.Context, i store.ImportRef) error {
		id := importing.ID(i.ImportID)
		process, err := r.stateOf(ctx, id)
		if err != nil || judge(anImport, rowLive, process, r.restored()) != Rebuilt {
			return err
		}
		return r.mend(ctx, id, why(rowLive, process), Rebuilt, func(ctx context.Context) error { return r.Engine.RebuildImport(ctx, i.OrgID, i.ImportID) })
	})
}

func (r *Reconciler) senders(ctx context.Context) error {
	for _, ch := range r.Channels {
		process, err := r.stateOf(ctx, sender.ID(ch))
		if err != nil {
			return err
		}
		if process == processRunning {
			continue // its shift is repeated without end
		}
		err = r.mend(ctx, sender.ID(ch), why(rowLive, process), Rebuilt, func(ctx context.Context) error { return r.Engine.EnsureSender(ctx, ch) })
		if err != nil {
			return err
		}
	}
	return nil
}

// strays looks at every process that runs, and finds those whose row is not there or is over.
func (r *Reconciler) strays(ctx context.Context) error {
	ids, err := r.running(ctx, campaign.Type, cohort.Type, importing.Type)
	if err != nil {
		return err
	}
	return r.endStrays(ctx, ids)
}

// running lists the processes of some types that run.
func (r *Reconciler) running(ctx context.Context, types ...string) ([]string, error) {
	query := fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType IN ('%s')", strings.Join(types, "','"))
	var ids []string
	for token := []byte(nil); ; {
		page, err := r.Engine.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: query, PageSize: 500, NextPageToken: token,
		})
		if err != nil {
			return nil, refused("list running processes", err)
		}
		for _, e := range page.GetExecutions() {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return ids, nil
		}
	}
}

// listed is a process as its ID names it.
type listed struct {
	id, subject string
	kind        processKind
	no          int // of a cohort
}

// read takes a workflow ID apart: campaign/<id>, campaign/<id>/cohort/<n>, import/<id>.
func read(id string) (listed, bool) {
	parts := strings.Split(id, "/")
	switch {
	case len(parts) == 2 && parts[0] == "import":
		return listed{id: id, subject: parts[1], kind: anImport}, true
	case len(parts) == 2 && parts[0] == "campaign":
		return listed{id: id, subject: parts[1], kind: aCampaign}, true
	case len(parts) == 4 && parts[0] == "campaign" && parts[2] == "cohort":
		no, err := strconv.Atoi(parts[3])
		return listed{id: id, subject: parts[1], kind: aCohort, no: no}, err == nil
	}
	return listed{}, false
}

func (r *Reconciler) endStrays(ctx context.Context, ids []string) error {
	var all []listed
	var campaignIDs, importIDs []string
	for _, id := range ids {
		p, ours := read(id)
		if !ours {
			continue
		}
		all = append(all, p)
		if p.kind == anImport {
			importIDs = append(importIDs, p.subject)
		} else {
			campaignIDs = append(campaignIDs, p.subject)
		}
	}
	rows, err := r.Store.ProcessRows(ctx, distinctOf(campaignIDs), distinctOf(importIDs))
	if err != nil {
		return err
	}
	known := cohortRows{store: r.Store}
	var ending []listed
	for _, p := range all {
		row, err := known.of(ctx, p, rows)
		if err != nil {
			return err
		}
		switch verdict := judge(p.kind, row, processRunning, r.restored()); {
		case row == rowOver:
			ending = append(ending, p)
		case verdict == Terminated:
			if err := r.terminate(ctx, p.id, row, r.lostAdvice(p)); err != nil {
				return err
			}
		}
	}
	return r.endOver(ctx, ending, rows)
}

func distinctOf(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// endingPatience is how long a process whose row is over gets to end by itself.
const endingPatience = 3 * time.Second

// endOver ends processes whose row is over and that still run after a moment.
func (r *Reconciler) endOver(ctx context.Context, ending []listed, rows map[string]store.ProcessRow) error {
	if len(ending) == 0 {
		return nil
	}
	pause(ctx, endingPatience)
	for _, p := range ending {
		process, err := r.stateOf(ctx, p.id)
		if err != nil {
			return err
		}
		c := dunning.CampaignRef{OrgID: rows[p.subject].OrgID, CampaignID: p.subject}
		switch judge(p.kind, rowOver, process, r.restored()) {
		case Terminated:
			err = r.terminate(ctx, p.id, rowOver, "")
		case Rearmed:
			err = r.mend(ctx, p.id, why(rowOver, process), Rearmed, func(ctx context.Context) error {
				if p.kind == aCohort {
					return r.Engine.EndCohorts(ctx, c, []int{p.no}, func() {})
				}
				return r.Engine.RefreshCampaign(ctx, c)
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lostAdvice says what a person has to do about a process that began after the backup from which MySQL was restored.
func (r *Reconciler) lostAdvice(p listed) string {
	switch {
	case !r.restored() || p.kind == aCohort:
		return ""
	case p.kind == anImport:
		return "began after the backup: upload its file again"
	}
	return "began after the backup: its messages may have gone out; start it again only if that is wanted"
}

func (r *Reconciler) terminate(ctx context.Context, id string, row rowState, advice string) error {
	what := why(row, processRunning)
	if r.DryRun {
		r.note(Finding{Subject: id, What: what, Done: Left, Advice: "would be " + Terminated, Open: true})
		return nil
	}
	err := r.Engine.client.TerminateWorkflow(ctx, id, "", "reconcile: "+what)
	if gone := new(serviceerror.NotFound); err != nil && !errors.As(err, &gone) {
		return refused("terminate "+id, err)
	}
	r.note(Finding{Subject: id, What: what, Done: Terminated, Advice: advice, Open: advice != ""})
	return nil
}

// cohortRows knows which cohorts have cases, read once for each campaign.
type cohortRows struct {
	store     ReconcileStore
	all, open map[string]map[int]bool
}

// of gives what MySQL says of a process.
func (k *cohortRows) of(ctx context.Context, p listed, rows map[string]store.ProcessRow) (rowState, error) {
	row, known := rows[p.subject]
	switch {
	case !known:
		return rowMissing, nil
	case p.kind != aCohort && row.Over:
		return rowOver, nil
	case p.kind == aCampaign && !row.Selected:
		return rowWaiting, nil
	case p.kind != aCohort:
		return rowLive, nil
	}
	if err := k.read(ctx, row); err != nil {
		return rowMissing, err
	}
	switch {
	case !k.all[row.ID][p.no]:
		return rowMissing, nil
	case row.Over || !k.open[row.ID][p.no]:
		return rowOver, nil
	}
	return rowLive, nil
}

func (k *cohortRows) read(ctx context.Context, row store.ProcessRow) error {
	if k.all[row.ID] != nil {
		return nil
	}
	if k.all == nil {
		k.all, k.open = map[string]map[int]bool{}, map[string]map[int]bool{}
	}
	for _, part := range []struct {
		into     map[string]map[int]bool
		openOnly bool
	}{{k.all, false}, {k.open, true}} {
		numbers, err := k.store.CohortNumbers(ctx, scopeOf(row.OrgID), row.ID, part.openOnly)
		if err != nil {
			return err
		}
		part.into[row.ID] = make(map[int]bool, len(numbers))
		for _, no := range numbers {
			part.into[row.ID][no] = true
		}
	}
	return nil
}
