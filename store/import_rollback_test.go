package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/importing"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

// masterTables are what an import of master data may touch.
var masterTables = []string{"community", "building", "entrance", "unit", "person", "occupancy", "role_grant"}

// content is everything that tables hold for the organization, without what every write moves.
func (i importer) content(tables ...string) string {
	i.t.Helper()
	var out strings.Builder
	for _, table := range tables {
		var columns []string
		require.NoError(i.t, i.DB.SelectContext(i.t.Context(), &columns, `SELECT column_name FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name = ? AND column_name NOT IN ('version') ORDER BY ordinal_position`, table))
		for n, c := range columns {
			columns[n] = "COALESCE(HEX(" + c + "), '-')"
		}
		var rows []string
		require.NoError(i.t, i.DB.SelectContext(i.t.Context(), &rows, `SELECT CONCAT_WS('|', `+strings.Join(columns, ", ")+`) FROM `+table+` WHERE org_id = ?`, i.OrgID))
		slices.Sort(rows)
		fmt.Fprintf(&out, "%s\n%s\n", table, strings.Join(rows, "\n"))
	}
	return out.String()
}

func (i importer) rollBack(id string) importing.Job {
	i.t.Helper()
	job, err := i.Store.RollBackImport(i.t.Context(), i.Scope, id)
	require.NoError(i.t, err)
	require.False(i.t, job.RolledBackAt.IsZero())
	return job
}

func (i importer) refusesRollBack(id, code string) []string {
	i.t.Helper()
	_, err := i.Store.RollBackImport(i.t.Context(), i.Scope, id)
	no, ok := refusal.As(err)
	require.True(i.t, ok, "%v", err)
	require.Equal(i.t, code, no.Code)
	standing, _ := no.Extra["standing"].([]store.Standing)
	var codes []string
	for _, s := range standing {
		codes = append(codes, fmt.Sprintf("%s:%d", s.Code, s.Count))
	}
	return codes
}

func TestARosterIsTakenBackAsIfItHadNeverBeen(t *testing.T) {
	i := importer{storetest.New(t), t}
	before := i.content(masterTables...)
	job := i.run(roster(household...))
	require.NotEqual(t, before, i.content(masterTables...))
	i.rollBack(job.ID)
	require.Equal(t, before, i.content(masterTables...))
	i.rollBack(job.ID)
	require.Equal(t, importing.Counts{Created: 7}, i.run(roster(household...)).Counts)
}

func TestAChangedRosterIsPutBackAsItWas(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	before := i.content(masterTables...)
	changed := i.run(roster(
		"云栖苑,3栋,2单元,1501,91.25,测试甲,13800000009,,,,",
		"云栖苑,3栋,2单元,1502,120,𠮷田😀,13800000003,110101199001011237,空置,,2020-06-30",
		"云栖苑,9栋,1单元,101,60,测试新,13800000010,,,,",
	))
	require.Equal(t, importing.Counts{Created: 1, Updated: 2}, changed.Counts)
	require.NotEqual(t, before, i.content(masterTables...))
	i.rollBack(changed.ID)
	require.Equal(t, before, i.content(masterTables...))
}

func TestARowSaysWhatItChanges(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	again := roster("云栖苑,3栋,2单元,1501,91.25,测试甲,13800000009,,,,", "云栖苑,9栋,1单元,101,60,测试新,13800000010,,,,", household[2])
	again.DryRun = true
	tried, applied := again, again
	tried.DryRun, applied.DryRun = true, false
	before := i.content(masterTables...)
	var jobs []importing.Job
	for _, r := range []importing.Request{tried, applied} {
		jobs = append(jobs, i.run(r))
		if r.DryRun {
			require.Equal(t, before, i.content(masterTables...))
		}
	}
	for _, job := range jobs {
		require.Equal(t, importing.Counts{Created: 1, Updated: 1, Unchanged: 1}, job.Counts)
		p, err := i.Store.ImportEffects(t.Context(), i.Scope, job.ID, importing.AllEffects, page.Query{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "phone-changes", p.Items[0].Doubts[0].Code, "a person looks whether it is still the same one")
		p.Items[0].Doubts = nil
		require.Equal(t, []importing.Effect{{Row: 2, Outcome: importing.Updated, Subject: "3栋2单元1501 测试甲", Changes: []importing.Change{
			{Column: "建筑面积", Old: "89.50", New: "91.25"}, {Column: "联系电话", Old: "13800000001", New: "13800000009"}}}}, p.Items)
		p, err = i.Store.ImportEffects(t.Context(), i.Scope, job.ID, importing.AllEffects, page.Query{Limit: 1, Cursor: p.NextCursor})
		require.NoError(t, err)
		require.Equal(t, []importing.Effect{{Row: 3, Outcome: importing.Created, Subject: "9栋1单元101 测试新"}}, p.Items)
		require.Empty(t, p.NextCursor)
		p, err = i.Store.ImportEffects(t.Context(), i.Scope, job.ID, importing.CreatedEffects, page.Query{Limit: 5})
		require.NoError(t, err)
		require.Len(t, p.Items, 1)
	}
}

func TestWhatStandsOnAnImportKeepsIt(t *testing.T) {
	i := importer{storetest.New(t), t}
	first := i.run(roster(household...))
	second := i.run(roster("云栖苑,3栋,2单元,1501,91.25,测试甲,13800000009,,,,"))
	require.Equal(t, []string{"changed-since:1", "changed-since:1"}, i.refusesRollBack(first.ID, "import-in-use"), "a unit and a person were changed since")
	i.rollBack(second.ID)
	i.rollBack(first.ID)
	require.Zero(t, i.count("unit"), "the later import first, then the earlier one")

	other := importer{storetest.New(t), t}
	first = other.run(roster(household...))
	bills := other.run(receivables("云栖苑,3栋,2单元,1501,,物业费,2026-01,200.00,2026-01-31"))
	before := other.content(masterTables...)
	require.Equal(t, []string{"bill:1"}, other.refusesRollBack(first.ID, "import-in-use"), "of a unit and of a person, and yet one")
	require.Equal(t, before, other.content(masterTables...))
	other.rollBack(bills.ID)
	require.Equal(t, []string{"bill:1"}, other.refusesRollBack(first.ID, "import-in-use"), "the books keep the void bill")
}

// A file that was checked while the units were there is applied when they are gone.
func TestWhatWasCheckedBeforeARollbackFindsNothingAfterIt(t *testing.T) {
	const other = "云栖苑,9栋,1单元,101,80,测试邻,13800000009,,,,"
	files := map[string]importing.Request{
		"owners":      csv(importing.Owners, "房屋,业主姓名,手机号", []string{"3-2-1501,测试共,13800000031"}),
		"vehicles":    csv(importing.Vehicles, "车牌号,房屋", []string{"浙A12345,3-2-1501"}),
		"meters":      csv(importing.MeterReadings, "表号,表类型,房屋,本期读数,抄表日期", []string{"W1,水表,3-2-1501,5,2026-01-31"}),
		"fee items":   feeItems("物业费,1001,2,0,1,,,2025-01-01,,3-2-1501,2025-01-01,"),
		"receivables": receivables(arrears...),
		"payments":    payments("3-2-1501,50.00,2026-02-01,现金,N1,,"),
	}
	for name, file := range files {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, community kept %v", name, kept), func(t *testing.T) {
				i := importer{storetest.New(t), t}
				first := i.run(roster(household...))
				if kept {
					i.run(roster(other))
				}
				id, batches := i.check(file)
				require.Equal(t, 1, batches)
				i.rollBack(first.ID)
				err := i.Store.ApplyImportBatch(t.Context(), i.Scope, id, 0, true)
				if !kept {
					require.True(t, refusal.Is(err, "community-gone"), "%v", err)
					return
				}
				require.NoError(t, err)
				for _, at := range []string{"occupancy.unit_id", "vehicle.unit_id", "meter.unit_id", "unit_fee.unit_id", "bill.unit_id", "payment.unit_id"} {
					table, column, _ := strings.Cut(at, ".")
					require.Empty(t, i.texts(`SELECT t.`+column+` FROM `+table+` t LEFT JOIN unit u ON u.org_id = t.org_id AND u.id = t.`+column+`
						WHERE t.org_id = ? AND t.`+column+` IS NOT NULL AND u.id IS NULL`), at)
				}
			})
		}
	}
}

func TestNothingIsRolledBackWhereNothingWasWritten(t *testing.T) {
	i := importer{storetest.New(t), t}
	tried := roster(household...)
	tried.DryRun = true
	i.refusesRollBack(i.run(tried).ID, "nothing-to-roll-back")
	failed := i.run(roster("云栖苑,3栋,2单元,1501,-1,测试甲,13800000001,,,,"))
	require.Equal(t, importing.Failed, failed.Status)
	i.refusesRollBack(failed.ID, "nothing-to-roll-back")
	id, _ := i.check(roster(household...))
	i.refusesRollBack(id, "import-running")
	i.refusesRollBack(store.NewID(), "not-found")
}

var arrears = []string{
	"云栖苑,3栋,2单元,1501,,物业费,2026-01,200.00,2026-01-31",
	"云栖苑,3栋,2单元,1502,,物业费,2026-01,300.00,2026-01-31",
}

func TestImportedBillsAreTakenBackInTheBooks(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	for range 3 {
		job := i.run(receivables(arrears...))
		require.Equal(t, importing.Counts{Created: 2}, job.Counts, "the natural key is free again")
		require.Equal(t, int64(500_00), i.owed())
		i.rollBack(job.ID)
		require.Zero(t, i.owed())
		i.booksAgree()
	}
	require.Equal(t, 6, i.count("bill"), "void bills stay")
	last := i.run(receivables(arrears...))
	require.Equal(t, importing.Counts{Unchanged: 2}, i.run(receivables(arrears...)).Counts)
	paid := i.run(payments("3-2-1501,50.00,2026-02-01,现金,N1,,"))
	require.Equal(t, []string{"payment:1"}, i.refusesRollBack(last.ID, "import-in-use"))
	i.rollBack(paid.ID)
	i.rollBack(last.ID)
	i.booksAgree()
}

func TestImportedPaymentsAreReversed(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	i.run(receivables(arrears...))
	lines := []string{"3-2-1501,150.00,2026-02-01,现金,N1,,", "3-2-1502,400.00,2026-02-01,微信,N2,,", "3-2-1502,10.00,2026-02-02,微信,,,"}
	for range 2 {
		job := i.run(payments(lines...))
		require.Equal(t, importing.Counts{Created: 3}, job.Counts)
		require.Equal(t, int64(50_00), i.owed())
		i.rollBack(job.ID)
		require.Equal(t, int64(500_00), i.owed())
		i.booksAgree()
	}
}

// What a person has reversed or moved since, also into another community, does not keep the corrected file out, and a moved
// payment is taken back where it is: its day is closed there.
func TestImportedPaymentsThatWereMovedAreReversedWhereTheyAre(t *testing.T) {
	e := newMoneyEnv(t)
	i := importer{e.Env, t}
	i.run(roster(household...))
	unit := i.aUnit()
	require.NoError(t, i.DB.GetContext(t.Context(), &e.community, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, i.OrgID, unit))
	away := e.addCommunity()
	far := e.addUnit(away)
	stranger := e.addPerson()
	e.addOwner(far, stranger)
	lines := []string{"3-2-1501,150.00,2026-02-01,现金,N1,,", "3-2-1502,400.00,2026-02-01,微信,N2,,"}
	job := i.run(payments(lines...))
	var ids []string
	require.NoError(t, i.DB.SelectContext(t.Context(), &ids, `SELECT id FROM payment WHERE org_id = ? ORDER BY amount_fen`, i.OrgID))
	_, err := i.Store.ReversePayment(t.Context(), i.Scope, ids[0], "登记错了")
	require.NoError(t, err)
	_, err = i.Store.Correct(t.Context(), i.Scope, money.CorrectionRequest{Kind: money.Transfer, SubjectID: ids[1], UnitID: far, Reason: "缴错小区"})
	require.NoError(t, err)
	_, err = i.Store.Close(t.Context(), i.Scope, money.NewClosing{CommunityID: away, Day: calendar.DateOf(i.Clock.Now())})
	require.NoError(t, err)

	i.rollBack(job.ID)
	i.booksAgree()
	require.Equal(t, importing.Counts{Created: 2}, i.run(payments(lines...)).Counts)
	i.booksAgree()
}

// More payments than one statement takes back, with advances that others would use.
func TestManyImportedPaymentsAreReversedTogether(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	i.run(receivables(arrears...))
	var lines []string
	for n := range 310 {
		lines = append(lines, fmt.Sprintf("3-2-150%d,%d.00,2026-02-01,现金,N%d,,", n%2+1, n%7+1, n))
	}
	_, _, err := i.Store.RecordPayment(t.Context(), i.Scope, i.cash(i.aUnit(), "H1", 1000_00))
	require.NoError(t, err)
	owed := i.owed()
	job := i.run(payments(lines...))
	require.Equal(t, importing.Counts{Created: 310}, job.Counts)
	i.rollBack(job.ID)
	require.Equal(t, owed, i.owed())
	i.booksAgree()
	var states []string
	require.NoError(t, i.DB.SelectContext(t.Context(), &states, `SELECT CONCAT(p.status, ' ', r.status, ' ', COUNT(*)) FROM payment p
		JOIN receipt r ON r.org_id = p.org_id AND r.payment_id = p.id WHERE p.org_id = ? GROUP BY p.status, r.status ORDER BY COUNT(*)`, i.OrgID))
	require.Equal(t, []string{"recorded issued 1", "reversed void 310"}, states)
}

// A rollback that has looked for payments and found none must not be overtaken by one.
func TestAPaymentWaitsForARollbackOfItsUnit(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(roster(household...))
	unit := i.aUnit()
	tx, err := i.DB.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), `DELETE FROM unit WHERE org_id = ? AND id = ?`, i.OrgID, unit)
	require.NoError(t, err)

	refused := make(chan error, 1)
	go func() {
		_, _, err := i.Store.RecordPayment(context.WithoutCancel(t.Context()), i.Scope, i.cash(unit, "W1", 1_00))
		refused <- err
	}()
	require.Eventually(t, func() bool {
		var waiting int
		return i.DB.GetContext(t.Context(), &waiting, `SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT id, community_id FROM unit %MODE'`) == nil && waiting > 0
	}, 20*time.Second, 10*time.Millisecond, "the payment looks at the unit")
	require.NoError(t, tx.Commit())
	no, ok := refusal.As(<-refused)
	require.True(t, ok)
	require.Equal(t, "unit-unknown", no.Code)
	require.Zero(t, i.count("payment"))
}

func (i importer) aUnit() (id string) {
	i.t.Helper()
	require.NoError(i.t, i.DB.GetContext(i.t.Context(), &id, `SELECT id FROM unit WHERE org_id = ? ORDER BY id LIMIT 1`, i.OrgID))
	return id
}

func (i importer) cash(unitID, no string, fen int64) money.NewPayment {
	return money.NewPayment{UnitID: unitID, AmountFen: fen, Method: "cash", Channel: "cash", ExternalNo: no, PaidAt: i.Clock.Now()}
}

func (i importer) owed() (fen int64) {
	i.t.Helper()
	require.NoError(i.t, i.DB.GetContext(i.t.Context(), &fen, `SELECT COALESCE(SUM(unpaid_fen), 0) FROM bill WHERE org_id = ? AND voided_at IS NULL`, i.OrgID))
	return fen
}

func (i importer) booksAgree() {
	i.t.Helper()
	wrong, err := i.Store.CheckBooks(i.t.Context(), i.Scope)
	require.NoError(i.t, err)
	require.Equal(i.t, []money.Discrepancy(nil), wrong)
}
