package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/store"
)

func (d *drive) claim(t *testing.T, lease time.Duration) []dunning.Claimed {
	t.Helper()
	due, err := d.Store.Due(t.Context(), dunning.SMS, 500)
	require.NoError(t, err)
	claimed, err := d.Store.Claim(t.Context(), dunning.SMS, d.own(due), lease)
	require.NoError(t, err)
	return claimed
}

func (d *drive) settle(t *testing.T, c dunning.Claimed, r dunning.Sent) {
	t.Helper()
	r.OrgID, r.ID, r.Claim = c.OrgID, c.ID, c.Claim
	require.NoError(t, d.Store.Settle(t.Context(), dunning.SMS, []dunning.Sent{r}))
}

func oneHousehold(t *testing.T) (*drive, string, string) {
	g := newCampaignGround(t)
	unit, person := g.debtor("2026-02-01", 10_000)
	d := g.start("一户")
	d.advance()
	return d, unit, d.caseOf(person).ID
}

func TestAClosedWindowPutsMessagesOff(t *testing.T) {
	d, _, id := oneHousehold(t)
	d.Clock.Set(time.Date(2026, 3, 13, 15, 0, 0, 0, time.UTC)) // Friday 23:00 in China
	require.Empty(t, d.send())
	require.Equal(t, time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC), d.messagesOf(id)[0].NotBefore, "Monday 08:00 in China")
	d.Clock.Set(time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC))
	require.Len(t, d.send(), 1)
}

func TestAClaimFailsWhenTheWindowHasClosed(t *testing.T) {
	d, _, _ := oneHousehold(t)
	due, err := d.Store.Due(t.Context(), dunning.SMS, 500)
	require.NoError(t, err)
	d.Clock.Set(time.Date(2026, 3, 9, 14, 0, 0, 0, time.UTC)) // 22:00 in China
	claimed, err := d.Store.Claim(t.Context(), dunning.SMS, d.own(due), time.Minute)
	require.NoError(t, err)
	require.Empty(t, claimed)
}

func TestALapsedLeaseIsTakenOverOnce(t *testing.T) {
	d, _, id := oneHousehold(t)
	first := d.claim(t, -time.Second) // its sender has died
	require.Len(t, first, 1)
	var taken []dunning.Claimed
	for range 2 {
		lapsed, err := d.Store.Lapsed(t.Context(), dunning.SMS, 100, time.Minute)
		require.NoError(t, err)
		for _, c := range lapsed {
			if c.OrgID == d.OrgID {
				taken = append(taken, c)
			}
		}
	}
	require.Len(t, taken, 1)
	require.Equal(t, first[0].ID, taken[0].ID, "the same key")
	require.Equal(t, 2, taken[0].Attempts)
	d.settle(t, first[0], dunning.Sent{Status: dunning.MessageFailed})
	require.Equal(t, dunning.MessageSending, d.messagesOf(id)[0].Status, "an answer to a claim that was lost is ignored")
	d.settle(t, taken[0], dunning.Sent{Status: dunning.MessageSent, ProviderID: "p1"})
	m := d.messagesOf(id)[0]
	require.Equal(t, dunning.MessageSent, m.Status)
	require.NotNil(t, m.SentAt)
	require.Nil(t, m.ReceiptAt)
}

func TestALapsedMessageOfAPaidCaseIsNotCalledAgain(t *testing.T) {
	d, unit, id := oneHousehold(t)
	require.Len(t, d.claim(t, -time.Second), 1)
	d.payUnit(unit, 10_000)
	lapsed, err := d.Store.Lapsed(t.Context(), dunning.SMS, 100, time.Minute)
	require.NoError(t, err)
	for _, c := range lapsed {
		require.NotEqual(t, d.OrgID, c.OrgID)
	}
	require.Equal(t, dunning.MessageUnknown, d.messagesOf(id)[0].Status)
}

func TestWhatIsGivenBackWaitsAndIsStopped(t *testing.T) {
	d, unit, id := oneHousehold(t)
	c := d.claim(t, time.Minute)[0]
	d.settle(t, c, dunning.Sent{Status: dunning.MessageQueued, Why: "provider-away", RetryAfter: time.Hour})
	require.Empty(t, d.claim(t, time.Minute), "not before the pause has passed")
	d.Clock.Advance(2 * time.Hour)
	c = d.claim(t, time.Minute)[0]
	d.payUnit(unit, 10_000)
	d.settle(t, c, dunning.Sent{Status: dunning.MessageQueued})
	m := d.messagesOf(id)[0]
	require.Equal(t, []string{dunning.MessageCancelled, "paid"}, []string{m.Status, m.Why})
}

func TestWhatIsGivenBackDuringAPauseIsParked(t *testing.T) {
	d, _, _ := oneHousehold(t)
	c := d.claim(t, time.Minute)[0]
	_, err := d.Store.PauseCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	d.settle(t, c, dunning.Sent{Status: dunning.MessageQueued})
	require.Empty(t, d.send())
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	require.Len(t, d.send(), 1)
}

func TestAFailedChannelHandsOverToTheNext(t *testing.T) {
	g := newCampaignGround(t)
	policy, err := g.Store.CreatePolicy(t.Context(), g.Scope, dunning.Draft{Name: "两通道", Stages: []dunning.Stage{
		{Key: "one", OffsetDays: 1, OffsetFrom: dunning.FromDue, Action: dunning.Message, Channels: []dunning.Channel{dunning.WeChat, dunning.Mail, dunning.SMS}, Template: "{{name}} {{amount}}"}}})
	require.NoError(t, err)
	g.policy = policy.ID
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("接力")
	d.advance()
	due, err := g.Store.Due(t.Context(), dunning.WeChat, 500)
	require.NoError(t, err)
	claimed, err := g.Store.Claim(t.Context(), dunning.WeChat, d.own(due), time.Minute)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	d.settle(t, claimed[0], dunning.Sent{Status: dunning.MessageFailed, Why: "no-follower"})
	messages := d.messagesOf(d.caseOf(person).ID)
	require.Len(t, messages, 2)
	require.Equal(t, dunning.SMS, messages[1].Channel, "there is no mail address")
	require.Equal(t, messages[0].Text, messages[1].Text)
	require.Zero(t, d.campaign().Stages[0].Failed, "it may still reach the debtor")
	c := d.claim(t, time.Minute)[0]
	d.settle(t, c, dunning.Sent{Status: dunning.MessageFailed, Why: "dead-number"})
	f := d.campaign().Stages[0]
	require.Equal(t, []int{1, 1, 0}, []int{f.Due, f.Failed, f.Sent}, "a case, not a message, has failed")
}

func TestABatchIsClaimedAndSettledAtOnce(t *testing.T) {
	g := newCampaignGround(t)
	for range 30 {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("成批")
	d.advance()
	claimed := d.claim(t, time.Minute)
	require.Len(t, claimed, 30)
	results := make([]dunning.Sent, len(claimed))
	statuses := []string{dunning.MessageSent, dunning.MessageDelivered, dunning.MessageFailed, dunning.MessageUnknown, dunning.MessageQueued}
	for i, c := range claimed {
		results[i] = dunning.Sent{OrgID: c.OrgID, ID: c.ID, Claim: c.Claim, Status: statuses[i%len(statuses)]}
	}
	require.NoError(t, g.Store.Settle(t.Context(), dunning.SMS, results))
	require.NoError(t, g.Store.Settle(t.Context(), dunning.SMS, results), "a repeat does nothing")
	f := d.campaign().Stages[0]
	require.Equal(t, []int{12, 6, 6, 6, 6}, []int{f.Sent, f.Delivered, f.Failed, f.Unknown, f.Queued})
	stale := dunning.Sent{OrgID: g.OrgID, ID: store.NewID(), Claim: store.NewID(), Status: dunning.MessageSent}
	require.NoError(t, g.Store.Settle(t.Context(), dunning.SMS, []dunning.Sent{stale}), "an unknown row is left alone")
}
