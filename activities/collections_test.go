package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
)

// collection is a campaign as its steps see it.
type collection struct {
	dunning.CaseStore
	activities.Processes
	advanced dunning.Advanced
	head     dunning.CampaignHead
	open     []int // cohorts with an open case, as read after the step
	told     int   // how often the campaign was told
}

func (c *collection) Advance(context.Context, access.Scope, string, int, dunning.Decide) (dunning.Advanced, error) {
	return c.advanced, nil
}

func (c *collection) CampaignHead(context.Context, access.Scope, string) (dunning.CampaignHead, error) {
	return c.head, nil
}

func (c *collection) CohortNumbers(context.Context, access.Scope, string, bool) ([]int, error) {
	return c.open, nil
}

func (c *collection) RefreshCampaign(context.Context, dunning.CampaignRef) error {
	c.told++
	return nil
}

func TestTheLastCohortTellsItsCampaign(t *testing.T) {
	running, over := dunning.CampaignHead{Status: dunning.CampaignRunning, Selected: true}, dunning.CampaignHead{Status: dunning.CampaignFinished, Selected: true}
	tests := map[string]struct {
		collection
		told int
	}{
		"cases are open":                           {collection{advanced: dunning.Advanced{Open: 2}, head: running}, 0},
		"another cohort has open cases":            {collection{head: running, open: []int{4}}, 0},
		"no case is open":                          {collection{advanced: dunning.Advanced{CampaignOver: true}, head: running}, 1},
		"two cohorts have closed at the same time": {collection{head: running}, 1},
		"the campaign knows":                       {collection{advanced: dunning.Advanced{CampaignOver: true}, head: over}, 0},
		"the campaign still chooses its cases":     {collection{head: dunning.CampaignHead{Status: dunning.CampaignRunning}}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			c := tt.collection
			steps := &activities.Collections{Cases: &c, Progress: &c, Processes: &c, Clock: clock.Fixed{}}
			env.RegisterActivity(steps)
			_, err := env.ExecuteActivity(steps.AdvanceCohort, activities.CohortInput{OrgID: "org", CampaignID: "campaign", No: 3})
			require.NoError(t, err)
			require.Equal(t, tt.told, c.told)
		})
	}
}
