package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/store"
	"steward/store/storetest"
)

const phonesHead = "楼栋,单元,房号,业主,联系电话,备用电话"

// phonesIn gives who is in a unit with all phones.
func (i importer) phonesIn(room string) (out []string) {
	i.t.Helper()
	for _, o := range i.units(estate.UnitFilter{Q: room})[0].Occupancies {
		out = append(out, fmt.Sprintf("%s %s %v", o.Name, o.Phone, o.OtherPhones))
	}
	return out
}

func TestFurtherPhonesAreKeptAndFound(t *testing.T) {
	i := importer{storetest.New(t), t}
	file := csv(importing.Roster, phonesHead, []string{"1,1,101,测试甲,13800000001/13800000002,13800000003", "1,1,102,测试乙,13800000004,13800000004"})
	first := i.run(file)
	require.Equal(t, []string{"测试甲 13800000001 [13800000002 13800000003]"}, i.phonesIn("1-1-101"))
	require.Equal(t, []string{"测试乙 13800000004 []"}, i.phonesIn("1-1-102"), "one phone said twice is one")
	for _, q := range []string{"13800000001", "13800000003", "0002"} {
		require.Equal(t, "1栋1单元101", i.units(estate.UnitFilter{Q: q})[0].Display, q)
	}
	after := i.content(peopleTables...)
	require.Equal(t, importing.Counts{Unchanged: 2}, i.run(file).Counts)
	require.Equal(t, after, i.content(peopleTables...))
	var raw string
	require.NoError(t, i.DB.GetContext(t.Context(), &raw, `SELECT GROUP_CONCAT(CONCAT(phone_enc, phone_bidx, phone_last4_bidx)) FROM person_phone WHERE org_id = ?`, i.OrgID))
	require.NotContains(t, raw, "1380000000")

	more := i.run(owners("测试甲,13800000001、13800000005,,1-1-101,,", "测试乙,13800000004,,1-1-102,,"))
	require.Equal(t, importing.Counts{Updated: 1, Unchanged: 1}, more.Counts)
	require.Equal(t, "2 updated 1栋1单元101 测试甲 [备用电话 13800000002、13800000003→13800000002、13800000003、13800000005]", i.effects(more.ID))
	require.Equal(t, []string{"person_phone:1"}, i.refusesRollBack(first.ID, "import-in-use"), "a phone of another import stands on the person")
	i.rollBack(more.ID)
	require.Equal(t, after, i.content(peopleTables...))
	i.rollBack(first.ID)
	require.Zero(t, i.count("person")+i.count("person_phone"))
}

func TestAFurtherPhoneMeansThePerson(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(csv(importing.Roster, phonesHead, []string{"1,1,101,测试甲,13800000001,13800000002", "1,1,102,,,"}))
	job := i.run(owners("测试甲,13800000002/13800000001,,1-1-102,,"))
	require.Equal(t, importing.Counts{Created: 1}, job.Counts)
	require.Equal(t, 1, i.count("person"))
	require.Equal(t, []string{"测试甲 13800000002 [13800000001]"}, i.phonesIn("1-1-102"), "the row's first phone is the one to call")

	both := csv(importing.Roster, phonesHead, []string{"1,1,101,测试甲,13800000001,13800000002", "1,1,102,测试甲,13800000002,13800000001"})
	first := i.run(both)
	require.Equal(t, []string{"测试甲 13800000001 [13800000002]"}, i.phonesIn("1-1-102"), "the first row of a file counts")
	require.NotContains(t, i.effects(first.ID), "?", "both phones are the person's: nothing to look at")
	require.Equal(t, importing.Counts{Unchanged: 2}, i.run(both).Counts)
}

func TestTenantsHaveFurtherPhonesToo(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	let := csv(importing.Tenants, "租户姓名,租户电话,备用电话,房屋", []string{"测试租二,13900000010,13900000011,3-2-1501"})
	job := i.run(let)
	require.Contains(t, i.phonesIn("3-2-1501"), "测试租二 13900000010 [13900000011]")
	worker := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Worker, Level: access.LevelCommunity, Communities: []string{job.CommunityID}}}}
	u, err := i.Store.Unit(t.Context(), worker, i.units(estate.UnitFilter{Q: "3-2-1501"})[0].ID)
	require.NoError(t, err)
	require.Equal(t, []string{"139****0011"}, u.Occupancies[len(u.Occupancies)-1].OtherPhones)
}

func TestFurtherPhonesMoveWithAMergedPerson(t *testing.T) {
	i := importer{storetest.New(t), t}
	file := csv(importing.Roster, "楼栋,单元,房号,业主,联系电话,备用电话,身份证号", []string{
		"1,1,101,测试甲,13800000001,13800000005,110101199001010011", "1,1,102,测试假,13800000002,13800000005/13800000006,110101199001010011",
	})
	i.run(file)
	m := i.matches(estate.MatchOpen)[0]
	_, err := i.Store.DecidePersonMatch(t.Context(), i.Scope, m.ID, true, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"测试甲 13800000001 [13800000005 13800000006]"}, i.phonesIn("1-1-102"))
	before := i.content(peopleTables...)
	require.Equal(t, importing.Counts{Unchanged: 2}, i.run(file).Counts)
	require.Equal(t, before, i.content(peopleTables...))
}

// doubtful lists the rows of an import with doubts.
func (i importer) doubtful(id string) (out []string) {
	i.t.Helper()
	p, err := i.Store.ImportEffects(i.t.Context(), i.Scope, id, importing.DoubtfulEffects, page.Query{Limit: 100})
	require.NoError(i.t, err)
	for _, e := range p.Items {
		for _, d := range e.Doubts {
			out = append(out, fmt.Sprintf("%d %s", e.Row, d.Code))
		}
	}
	return out
}

func TestADryRunSeesPeopleOfItsEarlierRows(t *testing.T) {
	i := importer{storetest.New(t), t}
	lines := []string{"1,1,9001,测试甲,13800000001,"}
	for n := range importing.BatchRows {
		lines = append(lines, fmt.Sprintf("1,1,%d,测试%d,1390000%04d,", 101+n, n, n))
	}
	lines = append(lines, "1,1,9002,测试乙,13800000001,", "1,1,9003,测试甲,13800000001,")
	file := csv(importing.Roster, phonesHead, lines)
	file.DryRun = true
	tried := i.run(file)
	file.DryRun = false
	job := i.run(file)
	require.Equal(t, importing.Counts{Created: importing.BatchRows + 3}, job.Counts)
	require.Equal(t, job.Counts, tried.Counts)
	require.Equal(t, i.doubtful(job.ID), i.doubtful(tried.ID))
	require.Equal(t, []string{"503 same-phone"}, i.doubtful(tried.ID))
	require.Equal(t, importing.BatchRows+2, i.count("person"))
}

func TestAUnitIsShownWithItsVehicles(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	job := i.run(vehicles(cars...))
	plates := func(sc access.Scope, room string) (out []string) {
		u, err := i.Store.Unit(t.Context(), sc, i.units(estate.UnitFilter{Q: room})[0].ID)
		require.NoError(t, err)
		for _, v := range u.Vehicles {
			out = append(out, v.Plate+" "+v.Space)
		}
		for _, p := range u.Spaces {
			out = append(out, p.Display)
		}
		return out
	}
	require.Equal(t, []string{"浙A12345 停车场1 C0001", "浙AD12345 停车场1 C0001", "浙A88888 ", "停车场1 C0001"}, plates(i.Scope, "3-2-1501"))
	worker := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Worker, Level: access.LevelCommunity, Communities: []string{job.CommunityID}}}}
	require.Equal(t, []string{"浙B***66 地下车库 B12", "地下车库 B12"}, plates(worker, "3-2-1502"))
	require.Empty(t, plates(i.Scope, "3-2-1601"))
	require.Empty(t, i.units(estate.UnitFilter{Q: "3-2-1501"})[0].Vehicles, "a list has the units alone")
}
