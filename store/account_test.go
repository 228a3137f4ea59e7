package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/refusal"
	"steward/store"
)

func dateOf(t time.Time) calendar.Date { return calendar.DateOf(t) }

func (e *moneyEnv) caller(role access.Role, view access.MoneyView, communities ...string) access.Scope {
	return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: role, Level: access.LevelCommunity, Communities: communities, Money: view}}}
}

func (e *moneyEnv) resident(person string) access.Scope {
	return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), PersonID: person,
		Grants: []access.Grant{{Role: access.Owner, Level: access.LevelOwn, Money: access.MoneyDetail}}}
}

func TestAccountShowsEachCallerItsPart(t *testing.T) {
	e := newMoneyEnv(t)
	unit, buyer := e.household()
	seller := e.addPerson()
	e.bill(unit, seller, "2024-01", "2024-01-31", 5000)
	e.bill(unit, buyer, "2026-01", "2026-01-31", 1000)
	e.payUnit(unit, 300)

	full, err := e.Store.UnitAccount(t.Context(), e.caller(access.Cashier, access.MoneyDetail, e.community), unit, calendar.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(5700), *full.PrincipalFen)
	require.Equal(t, int64(5700), *full.BalanceFen)
	require.Len(t, full.Bills, 2)
	require.Len(t, full.Payments, 1)
	require.True(t, full.Owes)

	totals, err := e.Store.UnitAccount(t.Context(), e.caller(access.Steward, access.MoneyTotals, e.community), unit, calendar.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(5700), *totals.PrincipalFen)
	require.Nil(t, totals.Bills)
	require.Nil(t, totals.Payments)

	status, err := e.Store.UnitAccount(t.Context(), e.caller(access.Steward, access.MoneyStatus, e.community), unit, calendar.Date{})
	require.NoError(t, err)
	require.True(t, status.Owes)
	require.Nil(t, status.PrincipalFen)
	require.Nil(t, status.BalanceFen)

	own, err := e.Store.UnitAccount(t.Context(), e.resident(buyer), unit, calendar.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(700), *own.PrincipalFen, "the buyer never sees the seller's bills")
	require.Len(t, own.Bills, 1)

	for name, sc := range map[string]access.Scope{
		"a worker":               e.caller(access.Worker, access.MoneyDetail, e.community),
		"a cashier of elsewhere": e.caller(access.Cashier, access.MoneyDetail, e.addCommunity()),
		"a neighbour":            e.resident(e.addPerson()),
	} {
		_, err = e.Store.UnitAccount(t.Context(), sc, unit, calendar.Date{})
		require.True(t, refusal.Is(err, "forbidden"), "%s: %v", name, err)
		_, err = e.Store.DebtorAccount(t.Context(), sc, buyer, calendar.Date{})
		require.True(t, refusal.Is(err, "forbidden"), "%s: %v", name, err)
	}
	var reads int
	require.NoError(t, e.DB.GetContext(t.Context(), &reads, `SELECT COUNT(*) FROM audit WHERE org_id = ? AND action = 'read-account'`, e.OrgID))
	require.Equal(t, 1, reads, "only the cashier saw the history of somebody else")

	_, err = e.Store.UnitAccount(t.Context(), e.Scope, store.NewID(), calendar.Date{})
	require.True(t, refusal.Is(err, "unit-not-found"))
	_, err = e.Store.DebtorAccount(t.Context(), e.Scope, store.NewID(), calendar.Date{})
	require.True(t, refusal.Is(err, "debtor-not-found"))
}

func TestAccountAsOfAnEarlierDay(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	start := dateOf(e.Clock.Now())
	e.bill(unit, owner, "2026-02", "2026-02-28", 1000)
	e.day(10)
	paid := e.payUnit(unit, 1500)
	e.day(10)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, paid.ID, "退票")
	require.NoError(t, err)
	e.day(10)

	for _, c := range []struct {
		days                        int
		principal, advance, balance int64
	}{{-20, 0, 0, 0}, {-5, 1000, 0, 1000}, {9, 1000, 0, 1000}, {10, 0, 500, -500}, {19, 0, 500, -500}, {20, 1000, 0, 1000}, {40, 1000, 0, 1000}} {
		for name, read := range map[string]func() (int64, int64, int64){
			"unit": func() (int64, int64, int64) {
				a, err := e.Store.UnitAccount(t.Context(), e.Scope, unit, start.AddDays(c.days))
				require.NoError(t, err)
				return *a.PrincipalFen, *a.AdvanceFen, *a.BalanceFen
			},
			"debtor": func() (int64, int64, int64) {
				a, err := e.Store.DebtorAccount(t.Context(), e.Scope, owner, start.AddDays(c.days))
				require.NoError(t, err)
				return *a.PrincipalFen, *a.AdvanceFen, *a.BalanceFen
			},
		} {
			principal, advance, balance := read()
			require.Equal(t, []int64{c.principal, c.advance, c.balance}, []int64{principal, advance, balance}, "%s after %d days", name, c.days)
		}
	}
}

func TestEmptyAccountOfDetailHasEmptyLists(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	a, err := e.Store.UnitAccount(t.Context(), e.Scope, unit, calendar.Date{})
	require.NoError(t, err)
	require.False(t, a.Owes)
	require.NotNil(t, a.Bills)
	require.NotNil(t, a.Payments)
	require.Zero(t, *a.BalanceFen)
}
