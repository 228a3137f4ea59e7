package worker_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/engine"
	"steward/notify"
	"steward/spreadsheet"
	"steward/worker"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
)

// work runs what a worker process runs: the queues, the relay and the senders.
func (g *ground) work() (stop func()) {
	providers := notify.NewRegistry()
	providers.Use(dunning.SMS, notify.Setting{Provider: notify.NewSandbox(g.store, string(dunning.SMS), 1)})
	door := engine.New(temporal)
	log := slog.New(slog.DiscardHandler)
	slog.SetDefault(log)
	relay, err := engine.NewRelay(g.store, door, g.clock, log)
	require.NoError(g.t, err)
	steps := worker.Steps{
		Collections: &activities.Collections{Cases: g.store, Progress: g.store, Processes: door, Decide: dunning.Step, Clock: g.clock},
		Sending:     &activities.Sending{Outbox: g.store, Settings: g.store, Providers: providers},
		Importing:   &activities.Importing{Store: g.imports, Sheets: spreadsheet.New(), Clock: g.clock},
		Checkout:    g.checkout,
		Billing:     &activities.Billing{Runs: g.billing, Clock: g.clock},
		Approvals:   &activities.Approvals{Store: g.store, Clock: g.clock},
	}
	ctx, end := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { relay.Run(ctx) })
	all.Go(func() { door.EnsureSenders(ctx, providers.Channels(), func(err error) { g.t.Error(err) }) })
	all.Go(func() {
		if err := worker.Run(ctx, temporal, steps, worker.Options{DatabaseConns: 20}); err != nil {
			g.t.Error(err)
		}
	})
	return sync.OnceFunc(func() { end(); all.Wait() })
}

func (g *ground) reconciler() *engine.Reconciler {
	return &engine.Reconciler{Store: g.store, Engine: engine.New(temporal), Namespace: "default", Speed: g.clock.anchor.Speed, Today: calendar.DateOf(g.clock.Now()), Channels: []dunning.Channel{dunning.SMS}}
}

// A day takes half a second; 700 households in three cohorts, three stages.
func TestACampaignFromTheCommandToTheLastMessage(t *testing.T) {
	const households = 700
	g := newGround(t, 2*dayInSeconds, households)
	stop := g.work()
	t.Cleanup(stop)
	id := g.campaign("一月物业费")

	reached := func(n int) func() bool {
		return func() bool {
			told := 0
			for _, n := range g.told() {
				told += n
			}
			return told >= n
		}
	}
	require.Eventually(t, reached(households/2), time.Minute, 20*time.Millisecond)
	g.pay(0)
	before := g.told()[g.phones[0]]
	_, err := g.store.PauseCampaign(t.Context(), g.Scope, id, "核对账单")
	require.NoError(t, err)
	stop() // a worker that stops in the middle of a stage
	stop = g.work()
	t.Cleanup(stop)
	_, err = g.store.ResumeCampaign(t.Context(), g.Scope, id, "核对完毕")
	require.NoError(t, err)
	await(t, campaign.ID(id))

	c, err := g.store.Campaign(t.Context(), g.Scope, id)
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignFinished, c.Status)
	require.Equal(t, households, c.Households)
	require.Equal(t, 1, c.Paid)
	require.Eventually(t, func() bool {
		var left int
		require.NoError(t, g.DB.GetContext(t.Context(), &left, `SELECT COUNT(*) FROM outbox WHERE org_id = ? AND status IN ('queued','sending','parked')`, g.OrgID))
		return left == 0
	}, time.Minute, 50*time.Millisecond)
	told := g.told()
	require.LessOrEqual(t, told[g.phones[0]], before+1, "one call at most was under way when the payment came")
	for i, phone := range g.phones[1:] {
		require.Equal(t, 3, told[phone], "household %d", i+1)
	}
	for no := range 3 {
		await(t, cohort.ID(id, no))
	}
	wrong, err := g.store.CheckBooks(t.Context(), access.ForSystem(g.OrgID))
	require.NoError(t, err)
	require.Empty(t, wrong)
	left, err := g.reconciler().Run(t.Context())
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestReconcileRearmsWhatTemporalHasLost(t *testing.T) {
	g := newGround(t, 1, 310)
	stop := g.work()
	id := g.campaign("恢复之后")
	alive := func() bool {
		d, err := temporal.DescribeWorkflowExecution(t.Context(), cohort.ID(id, 0), "")
		return err == nil && d.GetWorkflowExecutionInfo() != nil
	}
	require.Eventually(t, alive, time.Minute, 50*time.Millisecond)
	stop()
	for _, lost := range []string{campaign.ID(id), cohort.ID(id, 1), cohort.ID(id, 0), "sender/sms"} {
		require.NoError(t, temporal.TerminateWorkflow(t.Context(), lost, "", "lost with a backup"))
	}
	stray := dunning.CampaignRef{OrgID: g.OrgID, CampaignID: "01J00000000000000000000000"}
	require.NoError(t, engine.New(temporal).StartCampaign(t.Context(), stray))

	listed := func() bool {
		dry := g.reconciler()
		dry.DryRun = true
		found, err := dry.Run(t.Context())
		require.NoError(t, err)
		return len(found) == 5
	}
	require.Eventually(t, listed, time.Minute, 100*time.Millisecond, "Temporal's list lags behind")
	found, err := g.reconciler().Run(t.Context())
	require.NoError(t, err)
	done := map[string]string{}
	for _, f := range found {
		require.False(t, f.Open, f)
		done[f.Subject] = f.Done
	}
	require.Equal(t, map[string]string{
		campaign.ID(id): engine.Rebuilt, cohort.ID(id, 1): engine.Rebuilt, cohort.ID(id, 0): engine.Rebuilt, "sender/sms": engine.Rebuilt,
		campaign.ID(stray.CampaignID): engine.Terminated,
	}, done)
	t.Cleanup(func() {
		for _, own := range []string{campaign.ID(id), cohort.ID(id, 1), cohort.ID(id, 0), "sender/sms"} {
			_ = temporal.TerminateWorkflow(context.Background(), own, "", "the test ends")
		}
	})
	require.Eventually(t, func() bool {
		dry := g.reconciler()
		dry.DryRun = true
		found, err := dry.Run(t.Context())
		require.NoError(t, err)
		return len(found) == 0
	}, time.Minute, 100*time.Millisecond)
	found, err = g.reconciler().Run(t.Context())
	require.NoError(t, err)
	for _, f := range found {
		require.Equal(t, engine.Rearmed, f.Done, "what runs is made to look again, and nothing else: %+v", f)
	}
}
