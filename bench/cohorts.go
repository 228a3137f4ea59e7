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

// cohorts runs a campaign as production does and measures how long each stage took from its due instant until it was
// committed for the last household. Messages are only marked as
// sent: sending is measured apart.
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
	for i := range stages {
		touches, took, err := g.watchStage(ctx, id, i, 20*day+5*time.Minute)
		if err != nil {
			return p, err
		}
		p.touches += touches
		p.took += took
		// A household's next stage waits until its message has gone.
		_, err = g.db.ExecContext(ctx, `UPDATE outbox SET status = 'delivered', sent_at = created_at WHERE org_id = ? AND campaign_id = ? AND status = 'queued'`, g.orgID, id)
		if err != nil {
			return p, fmt.Errorf("take messages for sent: %w", err)
		}
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

// watchStage waits until no case stands before a stage any more and gives how long that took from the stage's first due instant.
func (g *ground) watchStage(ctx context.Context, campaignID string, n int, limit time.Duration) (touches int, took time.Duration, err error) {
	before, stage := "", fmt.Sprintf("stage%d", n+1)
	if n > 0 {
		before = fmt.Sprintf("stage%d", n)
	}
	err = poll(ctx, limit, 10*time.Millisecond, func() (bool, error) {
		var left int
		err := g.db.GetContext(ctx, &left, `SELECT EXISTS (SELECT 1 FROM dunning_case WHERE org_id = ? AND campaign_id = ? AND status = 'open' AND stage = ?)`,
			g.orgID, campaignID, before)
		return left == 0, err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("watch %s: %w", stage, err)
	}
	done := g.clock.Anchor()
	at := done.BusinessAt(time.Now())
	var taken struct {
		N   int       `db:"n"`
		Due time.Time `db:"due"`
	}
	err = g.db.GetContext(ctx, &taken, `SELECT COUNT(*) AS n, MIN(planned_at) AS due FROM case_outcome
		WHERE org_id = ? AND campaign_id = ? AND stage = ? AND kind = 'touch'`, g.orgID, campaignID, stage)
	if err != nil {
		return 0, 0, fmt.Errorf("read outcomes: %w", err)
	}
	return taken.N, time.Duration(float64(at.Sub(taken.Due)) / done.Speed), nil
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
