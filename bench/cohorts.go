package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"steward/domain/dunning"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
)

// A day must last longer than the planning of one stage, or the next stage falls due before the last is done.
const (
	fastest         = 17280 // a day in five seconds
	slowestPlanning = 2500  // touches a second that even a busy machine reaches
)

// cohorts runs a campaign as production does and reads from its rows how long each stage took from its due instant to its
// last decision. Nothing is sent: sending is measured apart.
func (g *ground) cohorts(ctx context.Context, households int) (planning, error) {
	p := planning{households: households}
	day := max(5*time.Second, time.Duration(households/slowestPlanning)*time.Second)
	speed := min(fastest, (24*time.Hour).Seconds()/day.Seconds())
	if err := g.turn(ctx, time.Time{}, 1); err != nil {
		return p, err
	}
	stop, err := g.work(ctx)
	if err != nil {
		return p, err
	}
	id, err := g.campaign(ctx, households, dunning.SMS, 1)
	if err != nil {
		return p, err
	}
	if err := g.turn(ctx, time.Time{}, speed); err != nil {
		return p, err
	}
	err = poll(ctx, 20*day+5*time.Minute, func() (bool, error) {
		var n int
		err := g.db.GetContext(ctx, &n, `SELECT COUNT(*) FROM case_outcome WHERE org_id = ? AND campaign_id = ? AND stage = 'stage3'`, g.orgID, id)
		return n == households, err
	})
	if err != nil {
		return p, err
	}
	var taken []struct {
		Stage string    `db:"stage"`
		N     int       `db:"n"`
		Due   time.Time `db:"due"`
		Done  time.Time `db:"done"`
	}
	err = g.db.SelectContext(ctx, &taken, `SELECT stage, COUNT(*) AS n, MIN(planned_at) AS due, MAX(decided_at) AS done
		FROM case_outcome WHERE org_id = ? AND campaign_id = ? AND kind = 'touch' GROUP BY stage`, g.orgID, id)
	if err != nil {
		return p, fmt.Errorf("read outcomes: %w", err)
	}
	for _, s := range taken {
		p.touches += s.N
		p.took += time.Duration(float64(s.Done.Sub(s.Due)) / speed)
	}
	if p.touches != stages*households {
		return p, fmt.Errorf("%d touches instead of %d", p.touches, stages*households)
	}
	if p.events, err = g.events(ctx, id); err != nil {
		return p, err
	}
	if err := g.turn(ctx, time.Time{}, 1); err != nil {
		return p, err
	}
	if _, err := g.store.CancelCampaign(ctx, g.scope, id, "measured"); err != nil {
		return p, err
	}
	return p, stop()
}

// events counts the histories of a campaign and its cohorts.
func (g *ground) events(ctx context.Context, campaignID string) (int64, error) {
	numbers, err := g.store.CohortNumbers(ctx, g.scope, campaignID, false)
	if err != nil {
		return 0, err
	}
	total, err := historyLength(ctx, g.client, campaign.ID(campaignID))
	for _, no := range numbers {
		if err != nil {
			break
		}
		var n int64
		n, err = historyLength(ctx, g.client, cohort.ID(campaignID, no))
		total += n
	}
	return total, err
}

func historyLength(ctx context.Context, c client.Client, id string) (int64, error) {
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return 0, fmt.Errorf("describe %s: %w", id, err)
	}
	return d.GetWorkflowExecutionInfo().GetHistoryLength(), nil
}
