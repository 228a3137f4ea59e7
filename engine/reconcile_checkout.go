package engine

import (
	"context"

	"steward/domain/checkout"
	"steward/workflows/payorder"
)

// checkouts looks at the processes of orders and refunds that are not over. Looking again asks the provider first, so that a
// process is rebuilt or woken without harm. One whose row is not there ends by itself at its next look: money that comes for
// an order whose row a restore has lost is found by the provider's notice, and waits in suspense.
func (r *Reconciler) checkouts(ctx context.Context) error {
	orders, err := r.Store.LivePayOrders(ctx)
	if err != nil {
		return err
	}
	refunds, err := r.Store.LiveRefunds(ctx)
	if err != nil {
		return err
	}
	err = each(ctx, orders, func() {}, func(ctx context.Context, c checkout.Ref) error {
		return r.checkout(ctx, payorder.ID(c.ID), func(ctx context.Context) error { return r.Engine.RefreshPayOrder(ctx, c) })
	})
	if err != nil {
		return err
	}
	return each(ctx, refunds, func() {}, func(ctx context.Context, c checkout.Ref) error {
		return r.checkout(ctx, payorder.RefundID(c.ID), func(ctx context.Context) error { return r.Engine.RefreshRefund(ctx, c) })
	})
}

func (r *Reconciler) checkout(ctx context.Context, id string, refresh func(context.Context) error) error {
	process, err := r.stateOf(ctx, id)
	if err != nil {
		return err
	}
	if process == processRunning {
		return r.rearm(ctx, id, 1, refresh)
	}
	return r.mend(ctx, id, why(rowLive, process), Rebuilt, refresh)
}
