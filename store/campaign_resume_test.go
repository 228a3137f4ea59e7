package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
)

func TestResumingAfterAttentionSendsWhatWaited(t *testing.T) {
	d, _, _ := oneHousehold(t)
	require.NoError(t, d.Store.ParkCampaign(t.Context(), d.Scope, d.id, "策略缺失"))
	_, err := d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	require.Len(t, d.send(), 1)
}

func TestResumingSendsTheLastMessageOfAFinishedCase(t *testing.T) {
	g := newCampaignGround(t)
	_, person := g.debtor("2026-02-01", 10_000)
	_, other := g.debtor("2026-02-01", 10_000)
	d := g.start("末次")
	d.must(d.caseOf(other).ID, dunning.OrderHold)
	d.advance()
	id := d.caseOf(person).ID
	g.exec(`UPDATE dunning_case SET status = 'finished', open_slot = NULL, next_at = NULL, next_stage = NULL, closed_at = ? WHERE org_id = ? AND id = ?`,
		g.Clock.Now(), g.OrgID, id)
	_, err := d.Store.PauseCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	_, err = d.Store.ResumeCampaign(t.Context(), d.Scope, d.id, "")
	require.NoError(t, err)
	require.Len(t, d.send(), 1, "the ladder's end stops nothing")
}
