package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

func TestStatementShowsBothVersionsOfTheLateFee(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	paid := e.bill(unit, owner, "2025-12", "2026-01-10", 1_000)
	e.payUnit(unit, 1_000, paid)
	e.at("2026-03-02")
	p := e.payOn(unit, "2026-03-02", 100_000)
	e.at("2026-04-20")

	both := []money.LateFeeBasis{money.LateFeeAgreed, money.LateFeeAtLPR}
	st, err := e.Store.Statement(t.Context(), e.Scope, owner, e.community, date("2026-03-31"), both)
	require.NoError(t, err)
	require.Equal(t, "业主"+owner, st.Debtor)
	require.Equal(t, e.community, st.CommunityID)
	require.Len(t, st.Bills, 1, "settled bills are left out")
	require.Equal(t, bill, st.Bills[0].ID)
	require.Len(t, st.Bills[0].LateFeeSegments, 2)
	require.Len(t, st.Payments, 1)
	require.Equal(t, p.ID, st.Payments[0].ID)
	require.EqualValues(t, 140_000, st.PrincipalFen)
	require.EqualValues(t, 5580, st.LateFeeFen)
	require.EqualValues(t, 145_580, st.BalanceFen)
	require.Equal(t, money.LateFeeAgreed, st.Versions[0].Basis)
	require.EqualValues(t, 5580, st.Versions[0].LateFeeFen)
	require.EqualValues(t, 917, st.Versions[1].LateFeeFen) // 2,400.00 x 3 % / 365 x 29 + 1,400.00 x 3 % / 365 x 30 = 9.17
	require.EqualValues(t, 140_917, st.Versions[1].BalanceFen)

	plain, err := e.Store.Statement(t.Context(), e.Scope, owner, "", calendar.Date{}, nil)
	require.NoError(t, err)
	require.Nil(t, plain.Versions)

	_, err = e.Store.Statement(t.Context(), e.caller(access.Steward, access.MoneyTotals, e.community), owner, e.community, calendar.Date{}, nil)
	require.True(t, refusal.Is(err, "forbidden"), "%v", err)
	_, err = e.Store.Statement(t.Context(), e.Scope, owner, store.NewID(), calendar.Date{}, nil)
	require.True(t, refusal.Is(err, "community-not-found"), "%v", err)
}

// TestABillOfAPastDay: the explanation of a bill follows the day that is asked for, as its account does.
func TestABillOfAPastDay(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-02-05")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	e.at("2026-04-20")
	e.payOn(unit, "2026-03-02", 100_000)

	then, err := e.Store.BillKnown(t.Context(), e.Scope, bill, date("2026-03-31"), calendar.Date{})
	require.NoError(t, err)
	require.EqualValues(t, 5580, then.LateFeeFen)
	require.Len(t, then.Allocations, 1)
	known, err := e.Store.BillKnown(t.Context(), e.Scope, bill, date("2026-03-31"), date("2026-03-31"))
	require.NoError(t, err)
	require.EqualValues(t, 59*120, known.LateFeeFen, "the payment was not known yet")
	require.EqualValues(t, 240_000, known.UnpaidFen)
	require.Empty(t, known.Allocations)
	_, err = e.Store.BillKnown(t.Context(), e.Scope, bill, date("2026-02-04"), date("2026-02-04"))
	require.True(t, refusal.Is(err, "bill-not-found"), "%v", err)
}
