package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

const (
	maxRequestCommunities = 500
	maxRequestBuildings   = 2000
)

// checkCampaignRequest refuses a request that names a community, building, policy or stage which does not exist, or one
// outside the caller's reach, and gives the newest version of its policy. It sorts and thins the request's lists.
func (s *Store) checkCampaignRequest(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, req *dunning.CampaignRequest) (dunning.PolicyVersion, error) {
	none := dunning.PolicyVersion{}
	slices.Sort(req.CommunityIDs)
	req.CommunityIDs = slices.Compact(req.CommunityIDs)
	slices.Sort(req.BuildingIDs)
	req.BuildingIDs = slices.Compact(req.BuildingIDs)
	if err := checkRequestShape(*req); err != nil {
		return none, err
	}
	if err := checkCommunities(ctx, q, sc, req.CommunityIDs); err != nil {
		return none, err
	}
	if err := checkBuildings(ctx, q, sc, *req); err != nil {
		return none, err
	}
	version, err := currentPolicy(ctx, q, sc.OrgID, req.PolicyID)
	if refusal.Is(err, "unknown-policy") {
		return none, refusal.New(refusal.Rule, "unknown-policy", "催缴策略不存在，请重新选择策略。").At("policy_id", "没有此策略", req.PolicyID)
	}
	if err != nil {
		return none, err
	}
	if req.FromStage != "" && version.StageIndex(req.FromStage) < 0 {
		return none, refusal.New(refusal.Rule, "unknown-stage", "所选策略没有这一阶段，请重新选择起始阶段。").At("from_stage", "没有此阶段", req.FromStage)
	}
	return version, nil
}

func checkRequestShape(req dunning.CampaignRequest) error {
	switch {
	case len(req.CommunityIDs) == 0:
		return refusal.New(refusal.Rule, "unknown-community", "请至少选择一个小区。").At("community_ids", "不能为空", nil)
	case len(req.CommunityIDs) > maxRequestCommunities || len(req.BuildingIDs) > maxRequestBuildings:
		return refusal.New(refusal.Rule, "too-many-communities", "一次最多选择 %d 个小区、%d 栋楼，请分批进行。", maxRequestCommunities, maxRequestBuildings)
	case req.Filter.MinAmountFen < 0:
		return refusal.New(refusal.Rule, "negative-filter", "筛选条件不能为负数。").At("filter.min_amount_fen", "不能为负数", req.Filter.MinAmountFen)
	case req.Filter.MinOverdueDays < 0:
		return refusal.New(refusal.Rule, "negative-filter", "筛选条件不能为负数。").At("filter.min_overdue_days", "不能为负数", req.Filter.MinOverdueDays)
	}
	return nil
}

func checkCommunities(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, ids []string) error {
	if err := sc.Require(access.RunCampaigns, ""); err != nil {
		return err
	}
	query, args, err := sqlx.In(`SELECT id FROM community WHERE org_id = ? AND id IN (?)`, sc.OrgID, ids)
	if err != nil {
		return fmt.Errorf("read communities: %w", err)
	}
	var known []string
	if err := sqlx.SelectContext(ctx, q, &known, query, args...); err != nil {
		return fmt.Errorf("read communities: %w", err)
	}
	for i, id := range ids {
		if !slices.Contains(known, id) {
			return refusal.New(refusal.Rule, "unknown-community", "所选小区不存在，请重新选择。").At(fmt.Sprintf("community_ids[%d]", i), "没有此小区", id)
		}
		if err := sc.Require(access.RunCampaigns, id); err != nil {
			return err
		}
	}
	return nil
}

func checkBuildings(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, req dunning.CampaignRequest) error {
	if len(req.BuildingIDs) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`SELECT id FROM building WHERE org_id = ? AND community_id IN (?) AND id IN (?)`, sc.OrgID, req.CommunityIDs, req.BuildingIDs)
	if err != nil {
		return fmt.Errorf("read buildings: %w", err)
	}
	var known []string
	if err := sqlx.SelectContext(ctx, q, &known, query, args...); err != nil {
		return fmt.Errorf("read buildings: %w", err)
	}
	for i, id := range req.BuildingIDs {
		if !slices.Contains(known, id) {
			return refusal.New(refusal.Rule, "unknown-building", "所选楼栋不存在或不属于所选小区，请重新选择。").At(fmt.Sprintf("building_ids[%d]", i), "没有此楼栋", id)
		}
	}
	return nil
}
