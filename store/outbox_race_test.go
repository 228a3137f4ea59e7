package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
)

func (d *drive) lapsed(t *testing.T, ch dunning.Channel) []dunning.Claimed {
	t.Helper()
	all, err := d.Store.Lapsed(t.Context(), ch, 100, time.Minute)
	require.NoError(t, err)
	var own []dunning.Claimed
	for _, c := range all {
		if c.OrgID == d.OrgID {
			own = append(own, c)
		}
	}
	return own
}

func TestAClaimThatWasTakenOverIsRenewedOnlyWhileItsCaseStands(t *testing.T) {
	stops := map[string]struct {
		stop func(d *drive, unit, caseID string)
		want string
	}{
		"nothing": {func(*drive, string, string) {}, dunning.MessageSending},
		"payment": {func(d *drive, unit, _ string) { d.payUnit(unit, 10_000) }, dunning.MessageUnknown},
		"hold":    {func(d *drive, _, id string) { d.must(id, dunning.OrderHold) }, dunning.MessageUnknown},
		"pause": {func(d *drive, _, _ string) {
			_, err := d.Store.PauseCampaign(d.t.Context(), d.Scope, d.id, "")
			require.NoError(d.t, err)
		}, dunning.MessageUnknown},
	}
	for name, tt := range stops {
		t.Run(name, func(t *testing.T) {
			d, unit, id := oneHousehold(t)
			require.Len(t, d.claim(t, -time.Second), 1)
			taken := d.lapsed(t, dunning.SMS)
			require.Len(t, taken, 1)
			tt.stop(d, unit, id)
			renewed, err := d.Store.Renew(t.Context(), taken, time.Minute)
			require.NoError(t, err)
			require.Equal(t, tt.want, d.messagesOf(id)[0].Status)
			require.Len(t, renewed, map[bool]int{true: 1}[tt.want == dunning.MessageSending])
		})
	}
}

func TestAClaimThatWasLostIsNotRenewed(t *testing.T) {
	d, _, id := oneHousehold(t)
	first := d.claim(t, -time.Second)
	require.Len(t, d.lapsed(t, dunning.SMS), 1)
	renewed, err := d.Store.Renew(t.Context(), first, time.Minute)
	require.NoError(t, err)
	require.Empty(t, renewed)
	require.Equal(t, dunning.MessageSending, d.messagesOf(id)[0].Status)
}

func TestAFailureThatCameTooLateDoesNotTakeTheNextChannel(t *testing.T) {
	g := newCampaignGround(t)
	policy, err := g.Store.CreatePolicy(t.Context(), g.Scope, dunning.Draft{Name: "两通道", Stages: []dunning.Stage{
		{Key: "one", OffsetDays: 1, OffsetFrom: dunning.FromDue, Action: dunning.Message, Channels: []dunning.Channel{dunning.WeChat, dunning.SMS}, Template: "{{name}} {{amount}}"}}})
	require.NoError(t, err)
	g.policy = policy.ID
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.start("接力")
	d.advance()
	id := d.caseOf(person).ID
	due, err := g.Store.Due(t.Context(), dunning.WeChat, 500)
	require.NoError(t, err)
	claimed, err := g.Store.Claim(t.Context(), dunning.WeChat, d.own(due), -time.Second)
	require.NoError(t, err)
	require.Len(t, claimed, 1)

	held := holdRows(t, d.Env, `SELECT id FROM dunning_case WHERE org_id = ? AND id = ?`, d.OrgID, id)
	late := begin(func() error {
		return d.Store.Settle(t.Context(), dunning.WeChat, []dunning.Sent{{OrgID: d.OrgID, ID: claimed[0].ID, Claim: claimed[0].Claim, Status: dunning.MessageFailed}})
	})
	late.endedOr(t, d.Env, `SELECT id FROM campaign WHERE org_id = ? AND id = ?`, d.OrgID, d.id)
	require.Len(t, d.lapsed(t, dunning.WeChat), 1, "another sender calls again")
	require.NoError(t, held.Rollback())
	late.ended(t)
	require.Len(t, d.messagesOf(id), 1, "the touch still is with the first channel")
}
