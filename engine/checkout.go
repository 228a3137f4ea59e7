package engine

import (
	"context"

	"steward/domain/checkout"
	"steward/workflows"
	"steward/workflows/payorder"
)

// RefreshPayOrder makes the process of an order look at its row and ask the provider, starting it if it does not run.
func (e *Engine) RefreshPayOrder(ctx context.Context, r checkout.Ref) error {
	return e.refreshCheckout(ctx, payorder.ID(r.ID), payorder.Type, r)
}

// RefreshRefund makes the process of a refund look at its row and ask the provider, starting it if it does not run.
func (e *Engine) RefreshRefund(ctx context.Context, r checkout.Ref) error {
	return e.refreshCheckout(ctx, payorder.RefundID(r.ID), payorder.RefundType, r)
}

func (e *Engine) refreshCheckout(ctx context.Context, id, workflowType string, r checkout.Ref) error {
	o := again(id, workflows.Commands)
	_, err := e.client.SignalWithStartWorkflow(ctx, o.ID, payorder.RefreshSignal, nil, o, workflowType, payorder.State{Ref: r})
	return refused("refresh "+o.ID, err)
}
