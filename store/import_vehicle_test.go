package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/store"
	"steward/store/storetest"
)

func vehicles(lines ...string) importing.Request {
	return csv(importing.Vehicles, "停车场编号,车位编码,停车场类型,面积,房屋,业主,联系电话,车牌号,车品牌,车类型（9901 家用小汽车 9902 客车 9903 货车）,颜色,出租还是出售（H出租S出售）,开始时间,结束时间", lines)
}

func (i importer) vehicles(q string) (out []string) {
	i.t.Helper()
	p, err := i.Store.Vehicles(i.t.Context(), i.Scope, estate.VehicleFilter{Q: q}, page.Query{Limit: 100})
	require.NoError(i.t, err)
	for _, v := range p.Items {
		out = append(out, v.Plate+" "+v.Unit+" "+v.Name+" "+v.Space+" "+v.Kind)
	}
	return out
}

var cars = []string{
	"1,C0001,地上停车位,12.5,3-2-1501,,,浙A12345、浙AD12345,甲牌,9901,白,S,2020-01-01,",
	"地下车库,B12,地下停车位,,三栋二单元1502,𠮷田😀,13800000003,浙b·66666,,,,H,2026-01-01,2026-12-31",
	",,,,,访客甲,13900000077,沪C00001,,9903,,,2026-03-01,2026-03-31",
	"地下车库,B13,地下停车位,13,,,,,,,,,,",
	",,,,,测试乙,13800000002,浙A88888,,,,,,",
}

func TestVehiclesAndSpacesAreImportedOnce(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	before := i.content(peopleTables...)
	dry := vehicles(cars...)
	dry.DryRun = true
	tried := i.run(dry)
	require.Empty(t, tried.Problems)
	require.Equal(t, before, i.content(peopleTables...))
	job := i.run(vehicles(cars...))
	require.Equal(t, importing.Counts{Created: 5}, job.Counts, "%v", job.Problems)
	require.Equal(t, tried.Counts, job.Counts)
	require.Equal(t, i.effects(tried.ID), i.effects(job.ID))
	require.Equal(t, []int{5, 3, 8}, []int{i.count("vehicle"), i.count("parking_space"), i.count("unit")})
	require.Equal(t, []string{
		"浙A12345 3栋2单元1501 测试甲 停车场1 C0001 car", "浙AD12345 3栋2单元1501 测试甲 停车场1 C0001 car", "浙B66666 3栋2单元1502 𠮷田😀 地下车库 B12 car",
		"沪C00001  访客甲  truck", "浙A88888 3栋2单元1501 测试乙  car",
	}, i.vehicles(""))
	require.Equal(t, []string{"浙B66666 3栋2单元1502 𠮷田😀 地下车库 B12 car"}, i.vehicles("浙b 66666"))
	require.Len(t, i.vehicles("3#1501"), 3)
	require.Len(t, i.vehicles("C0001"), 2)
	space := i.units(estate.UnitFilter{Building: "地下车库", Q: "地下车库 B12"})[0]
	require.Equal(t, []string{"parking", "rented"}, []string{space.Kind, string(space.Status)})
	require.Equal(t, []any{estate.RoleTenant, "2026-01-01", "2026-12-31"}, []any{space.Occupancies[0].Role, space.Occupancies[0].From.String(), space.Occupancies[0].To.String()})

	after := i.content(peopleTables...)
	require.Equal(t, importing.Counts{Unchanged: 5}, i.run(vehicles(cars...)).Counts)
	require.Equal(t, after, i.content(peopleTables...))

	changed := i.run(vehicles("地下车库,B12,,,3-2-1502,𠮷田😀,13800000003,浙B66666,乙牌,,黑,H,2026-01-01,2027-06-30", ",,,,3-2-1502,𠮷田😀,,浙A88888,,,,,,"))
	require.Equal(t, importing.Counts{Updated: 2}, changed.Counts)
	require.Equal(t, "2 updated 地下车库 B12 浙B66666 [结束日期 2026-12-31→2027-06-30] [车辆品牌 →乙牌] [颜色 →黑]\n"+
		"3 updated  浙A88888 [房屋 3栋2单元1501→3栋2单元1502] [车主 测试乙→𠮷田😀] ?vehicle-moves", i.effects(changed.ID))
	require.Equal(t, []string{"changed-since:2", "changed-since:1"}, i.refusesRollBack(job.ID, "import-in-use"))
	i.rollBack(changed.ID)
	require.Equal(t, after, i.content(peopleTables...))
	i.rollBack(job.ID)
	require.Equal(t, before, i.content(peopleTables...))
}

func TestVehicleRowsThatCannotBeTaken(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	job := i.run(vehicles(
		",,,,9-9-999,,,浙A12345,,,,,,",
		",,,,,某人,,浙A12346,,,,,,",
		",,,,3-2-1501,,,浙AI2347,,,,,,",
		",,,,3-2-1501,,,,,,,,,",
		",,,,3-2-1501,,,浙A12348,,,,,,", ",,,,3-2-1502,,,浙A·12348,,,,,,",
		",,,,3-2-1501,,,浙A12349,,拖拉机,,,,",
	))
	require.Equal(t, importing.Failed, job.Status)
	codes := map[int]string{}
	for _, p := range job.Problems {
		codes[p.Row] = p.Code
	}
	require.Equal(t, map[int]string{2: "unknown-unit", 3: "unknown-owner", 4: "bad-plate", 5: "missing-value", 7: "duplicate-row", 8: "bad-vehicle-kind"}, codes)
	require.Zero(t, i.count("vehicle"))
}

func TestPaymentsFindTheirPayerByPlate(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.Clock.Set(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	i.run(roster(household...))
	cars := i.run(vehicles(cars...))
	pay := func(lines ...string) importing.Request {
		return csv(importing.Payments, "车牌号,收费项目,缴费周期,开始时间,结束时间,缴费时间,应缴金额,实缴金额", lines)
	}
	failed := i.run(pay("京A99999,停车费,1,2026-02-01,2026-02-28,2026-02-03,300,300"))
	require.Equal(t, "unknown-vehicle", failed.Problems[0].Code)
	file := pay("浙B66666,停车费,1,2026-02-01,2026-02-28,2026-02-03,300,300", "浙A12345,停车费,1,2026-02-01,2026-02-28,2026-02-03,300,200",
		"沪c·00001,停车费,1,2026-03-01,2026-03-31,2026-03-02,300,300", "浙A88888,停车费,1,2026-02-01,2026-02-28,2026-02-03,300,100")
	job := i.run(file)
	require.Empty(t, job.Problems)
	require.Equal(t, importing.Counts{Created: 4}, job.Counts)
	require.Equal(t, importing.Counts{Unchanged: 4}, i.run(file).Counts)
	var paid []struct {
		Unit string `db:"unit"`
		Name []byte `db:"name_enc"`
		Fen  int64  `db:"amount_fen"`
	}
	require.NoError(t, i.DB.SelectContext(t.Context(), &paid, `SELECT COALESCE(u.display, '') AS unit, p.name_enc, m.amount_fen FROM payment m JOIN person p ON p.org_id = m.org_id AND p.id = m.debtor_id
		LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id WHERE m.org_id = ? ORDER BY m.id`, i.OrgID))
	var got []string
	for _, m := range paid {
		name, err := i.Keys.Open(m.Name)
		require.NoError(t, err)
		got = append(got, m.Unit+" "+name)
	}
	require.ElementsMatch(t, []string{"地下车库 B12 𠮷田😀", "停车场1 C0001 测试甲", " 访客甲", "3栋2单元1501 测试甲"}, got)
	require.Contains(t, i.refusesRollBack(cars.ID, "import-in-use"), "payment:3")
}

func TestVehiclesAreMaskedForThoseWhoMayNotSeePeople(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	job := i.run(vehicles(cars...))
	list := func(sc access.Scope) []estate.Vehicle {
		p, err := i.Store.Vehicles(t.Context(), sc, estate.VehicleFilter{}, page.Query{Limit: 100})
		require.NoError(t, err)
		return p.Items
	}
	worker := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Worker, Level: access.LevelCommunity, Communities: []string{job.CommunityID}}}}
	require.Equal(t, []string{"浙A***45", "测**"}, []string{list(worker)[0].Plate, list(worker)[0].Name})
	owner := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), PersonID: list(i.Scope)[0].PersonID, Grants: []access.Grant{{Role: access.Owner, Level: access.LevelOwn}}}
	require.Len(t, list(owner), 2, "the own ones only")
	require.Equal(t, "浙A12345", list(owner)[0].Plate)
	elsewhere := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Worker, Level: access.LevelCommunity, Communities: []string{store.NewID()}}}}
	require.Empty(t, list(elsewhere))
}

func TestASpaceIsShownAndFoundAsItsFileWritesIt(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	job := i.run(csv(importing.Vehicles, "停车场,车位号,车牌号", []string{"地下车库,A-001,", "地下车库,A-002,"}))
	require.Equal(t, importing.Counts{Created: 2}, job.Counts)
	found := i.units(estate.UnitFilter{CommunityID: job.CommunityID, Q: "a-001"})
	require.Len(t, found, 1)
	require.Equal(t, []string{"A-001", "地下车库 A-001"}, []string{found[0].Room, found[0].Display})
}
