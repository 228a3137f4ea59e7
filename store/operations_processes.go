package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/dunning"
)

func wallNow() time.Time { return time.Now().UTC() }

// timerFigures counts the steps whose instant has come and that were not taken. A step that is on time appears here for
// as long as it takes: how long the latest waits tells a herd from a standstill.
func (s *Store) timerFigures(ctx context.Context, f *Figures) error {
	now := s.clock.Now()
	var cases, campaigns waitRow
	err := s.db.GetContext(ctx, &cases, `SELECT COUNT(*) AS n, MIN(c.next_at) AS oldest FROM campaign g
		JOIN dunning_case c FORCE INDEX (dunning_case_due) ON c.org_id = g.org_id AND c.campaign_id = g.id
		WHERE g.status = 'running' AND c.status IN ('open','held') AND c.next_at < ?`, now)
	if err != nil {
		return fmt.Errorf("count late cases: %w", err)
	}
	err = s.db.GetContext(ctx, &campaigns, `SELECT COUNT(*) AS n, MIN(start_at) AS oldest FROM campaign
		WHERE status = 'running' AND selected_at IS NULL AND start_at < ?`, now)
	if err != nil {
		return fmt.Errorf("count late campaigns: %w", err)
	}
	f.LateCases, f.LateCampaigns = s.waitingOf(cases), s.waitingOf(campaigns)
	return nil
}

// attentionFigures counts live campaigns by status, and cases that wait for a person.
func (s *Store) attentionFigures(ctx context.Context, f *Figures) error {
	f.Campaigns = map[string]int64{dunning.CampaignRunning: 0, dunning.CampaignPaused: 0, dunning.CampaignNeedsAttention: 0}
	err := s.countInto(ctx, f.Campaigns, `SELECT status, COUNT(*) AS n FROM campaign WHERE status IN ('running','paused','needs_attention') GROUP BY status`)
	if err != nil {
		return fmt.Errorf("count live campaigns: %w", err)
	}
	err = s.db.GetContext(ctx, &f.CasesAttention, `SELECT COUNT(*) FROM campaign g
		JOIN dunning_case c FORCE INDEX (dunning_case_status) ON c.org_id = g.org_id AND c.campaign_id = g.id
		WHERE g.status IN ('running','paused','needs_attention') AND c.status = 'needs_attention'`)
	if err != nil {
		return fmt.Errorf("count cases that need attention: %w", err)
	}
	return nil
}

// deliveryFigures counts what the relay still has to do; its instants are wall time.
func (s *Store) deliveryFigures(ctx context.Context, f *Figures) error {
	var row waitRow
	if err := s.db.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM delivery WHERE delivered_at IS NULL`); err != nil {
		return fmt.Errorf("count waiting deliveries: %w", err)
	}
	f.Deliveries.N = row.N
	if row.Oldest != nil {
		f.Deliveries.Oldest = max(time.Since(*row.Oldest), 0)
	}
	if err := s.db.GetContext(ctx, &f.FeedWaiting, `SELECT COUNT(*) FROM change_feed WHERE seq IS NULL`); err != nil {
		return fmt.Errorf("count the unnumbered feed: %w", err)
	}
	return nil
}

func (s *Store) importFigures(ctx context.Context, f *Figures) error {
	var row struct {
		waitRow
		Progress
	}
	err := s.db.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(requested_at) AS oldest, COALESCE(SUM(done_n), 0) AS done, COALESCE(SUM(total_n), 0) AS total
		FROM import_job WHERE status NOT IN ('done','failed')`)
	if err != nil {
		return fmt.Errorf("count running imports: %w", err)
	}
	f.Imports, f.ImportRows = s.waitingOf(row.waitRow), row.Progress
	return nil
}

func (s *Store) suspenseFigures(ctx context.Context, f *Figures) error {
	var row waitRow
	if err := s.db.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(received_at) AS oldest FROM suspense WHERE status = 'open'`); err != nil {
		return fmt.Errorf("count money in suspense: %w", err)
	}
	f.Suspense = s.waitingOf(row)
	return nil
}
