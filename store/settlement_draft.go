package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// drafted completes a draft: from the settlement in force, else from what is shipped; and refuses what cannot be signed.
func (s *Store) drafted(ctx context.Context, orgID, communityID string, d money.SettlementDraft) (money.Settlement, error) {
	in, err := readMoneyRules(ctx, s.db, orgID, []string{communityID})
	if err != nil {
		return money.Settlement{}, err
	}
	before, known := in[communityID]
	if !known {
		return money.Settlement{}, refusal.New(refusal.NotFound, "community-unknown", "没有找到该小区，请核对后重试。")
	}
	rules := before.Settlement
	if d.AllocationOrder != "" {
		rules.AllocationOrder = d.AllocationOrder
	}
	if d.LateFee != nil {
		rules.LateFee = *d.LateFee
	}
	if d.SmallChange != "" {
		rules.SmallChange = d.SmallChange
	}
	if d.BillDay != nil {
		rules.BillDay = *d.BillDay
	}
	if d.FirstDay != nil {
		rules.FirstDay = *d.FirstDay
	}
	if rules.FirstDay.IsZero() {
		rules.FirstDay = calendar.DateOf(s.clock.Now())
		rules.FirstDay.Day = 1
	}
	if rules.FeeItemVersionIDs = d.FeeItemVersionIDs; len(rules.FeeItemVersionIDs) == 0 {
		if rules.FeeItemVersionIDs, err = s.chargeableVersions(ctx, orgID, communityID, rules.FirstDay); err != nil {
			return rules, err
		}
	}
	if err := rules.Check(); err != nil {
		return rules, err
	}
	_, err = s.agreedItems(ctx, s.db, orgID, communityID, rules.FeeItemVersionIDs)
	return rules, err
}

// chargeableVersions gives the versions of a community's fee items that can charge somebody on or after a day.
func (s *Store) chargeableVersions(ctx context.Context, orgID, communityID string, from calendar.Date) ([]string, error) {
	items, err := s.feeItemVersions(ctx, s.db, orgID, communityID, nil)
	if err != nil {
		return nil, err
	}
	byItem := map[string][]billing.Item{}
	for _, it := range items {
		byItem[it.FeeItemID] = append(byItem[it.FeeItemID], it)
	}
	ids := []string{}
	for _, item := range sortedKeys(byItem) {
		ends := billing.Ends(byItem[item])
		for i, it := range byItem[item] {
			end, ended := ends[it.VersionID]
			if ended && end.Before(from) || it.Check() != nil || superseded(it, byItem[item][i+1:]) {
				continue
			}
			ids = append(ids, it.VersionID)
		}
	}
	return ids, nil
}

// superseded tells whether a later version covers every day of it.
func superseded(it billing.Item, later []billing.Item) bool {
	for _, l := range later {
		if !it.From.Before(l.From) && l.To.IsZero() {
			return true
		}
	}
	return false
}

// agreedItems gives the versions that a settlement names, or refuses one that is not the community's or cannot charge
// anybody.
func (s *Store) agreedItems(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, versionIDs []string) ([]billing.Item, error) {
	items, err := s.feeItemVersions(ctx, q, orgID, communityID, versionIDs)
	if err != nil {
		return nil, err
	}
	found := make(map[string]billing.Item, len(items))
	for _, it := range items {
		found[it.VersionID] = it
	}
	for i, id := range versionIDs {
		at := fmt.Sprintf("fee_item_version_ids[%d]", i)
		it, ok := found[id]
		if !ok {
			return nil, refusal.New(refusal.Rule, "fee-item-version-unknown", "该小区没有编号为 %.26s 的收费标准，请重新选择。", id).At(at, "收费标准不存在", id)
		}
		if no, bad := refusal.As(it.Check()); bad {
			return nil, refusal.New(refusal.Rule, no.Code, "收费项目“%s”第 %d 版不能计费：%s", it.FeeItem, it.No, no.Message).At(at, no.Message, id)
		}
	}
	return items, nil
}

// feeItemVersions reads the versions of a community's fee items, by item and number; versionIDs nil is all of them.
func (s *Store) feeItemVersions(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, versionIDs []string) ([]billing.Item, error) {
	if versionIDs == nil {
		return readBillingItems(ctx, q, `i.community_id = ?`, orgID, communityID)
	}
	return readBillingItems(ctx, q, `i.community_id = ? AND v.id IN (?)`, orgID, communityID, versionIDs)
}
