package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

// campaignGround is a community with holidays, policies and debtors who can be reached.
type campaignGround struct {
	*moneyEnv
	policy string
}

func newCampaignGround(t testing.TB) *campaignGround {
	g := &campaignGround{moneyEnv: newMoneyEnv(t)}
	require.NoError(t, g.Store.SeedHolidays(t.Context(), g.OrgID))
	require.NoError(t, g.Store.SeedDefaultPolicy(t.Context(), g.OrgID))
	policies, err := g.Store.Policies(t.Context(), g.Scope, page.Query{Limit: 50})
	require.NoError(t, err)
	for _, p := range policies.Items {
		if p.Name == "短信三次提醒" {
			g.policy = p.ID
		}
	}
	require.NotEmpty(t, g.policy)
	return g
}

// debtor adds a household that can be reached by phone and owes one bill.
func (g *campaignGround) debtor(due string, fen int64) (unit, person string) {
	unit, person = g.household()
	g.serial++
	phone := fmt.Sprintf("1380000%04d", g.serial)
	g.exec(`UPDATE person SET phone_enc = ?, phone_bidx = ? WHERE org_id = ? AND id = ?`, g.Keys.Seal(phone), g.Keys.Index("phone", phone), g.OrgID, person)
	if fen > 0 {
		g.bill(unit, person, "2026-01", due, fen)
	}
	return unit, person
}

func (g *campaignGround) request() dunning.CampaignRequest {
	return dunning.CampaignRequest{CommunityIDs: []string{g.community}, PolicyID: g.policy}
}

func (g *campaignGround) preview(req dunning.CampaignRequest) dunning.Preview {
	g.t.Helper()
	p, err := g.Store.PreviewCampaign(g.t.Context(), g.Scope, dunning.PreviewRequest{CampaignRequest: req})
	require.NoError(g.t, err)
	return p
}

func (g *campaignGround) flag(person, flag string) {
	g.t.Helper()
	_, err := g.Store.FlagDebtor(g.t.Context(), g.Scope, person, estate.FlagChange{Flag: flag, Reason: "测试"})
	require.NoError(g.t, err)
}

// The clock stands at 2026-03-09 10:00, a Monday.
func TestPreviewTellsWhomItReachesAndWhomItLeavesOut(t *testing.T) {
	g := newCampaignGround(t)
	_, owes := g.debtor("2026-02-01", 120_000)
	_, held := g.debtor("2026-02-01", 1_000)
	g.flag(held, estate.FlagHold)
	_, dead := g.debtor("2026-02-01", 1_000)
	g.flag(dead, estate.FlagHold)
	g.flag(dead, estate.FlagDeceased)
	_, poor := g.debtor("2026-02-01", 1_000)
	g.flag(poor, estate.FlagHardship)
	_, moved := g.debtor("2026-02-01", 90_000)
	g.flag(moved, estate.FlagWrongContact)
	g.debtor("2026-03-10", 80_000) // falls due tomorrow
	g.debtor("2026-02-01", 4_999)
	g.debtor("2026-02-20", 70_000) // overdue for 17 days
	unit, ahead := g.debtor("", 0)
	g.payUnit(unit, 500)
	g.bill(unit, ahead, "2026-02", "2026-02-01", 6_000)
	disputedUnit, disputes := g.debtor("2026-02-01", 50_000)
	g.exec(`UPDATE bill SET disputed = TRUE WHERE org_id = ? AND unit_id = ? AND debtor_id = ?`, g.OrgID, disputedUnit, disputes)
	devUnit, developer := g.addUnit(g.community), g.addPerson()
	g.exec(`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'developer','2020-01-01',?)`,
		g.OrgID, store.NewID(), devUnit, developer, g.Clock.Now())
	g.bill(devUnit, developer, "2026-01", "2026-02-01", 9_000_000)
	_, busy := g.debtor("2026-02-01", 60_000)
	g.exec(`INSERT INTO dunning_case (org_id, id, campaign_id, cohort_no, community_id, debtor_id, status, due_on, entered_fen, arrears_fen, opened_at, open_slot)
		VALUES (?,?,?,0,?,?,'open','2026-02-01',1,1,?,1)`, g.OrgID, store.NewID(), store.NewID(), g.community, busy, g.Clock.Now())

	req := g.request()
	req.Filter = dunning.Filter{MinAmountFen: 5_000, MinOverdueDays: 20}
	p := g.preview(req)
	require.Equal(t, 3, p.Households, "the plain debtor, the moved one, and the one with an advance")
	require.Equal(t, int64(120_000+90_000+5_500), p.AmountFen)
	require.ElementsMatch(t, []dunning.ExcludedCount{
		{Reason: "hold", Households: 1}, {Reason: "deceased", Households: 1}, {Reason: "hardship", Households: 1}, {Reason: "not-overdue", Households: 2},
		{Reason: "below-minimum", Households: 1}, {Reason: "disputed", Households: 1}, {Reason: "developer", Households: 1}, {Reason: "in-open-case", Households: 1},
	}, p.Excluded)

	items, err := g.Store.PreviewItems(t.Context(), g.Scope, p.ID, page.Query{Limit: 500})
	require.NoError(t, err)
	require.Len(t, items.Items, 12)
	for _, i := range items.Items {
		if i.DebtorID == owes {
			require.Equal(t, "friendly", i.FirstStage)
			require.Equal(t, g.Clock.Now(), *i.FirstAt, "it is overdue and the window is open")
			require.Equal(t, int64(120_000), *i.AmountFen)
		}
	}
}

func TestPreviewScheduleAndCost(t *testing.T) {
	g := newCampaignGround(t)
	for range 3 {
		g.debtor("2026-02-01", 10_000)
	}
	for range 2 {
		g.debtor("2026-03-05", 20_000)
	}
	silentUnit, silent := g.household() // no phone
	g.bill(silentUnit, silent, "2026-01", "2026-03-05", 30_000)
	g.exec(`INSERT INTO channel_setting (org_id, channel, price_fen) VALUES (?, 'sms', 5)`, g.OrgID)
	p := g.preview(g.request())
	require.Equal(t, 6, p.Households)
	require.Equal(t, int64(3*10_000+2*20_000+30_000), p.AmountFen)
	type line struct {
		stage, date           string
		touches, sms, skipped int
		costFen               int64
	}
	var got []line
	for _, d := range p.Schedule {
		got = append(got, line{d.Stage, d.Date.String(), d.Touches, d.ByChannel[dunning.SMS], d.Skipped, d.CostFen})
	}
	require.Equal(t, []line{
		{"friendly", "2026-03-09", 3, 3, 0, 15}, // overdue: at once
		{"friendly", "2026-03-12", 2, 2, 1, 10},
		{"remind", "2026-03-12", 3, 3, 0, 15}, // three days on
		{"demand", "2026-03-16", 3, 3, 0, 15}, // three days on is a Sunday
		{"remind", "2026-03-20", 2, 2, 1, 10},
		{"demand", "2026-04-07", 2, 2, 1, 10}, // 4 April is 清明
	}, got)
	require.Equal(t, []string{"no-address"}, warningCodes(p))

	later, err := g.Store.PreviewCampaign(t.Context(), g.Scope, dunning.PreviewRequest{CampaignRequest: g.request(), StartAt: g.Clock.Now().AddDate(0, 0, 8)})
	require.NoError(t, err)
	require.Equal(t, "2026-03-17", later.Schedule[0].Date.String())
	require.Equal(t, 5, later.Schedule[0].Touches, "a later start begins with all that is overdue by then")

	g.Clock.Set(g.Clock.Now().AddDate(0, 9, 20)) // into the winter before a notice that is not out
	require.Contains(t, warningCodes(g.preview(g.request())), "year-not-loaded")
	require.Equal(t, []string{"nobody-owes"}, warningCodes(g.preview(dunning.CampaignRequest{CommunityIDs: []string{g.addCommunity()}, PolicyID: g.policy})))
}

func warningCodes(p dunning.Preview) []string {
	codes := []string{}
	for _, w := range p.Warnings {
		codes = append(codes, w.Code)
	}
	return codes
}

func TestPreviewUnderTheGoLiveGuard(t *testing.T) {
	g := newCampaignGround(t)
	g.debtor("2026-02-01", 10_000)
	_, tester := g.debtor("2026-02-01", 10_000)
	var sealed []byte
	require.NoError(t, g.DB.Get(&sealed, `SELECT phone_enc FROM person WHERE org_id = ? AND id = ?`, g.OrgID, tester))
	phone, err := g.Keys.Open(sealed)
	require.NoError(t, err)
	on := true
	live, err := g.Store.ChangeGoLive(t.Context(), g.Scope, g.community, estate.GoLiveChange{Guard: &on, TestPhones: &[]string{"+86 " + phone[:3] + "-" + phone[3:]}}, 0)
	require.NoError(t, err)
	require.True(t, live.Guard)
	require.Equal(t, []string{phone}, live.TestPhones)
	p := g.preview(g.request())
	require.Equal(t, 1, p.Schedule[0].Touches)
	require.Equal(t, 1, p.Schedule[0].Skipped)
	require.Equal(t, []string{"go-live-guard"}, warningCodes(p))

	live, err = g.Store.ChangeGoLive(t.Context(), g.Scope, g.community, estate.GoLiveChange{SignedOff: &on}, live.Version)
	require.NoError(t, err)
	require.False(t, live.Guard, "signing off ends the guard")
	require.True(t, live.SignedOff)
	require.Equal(t, []string{phone}, live.TestPhones, "what is left out stays")
	require.Empty(t, warningCodes(g.preview(g.request())))
	_, err = g.Store.ChangeGoLive(t.Context(), g.Scope, g.community, estate.GoLiveChange{Guard: &on}, live.Version-1)
	require.True(t, refusal.Is(err, "stale-version"), "%v", err)
	_, err = g.Store.ChangeGoLive(t.Context(), g.Scope, g.community, estate.GoLiveChange{TestPhones: &[]string{"hello"}}, 0)
	require.True(t, refusal.Is(err, "invalid-phone"), "%v", err)
}

func TestPreviewOfOneBuildingAsksForAllUnitsOfItsDebtors(t *testing.T) {
	g := newCampaignGround(t)
	unit, owner := g.debtor("2026-02-01", 10_000)
	g.debtor("2026-02-01", 10_000)
	second := g.addUnit(g.community)
	g.addOwner(second, owner)
	g.bill(second, owner, "2026-01", "2026-01-15", 7_000)
	var building string
	require.NoError(t, g.DB.Get(&building, `SELECT building_id FROM unit WHERE org_id = ? AND id = ?`, g.OrgID, unit))
	g.exec(`INSERT INTO building (org_id, id, community_id, name, name_key) VALUES (?,?,?,'1栋','1')`, g.OrgID, building, g.community)
	req := g.request()
	req.BuildingIDs = []string{building}
	p := g.preview(req)
	require.Equal(t, 1, p.Households)
	require.Equal(t, int64(17_000), p.AmountFen)
}

func TestPreviewRefusals(t *testing.T) {
	g := newCampaignGround(t)
	for code, change := range map[string]func(r *dunning.CampaignRequest){
		"unknown-community": func(r *dunning.CampaignRequest) { r.CommunityIDs = append(r.CommunityIDs, store.NewID()) },
		"unknown-building":  func(r *dunning.CampaignRequest) { r.BuildingIDs = []string{store.NewID()} },
		"unknown-policy":    func(r *dunning.CampaignRequest) { r.PolicyID = "none" },
		"unknown-stage":     func(r *dunning.CampaignRequest) { r.FromStage = "none" },
		"negative-filter":   func(r *dunning.CampaignRequest) { r.Filter.MinAmountFen = -1 },
	} {
		req := g.request()
		change(&req)
		_, err := g.Store.PreviewCampaign(t.Context(), g.Scope, dunning.PreviewRequest{CampaignRequest: req})
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
		r, _ := refusal.As(err)
		require.Equal(t, refusal.Rule, r.Kind)
	}
	_, err := g.Store.PreviewCampaign(t.Context(), g.Scope, dunning.PreviewRequest{CampaignRequest: dunning.CampaignRequest{PolicyID: g.policy}})
	require.True(t, refusal.Is(err, "unknown-community"), "%v", err)
	elsewhere := access.Scope{OrgID: g.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.CommunityManager, Level: access.LevelCommunity, Communities: []string{store.NewID()}}}}
	_, err = g.Store.PreviewCampaign(t.Context(), elsewhere, dunning.PreviewRequest{CampaignRequest: g.request()})
	require.True(t, refusal.Is(err, "forbidden"), "%v", err)
}

func TestPreviewItemsShowWhatTheCallerMaySee(t *testing.T) {
	g := newCampaignGround(t)
	for range 3 {
		g.debtor("2026-02-01", 10_000)
	}
	id := g.preview(g.request()).ID
	caller := func(m access.MoneyView) access.Scope {
		return access.Scope{OrgID: g.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: access.CommunityManager, Level: access.LevelCompany, Money: m}}}
	}
	for view, amount := range map[access.MoneyView]bool{access.MoneyDetail: true, access.MoneyTotals: true, access.MoneyStatus: false} {
		items, err := g.Store.PreviewItems(t.Context(), caller(view), id, page.Query{Limit: 2})
		require.NoError(t, err)
		require.Len(t, items.Items, 2)
		rest, err := g.Store.PreviewItems(t.Context(), caller(view), id, page.Query{Limit: 2, Cursor: items.NextCursor})
		require.NoError(t, err)
		require.Len(t, rest.Items, 1)
		require.Empty(t, rest.NextCursor)
		require.NotEqual(t, items.Items[1].DebtorID, rest.Items[0].DebtorID)
		require.NotContains(t, items.Items[0].Household, "*", "a manager may see people")
		require.Equal(t, amount, items.Items[0].AmountFen != nil, view)
	}
	_, err := g.Store.PreviewItems(t.Context(), g.Scope, store.NewID(), page.Query{Limit: 2})
	require.True(t, refusal.Is(err, "unknown-preview"), "%v", err)
}
