package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

func (d *drive) order(id, command string, until time.Time) (dunning.CaseDetail, error) {
	return d.Store.CommandCase(d.t.Context(), d.Scope, id, dunning.CaseOrder{Command: command, Reason: "测试原因", Until: until})
}

func (d *drive) must(id, command string) dunning.CaseDetail {
	d.t.Helper()
	c, err := d.order(id, command, time.Time{})
	require.NoError(d.t, err)
	return c
}

func TestPauseParksAndResumeSends(t *testing.T) {
	g := newCampaignGround(t)
	for range 3 {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("暂停")
	d.advance()
	c, err := g.Store.PauseCampaign(t.Context(), g.Scope, d.id, "领导要求")
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignPaused, c.Status)
	require.Empty(t, d.send())
	a, err := g.Store.Advance(t.Context(), g.Scope, d.id, 0, dunning.Step)
	require.NoError(t, err)
	require.True(t, a.Paused)
	_, err = g.Store.PauseCampaign(t.Context(), g.Scope, d.id, "再次")
	require.NoError(t, err, "pausing again changes nothing")

	g.Clock.Advance(48 * time.Hour)
	c, err = g.Store.ResumeCampaign(t.Context(), g.Scope, d.id, "")
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignRunning, c.Status)
	require.Len(t, d.send(), 3)
	var paused int64
	require.NoError(t, g.DB.GetContext(t.Context(), &paused, `SELECT paused_s FROM campaign WHERE id = ?`, d.id))
	require.Equal(t, int64(48*3600), paused)
}

func TestCancelEndsEverythingAndFreesTheDebtors(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	d := g.start("取消")
	d.advance()
	c, err := g.Store.CancelCampaign(t.Context(), g.Scope, d.id, "发错了")
	require.NoError(t, err)
	require.Equal(t, dunning.CampaignCancelled, c.Status)
	require.Equal(t, 1, c.Excluded)
	require.Empty(t, d.send())
	_, err = g.Store.ResumeCampaign(t.Context(), g.Scope, d.id, "")
	require.True(t, refusal.Is(err, "not-allowed-in-state"))
	again := g.start("重新")
	require.Equal(t, 1, again.campaign().Households)
	detail, err := g.Store.Case(t.Context(), g.Scope, d.cases()[0].ID)
	require.NoError(t, err)
	require.Equal(t, "campaign-cancelled", detail.Timeline[len(detail.Timeline)-1].Kind)
}

func TestHoldUntilEndsByItself(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("暂缓")
	d.advance()
	id := d.caseOf(person).ID
	until := g.Clock.Now().Add(72 * time.Hour)
	c, err := d.order(id, dunning.OrderHold, until)
	require.NoError(t, err)
	require.Equal(t, dunning.CaseHeld, c.Status)
	require.Equal(t, "测试原因", c.Holds[0].Why)
	require.Equal(t, until, *c.NextAt)
	require.Empty(t, d.send())
	next, touched := d.advance()
	require.Zero(t, touched)
	require.Equal(t, until, next)
	g.Clock.Set(until)
	d.advance()
	require.Len(t, d.send(), 1, "what was parked goes out")
	require.Equal(t, dunning.CaseOpen, d.caseOf(person).Status)
}

func TestReleaseDuringAPauseWaitsForTheResumption(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("交错")
	d.advance()
	id := d.caseOf(person).ID
	d.must(id, dunning.OrderHold)
	_, err := g.Store.PauseCampaign(t.Context(), g.Scope, d.id, "")
	require.NoError(t, err)
	d.must(id, dunning.OrderRelease)
	require.Empty(t, d.send())
	_, err = g.Store.ResumeCampaign(t.Context(), g.Scope, d.id, "")
	require.NoError(t, err)
	require.Len(t, d.send(), 1)
}

func TestExcludeTakesTheHouseholdOut(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("移出")
	d.advance()
	c := d.must(d.caseOf(person).ID, dunning.OrderExclude)
	require.Equal(t, dunning.CaseExcluded, c.Status)
	require.Empty(t, d.send())
	_, err := d.order(c.ID, dunning.OrderRelease, time.Time{})
	require.True(t, refusal.Is(err, "not-allowed-in-state"))
	over, err := g.Store.CloseCampaign(t.Context(), g.Scope, d.id)
	require.NoError(t, err)
	require.True(t, over)
}

func TestSendNowAndSkipMoveTheLadder(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-03-08", 10_000) // due yesterday: the first stage is a week away
	d := g.start("提前")
	_, touched := d.advance()
	require.Zero(t, touched)
	id := d.caseOf(person).ID
	c := d.must(id, dunning.OrderSendNow)
	require.Equal(t, "friendly", c.Stage)
	require.Equal(t, "remind", c.NextStage)
	require.Len(t, d.send(), 1)
	c = d.must(id, dunning.OrderSkip)
	require.Equal(t, "remind", c.Stage)
	require.Equal(t, "demand", c.NextStage)
	require.True(t, c.NextAt.After(g.Clock.Now()), "skipping sends nothing")
	require.Empty(t, d.send())
	require.Equal(t, 1, d.campaign().Stages[1].Skipped)

	g.Clock.Set(time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)) // 23:00 in China
	_, err := d.order(id, dunning.OrderSendNow, time.Time{})
	require.True(t, refusal.Is(err, "window-closed"), "nobody may send at night")
}

func TestARepeatedCommandActsOnce(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-03-08", 10_000)
	d := g.start("幂等")
	sc := g.Scope
	sc.CommandID = store.NewID()
	for range 2 {
		_, err := g.Store.CommandCase(t.Context(), sc, d.caseOf(person).ID, dunning.CaseOrder{Command: dunning.OrderSendNow, Reason: "催"})
		require.NoError(t, err)
	}
	require.Equal(t, "friendly", d.caseOf(person).Stage, "the second run of one command is the first")
}

func TestAPromiseHoldsAndABrokenOneResumes(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("承诺")
	d.advance()
	d.send()
	id := d.caseOf(person).ID
	today := calendar.DateOf(g.Clock.Now())
	_, err := g.Store.PromiseToPay(t.Context(), g.Scope, id, dunning.Promise{AmountFen: 10_000, Date: today.AddDays(-1)}, 0)
	require.True(t, refusal.Is(err, "date-passed"))
	c, err := g.Store.PromiseToPay(t.Context(), g.Scope, id, dunning.Promise{AmountFen: 10_000, Date: today.AddDays(10), Note: "发工资后"}, 0)
	require.NoError(t, err)
	require.Equal(t, dunning.CaseHeld, c.Status)
	require.Equal(t, dunning.HoldPromise, c.Holds[0].Kind)
	next, _ := d.advance()
	require.Equal(t, today.AddDays(12).At(0, 0).UTC(), next, "the promised day and its grace")
	g.Clock.Set(next)
	next, _ = d.advance()
	c, err = g.Store.Case(t.Context(), g.Scope, id)
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, "remind", c.NextStage)
	g.Clock.Set(next)
	_, touched := d.advance()
	require.Equal(t, 1, touched)
}

func TestADisputePausesOneBillOnly(t *testing.T) {
	g := newCampaignGround(t)
	unit, person := g.debtor("2026-02-01", 10_000)
	second := g.bill(unit, person, "2026-02", "2026-03-01", 5_000)
	d := g.start("异议")
	d.advance()
	id := d.caseOf(person).ID
	var first string
	require.NoError(t, g.DB.GetContext(t.Context(), &first, `SELECT id FROM bill WHERE org_id = ? AND debtor_id = ? AND period = '2026-01'`, g.OrgID, person))
	c, err := g.Store.DisputeBill(t.Context(), g.Scope, id, first, "面积有误")
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, c.Status)
	require.Equal(t, int64(5_000), *c.ArrearsFen)
	require.Contains(t, d.messagesOf(id)[0].Text, "50.00元")
	c, err = g.Store.DisputeBill(t.Context(), g.Scope, id, second, "也有误")
	require.NoError(t, err)
	require.Equal(t, dunning.CaseOpen, c.Status, "what is disputed is still owed")
	require.Nil(t, c.NextAt)
	require.Empty(t, d.send())
	_, err = g.Store.DisputeBill(t.Context(), g.Scope, id, second, "再来")
	require.True(t, refusal.Is(err, "already-disputed"))
	c, err = g.Store.ResolveDispute(t.Context(), g.Scope, id, first, "rejected", "面积无误")
	require.NoError(t, err)
	require.NotNil(t, c.NextAt)
	require.Equal(t, int64(10_000), *c.ArrearsFen)
}

func TestBatchOrdersTellWhoRefused(t *testing.T) {
	g := newCampaignGround(t)
	for range 4 {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("批量")
	d.advance()
	cases := d.cases()
	d.must(cases[0].ID, dunning.OrderExclude)
	ids := []string{cases[0].ID, cases[1].ID, cases[2].ID, store.NewID()}
	wrong := 3
	order := dunning.CaseOrder{Command: dunning.OrderHold, Reason: "春节"}
	_, err := g.Store.CommandCases(t.Context(), g.Scope, d.id, dunning.CaseBatch{CaseIDs: ids, ExpectedCount: &wrong, Order: order})
	require.True(t, refusal.Is(err, "count-changed"))
	result, err := g.Store.CommandCases(t.Context(), g.Scope, d.id, dunning.CaseBatch{CaseIDs: ids, Order: order})
	require.NoError(t, err)
	require.Equal(t, 2, result.Done)
	require.ElementsMatch(t, []dunning.BatchRefusal{{CaseID: ids[0], Code: "not-allowed-in-state"}, {CaseID: ids[3], Code: "case-not-found"}}, result.Refused)
	require.Len(t, d.send(), 1)
	result, err = g.Store.CommandCases(t.Context(), g.Scope, d.id, dunning.CaseBatch{Filter: &dunning.CaseFilter{Status: dunning.CaseHeld}, Order: dunning.CaseOrder{Command: dunning.OrderRelease}})
	require.NoError(t, err)
	require.Equal(t, 2, result.Done)
	require.Len(t, d.send(), 2)
}

// Whatever stops a case, no claim succeeds after its commit.
func TestNoClaimSucceedsAfterAStop(t *testing.T) {
	stops := map[string]func(d *drive, caseID string) error{
		"hold":    func(d *drive, id string) error { _, err := d.order(id, dunning.OrderHold, time.Time{}); return err },
		"exclude": func(d *drive, id string) error { _, err := d.order(id, dunning.OrderExclude, time.Time{}); return err },
		"pause": func(d *drive, _ string) error {
			_, err := d.Store.PauseCampaign(d.t.Context(), d.Scope, d.id, "")
			return err
		},
		"cancel": func(d *drive, _ string) error {
			_, err := d.Store.CancelCampaign(d.t.Context(), d.Scope, d.id, "")
			return err
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				raceStop(t, stop)
			}
		})
	}
}

func raceStop(t *testing.T, stop func(d *drive, caseID string) error) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("竞争")
	d.advance()
	id := d.caseOf(person).ID
	due, err := g.Store.Due(t.Context(), dunning.SMS, 500)
	require.NoError(t, err)
	due = d.own(due)
	require.Len(t, due, 1)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	won := make([]bool, 3)
	for i := range won {
		wg.Go(func() {
			<-begin
			claimed, err := g.Store.Claim(t.Context(), dunning.SMS, due, time.Minute)
			if err != nil {
				t.Error(err)
			}
			won[i] = len(claimed) == 1
		})
	}
	wg.Go(func() {
		<-begin
		if err := stop(d, id); err != nil {
			t.Error(err)
		}
	})
	close(begin)
	wg.Wait()
	claimed, err := g.Store.Claim(t.Context(), dunning.SMS, due, time.Minute)
	require.NoError(t, err)
	require.Empty(t, claimed, "after the stop")
	n := 0
	for _, w := range won {
		if w {
			n++
		}
	}
	require.LessOrEqual(t, n, 1, "one claim at most")
	m := d.messagesOf(id)[0]
	if n == 1 {
		require.Equal(t, dunning.MessageSending, m.Status)
	} else {
		require.Contains(t, []string{dunning.MessageQueued, dunning.MessageCancelled}, m.Status)
	}
}

func TestCallersSeeWhatTheyMay(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("权限")
	d.advance()
	id := d.caseOf(person).ID
	steward := access.Scope{OrgID: g.OrgID, ActorID: store.NewID(), Grants: []access.Grant{
		{Role: access.Steward, Level: access.LevelCommunity, Communities: []string{g.community}, Money: access.MoneyStatus}}}
	c, err := g.Store.Case(t.Context(), steward, id)
	require.NoError(t, err)
	require.Nil(t, c.ArrearsFen)
	require.NotContains(t, c.Household, "*", "the one who rings the household knows its name")
	list, err := g.Store.Messages(t.Context(), steward, dunning.MessageFilter{CaseID: id}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Contains(t, list.Items[0].To, "****")
	require.Empty(t, list.Items[0].Text)
	elsewhere := steward
	elsewhere.Grants = []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{g.addCommunity()}, Money: access.MoneyDetail}}
	_, err = g.Store.Case(t.Context(), elsewhere, id)
	require.True(t, refusal.Is(err, "case-not-found"))
	_, err = g.Store.Campaign(t.Context(), elsewhere, d.id)
	require.True(t, refusal.Is(err, "campaign-not-found"))
	_, err = g.Store.PauseCampaign(t.Context(), steward, d.id, "")
	require.True(t, refusal.Is(err, "forbidden"))
	campaigns, err := g.Store.Campaigns(t.Context(), elsewhere, "", page.Query{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, campaigns.Items)
}

func TestAFlagHoldsTheDebtorsCases(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("标记")
	d.advance()
	g.flag(person, "deceased")
	c := d.story(d.caseOf(person).ID)
	require.Equal(t, dunning.CaseHeld, c.Status)
	require.Equal(t, dunning.HoldFlag, c.Holds[0].Kind)
	require.Empty(t, d.send())
}

func TestTheGoLiveGuardSendsToTestPhonesOnly(t *testing.T) {
	g := newCampaignGround(t)
	_, plain := g.debtor("2026-02-01", 10_000)
	_, tester := g.debtor("2026-02-01", 10_000)
	g.exec(`UPDATE community SET guard = TRUE, test_phones = ? WHERE org_id = ? AND id = ?`, `["13800009999"]`, g.OrgID, g.community)
	g.exec(`UPDATE person SET phone_enc = ? WHERE org_id = ? AND id = ?`, g.Keys.Seal("13800009999"), g.OrgID, tester)
	d := g.start("试运行")
	d.advance()
	require.Len(t, d.send(), 1)
	require.Empty(t, d.messagesOf(d.caseOf(plain).ID))
	require.Equal(t, 1, d.campaign().Stages[0].Skipped)
}
