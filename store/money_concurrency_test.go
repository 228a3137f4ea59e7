package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// TestEverythingAtOnce lets bills, payments, reversals, notices and matches of the same households meet.
func TestEverythingAtOnce(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	other, _ := e.household()
	const workers, rounds = 8, 12
	notices := make([][]money.NewPayment, workers)
	payments := make([][]money.NewPayment, workers)
	for w := range workers {
		for range rounds {
			p := e.payment(40)
			p.UnitID = []string{unit, other}[w%2]
			payments[w] = append(payments[w], p)
			n := e.payment(7)
			n.UnitID, n.Channel = store.NewID(), "sandbox"
			notices[w] = append(notices[w], n)
		}
	}
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for r := range rounds {
				errs[w] = errors.Join(errs[w], e.round(t, unit, owner, fmt.Sprintf("W%d-%d", w, r), payments[w][r], notices[w][r]))
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	e.sound()
}

func (e *moneyEnv) round(t *testing.T, unit, owner, period string, payment, notice money.NewPayment) error {
	_, err := e.Store.IssueBills(t.Context(), e.Scope, []money.NewBill{e.line(unit, owner, period, "2026-01-31", 25)}, money.Source{Kind: money.FromBilling})
	p, _, payErr := e.Store.RecordPayment(t.Context(), e.Scope, payment)
	err = errors.Join(err, payErr, e.Store.ReceivePayment(t.Context(), e.Scope, notice))
	if payErr == nil && p.AmountFen%2 == 0 {
		_, reverseErr := e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "并发测试")
		err = errors.Join(err, reverseErr)
	}
	return err
}

// TestOneMatchOfSuspenseWins: eight cashiers claim the same money for different units.
func TestOneMatchOfSuspenseWins(t *testing.T) {
	e := newMoneyEnv(t)
	notice := e.payment(500)
	notice.UnitID, notice.Channel = store.NewID(), "sandbox"
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice))
	var id string
	require.NoError(t, e.DB.GetContext(t.Context(), &id, `SELECT id FROM suspense WHERE org_id = ?`, e.OrgID))
	units := make([]string, 8)
	for i := range units {
		units[i] = e.addUnit(e.addCommunity())
		e.addOwner(units[i], e.addPerson())
	}
	errs := make([]error, len(units))
	var wg sync.WaitGroup
	for i := range units {
		wg.Go(func() {
			_, errs[i] = e.Store.MatchSuspense(t.Context(), e.Scope, id, money.NewPayment{UnitID: units[i]})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.True(t, refusal.Is(err, "already-matched"), "%v", err)
	}
	require.Equal(t, 1, won)
	e.sound()
}

// TestFirstPaymentsOfManyCommunitiesOpenTheirBooks: each community's first payment opens its book, all at the same moment
// and with the same external number in pairs.
func TestFirstPaymentsOfManyCommunitiesOpenTheirBooks(t *testing.T) {
	e := newMoneyEnv(t)
	const n = 8
	items := make([]money.NewPayment, n)
	for i := range items {
		items[i] = e.payment(10)
		items[i].UnitID = e.addUnit(e.addCommunity())
		e.addOwner(items[i].UnitID, e.addPerson())
		items[i].ExternalNo = fmt.Sprintf("pair-%d", i/2)
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range items {
		wg.Go(func() { _, _, errs[i] = e.Store.RecordPayment(t.Context(), e.Scope, items[i]) })
	}
	wg.Wait()
	for i := 0; i < n; i += 2 {
		require.False(t, errs[i] == nil == (errs[i+1] == nil), "one of a pair is the payment: %v, %v", errs[i], errs[i+1])
		require.True(t, refusal.Is(errors.Join(errs[i], errs[i+1]), "payment-differs"))
	}
	var codes []string
	require.NoError(t, e.DB.SelectContext(t.Context(), &codes, `SELECT DISTINCT code FROM receipt_book WHERE org_id = ?`, e.OrgID))
	var books int
	require.NoError(t, e.DB.GetContext(t.Context(), &books, `SELECT COUNT(*) FROM receipt_book WHERE org_id = ?`, e.OrgID))
	require.Len(t, codes, books)
	e.sound()
}
