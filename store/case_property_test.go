package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/dunning"
	"steward/domain/money"
	"steward/domain/refusal"
)

// collectionModel is a campaign to which anything may happen in any order.
type collectionModel struct {
	*drive
	units    []string
	people   []string
	payments []string
}

// TestWhateverHappensNobodyIsToldWrongly drives one campaign through random orders of steps, sendings, payments,
// reversals, holds and pauses, and checks after each that what waits is right.
func TestWhateverHappensNobodyIsToldWrongly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newCampaignGround(t)
		m := &collectionModel{}
		for range rapid.IntRange(1, 3).Draw(rt, "households") {
			unit, person := g.debtor("2026-02-01", 10_000)
			m.units, m.people = append(m.units, unit), append(m.people, person)
		}
		m.drive = g.start("任意")
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			m.step(rt)
			m.check(rt)
		}
	})
}

func (m *collectionModel) step(rt *rapid.T) {
	i := rapid.IntRange(0, len(m.units)-1).Draw(rt, "which")
	switch what := rapid.SampledFrom([]string{"advance", "advance", "send", "send", "time", "pay", "pay", "reverse", "hold", "release", "pause", "skip", "bill"}).Draw(rt, "what"); what {
	case "advance":
		m.advance()
	case "send":
		m.sendChecked(rt)
	case "time":
		m.Clock.Advance(time.Duration(rapid.IntRange(1, 200).Draw(rt, "hours")) * time.Hour)
	case "pay":
		p := m.payment(int64(rapid.SampledFrom([]int{3_000, 7_000, 10_000, 12_000}).Draw(rt, "fen")))
		p.UnitID = m.units[i]
		m.payments = append(m.payments, m.pay(p).ID)
	case "reverse":
		if len(m.payments) > 0 {
			_, err := m.Store.ReversePayment(m.t.Context(), m.Scope, m.payments[0], "退票")
			require.NoError(rt, err)
			m.payments = m.payments[1:]
		}
	case "bill":
		m.serial++
		m.issue(money.NewBill{CommunityID: m.community, UnitID: m.units[i], DebtorID: m.people[i], FeeItem: "水费", Period: fmt.Sprintf("2025-%d", m.serial), DueOn: date("2026-01-15"), AmountFen: 2_000})
	case "hold", "release", "skip":
		_, err := m.order(m.caseOf(m.people[i]).ID, what, time.Time{})
		if _, refused := refusal.As(err); !refused {
			require.NoError(rt, err)
		}
	case "pause":
		m.togglePause(rt)
	}
}

func (m *collectionModel) togglePause(rt *rapid.T) {
	do := m.Store.PauseCampaign
	if m.campaign().Status == dunning.CampaignPaused {
		do = m.Store.ResumeCampaign
	}
	_, err := do(m.t.Context(), m.Scope, m.id, "")
	if _, refused := refusal.As(err); !refused {
		require.NoError(rt, err)
	}
}

// sendChecked sends, and requires that everybody who is told owes at that moment and nothing stops it.
func (m *collectionModel) sendChecked(rt *rapid.T) {
	status := m.campaign().Status
	before := map[string]dunning.Case{}
	for _, c := range m.cases() {
		before[c.ID] = c
	}
	sent := m.send()
	if len(sent) > 0 {
		require.NotEqual(rt, dunning.CampaignPaused, status)
	}
	told := map[string]bool{}
	for _, id := range sent {
		told[id] = true
	}
	for _, c := range before {
		for _, msg := range m.messagesOf(c.ID) {
			if told[msg.ID] {
				require.Contains(rt, []string{dunning.CaseOpen, dunning.CaseFinished}, c.Status)
				require.Positive(rt, *c.ArrearsFen)
				require.Contains(rt, msg.Text, dunning.Yuan(*c.ArrearsFen), "the amount is what is owed now")
			}
		}
	}
}

func (m *collectionModel) check(rt *rapid.T) {
	m.sound()
	paused := m.campaign().Status == dunning.CampaignPaused
	var rows []struct {
		Status string `db:"status"`
		Case   string `db:"case_status"`
		N      int    `db:"n"`
	}
	require.NoError(rt, m.DB.SelectContext(m.t.Context(), &rows, `SELECT o.status, c.status AS case_status, COUNT(*) AS n FROM outbox o
		JOIN dunning_case c ON c.id = o.case_id WHERE o.org_id = ? GROUP BY o.status, c.status`, m.OrgID))
	for _, r := range rows {
		switch r.Status {
		case dunning.MessageQueued:
			require.False(rt, paused, "nothing is queued while the campaign is paused")
			require.Contains(rt, []string{dunning.CaseOpen, dunning.CaseFinished}, r.Case)
		case dunning.MessageParked:
			require.True(rt, paused || r.Case == dunning.CaseHeld, "what is parked has a reason: %s", r.Case)
		}
	}
	var wrong int
	require.NoError(rt, m.DB.GetContext(m.t.Context(), &wrong, `SELECT COUNT(*) FROM dunning_case c WHERE c.org_id = ? AND c.status = 'open' AND c.arrears_fen <> (
		SELECT COALESCE(SUM(b.unpaid_fen), 0) FROM bill b WHERE b.org_id = c.org_id AND b.debtor_id = c.debtor_id)`, m.OrgID))
	require.Zero(rt, wrong, "an open case asks for what is owed")
	require.NoError(rt, m.DB.GetContext(m.t.Context(), &wrong, `SELECT COUNT(*) FROM (SELECT case_id FROM outbox
		WHERE org_id = ? AND status IN ('queued','parked','sending') GROUP BY case_id HAVING COUNT(*) > 1) several`, m.OrgID))
	require.Zero(rt, wrong, "one message of a case is under way at a time")
	require.NoError(rt, m.DB.GetContext(m.t.Context(), &wrong, `SELECT COUNT(*) FROM dunning_case c WHERE c.org_id = ? AND
		((c.status IN ('open','held','needs_attention')) <> (c.open_slot IS NOT NULL) OR (c.status = 'paid' AND c.next_at IS NOT NULL) OR (c.status = 'open' AND c.next_at IS NULL))`, m.OrgID))
	require.Zero(rt, wrong, "status, slot and next instant agree")
}

// TestCollectionSideBySide runs steps, senders, payments and orders side by side: no error, nobody told after paying.
func TestCollectionSideBySide(t *testing.T) {
	g := newCampaignGround(t)
	const households = 30
	units := make([]string, households)
	people := make([]string, households)
	for i := range units {
		units[i], people[i] = g.debtor("2026-02-01", 10_000)
	}
	d := g.start("同时")
	cases := map[string]string{}
	for _, c := range d.cases() {
		cases[c.DebtorID] = c.ID
	}
	payments := make([]money.NewPayment, households)
	for i := range payments {
		payments[i] = g.payment(10_000)
		payments[i].UnitID = units[i]
	}
	var wg sync.WaitGroup
	wg.Go(func() { d.advance(); d.advance() })
	wg.Go(func() { d.send(); d.send() })
	wg.Go(func() { d.send(); d.send() })
	wg.Go(func() {
		for i := 0; i < households; i += 2 {
			_, _, err := g.Store.RecordPayment(t.Context(), g.Scope, payments[i])
			if err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for i := 1; i < households; i += 2 {
			for _, command := range []string{dunning.OrderHold, dunning.OrderRelease} {
				if _, err := d.order(cases[people[i]], command, time.Time{}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	wg.Go(func() {
		for range 3 {
			if _, err := g.Store.PauseCampaign(t.Context(), g.Scope, d.id, ""); err != nil {
				t.Error(err)
			}
			if _, err := g.Store.ResumeCampaign(t.Context(), g.Scope, d.id, ""); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	d.advance()
	d.send()
	c := d.campaign()
	require.Equal(t, households/2, c.Paid)
	var twice, waiting int
	require.NoError(t, g.DB.GetContext(t.Context(), &twice, `SELECT COUNT(*) FROM (SELECT case_id FROM outbox WHERE org_id = ? AND status = 'delivered' GROUP BY case_id, stage HAVING COUNT(*) > 1) x`, g.OrgID))
	require.Zero(t, twice)
	require.NoError(t, g.DB.GetContext(t.Context(), &waiting, `SELECT COUNT(*) FROM outbox WHERE org_id = ? AND status IN ('queued','parked','sending')`, g.OrgID))
	require.Zero(t, waiting, "nothing is left lying")
	g.sound()
}
