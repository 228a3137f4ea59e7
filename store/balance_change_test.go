package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/store"
)

func TestPayingStopsTheLadder(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	g.debtor("2026-02-01", 20_000)
	d := g.start("缴费")
	next, _ := d.advance()
	d.send()
	g.Clock.Set(next)
	_, touched := d.advance()
	require.Equal(t, 2, touched)
	g.payUnit(unit, 10_000)

	c := d.caseOf(payer)
	require.Equal(t, dunning.CasePaid, c.Status)
	require.Nil(t, c.NextAt)
	require.Equal(t, int64(0), *c.ArrearsFen)
	require.Equal(t, int64(10_000), *c.CollectedFen)
	require.Len(t, d.send(), 1, "only the other household is told")
	messages := d.messagesOf(c.ID)
	require.Equal(t, []string{"delivered", "cancelled"}, []string{messages[0].Status, messages[1].Status})
	require.Equal(t, "paid", messages[1].Why)

	got := d.campaign()
	require.Equal(t, 1, got.Paid)
	require.Equal(t, 1, got.Open)
	require.Equal(t, int64(10_000), got.CollectedFen)
	require.Equal(t, 1, got.Stages[1].PaidAfter)
	require.Equal(t, int64(10_000), got.Stages[1].CollectedFen)
	require.Zero(t, got.Stages[1].Skipped, "a paid case is not skipped")
}

func TestAPartPaymentChangesWhatIsAsked(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	d := g.start("部分")
	d.advance()
	g.payUnit(unit, 4_000)
	c := d.caseOf(payer)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, int64(6_000), *c.ArrearsFen)
	m := d.messagesOf(c.ID)[0]
	require.Contains(t, m.Text, "60.00元")
	require.NotContains(t, m.Text, "100.00元")
	require.Len(t, d.send(), 1)
}

func TestAClaimFailsOnATextThatHasChanged(t *testing.T) {
	g := newCampaignGround(t)
	unit, _ := g.debtor("2026-02-01", 10_000)
	d := g.start("文本")
	d.advance()
	due, err := g.Store.Due(t.Context(), dunning.SMS, 500)
	require.NoError(t, err)
	due = d.own(due)
	g.payUnit(unit, 4_000)
	claimed, err := g.Store.Claim(t.Context(), dunning.SMS, due, time.Minute)
	require.NoError(t, err)
	require.Empty(t, claimed, "what was read asks for too much")
	require.Len(t, d.send(), 1)
}

func TestAReversalReopensTheCaseWhereItStood(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	d := g.start("冲回")
	next, _ := d.advance()
	d.send()
	g.Clock.Set(next)
	d.advance()
	p := g.payUnit(unit, 10_000)
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, d.id)
	require.NoError(t, err)
	require.True(t, over)

	_, err = g.Store.ReversePayment(t.Context(), g.Scope, p.ID, "银行退票")
	require.NoError(t, err)
	c := d.caseOf(payer)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, "remind", c.Stage)
	require.Equal(t, int64(10_000), *c.ArrearsFen)
	require.Zero(t, *c.CollectedFen)
	require.Equal(t, dunning.CampaignRunning, d.campaign().Status)
	require.Len(t, d.send(), 1, "what the payment had stopped goes out now")
	next, touched := d.advance()
	require.Zero(t, touched)
	g.Clock.Set(next)
	_, touched = d.advance()
	require.Equal(t, 1, touched, "the third stage follows")
}

func TestANewerOpenCaseKeepsAReversalFromReopeningTheOld(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	first := g.start("第一次")
	p := g.payUnit(unit, 10_000)
	g.bill(unit, payer, "2026-02", "2026-03-01", 5_000)
	g.Clock.Advance(time.Hour)
	require.Equal(t, dunning.CasePaid, first.caseOf(payer).Status)
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, first.id)
	require.NoError(t, err)
	require.True(t, over)
	second := g.start("第二次")
	_, err = g.Store.ReversePayment(t.Context(), g.Scope, p.ID, "错记")
	require.NoError(t, err)
	require.Equal(t, dunning.CasePaid, first.caseOf(payer).Status)
	c := second.caseOf(payer)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, int64(15_000), *c.ArrearsFen, "what came back joins the open case")
}

func TestADebtorHasOneOpenCase(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	g.start("先")
	req := g.request()
	req.Filter.MinAmountFen = 1 // another request over the same households
	c, err := g.Store.CreateCampaign(t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: req, Name: "后"})
	require.NoError(t, err)
	sel, err := g.Store.SelectCases(t.Context(), g.Scope, c.ID, dunning.Step, func() {})
	require.NoError(t, err)
	require.Zero(t, sel.Households, person)
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, c.ID)
	require.NoError(t, err)
	require.True(t, over, "a campaign where nobody is left finishes at once")
}

// No message is claimed after the commit of the payment, whatever runs at the same time.
func TestNoClaimSucceedsAfterAPayment(t *testing.T) {
	g := newCampaignGround(t)
	const households = 12
	units := make([]string, households)
	for i := range units {
		units[i], _ = g.debtor("2026-02-01", 10_000)
	}
	d := g.start("竞争")
	var mu sync.Mutex
	paidAt := map[string]time.Time{}
	claimedAt := map[string]time.Time{}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { d.advance() })
	for range 3 {
		wg.Go(func() {
			for {
				due, err := g.Store.Due(t.Context(), dunning.SMS, 50)
				if err != nil {
					t.Error(err)
					return
				}
				for _, q := range d.own(due) {
					before := time.Now()
					claimed, err := g.Store.Claim(t.Context(), dunning.SMS, []dunning.Queued{q}, time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					if len(claimed) == 1 {
						mu.Lock()
						claimedAt[q.To] = before
						mu.Unlock()
					}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for _, unit := range units {
		g.payUnit(unit, 10_000)
		mu.Lock()
		paidAt[unit] = time.Now()
		mu.Unlock()
	}
	close(stop)
	wg.Wait()
	var rows []struct {
		UnitID string `db:"unit_id"`
		Status string `db:"status"`
		To     []byte `db:"recipient_enc"`
	}
	require.NoError(t, g.DB.SelectContext(t.Context(), &rows, `SELECT b.unit_id, o.status, o.recipient_enc FROM outbox o
		JOIN bill b ON b.org_id = o.org_id AND b.debtor_id = o.debtor_id WHERE o.org_id = ?`, g.OrgID))
	for _, r := range rows {
		require.Contains(t, []string{"cancelled", "sending"}, r.Status)
		to, err := g.Keys.Open(r.To)
		require.NoError(t, err)
		if r.Status == "sending" {
			require.False(t, claimedAt[to].After(paidAt[r.UnitID]), "claimed after the payment was known")
		}
	}
	require.Equal(t, households, d.campaign().Paid)
}

func TestTheTimelineTellsTheStory(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	d := g.start("故事")
	d.advance()
	d.send()
	g.Clock.Advance(time.Hour)
	g.payUnit(unit, 10_000)
	c, err := g.Store.Case(t.Context(), g.Scope, d.caseOf(payer).ID)
	require.NoError(t, err)
	var kinds, what []string
	for _, e := range c.Timeline {
		kinds = append(kinds, e.Kind)
		what = append(what, e.What)
		require.NotEmpty(t, e.Who)
		require.False(t, e.At.IsZero())
	}
	require.Equal(t, []string{"opened", "touch", "message-delivered", "payment", "paid"}, kinds)
	require.Contains(t, strings.Join(what, "\n"), "短信已送达")
}

func TestTheTimelineShowsSinglePaymentsWithDetailOnly(t *testing.T) {
	g := newCampaignGround(t)
	unit, payer := g.debtor("2026-02-01", 10_000)
	d := g.start("视野")
	p := g.payUnit(unit, 4_000)
	_, err := g.Store.ReversePayment(t.Context(), g.Scope, p.ID, "退票")
	require.NoError(t, err)
	for view, shown := range map[access.MoneyView]struct{ payment, arrears bool }{
		access.MoneyDetail: {true, true}, access.MoneyTotals: {false, true}, access.MoneyStatus: {false, false},
	} {
		sc := access.Scope{OrgID: g.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.Steward, Level: access.LevelCompany, Money: view}}}
		c, err := g.Store.Case(t.Context(), sc, d.caseOf(payer).ID)
		require.NoError(t, err)
		var story string
		for _, e := range c.Timeline {
			story += e.Kind + ":" + e.What + "\n"
		}
		require.Contains(t, story, "payment:")
		require.Contains(t, story, "reversal:")
		require.Equal(t, shown.payment, strings.Contains(story, "40.00"), "%s\n%s", view, story)
		require.Equal(t, shown.arrears, strings.Contains(story, "100.00"), "%s\n%s", view, story)
	}
}
