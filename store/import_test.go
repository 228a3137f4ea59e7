package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/spreadsheet"
	"steward/store"
	"steward/store/storetest"
)

// importer drives the steps of an import as the process does.
type importer struct {
	*storetest.Env
	t testing.TB
}

// check stores the file, has it judged as the process does, and gives the number of batches.
func (i importer) check(r importing.Request) (string, int) {
	i.t.Helper()
	job, err := i.Store.CreateImport(i.t.Context(), i.Scope, r)
	require.NoError(i.t, err)
	steps := activities.Importing{Store: i.Store, Sheets: spreadsheet.New(), Clock: i.Clock}
	checked, err := steps.Check(i.t.Context(), importing.Ref{OrgID: i.OrgID, ImportID: job.ID})
	require.NoError(i.t, err)
	return job.ID, checked.Batches
}

func (i importer) run(r importing.Request) importing.Job {
	i.t.Helper()
	id, batches := i.check(r)
	for n := range batches {
		require.NoError(i.t, i.Store.ApplyImportBatch(i.t.Context(), i.Scope, id, n, false))
	}
	require.NoError(i.t, i.Store.FinishImport(i.t.Context(), i.Scope, id))
	return i.job(id)
}

func (i importer) job(id string) importing.Job {
	i.t.Helper()
	job, err := i.Store.Import(i.t.Context(), i.Scope, id)
	require.NoError(i.t, err)
	return job
}

func (i importer) count(table string) (n int) {
	i.t.Helper()
	require.NoError(i.t, i.DB.GetContext(i.t.Context(), &n, `SELECT COUNT(*) FROM `+table+` WHERE org_id = ?`, i.OrgID))
	return n
}

func (i importer) units(f estate.UnitFilter) []estate.Unit {
	i.t.Helper()
	p, err := i.Store.Units(i.t.Context(), i.Scope, f, page.Query{Limit: 500})
	require.NoError(i.t, err)
	return p.Items
}

func roster(lines ...string) importing.Request {
	return csv(importing.Roster, "小区,楼栋,单元,房号,建筑面积,业主,联系电话,身份证号,状态,业主类型,交付日期", lines)
}

func receivables(lines ...string) importing.Request {
	return csv(importing.Receivables, "小区,楼栋,单元,房号,业主,收费项目,账期,应收金额,应缴日期", lines)
}

func payments(lines ...string) importing.Request {
	return csv(importing.Payments, "房屋,缴费金额,缴费时间,缴费方式,流水号,收费项目,账期", lines)
}

func csv(kind importing.Kind, header string, lines []string) importing.Request {
	return importing.Request{Kind: kind, Community: "云栖苑", FileName: "表.csv", Content: []byte(header + "\n" + strings.Join(lines, "\n") + "\n")}
}

var household = []string{
	"云栖苑,3栋,2单元,1501,89.5,测试甲,13800000001,,,,",
	"云栖苑,3栋,2单元,1501,89.5,测试乙,13800000002,,,共有人,",
	"云栖苑,3栋,2单元,1502,120,𠮷田😀,13800000003,,,,2019-06-30",
	"云栖苑,3栋,2单元,1601,100,,,,未售,,",
	"云栖苑,3栋,2单元,1602,100,,,,未售,,",
	"云栖苑,5栋,,商铺12号,60,测试甲,13800000001,,,,",
	"云栖苑,3栋,2单元,1502,,测试租,13900000009,,,租户,",
}

func TestRosterIsImportedOnceHoweverOften(t *testing.T) {
	i := importer{storetest.New(t), t}
	first := i.run(roster(household...))
	require.Equal(t, importing.Done, first.Status)
	require.Equal(t, importing.Counts{Created: 7}, first.Counts)
	require.Equal(t, importing.Progress{Done: 7, Total: 7}, first.Progress)
	require.Equal(t, 7, first.Rows)
	require.Equal(t, []int{1, 2, 5, 5, 7}, []int{i.count("community"), i.count("building"), i.count("unit"), i.count("person"), i.count("occupancy")}, "one developer, one owner of two units")

	again := i.run(roster(household...))
	require.Equal(t, importing.Counts{Unchanged: 7}, again.Counts)
	require.Equal(t, []int{1, 2, 5, 5, 7}, []int{i.count("community"), i.count("building"), i.count("unit"), i.count("person"), i.count("occupancy")})
	require.Zero(t, i.count("import_file")+i.count("import_batch"), "nothing personal waits in the import's tables")

	changed := append([]string{"云栖苑,3栋,2单元,1501,90.25,测试甲,13800000011,11010119900101000X,,,"}, household[1:]...)
	changed[1] = strings.Replace(changed[1], "89.5", "90.25", 1)
	changed = append(changed[:5], changed[6:]...)
	third := i.run(roster(changed...))
	require.Equal(t, importing.Counts{Updated: 1, Unchanged: 5}, third.Counts)
	found := i.units(estate.UnitFilter{Q: "13800000011"})
	require.Len(t, found, 2, "the same person has the shop too")
	require.Equal(t, "90.25", i.units(estate.UnitFilter{Q: "3-2-1501"})[0].BuiltAreaM2)
}

func TestRosterProblemsStopOrAreLeftOut(t *testing.T) {
	i := importer{storetest.New(t), t}
	bad := append([]string{"云栖苑,3栋,2单元,1701,八十,测试丁,13800000004,,,,"}, household...)
	failed := i.run(roster(bad...))
	require.Equal(t, importing.Failed, failed.Status)
	require.Equal(t, []importing.Problem{{Row: 2, Column: "建筑面积", Code: "bad-area", Message: failed.Problems[0].Message}}, failed.Problems)
	require.Equal(t, importing.Counts{Rejected: 1}, failed.Counts)
	require.Zero(t, i.count("community")+i.count("unit")+i.count("person"), "nothing is written")

	dry := roster(bad...)
	dry.DryRun = true
	tried := i.run(dry)
	require.Equal(t, importing.Done, tried.Status)
	require.Equal(t, importing.Counts{Created: 7, Rejected: 1}, tried.Counts)
	require.Zero(t, i.count("community"))

	partial := roster(bad...)
	partial.Partial = true
	done := i.run(partial)
	require.Equal(t, importing.Done, done.Status)
	require.Equal(t, importing.Counts{Created: 7, Rejected: 1}, done.Counts)
	require.Len(t, done.Problems, 1)
	require.Equal(t, 5, i.count("unit"))
}

func TestACrashBetweenBatchesLosesAndDoublesNothing(t *testing.T) {
	i := importer{storetest.New(t), t}
	var lines []string
	for n := range 1203 {
		lines = append(lines, fmt.Sprintf("云栖苑,%d,1,%d,80,测试%d,1390%07d,,,,", n/200+1, 101+n%200, n, n))
	}
	id, batches := i.check(roster(lines...))
	require.Equal(t, 3, batches)
	require.NoError(t, i.Store.ApplyImportBatch(t.Context(), i.Scope, id, 0, false))
	require.Equal(t, importing.Progress{Done: 500, Total: 1203}, i.job(id).Progress)
	// The worker dies here; the process repeats the last step, or starts again from the check.
	again, err := i.Store.ImportSource(t.Context(), i.Scope, id)
	require.NoError(t, err)
	require.Equal(t, &importing.Checked{Batches: 3}, again.Checked)
	for _, n := range []int{0, 1, 1, 2, 0} {
		require.NoError(t, i.Store.ApplyImportBatch(t.Context(), i.Scope, id, n, false))
	}
	require.NoError(t, i.Store.FinishImport(t.Context(), i.Scope, id))
	require.NoError(t, i.Store.FinishImport(t.Context(), i.Scope, id))
	job := i.job(id)
	require.Equal(t, importing.Counts{Created: 1203}, job.Counts)
	require.Equal(t, importing.Progress{Done: 1203, Total: 1203}, job.Progress)
	require.Equal(t, 1203, i.count("unit"))
	require.Equal(t, 1203, i.count("person"))
	ended, err := i.Store.ImportSource(t.Context(), i.Scope, id)
	require.NoError(t, err)
	require.True(t, ended.Checked.Ended)
	require.NoError(t, i.Store.FailImport(t.Context(), i.Scope, id, importing.Problem{Code: "late"}), "an import that has ended stays as it is")
	require.Equal(t, importing.Done, i.job(id).Status)
}

func TestReceivablesBecomeBillsOfTheRightDebtor(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	lines := []string{
		"云栖苑,3栋,2单元,1501,,物业费,2026-01,214.80,2026-01-31",
		"云栖苑,3栋,2单元,1501,测试乙,公摊水电,2026年1月,\"1,012.05\",2026/1/31",
		"云栖苑,3栋,2单元,1502,测试租,水费,2026-01,33,2026-01-31",
		"云栖苑,3栋,2单元,1502,别人,物业费,2026Q1,360,2026-03-31",
		"云栖苑,3栋,2单元,1601,,物业费,2026-01,240,2026-01-31",
		"云栖苑,5栋,,商铺12,,物业费,2026-01,99.99,2026-01-31",
	}
	first := i.run(receivables(lines...))
	require.Empty(t, first.Problems)
	require.Equal(t, importing.Counts{Created: 6}, first.Counts)
	require.Equal(t, importing.Counts{Unchanged: 6}, i.run(receivables(lines...)).Counts)
	var owed []struct {
		Amount int64  `db:"amount_fen"`
		Period string `db:"period"`
		Kind   string `db:"kind"`
		Key    string `db:"unit_key"`
		Name   []byte `db:"name_enc"`
	}
	require.NoError(t, i.DB.SelectContext(t.Context(), &owed, `SELECT b.amount_fen, b.period, p.kind, u.unit_key, p.name_enc FROM bill b
		JOIN person p ON p.org_id = b.org_id AND p.id = b.debtor_id JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id WHERE b.org_id = ? ORDER BY b.id`, i.OrgID))
	var got []string
	for _, o := range owed {
		name, err := i.Keys.Open(o.Name)
		require.NoError(t, err)
		got = append(got, fmt.Sprintf("%s %s %s %s %d", o.Key, name, o.Kind, o.Period, o.Amount))
	}
	require.Equal(t, []string{
		"3-2-1501 测试甲 person 2026-01 21480", "3-2-1501 测试乙 person 2026-01 101205", "3-2-1502 测试租 person 2026-01 3300",
		"3-2-1502 𠮷田😀 person 2026Q1 36000", "3-2-1601 云栖苑开发商 company 2026-01 24000", "5--商铺12 测试甲 person 2026-01 9999",
	}, got)
	var sum int64
	require.NoError(t, i.DB.GetContext(t.Context(), &sum, `SELECT COALESCE(SUM(amount_fen), 0) FROM ledger_posting WHERE org_id = ?`, i.OrgID))
	require.Zero(t, sum)
}

func TestReceivablesThatNobodyCanOwe(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(append(household, "云栖苑,3栋,1单元,1501,80,,,,空置,,")...))
	i.run(receivables("云栖苑,3栋,2单元,1501,,物业费,2026-01,214.80,2026-01-31"))
	r := csv(importing.Receivables, "房屋,收费项目,账期,应收金额,应缴日期", []string{
		"9-9-999,物业费,2026-02,100,2026-02-28",
		"3#1501,物业费,2026-02,100,2026-02-28",
		"3-1-1501,物业费,2026-02,100,2026-02-28",
		"3-2-1501,物业费,2026-01,100,2026-01-31",
		"3#1502,物业费,2026-02,100,2026-02-28",
		"3-2-1502,物业费,2026-02,100,2026-02-28",
	})
	job := i.run(r)
	require.Equal(t, importing.Failed, job.Status)
	var got []string
	for _, p := range job.Problems {
		got = append(got, fmt.Sprintf("%d %s %s", p.Row, p.Column, p.Code))
	}
	require.Equal(t, []string{"2 房屋 unknown-unit", "3 房屋 ambiguous-unit", "4 房屋 no-debtor", "5 应收金额 bill-exists-with-other-amount", "7 房屋 duplicate-row"}, got)
	require.Equal(t, 1, i.count("bill"))
	_, err := i.Store.CreateImport(t.Context(), i.Scope, importing.Request{Kind: importing.Receivables, Community: "没有的小区", FileName: "a.csv", Content: []byte("x")})
	require.True(t, refusal.Is(err, "community-unknown"))
}

func TestPaymentsOfAFileAreRecordedOnce(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.Clock.Set(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	i.run(roster(household...))
	i.run(receivables("云栖苑,3栋,2单元,1501,,物业费,2026-01,214.80,2026-01-31", "云栖苑,3栋,2单元,1501,,物业费,2026-02,214.80,2026-02-28"))
	lines := []string{
		"3-2-1501,214.80,2026-02-03 10:30,微信,WX-1,物业费,2026-02",
		"3-2-1501,100,2026-02-04,现金,,,",
		"3-2-1501,100,2026-02-04,现金,,,",
		"9-9-999,5,2026-02-04,现金,,,",
	}
	require.Equal(t, importing.Failed, i.run(payments(lines...)).Status)
	require.Zero(t, i.count("payment"))
	first := i.run(payments(lines[:3]...))
	require.Empty(t, first.Problems)
	require.Equal(t, importing.Counts{Created: 3}, first.Counts)
	require.Equal(t, importing.Counts{Unchanged: 3}, i.run(payments(lines[:3]...)).Counts)
	require.Equal(t, 3, i.count("payment"))
	var unpaid []int64
	require.NoError(t, i.DB.SelectContext(t.Context(), &unpaid, `SELECT unpaid_fen FROM bill WHERE org_id = ? ORDER BY period`, i.OrgID))
	require.Equal(t, []int64{1480, 0}, unpaid, "the named bill first, then what is left")
	reused := i.run(payments("3-2-1501,1.00,2026-02-03 10:30,微信,WX-1,,"))
	require.Equal(t, "external-no-reused", reused.Problems[0].Code)
}

func TestAnImporterIsGrantedWhatTheRosterMakes(t *testing.T) {
	i := importer{storetest.New(t), t}
	userID := store.NewID()
	_, err := i.DB.ExecContext(t.Context(), `INSERT INTO app_user (org_id, id, login, name, password_hash, created_at) VALUES (?,?,?,?,'-',?)`, i.OrgID, userID, userID, "经理", i.Clock.Now())
	require.NoError(t, err)
	_, err = i.DB.ExecContext(t.Context(), `INSERT INTO role_grant (org_id, id, user_id, role, level, money, granted_at) VALUES (?,?,?,'community_manager','community','detail',?)`, i.OrgID, store.NewID(), userID, i.Clock.Now())
	require.NoError(t, err)
	manager := access.Scope{OrgID: i.OrgID, ActorID: userID, CommandID: store.NewID(), Grants: []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Money: access.MoneyDetail}}}
	job, err := i.Store.CreateImport(t.Context(), manager, roster(household...))
	require.NoError(t, err)
	repeat, err := i.Store.CreateImport(t.Context(), manager, roster(household...))
	require.NoError(t, err)
	require.Equal(t, job.ID, repeat.ID, "one command, one import")
	require.Equal(t, 1, i.count("import_job"))
	require.Equal(t, 1, i.count("delivery"))

	reading := importing.NewReading(importing.Roster, "云栖苑", nil, i.Clock.Now())
	require.NoError(t, spreadsheet.New().Read("a.csv", roster(household...).Content, reading.Take))
	require.NoError(t, i.Store.SaveImportVerdict(t.Context(), i.Scope, job.ID, importing.Verdict{Rows: 7, Batches: reading.Result().Good.Batches()}))
	require.NoError(t, i.Store.ApplyImportBatch(t.Context(), i.Scope, job.ID, 0, true))
	var granted struct {
		ID    string `db:"id"`
		Guard bool   `db:"guard"`
		Role  string `db:"role"`
	}
	require.NoError(t, i.DB.GetContext(t.Context(), &granted, `SELECT c.id, c.guard, g.role FROM community c JOIN role_grant g ON g.org_id = c.org_id AND g.scope_id = c.id WHERE c.org_id = ? AND g.user_id = ?`, i.OrgID, userID))
	require.Equal(t, "community_manager", granted.Role)
	require.True(t, granted.Guard)

	stranger := manager
	stranger.ActorID, stranger.CommandID = store.NewID(), store.NewID()
	_, err = i.Store.CreateImport(t.Context(), stranger, roster(household...))
	require.True(t, refusal.Is(err, "forbidden"))
	_, err = i.Store.Import(t.Context(), stranger, job.ID)
	require.True(t, refusal.Is(err, "not-found"))
}

func TestTenThousandRowsAreAFewStatements(t *testing.T) {
	i := importer{storetest.New(t), t}
	var lines []string
	for n := range 10_000 {
		lines = append(lines, fmt.Sprintf("云栖苑,%d,%d,%d,80.5,测试%d,139%08d,,,,", n/500+1, n/250%2+1, 101+n%250, n, n))
	}
	began := time.Now()
	job := i.run(roster(lines...))
	t.Logf("10,000 rows in %s", time.Since(began).Round(time.Millisecond))
	require.Equal(t, importing.Counts{Created: 10_000}, job.Counts)
	began = time.Now()
	require.Equal(t, importing.Counts{Unchanged: 10_000}, i.run(roster(lines...)).Counts)
	t.Logf("and again in %s", time.Since(began).Round(time.Millisecond))
}
