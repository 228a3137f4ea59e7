package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/estate"
)

// A flag that is set while a campaign chooses its cases keeps the debtor out or holds the new case: never neither.
func TestAFlagMeetsACampaignThatIsChoosingItsCases(t *testing.T) {
	g := newCampaignGround(t)
	const people = 60
	var protected []string
	for i := range people {
		_, person := g.debtor("2026-02-01", 10_000)
		if i%2 == 0 {
			protected = append(protected, person)
		}
	}
	c, err := g.Store.CreateCampaign(t.Context(), g.Scope, dunning.NewCampaign{CampaignRequest: g.request(), Name: "同时标记"})
	require.NoError(t, err)
	d := &drive{campaignGround: g, id: c.ID}
	var wg sync.WaitGroup
	begin := make(chan struct{})
	wg.Go(func() {
		<-begin
		sel, err := g.Store.SelectCases(t.Context(), g.Scope, c.ID, dunning.Step, func() {})
		if err != nil {
			t.Error(err)
		}
		for _, cohort := range sel.Cohorts {
			d.cohorts = append(d.cohorts, cohort.No)
		}
	})
	for n := range 4 {
		wg.Go(func() {
			<-begin
			for i := n; i < len(protected); i += 4 {
				_, err := g.Store.FlagDebtor(t.Context(), g.Scope, protected[i], estate.FlagChange{Flag: estate.FlagHold, Reason: "请勿打扰"})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	close(begin)
	wg.Wait()
	d.advance()
	require.Len(t, d.send(), people-len(protected))
	for _, k := range d.cases() {
		for _, p := range protected {
			if k.DebtorID == p {
				require.Equal(t, dunning.CaseHeld, k.Status)
			}
		}
	}
}
