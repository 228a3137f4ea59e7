package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
