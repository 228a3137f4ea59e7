package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

func TestARefundIsSetAsideAndHandedOut(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	p := e.payUnit(unit, 15000)
	_, err := e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(5001)})
	require.True(t, refusal.Is(err, "refund-above-available"), "%v", err)
	no, _ := refusal.As(err)
	require.EqualValues(t, 5000, no.Extra["available_fen"])
	done := e.corrected(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(3000)})
	require.EqualValues(t, 3000, done.Effect.RefundFen)
	require.Equal(t, money.Change{Before: 5000, After: 2000}, done.Effect.AdvanceFen)
	require.EqualValues(t, -3000, e.balance(money.Refunding))
	_, err = e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.Reverse, SubjectID: p.ID})
	require.True(t, refusal.Is(err, "payment-refunded"), "%v", err)

	refundID := done.Approval.ResultID
	checker := access.Scope{OrgID: e.OrgID, ActorID: done.Approval.DecidedBy, Grants: e.person(access.CommunityManager).Grants}
	_, err = e.Store.PayRefund(t.Context(), checker, refundID, money.PayOut{})
	require.True(t, refusal.Is(err, "checker-is-payer"), "%v", err)
	cashier := e.person(access.Cashier)
	cashier.CommandID = store.NewID()
	for range 2 { // the repeat of a command pays once
		paid, err := e.Store.PayRefund(t.Context(), cashier, refundID, money.PayOut{})
		require.NoError(t, err)
		require.Equal(t, money.RefundPaid, paid.Status)
	}
	_, err = e.Store.PayRefund(t.Context(), e.person(access.Cashier), refundID, money.PayOut{})
	require.True(t, refusal.Is(err, "refund-already-paid"), "%v", err)
	require.Zero(t, e.balance(money.Refunding))
	require.EqualValues(t, 12000, e.balance(money.Cash("counter")))
	e.sound()
}

func TestARefundThatTheProviderWillNotGiveWaitsForAPerson(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	online := e.payment(8000)
	online.UnitID, online.Channel, online.Method = unit, money.OnlineChannels[0], "online"
	p := e.pay(online)
	approval := e.corrected(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID}).Approval
	refundID := approval.ResultID
	require.Equal(t, approval.ID, refundID, "the same approval, given again after a restore, is the same refund to the provider")
	due, err := e.Store.DueRefunds(t.Context(), money.OnlineChannels, 1000)
	require.NoError(t, err)
	require.Equal(t, refundID, due[len(due)-1].ID)
	_, err = e.Store.PayRefund(t.Context(), e.person(access.Cashier), refundID, money.PayOut{Serial: "1"})
	require.True(t, refusal.Is(err, "refund-with-provider"), "%v", err)
	for range 2 {
		require.NoError(t, e.Store.RefundAsked(t.Context(), checkout.Ref{OrgID: e.OrgID, ID: refundID}))
	}
	for range 2 {
		require.NoError(t, e.Store.RefundFailed(t.Context(), e.Scope, refundID, "账户已注销"))
	}
	require.EqualValues(t, -8000, e.balance(money.Refunding), "the money stays set aside")
	e.sound()
	_, err = e.Store.PayRefund(t.Context(), e.person(access.Cashier), refundID, money.PayOut{Channel: "bank"})
	require.True(t, refusal.Is(err, "serial-needed"), "%v", err)
	dropped, err := e.Store.DropRefund(t.Context(), e.person(access.Cashier), refundID, "业主改为抵扣")
	require.NoError(t, err)
	require.Equal(t, money.RefundDropped, dropped.Status)
	require.EqualValues(t, 8000, e.advance(owner))
	e.sound()

	second := e.corrected(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID, AmountFen: fenPtr(3000)}).Approval.ResultID
	require.NoError(t, e.Store.RefundFailed(t.Context(), e.Scope, second, "账户已注销"))
	paid, err := e.Store.PayRefund(t.Context(), e.person(access.Cashier), second, money.PayOut{Channel: "bank", Serial: "B-1"})
	require.NoError(t, err)
	require.Equal(t, "bank", paid.Route)
	third := e.corrected(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: p.ID}).Approval.ResultID
	for range 2 {
		require.NoError(t, e.Store.RefundPaid(t.Context(), e.Scope, third, "R-1"))
	}
	require.Zero(t, e.balance(money.Refunding))
	e.sound()
}

// TestARefundNamesTheNumberThatTheProviderKnows, also of money that was moved or matched a second time.
func TestARefundNamesTheNumberThatTheProviderKnows(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	other, _ := e.household()
	numberOf := func(paymentID string) string {
		id := e.corrected(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: paymentID, AmountFen: fenPtr(100)}).Approval.ResultID
		head, err := e.Store.RefundHead(t.Context(), checkout.Ref{OrgID: e.OrgID, ID: id})
		require.NoError(t, err)
		return head.Ask.TransactionNo
	}
	online := e.payment(8000)
	online.UnitID, online.Channel, online.Method = unit, money.OnlineChannels[0], "online"
	moved := e.corrected(money.CorrectionRequest{Kind: money.Transfer, SubjectID: e.pay(online).ID, UnitID: other}).Payment
	moved = e.corrected(money.CorrectionRequest{Kind: money.Transfer, SubjectID: moved.ID, UnitID: unit}).Payment
	require.NotEqual(t, online.ExternalNo, moved.ExternalNo)
	require.Equal(t, online.ExternalNo, numberOf(moved.ID))

	stray := e.payment(700)
	stray.UnitID, stray.Channel, stray.Method = store.NewID(), money.OnlineChannels[0], "online"
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, stray))
	waiting, err := e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{Status: "open"}, page.Query{Limit: 50})
	require.NoError(t, err)
	var matched money.Payment
	for range 2 {
		matched, err = e.Store.MatchSuspense(t.Context(), e.Scope, waiting.Items[0].ID, money.NewPayment{UnitID: unit})
		require.NoError(t, err)
		if matched.ExternalNo == stray.ExternalNo {
			_, err = e.Store.ReversePayment(t.Context(), e.Scope, matched.ID, "认领错了")
			require.NoError(t, err)
		}
	}
	require.NotEqual(t, stray.ExternalNo, matched.ExternalNo)
	require.Equal(t, stray.ExternalNo, numberOf(matched.ID))
}
