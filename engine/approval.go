package engine

import (
	"context"

	"steward/domain/money"
	"steward/workflows"
	"steward/workflows/approval"
)

// RefreshApproval makes the process of an approval look at it again; one that does not run is started, and ends at once where
// nobody must decide any more.
func (e *Engine) RefreshApproval(ctx context.Context, a money.ApprovalRef) error {
	o := again(approval.ID(a.ApprovalID), workflows.Commands)
	_, err := e.client.SignalWithStartWorkflow(ctx, o.ID, approval.RefreshSignal, nil, o, approval.Type,
		approval.State{OrgID: a.OrgID, ApprovalID: a.ApprovalID})
	return refused("refresh "+o.ID, err)
}

// approvals looks at the processes of what waits for a decision. Looking again reads the row anew, so that a process is
// rebuilt or woken without harm; one whose row is decided or not there ends by itself at its next look.
func (r *Reconciler) approvals(ctx context.Context) error {
	live, err := r.Store.LiveApprovals(ctx)
	if err != nil {
		return err
	}
	return each(ctx, live, func() {}, func(ctx context.Context, a money.ApprovalRef) error {
		return r.checkout(ctx, approval.ID(a.ApprovalID), func(ctx context.Context) error { return r.Engine.RefreshApproval(ctx, a) })
	})
}
