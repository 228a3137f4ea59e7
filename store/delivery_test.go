package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

func deliver(t *testing.T, e *storetest.Env, targets ...string) {
	t.Helper()
	for _, target := range targets {
		now := time.Now().UTC()
		_, err := e.DB.ExecContext(t.Context(), `INSERT INTO delivery (org_id, kind, target, created_at, next_try_at) VALUES (?,?,?,?,?)`,
			e.OrgID, store.DeliverCampaign, target, now, now)
		require.NoError(t, err)
	}
}

func dueOf(t *testing.T, e *storetest.Env) []store.Delivery {
	t.Helper()
	due, err := e.Store.DueDeliveries(t.Context(), 1000)
	require.NoError(t, err)
	return slices.DeleteFunc(due, func(d store.Delivery) bool { return d.OrgID != e.OrgID })
}

func TestDeliveriesAreGivenInOrderAndOnlyUntilTheyAreMarked(t *testing.T) {
	e := storetest.New(t)
	deliver(t, e, "a", "b", "c")
	due := dueOf(t, e)
	require.Equal(t, []string{"a", "b", "c"}, []string{due[0].Target, due[1].Target, due[2].Target})
	require.NoError(t, e.Store.MarkDelivered(t.Context(), []int64{due[0].ID}))
	require.NoError(t, e.Store.MarkFailed(t.Context(), []int64{due[1].ID}, "connection refused", time.Hour))
	left := dueOf(t, e)
	require.Len(t, left, 1)
	require.Equal(t, "c", left[0].Target)

	_, err := e.DB.ExecContext(t.Context(), `UPDATE delivery SET next_try_at = ? WHERE id = ?`, time.Now().UTC().Add(-time.Second), due[1].ID)
	require.NoError(t, err)
	again := dueOf(t, e)
	require.Equal(t, 1, again[0].Attempts, "a failed one comes again and knows it")

	require.NoError(t, e.Store.PurgeDeliveries(t.Context(), time.Now().UTC().Add(time.Minute), 1000))
	var rows int
	require.NoError(t, e.DB.GetContext(t.Context(), &rows, `SELECT COUNT(*) FROM delivery WHERE org_id = ?`, e.OrgID))
	require.Equal(t, 2, rows, "what waits is not purged")
}

func TestALongCauseFitsItsColumn(t *testing.T) {
	e := storetest.New(t)
	deliver(t, e, "a")
	require.NoError(t, e.Store.MarkFailed(t.Context(), []int64{dueOf(t, e)[0].ID}, fmt.Sprintf("%0600d连接被拒绝", 7), time.Second))
}

func TestOneProcessLeadsAtATime(t *testing.T) {
	e := storetest.New(t)
	first, err := e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	require.NotNil(t, first)
	require.True(t, first.Held(t.Context()))
	second, err := e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	require.Nil(t, second)
	other, err := e.Store.Lead(t.Context(), e.OrgID+"/other")
	require.NoError(t, err)
	require.NotNil(t, other, "another job has its own lead")
	other.GiveUp()
	first.GiveUp()
	second, err = e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	require.NotNil(t, second)
	second.GiveUp()
}

func TestALeadThatCannotBeAskedForIsNotHeld(t *testing.T) {
	e := storetest.New(t)
	lead, err := e.Store.Lead(t.Context(), e.OrgID)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, lead.Held(ctx))
	lead.GiveUp()
}

func TestTheFeedIsNumberedWithoutGapsOrRepeats(t *testing.T) {
	e := storetest.New(t)
	add := func(n int) {
		for range n {
			_, err := e.DB.ExecContext(t.Context(), `INSERT INTO change_feed (org_id, kind, subject_id, at) VALUES (?, 'case', ?, ?)`, e.OrgID, store.NewID(), e.Clock.Now())
			require.NoError(t, err)
		}
	}
	add(7)
	numberAll := func() {
		for {
			n, err := e.Store.NumberFeed(t.Context(), 3)
			require.NoError(t, err)
			if n == 0 {
				return
			}
			require.LessOrEqual(t, n, 3)
		}
	}
	numberAll()
	open, err := e.DB.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	_, err = open.ExecContext(t.Context(), `INSERT INTO change_feed (org_id, kind, subject_id, at) VALUES (?, 'late', ?, ?)`, e.OrgID, store.NewID(), e.Clock.Now())
	require.NoError(t, err)
	add(2)
	numberAll()
	require.NoError(t, open.Commit())
	numberAll()

	var rows []struct {
		ID   int64  `db:"id"`
		Seq  int64  `db:"seq"`
		Kind string `db:"kind"`
	}
	require.NoError(t, e.DB.SelectContext(t.Context(), &rows, `SELECT id, seq, kind FROM change_feed WHERE org_id = ? ORDER BY seq`, e.OrgID))
	require.Len(t, rows, 10)
	for i, r := range rows[1:] {
		require.Equal(t, rows[i].Seq+1, r.Seq)
	}
	require.Equal(t, "late", rows[9].Kind, "what commits late comes late, although its id is lower")
}

func TestAnAnchorIsToldOnce(t *testing.T) {
	e := storetest.New(t)
	a := clock.Anchor{Wall: time.Now(), Business: storetest.Start, Speed: 17280}
	told, err := e.Store.AnchorTold(t.Context(), a)
	require.NoError(t, err)
	require.False(t, told)
	require.NoError(t, e.Store.TellAnchor(t.Context(), a))
	told, err = e.Store.AnchorTold(t.Context(), a)
	require.NoError(t, err)
	require.True(t, told)
	a.Speed = 60
	told, err = e.Store.AnchorTold(t.Context(), a)
	require.NoError(t, err)
	require.False(t, told)
}

func TestWhatAProcessKnowsOfItsCampaign(t *testing.T) {
	g := newCampaignGround(t)
	for range 3 {
		g.debtor("2026-02-01", 10_000)
	}
	_, err := g.Store.CampaignHead(t.Context(), g.Scope, store.NewID())
	require.True(t, refusal.Is(err, "campaign-unknown"))
	c, err := g.Store.CreateCampaign(t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "一", StartAt: g.Clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	head, err := g.Store.CampaignHead(t.Context(), g.Scope, c.ID)
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignHead{Status: dunning.CampaignRunning, StartAt: g.Clock.Now().Add(time.Hour)}, head)
	_, err = g.Store.CampaignHead(t.Context(), access.Scope{OrgID: g.OrgID}, c.ID)
	require.True(t, refusal.Is(err, "forbidden"))

	_, err = g.Store.SelectCases(t.Context(), g.Scope, c.ID, dunning.Step, func() {})
	require.NoError(t, err)
	all, err := g.Store.CohortNumbers(t.Context(), g.Scope, c.ID, false)
	require.NoError(t, err)
	require.Len(t, all, 1)
	live, err := g.Store.LiveCampaigns(t.Context())
	require.NoError(t, err)
	require.Contains(t, live, dunning.CampaignRef{OrgID: g.OrgID, CampaignID: c.ID})

	overdue := func() bool {
		refs, err := g.Store.OverdueCohorts(t.Context(), time.Hour)
		require.NoError(t, err)
		return slices.Contains(refs, dunning.CohortRef{CampaignRef: dunning.CampaignRef{OrgID: g.OrgID, CampaignID: c.ID}, No: all[0]})
	}
	require.False(t, overdue())
	g.Clock.Advance(72 * time.Hour)
	require.True(t, overdue())
	_, err = g.Store.CancelCampaign(t.Context(), g.Scope, c.ID, "误发")
	require.NoError(t, err)
	require.False(t, overdue())
	open, err := g.Store.CohortNumbers(t.Context(), g.Scope, c.ID, true)
	require.NoError(t, err)
	require.Empty(t, open)
}

func TestAChannelsSetting(t *testing.T) {
	e := storetest.New(t)
	setting, err := e.Store.SendSetting(t.Context(), "nobody-uses-this")
	require.NoError(t, err)
	require.Equal(t, dunning.SendSetting{}, setting)
	_, err = e.DB.ExecContext(t.Context(), `INSERT INTO channel_setting (org_id, channel, per_second, resend_unknown) VALUES (?, 'wechat', 20, TRUE)`, e.OrgID)
	require.NoError(t, err)
	setting, err = e.Store.SendSetting(t.Context(), dunning.WeChat)
	require.NoError(t, err)
	require.Equal(t, dunning.SendSetting{PerSecond: 20, ResendUnknown: true}, setting)
}
