package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

var propertyFee = map[string]any{"price_yuan": "2.80"}

func refusedAs(t *testing.T, code string, err error) {
	t.Helper()
	no, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, code, no.Code)
}

func TestAUnitHandedOverInsideThePeriodIsBilledToBoth(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	unit, seller := e.room("3-2-1501", "89.50", "2020-01-01")
	buyer := e.addPerson()
	e.exec(`UPDATE occupancy SET to_on = '2025-12-14' WHERE org_id = ? AND unit_id = ?`, e.OrgID, unit)
	e.occupy(unit, buyer, "2025-12-15", "")
	e.settlement.LateFee = money.LateFeeRule{Enabled: true, GraceDays: 10, Rates: []money.LateFeeRate{{From: date("2020-01-01"), Daily: "0.0005"}}}
	e.sign(version)

	run := e.open("2025-12")
	require.Equal(t, int64(25060), run.Totals.AmountFen)
	lines := e.lines(run.ID, "")
	require.Len(t, lines, 2)
	require.NotEmpty(t, lines[0].Explanation)
	require.Equal(t, billingrun.New, lines[0].Verdict)

	_, err := e.Store.ApproveBillingRun(t.Context(), e.maker, run.ID)
	refusedAs(t, "maker-is-checker", err)
	run = e.issue(run.ID)
	require.Equal(t, 2, run.Issued)

	bills := e.bills("2025-12")
	require.Equal(t, []int64{11317, 13743}, amounts(bills))
	require.Equal(t, []string{seller, buyer}, []string{bills[0].DebtorID, bills[1].DebtorID})
	require.Equal(t, []int{0, 14}, []int{bills[0].LineNo, bills[1].LineNo})
	require.Equal(t, "2025-12-15", bills[1].PeriodFrom.String())
	require.Equal(t, bills[0].DueDate.AddDays(10), bills[0].GraceEnd)
	require.Equal(t, bills[0].DueDate.AddDays(11), bills[0].LateFeeFrom)
	require.Equal(t, "built_area", bills[0].Formula)
	require.Equal(t, lines[0].ID, bills[0].ID)
	e.sound()

	again := e.open("2025-12")
	require.Zero(t, again.Totals.Lines)
	require.Equal(t, 2, again.Totals.Billed.Lines)
	require.Empty(t, e.lines(again.ID, ""))
}

func TestStepsThatRunBesideEachOtherBillNothingTwice(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	const rooms = 900
	e.manyRooms(rooms, "100.00")
	e.sign(version)
	run, err := e.Store.OpenBillingRun(t.Context(), e.maker, e.community, "2026-02")
	require.NoError(t, err)
	race := func() {
		var beside sync.WaitGroup
		for range 3 {
			beside.Go(func() {
				for more := true; more; {
					done, err := e.Store.AdvanceBillingRun(t.Context(), e.Scope, run.ID)
					if more = err == nil && done.More; err != nil {
						t.Error(err)
					}
				}
			})
		}
		beside.Wait()
	}
	race()
	ready := e.run(run.ID)
	require.Equal(t, billingrun.Ready, ready.Status)
	require.Equal(t, [3]int{rooms, rooms, rooms}, [3]int{ready.Units, ready.UnitsDone, ready.Totals.Lines})
	_, err = e.Store.ApproveBillingRun(t.Context(), e.checker, run.ID)
	require.NoError(t, err)
	race()
	issued := e.run(run.ID)
	require.Equal(t, billingrun.Issued, issued.Status)
	require.Equal(t, rooms, issued.Issued)
	require.Equal(t, int64(rooms*28000), issued.IssuedFen)
	var n int
	require.NoError(t, e.DB.GetContext(t.Context(), &n, `SELECT COUNT(*) FROM bill WHERE org_id = ? AND source_id = ?`, e.OrgID, run.ID))
	require.Equal(t, rooms, n)
	e.sound()
}

func TestALaterRunOfAPeriodBillsWhatHasNoBillYet(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	e.room("1-1-101", "100.00", "2020-01-01")
	unmeasured, _ := e.room("1-1-102", "", "2020-01-01")
	sold, first := e.room("1-1-103", "50.00", "2020-01-01")
	e.sign(version)

	run := e.open("2026-02")
	problems := e.lines(run.ID, billingrun.OnlyProblems)
	require.Len(t, problems, 1)
	require.Equal(t, unmeasured, problems[0].UnitID)
	require.Zero(t, problems[0].AmountFen)
	require.NotEmpty(t, problems[0].Explanation)
	run = e.issue(run.ID)
	require.Equal(t, 2, run.Issued)
	require.Equal(t, 1, run.Problems)

	e.exec(`UPDATE unit SET built_area_m2 = '80.00' WHERE org_id = ? AND id = ?`, e.OrgID, unmeasured)
	late, _ := e.room("1-1-104", "10.00", "2026-02-15")
	e.exec(`UPDATE unit SET fee_start_on = '2026-02-15' WHERE org_id = ? AND id = ?`, e.OrgID, late)
	e.exec(`UPDATE occupancy SET to_on = '2026-02-14' WHERE org_id = ? AND unit_id = ?`, e.OrgID, sold)
	e.occupy(sold, e.addPerson(), "2026-02-15", "")

	more := e.open("2026-02")
	require.Equal(t, 1, more.Totals.Billed.Lines)
	for _, p := range e.lines(more.ID, billingrun.OnlyProblems) {
		require.Equal(t, "already-billed-differently", p.Problem.Code)
		require.Equal(t, sold, p.UnitID)
	}
	require.Equal(t, 2, more.Totals.Problem.Lines)
	require.Equal(t, 2, e.issue(more.ID).Issued)
	bills := e.bills("2026-02")
	require.ElementsMatch(t, []int64{28000, 14000, 22400, 1400}, amounts(bills), "half of February for 10 square metres")
	for _, b := range bills {
		if b.UnitID == sold {
			require.Equal(t, first, b.DebtorID)
		}
	}
	e.sound()
}

func TestARunTellsHowItDiffersFromTheLastPeriod(t *testing.T) {
	e := newBillingEnv(t)
	item, first := e.item("物业费", "built_area", false, propertyFee)
	same, _ := e.room("1-1-101", "100.00", "2020-01-01")
	leaves, _ := e.room("1-1-102", "60.00", "2020-01-01")
	e.sign(first)
	e.issue(e.open("2026-01").ID)

	e.exec(`DELETE FROM occupancy WHERE org_id = ? AND unit_id = ?`, e.OrgID, leaves)
	e.exec(`UPDATE unit SET fee_start_on = '2030-01-01' WHERE org_id = ? AND id = ?`, e.OrgID, leaves)
	joins, _ := e.room("1-1-103", "70.00", "2026-02-01")
	e.sign(first, e.version(item, 2, "2026-02-01", "built_area", false, map[string]any{"price_yuan": "3.00"}))
	run := e.open("2026-02")
	require.Equal(t, billingrun.Count{Lines: 1, AmountFen: 30000, PreviousFen: 28000}, run.Totals.Changed)
	require.Equal(t, billingrun.Count{Lines: 1, AmountFen: 21000}, run.Totals.New)
	require.Equal(t, billingrun.Count{Lines: 1, PreviousFen: 16800}, run.Totals.Gone)
	require.Equal(t, int64(44800), run.Totals.PreviousFen)
	changed := e.lines(run.ID, billingrun.OnlyChanged)
	require.Equal(t, same, changed[0].UnitID)
	require.Equal(t, int64(2000), changed[0].Difference.Fen)
	require.Contains(t, changed[0].Difference.Causes, billingrun.Cause{What: "price_yuan", Before: "2.8", After: "3"})
	require.Equal(t, joins, e.lines(run.ID, billingrun.OnlyNew)[0].UnitID)
	require.Equal(t, leaves, e.lines(run.ID, billingrun.OnlyGone)[0].UnitID)

	preview, err := e.Store.PreviewBilling(t.Context(), e.maker, e.community, "2026-02")
	require.NoError(t, err)
	require.Equal(t, run.Totals, preview.Totals)
	require.Len(t, preview.Lines, 3)
	_, err = e.Store.ApproveBillingRun(t.Context(), e.checker, run.ID)
	require.NoError(t, err)
}

func TestARunThatWasWrongIsVoidedAndRunAgain(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	paid, _ := e.room("1-1-101", "100.00", "2020-01-01")
	owes, _ := e.room("1-1-102", "50.00", "2020-01-01")
	e.sign(version)
	wrong := e.issue(e.open("2026-02").ID)
	e.payUnit(paid, 30000)
	e.payUnit(owes, 5000)

	asked, err := e.Store.Correct(t.Context(), e.maker, money.CorrectionRequest{Kind: money.VoidIssued, SubjectID: wrong.ID, Reason: "单价录错"})
	require.NoError(t, err)
	effect := asked.Approval.Effect
	require.Equal(t, money.Change{Before: 9000, After: 0}, effect.PrincipalFen)
	require.Equal(t, money.Change{Before: 2000, After: 35000}, effect.AdvanceFen)
	require.Len(t, effect.Bills, 2)
	require.Equal(t, money.BillVoid, effect.Bills[1].After)
	require.Equal(t, money.Change{Before: 9000, After: 0}, effect.Bills[1].UnpaidFen)
	require.Equal(t, asked.Approval.ID, e.run(wrong.ID).VoidApprovalID)
	require.Equal(t, billingrun.Issued, e.run(wrong.ID).Status)
	_, err = e.Store.Approve(t.Context(), e.maker, asked.Approval.ID, "")
	refusedAs(t, "maker-is-checker", err)
	_, err = e.Store.Approve(t.Context(), e.checker, asked.Approval.ID, "")
	require.NoError(t, err)
	require.Equal(t, billingrun.Voided, e.work(wrong.ID))
	require.Empty(t, e.bills("2026-02"))
	e.sound()
	for unit, fen := range map[string]int64{paid: 30000, owes: 5000} {
		a, err := e.Store.UnitAccount(t.Context(), e.maker, unit, date("2026-12-31"))
		require.NoError(t, err)
		require.Equal(t, [2]int64{0, fen}, [2]int64{*a.PrincipalFen, *a.AdvanceFen})
	}

	right := e.issue(e.open("2026-02").ID)
	require.Equal(t, 2, right.Issued)
	bills := e.bills("2026-02")
	require.Equal(t, []int64{0, 9000}, []int64{bills[0].UnpaidFen, bills[1].UnpaidFen})
	e.sound()
}

func TestWhatARunRefuses(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	e.room("1-1-101", "100.00", "2020-01-01")
	open := func(sc access.Scope, period string) error {
		_, err := e.Store.OpenBillingRun(t.Context(), sc, e.community, period)
		return err
	}
	refusedAs(t, "settlement-not-signed", open(e.maker, "2026-02"))
	e.sign(version)
	refusedAs(t, "forbidden", open(e.person(access.Cashier), "2026-02"))
	refusedAs(t, "period-malformed", open(e.maker, "2026-13"))
	refusedAs(t, "period-before-first-day", open(e.maker, "2024-12"))
	refusedAs(t, "period-too-far", open(e.maker, "9999-12"))
	refusedAs(t, "nothing-in-period", open(e.maker, "2026Q1"))
	run := e.open("2026-02")
	refusedAs(t, "run-open", open(e.maker, "2026-02"))
	_, err := e.Store.RetryBillingRun(t.Context(), e.maker, run.ID)
	refusedAs(t, "not-allowed-in-state", err)
	elsewhere := access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{store.NewID()}, Money: access.MoneyDetail}}}
	for _, id := range []string{run.ID, store.NewID()} {
		_, err = e.Store.AskApproval(t.Context(), elsewhere, money.CorrectionRequest{Kind: money.VoidIssued, SubjectID: id, Reason: "算错"})
		refusedAs(t, "billing-run-not-found", err)
	}
	e.sign(version)
	_, err = e.Store.ApproveBillingRun(t.Context(), e.checker, run.ID)
	refusedAs(t, "settlement-changed", err)
	_, err = e.Store.CancelBillingRun(t.Context(), e.maker, run.ID, "规则已变")
	require.NoError(t, err)
	require.Equal(t, billingrun.Cancelled, e.work(run.ID))
	require.NoError(t, open(e.maker, "2026-02"))
}

func TestAParkedRunGoesOnWhereItStood(t *testing.T) {
	e := newBillingEnv(t)
	_, version := e.item("物业费", "built_area", false, propertyFee)
	e.room("1-1-101", "100.00", "2020-01-01")
	e.sign(version)
	run, err := e.Store.OpenBillingRun(t.Context(), e.maker, e.community, "2026-02")
	require.NoError(t, err)
	require.NoError(t, e.Store.ParkBillingRun(t.Context(), e.Scope, run.ID, "内部错误"))
	require.Equal(t, billingrun.NeedsAttention, e.work(run.ID))
	_, err = e.Store.OpenBillingRun(t.Context(), e.maker, e.community, "2026-02")
	refusedAs(t, "run-open", err)
	_, err = e.Store.RetryBillingRun(t.Context(), e.maker, run.ID)
	require.NoError(t, err)
	require.Equal(t, billingrun.Ready, e.work(run.ID))
}

func TestTheCalendarOpensEveryMonthOnce(t *testing.T) {
	e := newBillingEnv(t)
	_, post := e.item("物业费", "built_area", false, propertyFee)
	_, pre := e.item("车位费", "fixed", true, map[string]any{"extra_yuan": "150"})
	e.room("1-1-101", "100.00", "2020-01-01")
	e.settlement.FirstDay, e.settlement.BillDay = date("2026-01-10"), 31
	e.sign(post, pre)
	due := func(day string) int {
		n, err := e.Store.OpenDueRuns(t.Context(), e.Scope, e.community, date(day))
		require.NoError(t, err)
		return n
	}
	opened := func() []string {
		var runs []struct {
			ID     string `db:"id"`
			Period string `db:"period"`
			Timing string `db:"timing"`
		}
		require.NoError(t, e.DB.SelectContext(t.Context(), &runs, `SELECT id, period, timing FROM billing_run WHERE org_id = ? AND status = 'computing' ORDER BY id`, e.OrgID))
		var names []string
		for _, r := range runs {
			names = append(names, r.Period+"/"+r.Timing)
			if e.work(r.ID) == billingrun.Ready {
				_, err := e.Store.ApproveBillingRun(t.Context(), e.maker, r.ID)
				require.NoError(t, err, "nobody has opened it")
				require.Equal(t, billingrun.Issued, e.work(r.ID))
			}
		}
		return names
	}
	require.Equal(t, 2, due("2026-01-31"))
	require.Equal(t, 0, due("2026-01-31"))
	require.Equal(t, []string{"2026-01/prepaid", "2026-02/prepaid"}, opened())
	require.Equal(t, 0, due("2026-02-27"))
	require.Equal(t, 2, due("2026-02-28"), "the 31st of February")
	require.Equal(t, []string{"2026-01/postpaid", "2026-03/prepaid"}, opened())
	require.Equal(t, 6, due("2026-05-31"), "three months without anybody looking")
	require.Equal(t, []string{"2026-02/postpaid", "2026-04/prepaid", "2026-03/postpaid", "2026-05/prepaid", "2026-04/postpaid", "2026-06/prepaid"}, opened())
	require.Equal(t, 0, due("2026-05-31"))
	require.ElementsMatch(t, []int64{28000, 15000}, amounts(e.bills("2026-04")))
	e.sound()
}
