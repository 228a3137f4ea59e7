package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// CampaignHead gives what a campaign's process has to know before it acts; an unknown campaign is refused.
func (s *Store) CampaignHead(ctx context.Context, sc access.Scope, campaignID string) (dunning.CampaignHead, error) {
	if err := sc.Require(access.RunCampaigns, ""); err != nil {
		return dunning.CampaignHead{}, err
	}
	var row struct {
		Status     string       `db:"status"`
		StartAt    time.Time    `db:"start_at"`
		SelectedAt sql.NullTime `db:"selected_at"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT status, start_at, selected_at FROM campaign WHERE org_id = ? AND id = ?`, sc.OrgID, campaignID)
	if errors.Is(err, sql.ErrNoRows) {
		return dunning.CampaignHead{}, refusal.New(refusal.NotFound, "campaign-unknown", "没有找到这个催缴活动。")
	}
	if err != nil {
		return dunning.CampaignHead{}, fmt.Errorf("read campaign %s: %w", campaignID, err)
	}
	return dunning.CampaignHead{Status: row.Status, StartAt: row.StartAt, Selected: row.SelectedAt.Valid}, nil
}

// CohortNumbers lists a campaign's cohorts; with openOnly those in which a case is not closed yet.
func (s *Store) CohortNumbers(ctx context.Context, sc access.Scope, campaignID string, openOnly bool) ([]int, error) {
	if err := sc.Require(access.RunCampaigns, ""); err != nil {
		return nil, err
	}
	q := `SELECT DISTINCT cohort_no FROM dunning_case WHERE org_id = ? AND campaign_id = ?`
	if openOnly {
		q += ` AND status IN ('open','held','needs_attention')`
	}
	var numbers []int
	if err := s.db.SelectContext(ctx, &numbers, q+` ORDER BY cohort_no`, sc.OrgID, campaignID); err != nil {
		return nil, fmt.Errorf("list the cohorts of campaign %s: %w", campaignID, err)
	}
	return numbers, nil
}

// LiveCampaigns lists the campaigns of all organizations that are not over.
func (s *Store) LiveCampaigns(ctx context.Context) ([]dunning.CampaignRef, error) {
	var rows []struct {
		OrgID string `db:"org_id"`
		ID    string `db:"id"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT org_id, id FROM campaign WHERE status IN ('running','paused','needs_attention') ORDER BY org_id, id`)
	if err != nil {
		return nil, fmt.Errorf("list live campaigns: %w", err)
	}
	refs := make([]dunning.CampaignRef, len(rows))
	for i, r := range rows {
		refs[i] = dunning.CampaignRef{OrgID: r.OrgID, CampaignID: r.ID}
	}
	return refs, nil
}

// ImportRef names one import.
type ImportRef struct {
	OrgID    string `db:"org_id"`
	ImportID string `db:"id"`
}

// LiveImports lists the imports of all organizations that have not ended.
func (s *Store) LiveImports(ctx context.Context) ([]ImportRef, error) {
	var refs []ImportRef
	err := s.db.SelectContext(ctx, &refs, `SELECT org_id, id FROM import_job WHERE status NOT IN ('done','failed') ORDER BY org_id, id`)
	if err != nil {
		return nil, fmt.Errorf("list live imports: %w", err)
	}
	return refs, nil
}

// SendSetting gives how a channel may be used; one that has no row is free.
func (s *Store) SendSetting(ctx context.Context, ch dunning.Channel) (dunning.SendSetting, error) {
	var row struct {
		PerSecond     int  `db:"per_second"`
		ResendUnknown bool `db:"resend_unknown"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT per_second, resend_unknown FROM channel_setting WHERE channel = ? ORDER BY per_second = 0, per_second LIMIT 1`, string(ch))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return dunning.SendSetting{}, fmt.Errorf("read the setting of channel %s: %w", ch, err)
	}
	return dunning.SendSetting{PerSecond: row.PerSecond, ResendUnknown: row.ResendUnknown}, nil
}

// OverdueCohorts lists the cohorts of running campaigns with a case that should have been looked at a while ago; late is
// business time.
func (s *Store) OverdueCohorts(ctx context.Context, late time.Duration) ([]dunning.CohortRef, error) {
	var rows []struct {
		OrgID      string `db:"org_id"`
		CampaignID string `db:"campaign_id"`
		No         int    `db:"cohort_no"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT DISTINCT c.org_id, c.campaign_id, c.cohort_no FROM campaign g
		JOIN dunning_case c ON c.org_id = g.org_id AND c.campaign_id = g.id
		WHERE g.status = 'running' AND c.status IN ('open','held') AND c.next_at < ? ORDER BY c.org_id, c.campaign_id, c.cohort_no`, s.clock.Now().Add(-late))
	if err != nil {
		return nil, fmt.Errorf("list overdue cohorts: %w", err)
	}
	refs := make([]dunning.CohortRef, len(rows))
	for i, r := range rows {
		refs[i] = dunning.CohortRef{CampaignRef: dunning.CampaignRef{OrgID: r.OrgID, CampaignID: r.CampaignID}, No: r.No}
	}
	return refs, nil
}

// LapsedSending counts messages that a dead sender left in sending and no living one has taken over since, by channel.
func (s *Store) LapsedSending(ctx context.Context, since time.Duration) (map[dunning.Channel]int, error) {
	var rows []struct {
		Channel string `db:"channel"`
		N       int    `db:"n"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT channel, COUNT(*) AS n FROM outbox WHERE status = 'sending' AND lease_until < ? GROUP BY channel`, time.Now().UTC().Add(-since))
	if err != nil {
		return nil, fmt.Errorf("count lapsed messages: %w", err)
	}
	lapsed := make(map[dunning.Channel]int, len(rows))
	for _, r := range rows {
		lapsed[dunning.Channel(r.Channel)] = r.N
	}
	return lapsed, nil
}
