package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/refusal"
	"steward/store"
)

func TestCampaignIsComparedWithItsPreview(t *testing.T) {
	g := newCampaignGround(t)
	ctx := t.Context()
	stays, _ := g.debtor("2026-02-01", 10_000)
	leaves, _ := g.debtor("2026-02-01", 20_000)
	p := g.preview(g.request())
	start := dunning.NewCampaign{CampaignRequest: g.request(), Name: "二月催缴", PreviewID: p.ID}

	g.payUnit(leaves, 20_000)
	g.payUnit(stays, 1_000)
	g.debtor("2026-02-01", 5_000)
	_, err := g.Store.CreateCampaign(ctx, g.Scope, start)
	r, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "preview-changed", r.Code)
	require.Equal(t, refusal.Conflict, r.Kind)
	require.Equal(t, store.PreviewDifference{Households: [2]int{2, 2}, AmountFen: [2]int64{30_000, 14_000}, Added: 1, Removed: 1, Changed: 1}, r.Extra["difference"])

	start.ConfirmChanges = true
	started, err := g.Store.CreateCampaign(ctx, g.Scope, start)
	require.NoError(t, err)
	require.NotEmpty(t, started.ID)
}

func TestUnchangedPreviewStartsAndANewPolicyVersionIsAChange(t *testing.T) {
	g := newCampaignGround(t)
	ctx := t.Context()
	g.debtor("2026-02-01", 10_000)
	p := g.preview(g.request())
	g.Clock.Advance(48 * 3600e9) // a later start moves dates only
	policy, err := g.Store.Policy(ctx, g.Scope, g.policy)
	require.NoError(t, err)
	old := p
	_, err = g.Store.AddPolicyVersion(ctx, g.Scope, g.policy, dunning.Draft{Name: policy.Name, Stages: policy.Stages[:2]}, 0)
	require.NoError(t, err)
	_, err = g.Store.CreateCampaign(ctx, g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "改过策略", PreviewID: old.ID})
	r, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	require.True(t, r.Extra["difference"].(store.PreviewDifference).PolicyChanged)

	p = g.preview(g.request())
	g.Clock.Advance(24 * 3600e9)
	_, err = g.Store.CreateCampaign(ctx, g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "未变化", PreviewID: p.ID})
	require.NoError(t, err)
	_, err = g.Store.CreateCampaign(ctx, g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "没有预览", PreviewID: store.NewID()})
	require.Error(t, err)
}

func TestFlagHoldsTheOpenCaseAtOnce(t *testing.T) {
	g := newCampaignGround(t)
	ctx := t.Context()
	_, person := g.debtor("2026-02-01", 10_000)
	started, err := g.Store.CreateCampaign(ctx, g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "二月催缴"})
	require.NoError(t, err)
	selected, err := g.Store.SelectCases(ctx, g.Scope, started.ID, dunning.Step, func() {})
	require.NoError(t, err)
	require.Equal(t, 1, selected.Households)
	_, err = g.Store.Advance(ctx, g.Scope, started.ID, selected.Cohorts[0].No, dunning.Step)
	require.NoError(t, err)

	sc := g.Scope
	sc.CommandID = store.NewID()
	change := estate.FlagChange{Flag: estate.FlagHold, Reason: "住院", Until: date("2026-04-01")}
	flag, err := g.Store.FlagDebtor(ctx, sc, person, change)
	require.NoError(t, err)
	again, err := g.Store.FlagDebtor(ctx, sc, person, change)
	require.NoError(t, err)
	require.Equal(t, flag, again)
	var row struct {
		Status string `db:"status"`
		Kind   string `db:"hold_kind"`
	}
	require.NoError(t, g.DB.Get(&row, `SELECT status, hold_kind FROM dunning_case WHERE org_id = ? AND debtor_id = ?`, g.OrgID, person))
	require.Equal(t, dunning.CaseHeld, row.Status)
	require.Equal(t, dunning.HoldFlag, row.Kind)
	var messages []string
	require.NoError(t, g.DB.Select(&messages, `SELECT status FROM outbox WHERE org_id = ? AND debtor_id = ?`, g.OrgID, person))
	require.Equal(t, []string{dunning.MessageParked}, messages)

	for code, c := range map[string]estate.FlagChange{
		"unknown-flag":      {Flag: "rich", Reason: "x"},
		"reason-required":   {Flag: estate.FlagHold, Reason: " "},
		"until-in-the-past": {Flag: estate.FlagHold, Reason: "x", Until: date("2026-03-01")},
	} {
		_, err := g.Store.FlagDebtor(ctx, g.Scope, person, c)
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
	}
}

func TestOldPreviewsGo(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	kept := g.preview(g.request())
	for _, table := range []string{"campaign_preview SET id", "campaign_preview_item SET preview_id"} {
		g.exec(`UPDATE `+table+` = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE org_id = ?`, g.OrgID) // an id of 2016
	}
	g.preview(g.request())
	var previews, items int
	require.NoError(t, g.DB.Get(&previews, `SELECT COUNT(*) FROM campaign_preview WHERE org_id = ?`, g.OrgID))
	require.NoError(t, g.DB.Get(&items, `SELECT COUNT(*) FROM campaign_preview_item WHERE org_id = ?`, g.OrgID))
	require.Equal(t, []int{1, kept.Households}, []int{previews, items})
}
