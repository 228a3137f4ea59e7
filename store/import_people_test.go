package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

func owners(lines ...string) importing.Request {
	return csv(importing.Owners, "业主,联系电话,身份证号,房屋,过户日期,终止日期", lines)
}

func tenants(lines ...string) importing.Request {
	return csv(importing.Tenants, "租户姓名,租户电话,房屋,合同开始日期,合同到期日,租金,押金", lines)
}

func (i importer) matches(status string) []estate.PersonMatch {
	i.t.Helper()
	p, err := i.Store.PersonMatches(i.t.Context(), i.Scope, estate.MatchFilter{Status: status}, page.Query{Limit: 100})
	require.NoError(i.t, err)
	return p.Items
}

// TestWhoIsOnePerson takes a roster with one person and then a second row, and says what becomes of it.
func TestWhoIsOnePerson(t *testing.T) {
	const head = "楼栋,单元,房号,业主,联系电话,身份证号"
	for name, c := range map[string]struct {
		first, second string
		persons       int
		doubts        string // codes on the second row
		open          string // why of the pairs to decide
	}{
		"same name and phone":                         {"1,1,101,测试甲,13800000001,", "1,1,102,测试甲,13800000001,", 1, "", ""},
		"same name and ID number, other phone":        {"1,1,101,测试甲,13800000001,110101199001010011", "1,1,102,测试甲,13800000002,110101199001010011", 1, "", ""},
		"same name, another unit, nothing in common":  {"1,1,101,测试甲,13800000001,", "1,1,102,测试甲,13800000002,", 2, "", ""},
		"same name and unit, other phone":             {"1,1,101,测试甲,13800000001,", "1,1,101,测试甲,13800000002,", 1, "phone-changes", ""},
		"same name and unit, the ID number proves it": {"1,1,101,测试甲,13800000001,110101199001010011", "1,1,101,测试甲,13800000002,110101199001010011", 1, "", ""},
		"same name and unit, all else differs":        {"1,1,101,测试甲,13800000001,110101199001010011", "1,1,101,测试甲,13800000002,110101199001010022", 2, "same-name", "same-name"},
		"same phone, other name, other unit":          {"1,1,101,测试甲,13800000001,", "1,1,102,测试乙,13800000001,", 2, "same-phone", "same-phone"},
		"a family shares a phone in one unit":         {"1,1,101,测试甲,13800000001,", "1,1,101,测试乙,13800000001,", 2, "", ""},
		"same ID number, other name":                  {"1,1,101,测试甲,13800000001,110101199001010011", "1,1,102,测试乙,13800000002,110101199001010011", 2, "same-id-no", "same-id-no"},
		"a company is its name":                       {"1,1,101,测试置业公司,13800000001,", "1,1,102,测试置业公司,13800000002,", 1, "", ""},
		"names alone say nothing":                     {"1,1,101,测试甲,,", "1,1,102,测试甲,,", 2, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			i := importer{storetest.New(t), t}
			i.run(csv(importing.Roster, head, []string{c.first}))
			second := csv(importing.Roster, head, []string{c.second})
			second.DryRun = true
			tried := i.run(second)
			second.DryRun = false
			job := i.run(second)
			require.Equal(t, tried.Counts, job.Counts)
			require.Equal(t, i.effects(tried.ID), i.effects(job.ID), "the dry run shows what applying does")
			require.Equal(t, c.persons, i.count("person"))
			var codes, open []string
			for _, field := range strings.Fields(i.effects(job.ID)) {
				if code, ok := strings.CutPrefix(field, "?"); ok {
					codes = append(codes, code)
				}
			}
			for _, m := range i.matches(estate.MatchOpen) {
				open = append(open, m.Why)
			}
			require.Equal(t, c.doubts, strings.Join(codes, " "))
			require.Equal(t, c.open, strings.Join(open, " "))
			again := i.run(second)
			require.Equal(t, importing.Counts{Unchanged: 1}, again.Counts)
			require.Empty(t, i.effects(again.ID), "what was listed once is not listed again")
			i.rollBack(job.ID)
			require.Empty(t, i.matches(""))
		})
	}
}

func TestAnIDNumberForEverybodyMakesNoListOfPairs(t *testing.T) {
	i := importer{storetest.New(t), t}
	var lines []string
	for n := range 700 {
		lines = append(lines, "1,1,"+string(rune('A'+n%26))+strings.Repeat("1", 1+n/26)+",测试"+strings.Repeat("甲", 1+n/26)+string(rune('乙'+n%26))+",1390000"+pad(n)+",110101199001010000")
	}
	job := i.run(csv(importing.Roster, "楼栋,单元,房号,业主,联系电话,身份证号", lines))
	require.Equal(t, importing.Counts{Created: 700}, job.Counts, "%v", job.Problems)
	require.Equal(t, 700, i.count("person"))
	require.Empty(t, i.matches(""))
	require.True(t, slices.ContainsFunc(job.Notices, func(n importing.Notice) bool { return n.Code == "id-no-shared" }), "%v", job.Notices)
	i.run(csv(importing.Roster, "楼栋,单元,房号,业主,联系电话,身份证号", []string{"1,2,101,测试新,13800000009,110101199001010000"}))
	require.LessOrEqual(t, len(i.matches("")), 1, "one more row makes at most one pair")
}

func pad(n int) string {
	return string([]byte{byte('0' + n/1000%10), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

func TestOwnersAndTenantsBelongToUnitsThatAreThere(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	before := i.content(peopleTables...)
	failed := i.run(owners("测试丁,13800000004,,3-2-1601、9-9-999,,", "测试丁,13800000004,,5栋商铺12,,"))
	require.Equal(t, importing.Failed, failed.Status)
	require.Equal(t, "unknown-unit", failed.Problems[0].Code)
	require.Equal(t, "房屋", failed.Problems[0].Column)
	require.Equal(t, before, i.content(peopleTables...))

	file := owners("测试丁,13800000004,,3-2-1601、1602,2025-06-01,", "测试甲,13800000011,,三栋二单元1501,,2025-05-31", "测试戊,13800000005,,3#1501,2025-06-01,")
	job := i.run(file)
	require.Empty(t, job.Problems)
	require.Equal(t, importing.Counts{Created: 2, Updated: 1}, job.Counts, "two units in one row are one row")
	require.Contains(t, i.effects(job.ID), "2 created 3栋2单元1601、3栋2单元1602 测试丁")
	require.Contains(t, i.effects(job.ID), "[终止日期 →2025-05-31] ")
	require.Contains(t, i.effects(job.ID), "?phone-changes")
	require.Equal(t, importing.Counts{Unchanged: 3}, i.run(file).Counts)
	i.rollBack(job.ID)
	require.Equal(t, before, i.content(peopleTables...))

	sale := i.run(owners("测试己,13800000006,,3-2-1502,2025-06-01,"))
	require.Contains(t, i.effects(sale.ID), "?owner-changes", "the old owner stays, and a person looks")
	ended := i.run(owners("测试庚,13800000007,,3-2-1502,2026-01-01,", "𠮷田😀,13800000003,,3-2-1502,,2025-05-31", "测试己,13800000006,,3-2-1502,,2025-12-31"))
	require.NotContains(t, i.effects(ended.ID), "?owner-changes", "all who were there have an end")

	let := tenants("测试租,13900000009,3-2-1501,2025-01-01,2025-12-31,3000,3000", "测试租二,13900000010,3栋2单元1501,2025-06-01,,,")
	job = i.run(let)
	require.Equal(t, importing.Counts{Created: 2}, job.Counts)
	var notices []string
	for _, n := range job.Notices {
		notices = append(notices, n.Code+":"+n.Column)
	}
	require.Subset(t, notices, []string{"column-not-used:租金", "column-not-used:押金"})
	require.Equal(t, importing.Counts{Unchanged: 2}, i.run(let).Counts)
	var roles []string
	for _, o := range i.units(estate.UnitFilter{Q: "3-2-1501"})[0].Occupancies {
		if o.Role == estate.RoleTenant {
			roles = append(roles, o.Name+" "+o.From.String())
		}
	}
	require.Equal(t, []string{"测试租 2025-01-01", "测试租二 2025-06-01"}, roles, "tenants may overlap")
}

func TestAPersonOfAnotherImportStandsOnIt(t *testing.T) {
	i := importer{storetest.New(t), t}
	first := i.run(csv(importing.Roster, "楼栋,单元,房号,业主,联系电话", []string{"1,1,101,测试甲,13800000001", "1,1,102,,"}))
	second := i.run(owners("测试甲,13800000001,,1-1-102,,"))
	require.Equal(t, importing.Counts{Created: 1}, second.Counts)
	require.Equal(t, 1, i.count("person"))
	require.Equal(t, []string{"occupancy:1"}, i.refusesRollBack(first.ID, "import-in-use"), "the unit and the person")
	i.rollBack(second.ID)
	i.rollBack(first.ID)
	require.Zero(t, i.count("person")+i.count("unit")+i.count("occupancy"))
}

func TestDecidingWhoIsOnePerson(t *testing.T) {
	i := importer{storetest.New(t), t}
	file := csv(importing.Roster, "楼栋,单元,房号,业主,联系电话,身份证号", []string{
		"1,1,101,测试甲,13800000001,110101199001010011", "1,1,102,测试假,13800000002,110101199001010011", "1,1,103,测试丙,13800000001,",
	})
	i.run(file)
	open := i.matches(estate.MatchOpen)
	require.Len(t, open, 2)
	require.Equal(t, []string{"same-id-no", "same-phone"}, []string{open[0].Why, open[1].Why})
	require.Equal(t, "测试甲", open[0].Person.Name)
	require.Equal(t, []string{"1栋1单元102"}, open[0].Other.Units)

	_, err := i.Store.DecidePersonMatch(t.Context(), i.Scope, open[1].ID, false, 9)
	require.True(t, refusal.Is(err, "stale-version"))
	different, err := i.Store.DecidePersonMatch(t.Context(), i.Scope, open[1].ID, false, open[1].Version)
	require.NoError(t, err)
	require.Equal(t, estate.MatchDifferent, different.Status)
	_, err = i.Store.DecidePersonMatch(t.Context(), i.Scope, open[1].ID, true, 0)
	require.True(t, refusal.Is(err, "match-decided"))

	i.run(receivables("云栖苑,1,1,102,,物业费,2026-01,100,2026-01-31"))
	_, err = i.Store.DecidePersonMatch(t.Context(), i.Scope, open[0].ID, true, 0)
	no, ok := refusal.As(err)
	require.True(t, ok)
	require.Equal(t, "person-has-history", no.Code)
	require.Equal(t, []store.Standing{{What: "账单", Code: "bill", Count: 1}}, no.Extra["standing"])
	_, err = i.DB.ExecContext(t.Context(), `DELETE FROM bill WHERE org_id = ?`, i.OrgID)
	require.NoError(t, err)

	same, err := i.Store.DecidePersonMatch(t.Context(), i.Scope, open[0].ID, true, open[0].Version)
	require.NoError(t, err)
	require.Equal(t, estate.MatchSame, same.Status)
	again, err := i.Store.DecidePersonMatch(t.Context(), i.Scope, open[0].ID, true, open[0].Version)
	require.NoError(t, err, "a repeat gives the decision again")
	require.Equal(t, same, again)
	require.Equal(t, "测试甲", i.units(estate.UnitFilter{Q: "1-1-102"})[0].Occupancies[0].Name)
	require.Empty(t, i.matches(estate.MatchOpen))

	before := i.content(peopleTables...)
	require.Equal(t, importing.Counts{Unchanged: 3}, i.run(file).Counts, "the old names and phones still mean the merged person")
	require.Equal(t, before, i.content(peopleTables...), "nobody is made or asked about again")
	i.run(csv(importing.Roster, "楼栋,单元,房号,业主,联系电话", []string{"1,1,104,测试假,13800000002"}))
	require.Equal(t, "测试甲", i.units(estate.UnitFilter{Q: "1-1-104"})[0].Occupancies[0].Name)
}

func TestPairsAreForThoseWhoMayImport(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(csv(importing.Roster, "楼栋,单元,房号,业主,联系电话", []string{"1,1,101,测试甲,13800000001"}))
	other := csv(importing.Roster, "楼栋,单元,房号,业主,联系电话", []string{"1,1,101,测试乙,13800000001"})
	other.Community = "星河湾"
	i.run(other)
	m := i.matches(estate.MatchOpen)[0]
	manager := access.Scope{OrgID: i.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{m.CommunityID}}}}
	seen, err := i.Store.PersonMatches(t.Context(), manager, estate.MatchFilter{}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []string{"测**", "138****0001", "测试乙", "13800000001"}, []string{seen.Items[0].Person.Name, seen.Items[0].Person.Phone, seen.Items[0].Other.Name, seen.Items[0].Other.Phone})
	require.Empty(t, seen.Items[0].Person.Units)
	_, err = i.Store.DecidePersonMatch(t.Context(), manager, m.ID, true, 0)
	require.True(t, refusal.Is(err, "forbidden"), "the other one lives where the manager may not work")
	stranger := manager
	stranger.Grants = []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{store.NewID()}}}
	_, err = i.Store.DecidePersonMatch(t.Context(), stranger, m.ID, false, 0)
	require.True(t, refusal.Is(err, "not-found"))
	none, err := i.Store.PersonMatches(t.Context(), stranger, estate.MatchFilter{}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, none.Items)
}

func TestARosterMeetsItsUnitsInAnyHabit(t *testing.T) {
	i := importer{storetest.New(t), t}
	rooms := func(lines ...string) importing.Request {
		return csv(importing.Roster, "房号,建筑面积,业主,联系电话", lines)
	}
	owner := func(room string) string { return room + ",89.5,测试甲,13800000001" }
	require.Equal(t, importing.Counts{Created: 1}, i.run(rooms(owner("3-2-1501"))).Counts)
	for _, habit := range []string{"3#1501", "3栋1501", "3栋2单元1501", "三栋二单元1501室", "３栋1501", "3-1501"} {
		tried := rooms(owner(habit))
		require.Equal(t, importing.Counts{Unchanged: 1}, i.run(tried).Counts, habit)
		tried.DryRun = true
		require.Equal(t, importing.Counts{Unchanged: 1}, i.run(tried).Counts, habit)
	}
	require.Equal(t, 1, i.count("unit"))

	file := rooms("3-1-1501,70,测试乙,13800000002", owner("3#1501"), "4#101,60,测试丙,13800000003", "4栋1单元101,60,测试丁,13800000004")
	file.Partial = true
	job := i.run(file)
	require.Equal(t, importing.Counts{Created: 3, Rejected: 1}, job.Counts)
	require.Equal(t, "ambiguous-unit", job.Problems[0].Code, "one of two")
	require.Equal(t, 3, job.Problems[0].Row)
	require.Equal(t, []string{"3-1-1501", "3-2-1501", "4-1-101"}, i.texts(`SELECT unit_key FROM unit WHERE org_id = ? ORDER BY unit_key`))
	i.rollBack(job.ID)
	require.Equal(t, 1, i.count("unit"))
}
