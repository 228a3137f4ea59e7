package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
)

// A part payment that leaves less than the stage's minimum takes its message back, and the ladder goes on.
func TestAPartPaymentBelowTheMinimumTakesTheMessageBack(t *testing.T) {
	g := newCampaignGround(t)
	stage := func(key string, minimum int64) dunning.Stage {
		return dunning.Stage{Key: key, OffsetDays: 1, OffsetFrom: dunning.FromPrevious, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS},
			Template: "{{amount}}", MinAmountFen: minimum}
	}
	p, err := g.Store.CreatePolicy(t.Context(), g.Scope, dunning.Draft{Name: "最低金额", Stages: []dunning.Stage{stage("a", 5_000), stage("b", 5_000), stage("c", 0)}})
	require.NoError(t, err)
	g.policy = p.ID
	unit, _ := g.debtor("2026-02-01", 10_000)
	d := g.startOver("低于", g.community)
	d.advance()
	id := d.cases()[0].ID
	g.payUnit(unit, 6_000)
	m := d.messagesOf(id)[0]
	require.Equal(t, []string{dunning.MessageCancelled, dunning.WhyBelowMinimum}, []string{m.Status, m.Why})
	require.Empty(t, d.send())
	_, touches := d.walk("2026-03-13")
	require.Equal(t, 1, touches)
	require.Equal(t, "c", d.cases()[0].Stage, "the second stage is passed, the third has no minimum")
	require.Contains(t, d.messagesOf(id)[1].Text, "40.00元")
}

// Payments that become known while the step decides: whatever comes first, nobody who has paid keeps a message that waits.
func TestPaymentsMeetTheStep(t *testing.T) {
	g := newCampaignGround(t)
	const households = 40
	units := make([]string, households)
	for i := range units {
		units[i], _ = g.debtor("2026-02-01", 10_000)
	}
	d := g.start("同时缴费")
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, no := range d.cohorts {
			if _, err := g.Store.Advance(t.Context(), g.Scope, d.id, no, dunning.Step); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 4 {
		payments := make([]func() error, 0, households/4)
		for n := i; n < households; n += 4 {
			p := g.payment(10_000)
			p.UnitID = units[n]
			payments = append(payments, func() error { _, _, err := g.Store.RecordPayment(t.Context(), g.Scope, p); return err })
		}
		wg.Go(func() {
			for _, pay := range payments {
				if err := pay(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	d.advance()
	require.Empty(t, d.send())
	c := d.campaign()
	require.Equal(t, []int{households, 0}, []int{c.Paid, c.Open})
	require.Equal(t, int64(10_000*households), c.CollectedFen)
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, d.id)
	require.NoError(t, err)
	require.True(t, over)
	g.sound()
}

// A reversal after the ladder's end opens the case once more, asks for nothing twice, and lets it end again.
func TestAReversalAfterTheEndEndsAgain(t *testing.T) {
	d, unit, id := oneHousehold(t)
	for range 6 {
		next, _ := d.advance()
		d.send()
		if next.IsZero() {
			break
		}
		d.Clock.Set(next)
	}
	require.Equal(t, dunning.CaseFinished, d.cases()[0].Status)
	p := d.payUnit(unit, 10_000)
	require.Equal(t, dunning.CasePaid, d.cases()[0].Status, "a late payment is a success of the campaign")
	_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "退票")
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, d.cases()[0].Status)
	d.advance()
	require.Empty(t, d.send())
	require.Equal(t, dunning.CaseFinished, d.cases()[0].Status)
	require.Len(t, d.messagesOf(id), 3)
}

func TestATimelineReadsNatively(t *testing.T) {
	d, unit, id := oneHousehold(t)
	d.send()
	d.promise(id, 3)
	d.walk("2026-03-14")
	d.advance()
	p := d.payUnit(unit, 4_000)
	_, err := d.Store.ReversePayment(t.Context(), d.Scope, p.ID, "退票")
	require.NoError(t, err)
	told := map[string]string{}
	for _, e := range d.story(id).Timeline {
		told[e.Kind] = e.What + "|" + e.Why
	}
	require.Equal(t, "进入“友情提醒”阶段，已安排发送消息|", told["touch"])
	require.Equal(t, "承诺缴费 100.00元|承诺最晚于 2026-03-12 缴费", told["promise"])
	require.Equal(t, "承诺未兑现，继续催缴|承诺的缴费日期已过", told["promise-broken"])
	require.Equal(t, "收到缴费 40.00元|", told["payment"])
	require.Equal(t, "缴费已冲正 40.00元|", told["reversal"])
}
