package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

const (
	maxCampaignName = 80 // runes
	maxStartAhead   = 366 * 24 * time.Hour
)

// CreateCampaign starts a collection drive. Everything that it needs commits at once; its process is told by a delivery.
// The refusals: an unknown community, building, policy or stage (422), the same drive running already (409
// campaign-already-running), and a preview that no longer holds (409 preview-changed).
func (s *Store) CreateCampaign(ctx context.Context, sc access.Scope, n dunning.NewCampaign) (dunning.CampaignDetail, error) {
	if err := sc.Require(access.RunCampaigns, ""); err != nil {
		return dunning.CampaignDetail{}, err
	}
	now := s.clock.Now()
	if err := checkNewCampaign(&n, now); err != nil {
		return dunning.CampaignDetail{}, err
	}
	id := commandID(sc)
	err := s.inTx(ctx, "create campaign", func(tx *sqlx.Tx) error {
		if done, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM campaign WHERE org_id = ? AND id = ?)`, sc.OrgID, id); err != nil || done {
			return err
		}
		version, err := s.checkCampaignRequest(ctx, tx, sc, &n.CampaignRequest)
		if err != nil {
			return err
		}
		if err := lockCommunities(ctx, tx, sc.OrgID, n.CommunityIDs); err != nil {
			return err
		}
		if err := refuseTwin(ctx, tx, sc.OrgID, n.CampaignRequest); err != nil {
			return err
		}
		if n.PreviewID != "" && !n.ConfirmChanges {
			list, err := s.candidates(ctx, tx, sc, n.CampaignRequest, version.Policy, now)
			if err != nil {
				return err
			}
			if err := checkPreview(ctx, tx, sc, n.PreviewID, version, list); err != nil {
				return err
			}
		}
		return insertCampaign(ctx, tx, sc, id, n, version, now)
	})
	if err != nil {
		return dunning.CampaignDetail{}, err
	}
	return s.Campaign(ctx, sc, id)
}

func checkNewCampaign(n *dunning.NewCampaign, now time.Time) error {
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" {
		n.Name = "催缴 " + calendar.DateOf(now).String()
	}
	switch {
	case utf8.RuneCountInString(n.Name) > maxCampaignName:
		return refusal.New(refusal.Rule, "name-too-long", "活动名称最多 %d 个字，请缩短后重试。", maxCampaignName).At("name", "过长", nil)
	case n.StartAt.Sub(now) > maxStartAhead:
		return refusal.New(refusal.Rule, "start-too-far", "开始时间不能晚于一年之后，请改早一些。").At("start_at", "过晚", n.StartAt)
	}
	if n.StartAt.Before(now) {
		n.StartAt = now
	}
	n.StartAt = n.StartAt.UTC().Truncate(time.Microsecond)
	return nil
}

// lockCommunities makes managers who start campaigns over the same communities take turns.
func lockCommunities(ctx context.Context, tx *sqlx.Tx, orgID string, ids []string) error {
	var locked []string
	err := selectIn(ctx, tx, &locked, `SELECT id FROM community WHERE org_id = ? AND id IN (?) ORDER BY id FOR UPDATE`, orgID, ids)
	if err != nil {
		return fmt.Errorf("lock communities: %w", err)
	}
	return nil
}

// refuseTwin refuses a campaign that asks the same of the same communities as one that runs: started twice by mistake, it
// would find every household in an open case.
func refuseTwin(ctx context.Context, tx *sqlx.Tx, orgID string, req dunning.CampaignRequest) error {
	var rows []campaignRow
	err := selectIn(ctx, tx, &rows, `SELECT `+campaignColumns+` FROM campaign WHERE org_id = ? AND policy_id = ?
		AND status IN ('running','paused','needs_attention')
		AND id IN (SELECT campaign_id FROM campaign_community WHERE org_id = ? AND community_id IN (?))`,
		orgID, req.PolicyID, orgID, req.CommunityIDs)
	if err != nil {
		return fmt.Errorf("look for the same campaign: %w", err)
	}
	for _, g := range rows {
		other, err := g.request()
		if err != nil {
			return err
		}
		if sameRequest(req, other) {
			return refusal.New(refusal.Conflict, "campaign-already-running", "同样范围和策略的催缴活动“%s”正在进行，无需重复发起；请直接查看该活动，或调整范围后再试。", g.Name).
				With("campaign_id", g.ID)
		}
	}
	return nil
}

func sameRequest(a, b dunning.CampaignRequest) bool {
	for _, r := range []*dunning.CampaignRequest{&a, &b} {
		if len(r.BuildingIDs) == 0 {
			r.BuildingIDs = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

func insertCampaign(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, n dunning.NewCampaign, v dunning.PolicyVersion, now time.Time) error {
	request, err := json.Marshal(n.CampaignRequest)
	if err != nil {
		return fmt.Errorf("keep the request: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO campaign (org_id, id, name, policy_id, policy_version_id, request, from_stage, status, start_at, created_by, created_at)
		VALUES (?,?,?,?,?,?,?,'running',?,?,?)`, sc.OrgID, id, n.Name, v.ID, v.VersionID, string(request), nullable(n.FromStage), n.StartAt, sc.ActorID, now)
	if err != nil {
		return fmt.Errorf("write campaign: %w", err)
	}
	rows := make([][]any, len(n.CommunityIDs))
	for i, c := range n.CommunityIDs {
		rows[i] = []any{sc.OrgID, id, c}
	}
	if err := insertRows(ctx, tx, `INSERT INTO campaign_community (org_id, campaign_id, community_id)`, rows); err != nil {
		return fmt.Errorf("write the campaign's communities: %w", err)
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverCampaign, id); err != nil {
		return err
	}
	if err := recordAudit(ctx, tx, sc, now, Audited{Action: "start-campaign", SubjectKind: "campaign", SubjectID: id, Detail: map[string]any{
		"communities": len(n.CommunityIDs), "policy_version_id": v.VersionID, "confirm_changes": n.ConfirmChanges}}); err != nil {
		return err
	}
	return recordCampaignChange(ctx, tx, sc.OrgID, id, now)
}

// rowExists runs a SELECT EXISTS.
func rowExists(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (bool, error) {
	var n int
	if err := sqlx.GetContext(ctx, q, &n, query, args...); err != nil {
		return false, fmt.Errorf("look for a row: %w", err)
	}
	return n == 1, nil
}
