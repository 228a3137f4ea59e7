package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// broughtOver is a community as an import leaves it: three bills of two debtors, one paid in part, one debtor in credit.
func broughtOver(t *testing.T) *moneyEnv {
	e := newMoneyEnv(t)
	source := money.Source{Kind: money.FromImport, ID: store.NewID()}
	unit, owner := e.household()
	other, second := e.household()
	_, err := e.Store.IssueBills(t.Context(), e.Scope, []money.NewBill{
		e.line(unit, owner, "2025-11", "2025-11-30", 25_060), e.line(unit, owner, "2025-12", "2025-12-31", 25_060), e.line(other, second, "2025-12", "2025-12-31", 10_000),
	}, source)
	require.NoError(t, err)
	for u, fen := range map[string]int64{unit: 20_000, other: 11_000} {
		p := e.payment(fen)
		p.UnitID, p.Source = u, source
		e.pay(p)
	}
	return e
}

func TestOpeningBalancesAreSignedAsTheyWereSeen(t *testing.T) {
	e := broughtOver(t)
	o, err := e.Store.OpeningBalances(t.Context(), e.Scope, e.community)
	require.NoError(t, err)
	require.Equal(t, []int64{25_060*2 - 20_000, 1_000}, []int64{o.PrincipalFen, o.AdvanceFen})
	require.Equal(t, []int{3, 2, 1}, []int{o.Bills, o.Debtors, o.AdvanceDebtors})
	require.Len(t, o.FeeItems, 1)
	require.Nil(t, o.SignOff)

	_, err = e.Store.SignOpening(t.Context(), e.Scope, e.community, money.NewOpeningSignOff{PrincipalFen: o.PrincipalFen - 1, AdvanceFen: o.AdvanceFen})
	no, _ := refusal.As(err)
	require.Equal(t, "opening-balances-changed", no.Code)
	require.Equal(t, o.PrincipalFen, no.Extra["present"].(map[string]any)["principal_fen"])

	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 5_000)
	e.payUnit(unit, 6_000)
	var opening string
	require.NoError(t, e.DB.GetContext(t.Context(), &opening, `SELECT unit_id FROM bill WHERE org_id = ? AND source_kind = 'import' AND unpaid_fen > 0 LIMIT 1`, e.OrgID))
	e.payUnit(opening, 100)
	signed, err := e.Store.SignOpening(t.Context(), e.Scope, e.community, money.NewOpeningSignOff{PrincipalFen: o.PrincipalFen, AdvanceFen: o.AdvanceFen, Fingerprint: o.Fingerprint, Note: "与旧系统核对一致"})
	require.NoError(t, err, "what the desk took since then is no part of the opening balances")
	require.Equal(t, "与旧系统核对一致", signed.SignOff.Note)
	require.False(t, signed.ChangedSince)
	g, err := e.Store.GoLive(t.Context(), e.Scope, e.community)
	require.NoError(t, err)
	require.True(t, g.SignedOff)
	_, err = e.Store.SignOpening(t.Context(), e.Scope, e.community, money.NewOpeningSignOff{PrincipalFen: o.PrincipalFen, AdvanceFen: o.AdvanceFen})
	require.True(t, refusal.Is(err, "already-signed-off"), "%v", err)
}

func TestGoLiveKeepsTheFiguresToo(t *testing.T) {
	e := broughtOver(t)
	yes := true
	_, err := e.Store.ChangeGoLive(t.Context(), e.Scope, e.community, estate.GoLiveChange{SignedOff: &yes}, 0)
	require.NoError(t, err)
	o, err := e.Store.OpeningBalances(t.Context(), e.Scope, e.community)
	require.NoError(t, err)
	require.EqualValues(t, o.PrincipalFen, o.SignOff.PrincipalFen)
}
