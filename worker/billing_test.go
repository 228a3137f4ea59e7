package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/engine"
	"steward/store"
	"steward/store/storetest"
	process "steward/workflows/billing"
)

// faltering loses the answer to the second step of every kind: it is committed, and its worker never hears of it.
type faltering struct {
	billingrun.Store
	mu    sync.Mutex
	steps map[billingrun.Status]int
	lost  chan billingrun.Status
}

func (f *faltering) AdvanceBillingRun(ctx context.Context, s access.Scope, runID string) (billingrun.Progress, error) {
	done, err := f.Store.AdvanceBillingRun(ctx, s, runID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.steps[done.Status]++; err == nil && done.More && f.steps[done.Status] == 2 {
		f.lost <- done.Status
		return billingrun.Progress{}, errors.New("connection lost")
	}
	return done, err
}

// agree signs a fee of 100 yuan a month, billed on a day of the month (0: by hand).
func (g *ground) agree(billDay int) {
	g.t.Helper()
	item, version, settlement := store.NewID(), store.NewID(), store.NewID()
	body, err := json.Marshal(money.Settlement{FeeItemVersionIDs: []string{version}, AllocationOrder: money.OrderLaw, BillDay: billDay, FirstDay: calendar.Date{Year: 2026, Month: 2, Day: 1}})
	require.NoError(g.t, err)
	g.insert("fee_item (org_id, id, community_id, name, name_key)", [][]any{{g.OrgID, item, g.community, "公摊费", "公摊费"}})
	g.insert("fee_item_version (org_id, id, fee_item_id, no, formula, parameters, from_on, created_by, created_at)",
		[][]any{{g.OrgID, version, item, 1, "fixed", `{"extra_yuan":"100"}`, "2020-01-01", access.SystemActorID, storetest.Start}})
	g.insert("settlement_version (org_id, id, community_id, no, status, from_on, body, examples, proposed_by, proposed_at)",
		[][]any{{g.OrgID, settlement, g.community, 1, "signed", "2026-02-01", string(body), "[]", access.SystemActorID, storetest.Start}})
	_, err = g.DB.ExecContext(g.t.Context(), `UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, settlement, g.OrgID, g.community)
	require.NoError(g.t, err)
}

func (g *ground) reaches(runID string, status billingrun.Status) billingrun.Detail {
	g.t.Helper()
	var run billingrun.Detail
	require.Eventually(g.t, func() bool {
		var err error
		run, err = g.store.BillingRun(g.t.Context(), g.Scope, runID)
		return err == nil && run.Status == status
	}, time.Minute, 50*time.Millisecond)
	return run
}

func TestABillingRunGoesOnWhereAnotherWorkerLeftIt(t *testing.T) {
	const households = 1300
	g := newGround(t, 1, households)
	g.agree(0)
	lost := &faltering{Store: g.store, steps: map[billingrun.Status]int{}, lost: make(chan billingrun.Status, 3)}
	g.billing = lost
	stop := g.work()
	t.Cleanup(func() { stop() })
	restarted := func(in billingrun.Status) {
		t.Helper()
		select {
		case got := <-lost.lost:
			require.Equal(t, in, got)
		case <-time.After(time.Minute):
			t.Fatalf("no step of %s was lost", in)
		}
		stop()
		stop = g.work()
	}
	run, err := g.store.OpenBillingRun(t.Context(), g.Scope, g.community, "2026-02")
	require.NoError(t, err)
	restarted(billingrun.Computing)
	ready := g.reaches(run.ID, billingrun.Ready)
	require.Equal(t, [2]int{households, households}, [2]int{ready.UnitsDone, ready.Totals.Lines})
	_, err = g.store.ApproveBillingRun(t.Context(), g.Scope, run.ID)
	require.NoError(t, err)
	restarted(billingrun.Issuing)
	issued := g.reaches(run.ID, billingrun.Issued)
	require.Equal(t, [2]int64{households, households * 10_000}, [2]int64{int64(issued.Issued), issued.IssuedFen})
	await(t, process.ID(run.ID))
	require.Less(t, len(history(t, process.ID(run.ID), "billing-run").Events), 60, "the history does not grow with the units")

	found, err := g.store.CheckBooks(t.Context(), g.Scope)
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestACommunitysScheduleOpensWhatFallsDue(t *testing.T) {
	g := newGround(t, 43200, 1) // a day in two seconds
	g.agree(5)
	t.Cleanup(g.work())
	door := engine.New(temporal)
	c := billingrun.CommunityRef{OrgID: g.OrgID, CommunityID: g.community}
	for range 2 {
		require.NoError(t, door.EnsureBillingSchedule(t.Context(), c, g.clock.anchor.Speed))
	}
	t.Cleanup(func() { require.NoError(t, door.RemoveBillingSchedule(context.Background(), g.community)) })
	periods := func() (of []string) {
		require.NoError(t, g.DB.SelectContext(t.Context(), &of, `SELECT due_key FROM billing_run WHERE org_id = ? AND status = 'ready' ORDER BY id`, g.OrgID))
		return of
	}
	require.Eventually(t, func() bool { return len(periods()) == 1 }, time.Minute, 100*time.Millisecond)
	require.Equal(t, []string{"2026-02/postpaid"}, periods(), "billed on the fifth of March, found on the ninth or later")
	var tick string
	require.Eventually(t, func() bool {
		schedule, err := temporal.ScheduleClient().GetHandle(t.Context(), process.ScheduleID(g.community)).Describe(t.Context())
		if err != nil || len(schedule.Info.RecentActions) == 0 {
			return false
		}
		tick = schedule.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		return true
	}, time.Minute, 100*time.Millisecond)
	await(t, tick)
	history(t, tick, "billing-tick")
	day := calendar.Date{Year: 2026, Month: 3, Day: 9}
	require.NoError(t, door.LookForBilling(t.Context(), c, day))
	await(t, process.LookID(g.community, day))
	history(t, process.LookID(g.community, day), "billing-look")
	require.Equal(t, []string{"2026-02/postpaid"}, periods())
	require.NoError(t, door.RemoveBillingSchedule(t.Context(), g.community))
	require.NoError(t, door.RemoveBillingSchedule(t.Context(), g.community), "one that is gone is left alone")
	g.endBilling()
}

// endBilling leaves nothing that reconcile, in the tests that share this database, would look at: no community that bills by
// the calendar, no run that waits for approval.
func (g *ground) endBilling() {
	g.t.Helper()
	_, err := g.DB.ExecContext(g.t.Context(), `UPDATE community SET settlement_id = NULL WHERE org_id = ? AND id = ?`, g.OrgID, g.community)
	require.NoError(g.t, err)
	var ids []string
	require.NoError(g.t, g.DB.SelectContext(g.t.Context(), &ids, `SELECT id FROM billing_run WHERE org_id = ? AND status = 'ready'`, g.OrgID))
	for _, id := range ids {
		_, err := g.store.CancelBillingRun(g.t.Context(), g.Scope, id, "测试结束")
		require.NoError(g.t, err)
		await(g.t, process.ID(id))
	}
}
