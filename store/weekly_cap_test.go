package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/money"
)

// neighbour gives a debtor a second debt in another community.
func (g *campaignGround) neighbour(person string) (community string) {
	community = g.addCommunity()
	unit := g.addUnit(community)
	g.addOwner(unit, person)
	g.issue(money.NewBill{CommunityID: community, UnitID: unit, DebtorID: person, FeeItem: "物业费", Period: "2026-01", DueOn: date("2026-02-01"), AmountFen: 20_000})
	return community
}

// capped makes the ground's policy one of messages that follow each other daily, so many in a week.
func (g *campaignGround) capped(perWeek int) {
	g.t.Helper()
	one := 1
	stage := func(key string) dunning.Stage {
		return dunning.Stage{Key: key, OffsetDays: 1, OffsetFrom: dunning.FromPrevious, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: "{{amount}}"}
	}
	p, err := g.Store.CreatePolicy(g.t.Context(), g.Scope, dunning.Draft{Name: "每周上限", MinGapDays: &one, MaxTouchesPerWeek: &perWeek,
		Stages: []dunning.Stage{stage("a"), stage("b"), stage("c"), stage("d"), stage("e")}})
	require.NoError(g.t, err)
	g.policy = p.ID
}

func (g *campaignGround) startOver(name string, communities ...string) *drive {
	g.t.Helper()
	c, err := g.Store.CreateCampaign(g.t.Context(), g.Scope, dunning.NewCampaign{Name: name,
		CampaignRequest: dunning.CampaignRequest{CommunityIDs: communities, PolicyID: g.policy}})
	require.NoError(g.t, err)
	sel, err := g.Store.SelectCases(g.t.Context(), g.Scope, c.ID, dunning.Step, func() {})
	require.NoError(g.t, err)
	d := &drive{campaignGround: g, id: c.ID}
	for _, cohort := range sel.Cohorts {
		d.cohorts = append(d.cohorts, cohort.No)
	}
	g.Clock.Set(date("2026-03-10").At(10, 0)) // the first stage comes a day after the entry
	return d
}

func TestTheWeeklyCapHoldsOverCommunitiesOfOneCampaign(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(1)
	_, person := g.debtor("2026-02-01", 10_000)
	d := g.startOver("两处", g.community, g.neighbour(person))
	_, touched := d.advance()
	require.Equal(t, 1, touched, "both cases are decided in one step")
	d.send()
	_, touched = d.walk("2026-03-16")
	require.Zero(t, touched)
	_, touched = d.walk("2026-03-18")
	require.Equal(t, 1, touched, "a week later there is room for one")
}

func TestTheWeeklyCapHoldsOverCampaigns(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(1)
	_, person := g.debtor("2026-02-01", 10_000)
	other := g.neighbour(person)
	first, second := g.startOver("甲", g.community), g.startOver("乙", other)
	_, touched := first.advance()
	require.Equal(t, 1, touched)
	_, touched = second.advance()
	require.Zero(t, touched, "a queued message counts")
	first.must(first.cases()[0].ID, dunning.OrderExclude)
	g.Clock.Set(date("2026-03-17").At(10, 0))
	_, touched = second.advance()
	require.Equal(t, 1, touched, "a cancelled message does not")
	require.Len(t, second.send(), 1)
}

func TestACancelledMessageLeavesItsPlaceInTheWeekAtOnce(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(1)
	_, person := g.debtor("2026-02-01", 10_000)
	other := g.neighbour(person)
	first := g.startOver("甲", g.community)
	first.advance()
	first.must(first.cases()[0].ID, dunning.OrderExclude)
	second := g.startOver("乙", other)
	g.Clock.Set(date("2026-03-11").At(10, 0))
	_, touched := second.advance()
	require.Equal(t, 1, touched)
}

// A message counts in the week in which it went out, however long it had waited.
func TestAMessageCountsWhenItWentOut(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(1)
	_, person := g.debtor("2026-02-01", 10_000)
	other := g.neighbour(person)
	first := g.startOver("甲", g.community)
	first.advance()
	g.Clock.Set(date("2026-03-23").At(10, 0))
	second := &drive{campaignGround: g}
	*second = *g.startOver("乙", other)
	g.Clock.Set(date("2026-03-24").At(10, 0))
	next, touched := second.advance()
	require.Zero(t, touched, "the old message may go out at any moment")
	require.Less(t, next.Sub(g.Clock.Now()), 48*time.Hour)
	require.Greater(t, next.Sub(g.Clock.Now()), 12*time.Hour, "a look a day")
	require.Len(t, first.send(), 1)
	g.Clock.Set(date("2026-03-30").At(10, 0))
	_, touched = second.advance()
	require.Zero(t, touched)
	g.Clock.Set(date("2026-03-31").At(11, 0))
	_, touched = second.advance()
	require.Equal(t, 1, touched)
}

func TestACapOfZeroIsNoLimit(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(0)
	g.debtor("2026-02-01", 10_000)
	d := g.startOver("不限", g.community)
	total := 0
	for _, day := range []string{"2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"} {
		g.Clock.Set(date(day).At(10, 0))
		_, touched := d.advance()
		total += touched
		d.send()
	}
	require.Equal(t, 4, total, "daily, more than the default of three")
}

func TestTheWeeklyCapHoldsWhenCampaignsStepAtTheSameMoment(t *testing.T) {
	g := newCampaignGround(t)
	g.capped(1)
	const people = 20
	others := make([]string, 0, people)
	for range people {
		_, person := g.debtor("2026-02-01", 10_000)
		others = append(others, g.neighbour(person))
	}
	first, second := g.startOver("甲", g.community), g.startOver("乙", others...)
	var wg sync.WaitGroup
	for _, d := range []*drive{first, second} {
		wg.Go(func() {
			for _, no := range d.cohorts {
				if _, err := g.Store.Advance(t.Context(), g.Scope, d.id, no, dunning.Step); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var n int
	require.NoError(t, g.DB.GetContext(t.Context(), &n, `SELECT COUNT(*) FROM outbox WHERE org_id = ?`, g.OrgID))
	require.Equal(t, people, n, "each debtor is told once")
}
