package worker_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/sandbox"
	"steward/engine"
	"steward/payprovider"
	"steward/store"
	"steward/workflows/approval"
	"steward/workflows/payorder"
)

// gate gives the ground's workers the sandbox provider.
func (g *ground) gate() (*activities.Checkout, *payprovider.Till) {
	box := &payprovider.Sandbox{Books: g.store, Clock: g.clock, Secret: "a secret of the tests", BaseURL: "http://127.0.0.1:1"}
	steps := &activities.Checkout{Orders: g.store, Refunds: g.store, Providers: map[string]checkout.Provider{box.Name(): box}, PublicURL: box.BaseURL}
	return steps, &payprovider.Till{Sandbox: box, Log: slog.New(slog.DiscardHandler)}
}

func (g *ground) orderUntil(id string, status checkout.Status) checkout.Order {
	g.t.Helper()
	var o checkout.Order
	require.Eventually(g.t, func() bool {
		var err error
		o, err = g.store.PayOrder(g.t.Context(), g.Scope, id, nil)
		return err == nil && o.Status == status
	}, time.Minute, 50*time.Millisecond, "never %s", status)
	return o
}

// The provider tells nothing by itself here: what was paid, and what was given back, is found by asking.
func TestAnOrderAndItsRefundByAProviderThatTellsNothing(t *testing.T) {
	g := newGround(t, 1, 2)
	require.NoError(t, g.store.SetSandboxPayments(t.Context(), g.Scope, sandbox.Payments{Mode: sandbox.PayLost, Refunds: sandbox.RefundLate, Delay: time.Second}))
	steps, till := g.gate()
	g.checkout = steps
	stop := g.work()
	t.Cleanup(stop)

	unpaid, err := g.store.CreatePayOrder(t.Context(), g.Scope, checkout.NewOrder{UnitID: g.units[1], Provider: "sandbox"}, nil)
	require.NoError(t, err)
	g.orderUntil(unpaid.ID, checkout.OrderWaiting)
	_, err = g.store.ClosePayOrder(t.Context(), g.Scope, unpaid.ID, nil)
	require.NoError(t, err)
	g.orderUntil(unpaid.ID, checkout.OrderClosed)
	await(t, payorder.ID(unpaid.ID))
	history(t, payorder.ID(unpaid.ID), "pay-order-closed")

	o, err := g.store.CreatePayOrder(t.Context(), g.Scope, checkout.NewOrder{DebtorID: g.debtors[0], AmountFen: owedFen + 5000, Provider: "sandbox"}, nil)
	require.NoError(t, err)
	g.orderUntil(o.ID, checkout.OrderWaiting)
	_, err = till.Pay(t.Context(), o.ID, "wechat")
	require.NoError(t, err)
	paid := g.orderUntil(o.ID, checkout.OrderPaid)
	await(t, payorder.ID(o.ID))
	history(t, payorder.ID(o.ID), "pay-order")

	person := func(role access.Role) access.Scope {
		return access.Scope{OrgID: g.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: role, Level: access.LevelCompany, Money: access.MoneyDetail}}}
	}
	asked, err := g.store.Correct(t.Context(), person(access.Cashier), money.CorrectionRequest{Kind: money.GiveBack, SubjectID: paid.PaymentID, Reason: "多缴退回"})
	require.NoError(t, err)
	approved, err := g.store.Approve(t.Context(), person(access.CompanyFinance), asked.Approval.ID, "同意")
	require.NoError(t, err)
	id := approved.ResultID
	require.Eventually(t, func() bool {
		head, err := g.store.RefundHead(t.Context(), checkout.Ref{OrgID: g.OrgID, ID: id})
		return err == nil && head.Over
	}, time.Minute, 50*time.Millisecond, "the refund never ended")
	await(t, payorder.RefundID(id))
	await(t, approval.ID(id))
	history(t, payorder.RefundID(id), "refund")
	var given int64
	require.NoError(t, g.DB.GetContext(t.Context(), &given, `SELECT refunded_fen FROM payment WHERE org_id = ? AND id = ?`, g.OrgID, paid.PaymentID))
	require.Equal(t, int64(5000), given)
	wrong, err := g.store.CheckBooks(t.Context(), g.Scope)
	require.NoError(t, err)
	require.Empty(t, wrong)
	found, err := g.reconciler().Run(t.Context())
	require.NoError(t, err)
	for _, f := range found {
		require.NotContains(t, f.Subject, "pay-order/"+o.ID)
		require.NotContains(t, f.Subject, "refund/"+id)
	}
}

// An order that was made after the backup parks for ever: nobody can press a button on a row that is not there.
func TestReconcileEndsAProcessThatRestsWithoutItsRow(t *testing.T) {
	g := newGround(t, 1, 1)
	g.checkout, _ = g.gate()
	t.Cleanup(g.work())
	o, err := g.store.CreatePayOrder(t.Context(), g.Scope, checkout.NewOrder{UnitID: g.units[0], Provider: "sandbox"}, nil)
	require.NoError(t, err)
	g.orderUntil(o.ID, checkout.OrderWaiting)
	change := func(query string) {
		_, err := g.DB.ExecContext(t.Context(), query, g.OrgID, o.ID)
		require.NoError(t, err)
	}
	change(`UPDATE pay_order SET provider = 'gone' WHERE org_id = ? AND id = ?`)
	require.NoError(t, engine.New(temporal).RefreshPayOrder(t.Context(), checkout.Ref{OrgID: g.OrgID, ID: o.ID}))
	require.Eventually(t, func() bool {
		o, err := g.store.PayOrder(t.Context(), g.Scope, o.ID, nil)
		return err == nil && o.NeedsAttention
	}, time.Minute, 50*time.Millisecond, "never parked")
	change(`DELETE FROM pay_order WHERE org_id = ? AND id = ?`)
	require.Eventually(t, func() bool {
		found, err := g.reconciler().Run(t.Context())
		return err == nil && slices.ContainsFunc(found, func(f engine.Finding) bool { return f.Subject == payorder.ID(o.ID) && f.Done == engine.Rearmed })
	}, time.Minute, 100*time.Millisecond, "never found")
	await(t, payorder.ID(o.ID))
}
