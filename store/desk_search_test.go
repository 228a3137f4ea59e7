package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/estate"
	"steward/domain/money"
	"steward/store"
)

// TestADeskFindsAHouseholdInAnyHabit: by room, name, phone and its last digits, with all units of the debtor in the community
// and nothing of another community.
func TestADeskFindsAHouseholdInAnyHabit(t *testing.T) {
	e := newMoneyEnv(t)
	sc := e.cashier()
	place := func(community, kind, building, entrance, room, display string) string {
		id := store.NewID()
		key := estate.NewRoom(building, entrance, room).Key()
		e.exec(`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, kind, created_at) VALUES (?,?,?,?,?,?,?,?,?)`,
			e.OrgID, id, community, store.NewID(), key, room, display, kind, e.Clock.Now())
		return id
	}
	owner := store.NewID()
	e.exec(`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, phone_enc, phone_bidx, phone_last4_bidx, created_at) VALUES (?,?,?,?,?,?,?,?,?)`, e.OrgID, owner,
		e.Keys.Index("identity", owner), e.Keys.Seal("张三丰"), e.Keys.Index("name", estate.NameKey("张三丰")), e.Keys.Seal("13800004321"), e.Keys.Index("phone", "13800004321"),
		e.Keys.Index("phone-last4", "4321"), e.Clock.Now())
	home, shop, parking := place(e.community, "home", "3", "2", "1501", "3栋2单元1501"), place(e.community, "shop", "商铺", "", "S-12", "商铺S-12"),
		place(e.community, "parking", "车位", "", "B2-015", "车位 B2-015")
	for _, unit := range []string{home, shop, parking} {
		e.addOwner(unit, owner)
	}
	other := e.addCommunity()
	elsewhere := place(other, "home", "3", "2", "1501", "3栋2单元1501")
	e.addOwner(elsewhere, owner)
	e.bill(home, owner, "2026-01", "2026-01-31", 25060)
	e.bill(shop, owner, "2026-01", "2026-01-31", 100000)

	for _, q := range []string{"3-2-1501", "3#1501", "3栋2单元1501", "３－２－１５０１", "三栋二单元1501室", "1501", "张三丰", "13800004321", "4321", "商铺 S-12", "B2-015"} {
		found, err := e.Store.DeskHouseholds(t.Context(), sc, e.community, q)
		require.NoError(t, err)
		require.Len(t, found, 1, q)
		h := found[0]
		require.Equal(t, "张三丰", h.Name)
		require.Equal(t, "138****4321", h.Phone)
		require.Len(t, h.Units, 3, "all units in the community, and none of the other")
		require.True(t, h.Units[0].Matched, q)
		require.Len(t, h.Bills, 2)
		require.EqualValues(t, 125060, h.OwedFen)
	}
	for _, q := range []string{"", " ", "9-9-999", "李四", "0000", "%", "_"} {
		found, err := e.Store.DeskHouseholds(t.Context(), sc, e.community, q)
		require.NoError(t, err)
		require.Empty(t, found, q)
	}
	_, err := e.Store.DeskHouseholds(t.Context(), sc, other, "1501")
	require.Equal(t, "forbidden", code(t, err))
	found, err := e.Store.DeskHouseholds(t.Context(), sc, "", "1501")
	require.NoError(t, err)
	require.Len(t, found, 1, "without a community: those in which the caller takes money")

	e.exec(`UPDATE occupancy SET to_on = '2026-01-31' WHERE org_id = ? AND person_id = ?`, e.OrgID, owner)
	found, err = e.Store.DeskHouseholds(t.Context(), sc, e.community, "张三丰")
	require.NoError(t, err)
	require.Len(t, found, 1, "who has moved out and owes is found by name")
	require.Len(t, found[0].Units, 2, "by what is owed")

	p := e.payment(500)
	p.DebtorID, p.CommunityID, p.DepositKind = owner, e.community, "key"
	p.Source = money.Source{Kind: money.FromCounter}
	_, err = e.take(sc, p)
	require.NoError(t, err)
	found, err = e.Store.DeskHouseholds(t.Context(), sc, e.community, "4321")
	require.NoError(t, err)
	require.EqualValues(t, 500, found[0].DepositFen, fmt.Sprint(found))
}
