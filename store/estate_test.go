package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

func TestAUnitIsFoundHoweverItIsAskedFor(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	keys := func(f estate.UnitFilter) (out []string) {
		for _, u := range i.units(f) {
			out = append(out, u.Key)
		}
		return out
	}
	for q, want := range map[string][]string{
		"3-2-1501": {"3-2-1501"}, "3#1501": {"3-2-1501"}, "3栋2单元1501": {"3-2-1501"}, "三栋二单元1501室": {"3-2-1501"}, "３－２－１５０１": {"3-2-1501"}, "1501": {"3-2-1501"},
		"测试甲": {"3-2-1501", "5--商铺12"}, " 测 试 乙 ": {"3-2-1501"}, "𠮷田😀": {"3-2-1502"}, "13800000003": {"3-2-1502"}, "138 0000 0003": {"3-2-1502"}, "0003": {"3-2-1502"},
		"测试": nil, "没有": nil, "3-2-15_1": nil, "%": nil, "3-2-9999": nil, "0009": {"3-2-1502"},
	} {
		require.Equal(t, want, keys(estate.UnitFilter{Q: q}), q)
	}
	require.Len(t, keys(estate.UnitFilter{Building: "3"}), 4)
	require.Len(t, keys(estate.UnitFilter{Building: "五号楼"}), 1)
	require.Empty(t, keys(estate.UnitFilter{CommunityID: "小区"}))
	u := i.units(estate.UnitFilter{Q: "3-2-1502"})[0]
	require.Equal(t, "3栋2单元1502", u.Display)
	require.Equal(t, estate.Rented, estate.UnitStatus("rented"))
	require.Len(t, u.Occupancies, 2)
	require.Equal(t, "2019-06-30", u.Occupancies[0].From.String())
	require.Nil(t, u.Occupancies[1].From)
	one, err := i.Store.Unit(t.Context(), i.Scope, u.ID)
	require.NoError(t, err)
	require.Equal(t, u, one)
	_, err = i.Store.Unit(t.Context(), i.Scope, store.NewID())
	require.True(t, refusal.Is(err, "not-found"))
}

func TestEachSeesTheEstateThatIsTheirs(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	other := roster("另一苑,1,1,101,80,测试己,13800000008,,,,")
	other.Community = "另一苑"
	i.run(other)
	communities, err := i.Store.Communities(t.Context(), i.Scope, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, communities.Items, 2)
	mine := communities.Items[0]
	require.Equal(t, estate.Community{ID: mine.ID, Name: "云栖苑", Buildings: 2, Units: 5, Version: 1}, mine)

	worker := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Worker, Level: access.LevelCommunity, ScopeID: mine.ID, Communities: []string{mine.ID}}}}
	seen, err := i.Store.Units(t.Context(), worker, estate.UnitFilter{}, page.Query{Limit: 3})
	require.NoError(t, err)
	require.Len(t, seen.Items, 3)
	rest, err := i.Store.Units(t.Context(), worker, estate.UnitFilter{}, page.Query{Limit: 3, Cursor: seen.NextCursor})
	require.NoError(t, err)
	require.Len(t, rest.Items, 2)
	require.Equal(t, "测**", seen.Items[0].Occupancies[0].Name)
	require.Equal(t, "138****0001", seen.Items[0].Occupancies[0].Phone)
	detail, err := i.Store.Community(t.Context(), worker, mine.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"3栋", "5栋"}, []string{detail.BuildingList[0].Name, detail.BuildingList[1].Name})
	_, err = i.Store.Community(t.Context(), worker, communities.Items[1].ID)
	require.True(t, refusal.Is(err, "not-found"))

	unit := i.units(estate.UnitFilter{Q: "3-2-1502"})[0]
	owner := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), PersonID: unit.Occupancies[0].PersonID, Grants: []access.Grant{{Role: access.Owner, Level: access.LevelOwn}}}
	own, err := i.Store.Units(t.Context(), owner, estate.UnitFilter{}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, own.Items, 1)
	require.Equal(t, "𠮷田😀", own.Items[0].Occupancies[0].Name)
	require.Equal(t, "测**", own.Items[0].Occupancies[1].Name)
	ownCommunities, err := i.Store.Communities(t.Context(), owner, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, ownCommunities.Items, 1)
	_, err = i.Store.Unit(t.Context(), owner, i.units(estate.UnitFilter{Q: "3-2-1501"})[0].ID)
	require.True(t, refusal.Is(err, "not-found"))
}
