package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/page"
)

// drive is a campaign under test with what its process and sender would do.
type drive struct {
	*campaignGround
	id      string
	cohorts []int
}

func (g *campaignGround) start(name string) *drive {
	g.t.Helper()
	c, err := g.Store.CreateCampaign(g.t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: name})
	require.NoError(g.t, err)
	d := &drive{campaignGround: g, id: c.ID}
	sel, err := g.Store.SelectCases(g.t.Context(), g.Scope, d.id, dunning.Step, func() {})
	require.NoError(g.t, err)
	for _, cohort := range sel.Cohorts {
		d.cohorts = append(d.cohorts, cohort.No)
	}
	return d
}

// advance lets every cohort look once and gives the earliest instant at which one has something to do again.
func (d *drive) advance() (next time.Time, touched int) {
	d.t.Helper()
	for _, no := range d.cohorts {
		a, err := d.Store.Advance(d.t.Context(), d.Scope, d.id, no, dunning.Step)
		require.NoError(d.t, err)
		touched += a.Touched
		if !a.NextAt.IsZero() && (next.IsZero() || a.NextAt.Before(next)) {
			next = a.NextAt
		}
	}
	return next, touched
}

// send delivers everything that may be claimed now and gives the ids of the messages.
func (d *drive) send() []string {
	d.t.Helper()
	var sent []string
	for {
		due, err := d.Store.Due(d.t.Context(), dunning.SMS, 500)
		require.NoError(d.t, err)
		due = d.own(due)
		if len(due) == 0 {
			return sent
		}
		claimed, err := d.Store.Claim(d.t.Context(), dunning.SMS, due, time.Minute)
		require.NoError(d.t, err)
		results := make([]dunning.Sent, len(claimed))
		for i, c := range claimed {
			results[i] = dunning.Sent{OrgID: c.OrgID, ID: c.ID, Claim: c.Claim, Status: dunning.MessageDelivered, ProviderID: "p-" + c.ID}
			sent = append(sent, c.ID)
		}
		require.NoError(d.t, d.Store.Settle(d.t.Context(), dunning.SMS, results))
		if len(claimed) == 0 {
			return sent
		}
	}
}

func (d *drive) own(rows []dunning.Queued) []dunning.Queued {
	var own []dunning.Queued
	for _, q := range rows {
		if q.OrgID == d.OrgID {
			own = append(own, q)
		}
	}
	return own
}

func (d *drive) campaign() dunning.CampaignDetail {
	d.t.Helper()
	c, err := d.Store.Campaign(d.t.Context(), d.Scope, d.id)
	require.NoError(d.t, err)
	return c
}

func (d *drive) cases() []dunning.Case {
	d.t.Helper()
	list, err := d.Store.CampaignCases(d.t.Context(), d.Scope, d.id, dunning.CaseFilter{}, page.Query{Limit: 500})
	require.NoError(d.t, err)
	return list.Items
}

func (d *drive) caseOf(person string) dunning.Case {
	d.t.Helper()
	for _, c := range d.cases() {
		if c.DebtorID == person {
			return c
		}
	}
	require.Failf(d.t, "no case", "of %s", person)
	return dunning.Case{}
}

func (d *drive) messagesOf(caseID string) []dunning.OutboxMessage {
	d.t.Helper()
	list, err := d.Store.Messages(d.t.Context(), d.Scope, dunning.MessageFilter{CaseID: caseID}, page.Query{Limit: 500})
	require.NoError(d.t, err)
	return list.Items
}

func TestLadderRunsToItsEndAndTheCampaignFinishes(t *testing.T) {
	g := newCampaignGround(t)
	for range 5 {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("到底")
	total := 0
	for range 12 {
		next, touched := d.advance()
		total += touched
		require.Len(t, d.send(), touched)
		if next.IsZero() {
			break
		}
		require.True(t, next.After(g.Clock.Now()), "a step leaves nothing that is due at once")
		g.Clock.Set(next)
	}
	require.Equal(t, 15, total, "five households, three stages")
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, d.id)
	require.NoError(t, err)
	require.True(t, over)
	c := d.campaign()
	require.Equal(t, dunning.CampaignFinished, c.Status)
	require.Equal(t, 5, c.Finished)
	require.Equal(t, 5, c.Households)
	require.Equal(t, int64(50_000), c.AmountFen)
	for _, s := range c.Stages {
		require.Equal(t, dunning.StageFunnel{Key: s.Key, Due: 5, Sent: 5, Delivered: 5}, s)
	}
}

func TestARepeatedStepTellsNobodyTwice(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	d := g.start("重复")
	_, touched := d.advance()
	require.Equal(t, 1, touched)
	_, touched = d.advance()
	require.Zero(t, touched)
	g.exec(`UPDATE dunning_case SET stage = '', stage_at = NULL, next_at = ? WHERE org_id = ?`, g.Clock.Now(), g.OrgID) // as if the step's case row had been lost
	d.advance()
	require.Len(t, d.messagesOf(d.cases()[0].ID), 1, "the outcome and the message of a touch exist once")
}

func TestCohortsAdvanceSideBySide(t *testing.T) {
	g := newCampaignGround(t)
	for range 20 {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("并行")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { d.advance() })
	}
	wg.Wait()
	require.Len(t, d.send(), 20)
}
