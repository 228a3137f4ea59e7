package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/feed"
)

type changeRow struct {
	Seq         int64          `db:"seq"`
	OrgID       string         `db:"org_id"`
	Kind        string         `db:"kind"`
	SubjectID   string         `db:"subject_id"`
	CommunityID sql.NullString `db:"community_id"`
	At          time.Time      `db:"at"`
}

// ChangesAfter gives numbered changes of every organization in order; readers apply feed.Change.VisibleTo.
func (s *Store) ChangesAfter(ctx context.Context, seq int64, limit int) ([]feed.Change, error) {
	var rows []changeRow
	err := s.db.SelectContext(ctx, &rows, `SELECT seq, org_id, kind, subject_id, community_id, at FROM change_feed WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
	if err != nil {
		return nil, fmt.Errorf("read the change feed: %w", err)
	}
	changes := make([]feed.Change, len(rows))
	var campaigns []string
	for i, r := range rows {
		changes[i] = feed.Change{Seq: r.Seq, OrgID: r.OrgID, Kind: r.Kind, ID: r.SubjectID, CommunityID: r.CommunityID.String, At: r.At}
		if r.Kind == "campaign" && !r.CommunityID.Valid {
			campaigns = append(campaigns, r.SubjectID)
		}
	}
	return changes, s.addCampaignCommunities(ctx, changes, campaigns)
}

// addCampaignCommunities tells of a campaign over several communities whom it concerns.
func (s *Store) addCampaignCommunities(ctx context.Context, changes []feed.Change, campaigns []string) error {
	if len(campaigns) == 0 {
		return nil
	}
	orgs := map[string]bool{}
	for _, c := range changes {
		orgs[c.OrgID] = true
	}
	of := map[string][]string{}
	for org := range orgs {
		query, args, err := sqlx.In(`SELECT campaign_id, community_id FROM campaign_community WHERE org_id = ? AND campaign_id IN (?)`, org, campaigns)
		if err != nil {
			return fmt.Errorf("read the change feed: %w", err)
		}
		var rows []struct {
			CampaignID  string `db:"campaign_id"`
			CommunityID string `db:"community_id"`
		}
		if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
			return fmt.Errorf("read the change feed: %w", err)
		}
		for _, r := range rows {
			of[r.CampaignID] = append(of[r.CampaignID], r.CommunityID)
		}
	}
	for i, c := range changes {
		if c.Kind == "campaign" {
			changes[i].Communities = of[c.ID]
		}
	}
	return nil
}

// FeedBounds gives the first and the last number that the feed holds.
func (s *Store) FeedBounds(ctx context.Context) (feed.Bounds, error) {
	var b struct {
		First int64 `db:"first_seq"`
		Last  int64 `db:"last_seq"`
	}
	err := s.db.GetContext(ctx, &b, `SELECT COALESCE(MIN(seq), 0) AS first_seq, COALESCE(MAX(seq), 0) AS last_seq FROM change_feed`)
	if err != nil {
		return feed.Bounds{}, fmt.Errorf("read the change feed's bounds: %w", err)
	}
	return feed.Bounds{First: b.First, Last: b.Last}, nil
}
