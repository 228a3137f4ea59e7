package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
)

func TestARunOfTheSelectionThatCameTooLateEntersNobody(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	g.debtor("2026-02-01", 20_000)
	c, err := g.Store.CreateCampaign(t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "迟到"})
	require.NoError(t, err)
	closed := false
	_, err = g.Store.SelectCases(t.Context(), g.Scope, c.ID, dunning.Step, func() {
		if closed { // the beat after the candidates were read comes first
			return
		}
		closed = true
		// another run, after the first was taken for dead, has found nobody and closed the selection
		g.exec(`UPDATE campaign SET selected_at = ?, households = 0 WHERE org_id = ? AND id = ?`, g.Clock.Now(), g.OrgID, c.ID)
	})
	require.NoError(t, err)
	var cases int
	require.NoError(t, g.DB.GetContext(t.Context(), &cases, `SELECT COUNT(*) FROM dunning_case WHERE org_id = ? AND campaign_id = ?`, g.OrgID, c.ID))
	require.Zero(t, cases, "nobody would look after a case that enters now")
}

func TestWhoPaysWhileCasesAreChosenGetsNone(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	unit, payer := g.debtor("2026-02-01", 20_000)
	c, err := g.Store.CreateCampaign(t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "刚缴清"})
	require.NoError(t, err)
	paid := false
	chosen, err := g.Store.SelectCases(t.Context(), g.Scope, c.ID, dunning.Step, func() {
		if !paid { // the candidates have been read
			paid = true
			g.payUnit(unit, 20_000)
		}
	})
	require.NoError(t, err)
	require.Equal(t, 1, chosen.Households)
	var cases int
	require.NoError(t, g.DB.GetContext(t.Context(), &cases, `SELECT COUNT(*) FROM dunning_case WHERE org_id = ? AND debtor_id = ?`, g.OrgID, payer))
	require.Zero(t, cases)
}
