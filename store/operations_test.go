package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/store"
	"steward/store/storetest"
)

// ownGround is a campaign ground in a database of its own: figures are over all organizations.
func ownGround(t *testing.T) *campaignGround {
	t.Helper()
	db, _ := emptyDatabase(t)
	require.NoError(t, store.Migrate(t.Context(), db))
	shared := storetest.New(t)
	e := &storetest.Env{DB: db, OrgID: store.NewID(), Clock: shared.Clock, Keys: shared.Keys, Store: store.New(db, shared.Keys, shared.Clock)}
	e.Scope = access.ForSystem(e.OrgID)
	g := &campaignGround{moneyEnv: &moneyEnv{Env: e, t: t}}
	g.exec(`INSERT INTO organization (id, name, created_at) VALUES (?, '物业公司', ?)`, e.OrgID, e.Clock.Now())
	g.community = g.addCommunity()
	require.NoError(t, g.Store.SeedDefaultPolicy(t.Context(), g.OrgID))
	require.NoError(t, db.GetContext(t.Context(), &g.policy, `SELECT id FROM dunning_policy WHERE org_id = ? LIMIT 1`, g.OrgID))
	return g
}

func (g *campaignGround) figures() store.Figures {
	g.t.Helper()
	f, err := g.Store.Figures(g.t.Context())
	require.NoError(g.t, err)
	return f
}

// campaignRow writes a campaign as it stands in the database.
func (g *campaignGround) campaignRow(status string, epoch int) string {
	id := store.NewID()
	g.exec(`INSERT INTO campaign (org_id, id, name, policy_id, policy_version_id, request, status, epoch, start_at, selected_at, created_by, created_at)
		SELECT org_id, ?, ?, id, current_version_id, '{}', ?, ?, ?, ?, ?, ? FROM dunning_policy WHERE org_id = ? AND id = ?`,
		id, id, status, epoch, g.Clock.Now(), g.Clock.Now(), g.OrgID, g.Clock.Now(), g.OrgID, g.policy)
	return id
}

func (g *campaignGround) caseRow(campaignID, status string, nextAt time.Time) string {
	id := store.NewID()
	g.exec(`INSERT INTO dunning_case (org_id, id, campaign_id, cohort_no, community_id, debtor_id, status, next_at, due_on, entered_fen, arrears_fen, opened_at)
		VALUES (?,?,?,0,?,?,?,?,'2026-01-31',1,1,?)`, g.OrgID, id, campaignID, g.community, store.NewID(), status, nextAt, g.Clock.Now())
	return id
}

func (g *campaignGround) messageRow(campaignID, community, channel, status string, epoch int, notBefore time.Time) {
	id := store.NewID()
	sum := sha256.Sum256([]byte(id))
	g.exec(`INSERT INTO outbox (org_id, id, campaign_id, case_id, community_id, debtor_id, stage, touch, channel, recipient_enc, recipient_bidx, text, text_sha256,
		status, epoch, not_before, created_at) VALUES (?,?,?,?,?,?,'notice',1,?,'x',?,'',?,?,?,?,?)`,
		g.OrgID, id, campaignID, store.NewID(), community, store.NewID(), channel, sum[:16], sum[:], status, epoch, notBefore, g.Clock.Now())
}

func TestAnEmptyDatabaseHasNothingToWatch(t *testing.T) {
	g := ownGround(t)
	f := g.figures()
	require.Positive(t, f.Schema)
	f.Schema = 0
	require.Equal(t, store.Figures{
		Due: map[dunning.Channel]store.Waiting{}, Unsent: map[string]int64{"queued": 0, "parked": 0, "sending": 0},
		Campaigns: map[string]int64{"running": 0, "paused": 0, "needs_attention": 0},
		Money:     store.MoneyFigures{Runs: map[string]int64{"computing": 0, "ready": 0, "issuing": 0, "voiding": 0, "needs_attention": 0}},
	}, f)
	settled, err := g.Store.SettledMessages(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"sent": 0, "delivered": 0, "failed": 0, "unknown": 0, "cancelled": 0}, settled)
}

func TestMessagesAreDueWhenNothingHoldsThemBack(t *testing.T) {
	g := ownGround(t)
	now := g.Clock.Now()
	running, paused := g.campaignRow("running", 2), g.campaignRow("paused", 1)
	asleep := g.addCommunity()
	g.exec(`UPDATE community SET quiet_from = '09:00', quiet_to = '11:00' WHERE id = ?`, asleep) // it is 10:00
	ago := func(d time.Duration) time.Time { return now.Add(-d) }

	g.messageRow(running, g.community, "sms", "queued", 2, ago(20*time.Minute))
	g.messageRow(running, g.community, "sms", "queued", 2, ago(5*time.Minute))
	g.messageRow(running, g.community, "sms", "queued", 2, now.Add(time.Minute)) // not yet
	g.messageRow(running, g.community, "sms", "queued", 1, ago(time.Hour))       // decided before a stop
	g.messageRow(paused, g.community, "sms", "queued", 1, ago(time.Hour))
	g.messageRow(running, asleep, "sms", "queued", 2, ago(time.Hour))
	g.messageRow(running, g.community, "app", "delivered", 2, ago(time.Hour))
	g.messageRow(running, g.community, "app", "failed", 2, ago(time.Hour))
	g.messageRow(running, g.community, "app", "parked", 2, ago(time.Hour))
	g.messageRow(running, g.community, "app", "sending", 2, ago(time.Hour))
	g.exec(`UPDATE outbox SET lease_until = ? WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))

	f := g.figures()
	require.Equal(t, map[dunning.Channel]store.Waiting{"sms": {N: 2, Oldest: 20 * time.Minute}, "app": {}}, f.Due)
	require.Equal(t, map[string]int64{"queued": 6, "parked": 1, "sending": 1}, f.Unsent)
	require.EqualValues(t, 1, f.Lapsed)
	settled, err := g.Store.SettledMessages(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"sent": 0, "delivered": 1, "failed": 1, "unknown": 0, "cancelled": 0}, settled)
}

func TestMoreMessagesThanAreLookedAtAreTakenToBeLikeThem(t *testing.T) {
	g := ownGround(t)
	running := g.campaignRow("running", 1)
	g.messageRow(running, g.community, "sms", "queued", 1, g.Clock.Now().Add(-time.Hour))
	for range 12 { // 4096 of them
		g.exec(`INSERT INTO outbox (org_id, id, campaign_id, case_id, community_id, debtor_id, stage, touch, channel, recipient_enc, recipient_bidx, text, text_sha256,
			status, epoch, not_before, created_at) SELECT org_id, LEFT(REPLACE(UUID(), '-', ''), 26), campaign_id, case_id, community_id, debtor_id, stage, touch, channel, recipient_enc,
			UNHEX(MD5(UUID())), text, text_sha256, status, epoch, not_before + INTERVAL 1 SECOND, created_at FROM outbox`)
	}
	require.Equal(t, store.Waiting{N: 4096, Oldest: time.Hour}, g.figures().Due["sms"])
	g.exec(`UPDATE outbox SET epoch = 9`)
	require.Equal(t, store.Waiting{}, g.figures().Due["sms"])
}

func TestTimersAndParkedProcessesAreCounted(t *testing.T) {
	g := ownGround(t)
	now := g.Clock.Now()
	running, paused, parked := g.campaignRow("running", 1), g.campaignRow("paused", 1), g.campaignRow("needs_attention", 1)
	over := g.campaignRow("finished", 1)
	g.caseRow(running, "open", now.Add(-3*time.Minute))
	g.caseRow(running, "held", now.Add(-2*time.Minute)) // the hold has run out
	g.caseRow(running, "open", now.Add(time.Hour))
	g.caseRow(running, "paid", now.Add(-time.Hour))
	g.caseRow(paused, "open", now.Add(-time.Hour))
	g.caseRow(running, "needs_attention", now.Add(-time.Hour))
	g.caseRow(parked, "needs_attention", now.Add(-time.Hour))
	g.caseRow(over, "needs_attention", now.Add(-time.Hour))
	unchosen := g.campaignRow("running", 1)
	g.exec(`UPDATE campaign SET selected_at = NULL, start_at = ? WHERE id = ?`, now.Add(-7*time.Minute), unchosen)

	f := g.figures()
	require.Equal(t, store.Waiting{N: 2, Oldest: 3 * time.Minute}, f.LateCases)
	require.Equal(t, store.Waiting{N: 1, Oldest: 7 * time.Minute}, f.LateCampaigns)
	require.Equal(t, map[string]int64{"running": 2, "paused": 1, "needs_attention": 1}, f.Campaigns)
	require.EqualValues(t, 2, f.CasesAttention)
}

func TestRelayImportsAndSuspenseAreCounted(t *testing.T) {
	g := ownGround(t)
	wall, now := time.Now().UTC(), g.Clock.Now()
	for _, delivered := range []any{nil, nil, wall} {
		g.exec(`INSERT INTO delivery (org_id, kind, target, created_at, next_try_at, delivered_at) VALUES (?,'refresh','x',?,?,?)`, g.OrgID, wall.Add(-time.Hour), wall, delivered)
	}
	g.exec(`INSERT INTO change_feed (org_id, kind, subject_id, at) VALUES (?,'case','x',?)`, g.OrgID, now)
	for status, progress := range map[string][2]int{"running": {40, 300}, "done": {9, 9}, "failed": {1, 9}} {
		g.exec(`INSERT INTO import_job (org_id, id, kind, community_name, file_name, file_sha256, file_bytes, dry_run, partial, status, done_n, total_n, requested_by, requested_at)
			VALUES (?,?,'roster','x','x','x',1,0,0,?,?,?,'x',?)`, g.OrgID, store.NewID(), status, progress[0], progress[1], now.Add(-10*time.Minute))
	}
	for i, status := range []string{"open", "matched"} {
		g.exec(`INSERT INTO suspense (org_id, id, channel, external_no, amount_fen, method, paid_at, received_at, why, entry_id, status) VALUES (?,?,'bank',?,100,'transfer',?,?,'unit-unknown',?,?)`,
			g.OrgID, store.NewID(), i, now, now.Add(-48*time.Hour), store.NewID(), status)
	}

	f := g.figures()
	require.EqualValues(t, 2, f.Deliveries.N)
	require.GreaterOrEqual(t, f.Deliveries.Oldest, time.Hour)
	require.EqualValues(t, 1, f.FeedWaiting)
	require.Equal(t, store.Waiting{N: 1, Oldest: 10 * time.Minute}, f.Imports)
	require.Equal(t, store.Progress{Done: 40, Total: 300}, f.ImportRows)
	require.Equal(t, store.Waiting{N: 1, Oldest: 48 * time.Hour}, f.Suspense)
}

func TestTheSkewAgainstTheDatabasesClock(t *testing.T) {
	e := storetest.New(t)
	skew, err := e.Store.ClockSkew(t.Context())
	require.NoError(t, err)
	require.Less(t, skew.Abs(), time.Second, "both clocks are this machine's")
}

func TestMoneyThatWaitsForSomebodyIsCounted(t *testing.T) {
	g := ownGround(t)
	now := g.Clock.Now()
	run := func(status, period string, computed time.Time) {
		g.exec(`INSERT INTO billing_run (org_id, id, community_id, period, settlement_id, status, opened_by, opened_at, computed_at) VALUES (?,?,?,?,?,?,?,?,?)`,
			g.OrgID, store.NewID(), g.community, period, store.NewID(), status, store.NewID(), computed, computed)
	}
	run("ready", "2026-01", now.Add(-50*time.Hour))
	run("ready", "2026-02", now.Add(-time.Hour))
	run("needs_attention", "2026-03", now)
	run("issued", "2025-12", now.Add(-900*time.Hour))
	ask := func(status string, asked time.Duration, left time.Duration) {
		g.exec(`INSERT INTO approval (org_id, id, community_id, kind, subject_kind, subject_id, reason, request, status, asked_by, asked_at, expires_at) VALUES (?,?,?,'refund','payment',?,'x','{}',?,?,?,?)`,
			g.OrgID, store.NewID(), g.community, store.NewID(), status, store.NewID(), now.Add(-asked), now.Add(left))
	}
	ask("asked", 6*24*time.Hour, 23*time.Hour)
	ask("asked", time.Hour, 25*time.Hour)
	ask("timed_out", 900*time.Hour, -time.Hour)
	refund := func(status string, note any) {
		g.exec(`INSERT INTO refund (org_id, id, community_id, payment_id, debtor_id, amount_fen, source, route, status, entry_id, made_by, made_at, note) VALUES (?,?,?,?,?,1,'advance','sandbox',?,?,?,?,?)`,
			g.OrgID, store.NewID(), g.community, store.NewID(), store.NewID(), status, store.NewID(), store.NewID(), now, note)
	}
	refund("failed", "账户已注销")
	refund("paying", "没有应答")
	refund("paying", nil)
	refund("dropped", "不退了")
	g.exec(`UPDATE community SET closed_through = ?, billing_looked_at = ? WHERE org_id = ? AND id = ?`, calendar.DateOf(now).AddDays(-4), now.Add(-40*time.Hour), g.OrgID, g.community)

	m := g.figures().Money
	require.Equal(t, map[string]int64{"computing": 0, "ready": 2, "issuing": 0, "voiding": 0, "needs_attention": 1}, m.Runs)
	require.Equal(t, store.Waiting{N: 2, Oldest: 50 * time.Hour}, m.RunsReady)
	require.Equal(t, store.Waiting{N: 2, Oldest: 6 * 24 * time.Hour}, m.Approvals)
	require.EqualValues(t, 1, m.ApprovalsExpiring)
	require.EqualValues(t, 2, m.RefundsAttention)
	require.EqualValues(t, 3, m.DaysOpen, "three whole days are not closed")
	require.Zero(t, m.Calendar, "nobody has agreed to a calendar")
	settlement := store.NewID()
	g.exec(`INSERT INTO settlement_version (org_id, id, community_id, no, status, body, examples, proposed_by, proposed_at, from_on) VALUES (?,?,?,1,'signed','{"bill_day":31}','[]',?,?,'2026-01-01')`,
		g.OrgID, settlement, g.community, store.NewID(), now)
	g.exec(`UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, settlement, g.OrgID, g.community)
	require.Equal(t, 40*time.Hour, g.figures().Money.Calendar)
}
