package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
)

// TestAMovedAdvanceKeepsItsPurpose: money that was paid for one fee item pays no other after a transfer either. Another
// community has other fee items: there it is for any.
func TestAMovedAdvanceKeepsItsPurpose(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	other, neighbour := e.household()
	bill := e.bill(other, neighbour, "2026-01", "2026-01-31", 10_000)
	parking := e.line(other, neighbour, "2026-01", "2026-01-31", 4_000)
	parking.FeeItem = "车位费"
	require.Equal(t, 1, e.issue(parking).Created)
	var item string
	require.NoError(t, e.DB.GetContext(t.Context(), &item, `SELECT fee_item_id FROM bill WHERE org_id = ? AND amount_fen = 4000`, e.OrgID))
	p := e.payment(9_000)
	p.UnitID, p.PurposeID = unit, item
	paid := e.pay(p)

	moved := e.corrected(money.CorrectionRequest{Kind: money.Transfer, SubjectID: paid.ID, UnitID: other}).Payment
	require.Equal(t, item, moved.PurposeID)
	require.EqualValues(t, 10_000, e.unpaid(bill))
	require.EqualValues(t, 5_000, moved.AdvanceFen)
	e.sound()

	home := e.community
	away := e.addCommunity()
	e.community = away
	far, _ := e.household()
	e.community = home
	everywhere := e.person(access.Cashier)
	everywhere.Grants[0].Communities = append(everywhere.Grants[0].Communities, away)
	done, err := e.correct(everywhere, money.CorrectionRequest{Kind: money.Transfer, SubjectID: moved.ID, UnitID: far})
	require.NoError(t, err)
	moved = done.Payment
	require.Equal(t, away, moved.CommunityID)
	require.Empty(t, moved.PurposeID)
	e.sound()
}
