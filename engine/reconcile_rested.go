package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"

	"steward/workflows/approval"
	"steward/workflows/billing"
	"steward/workflows/payorder"
)

// rested finds processes of billing runs, orders, refunds and approvals that run without a row that has work for them: they
// began after the backup from which MySQL was restored, or Temporal is the older one. They look only when somebody says so;
// made to look, they end by themselves.
func (r *Reconciler) rested(ctx context.Context) error {
	ids, err := r.running(ctx, billing.Type, payorder.Type, payorder.RefundType, approval.Type)
	if err != nil {
		return err
	}
	live, err := r.liveIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if live[id] {
			continue
		}
		process, err := r.stateOf(ctx, id) // lists lag behind
		if err != nil {
			return err
		}
		if process != processRunning {
			continue
		}
		if err := r.endRested(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// liveIDs names the processes that have work.
func (r *Reconciler) liveIDs(ctx context.Context) (map[string]bool, error) {
	live := map[string]bool{}
	runs, err := r.Store.LiveBillingRuns(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range runs {
		live[billing.ID(x.RunID)] = true
	}
	orders, err := r.Store.LivePayOrders(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range orders {
		live[payorder.ID(x.ID)] = true
	}
	refunds, err := r.Store.LiveRefunds(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range refunds {
		live[payorder.RefundID(x.ID)] = true
	}
	approvals, err := r.Store.LiveApprovals(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range approvals {
		live[approval.ID(x.ApprovalID)] = true
	}
	return live, nil
}

// endRested makes a process look; the four share the name of the signal.
func (r *Reconciler) endRested(ctx context.Context, id string) error {
	const what = "process runs, row is not there or is over"
	if r.DryRun {
		r.note(Finding{Subject: id, What: what, Done: Left, Advice: "would be " + Rearmed, Open: true})
		return nil
	}
	err := r.Engine.client.SignalWorkflow(ctx, id, "", billing.RefreshSignal, nil)
	if gone := new(serviceerror.NotFound); err != nil && !errors.As(err, &gone) {
		return refused("wake "+id, err)
	}
	advice := r.restedAdvice(id)
	r.note(Finding{Subject: id, What: what, Done: Rearmed, Advice: advice, Open: advice != ""})
	return nil
}

// restedAdvice says what a person has to do about work that began after the backup.
func (r *Reconciler) restedAdvice(id string) string {
	if !r.restored() {
		return ""
	}
	kind, _, _ := strings.Cut(id, "/")
	switch kind {
	case "refund":
		return "approved after the backup, the money may have gone back: look in the provider's statement before it is refunded again"
	case "pay-order":
		return "made after the backup: if it was paid, the provider's notice brings the money to suspense"
	case "billing-run":
		return "began after the backup: its calendar opens it again, or a person does"
	}
	return "asked after the backup: ask again"
}

// lostRefunds tells that money may have been handed out which the books do not know of.
func (r *Reconciler) lostRefunds() {
	r.note(Finding{
		Subject: "refunds", What: fmt.Sprintf("refunds, corrections and approvals since %s are not in the books", shown(r.mark.BusinessAt)), Done: Left, Open: true,
		Advice: "before a refund is approved or handed out, look in the cash journal and the provider's statement whether it was paid since then",
	})
}
