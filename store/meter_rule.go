package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/metering"
	"steward/domain/refusal"
)

// reviewRules are the review rules of some communities by community and fee item ("" for the others).
type reviewRules map[[2]string]metering.RuleFor

func readReviewRules(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string) (reviewRules, error) {
	var rows []struct {
		CommunityID string `db:"community_id"`
		FeeItemID   string `db:"fee_item_id"`
		Body        []byte `db:"body"`
		Version     int    `db:"version"`
	}
	err := selectIn(ctx, q, &rows, `SELECT community_id, fee_item_id, body, version FROM reading_rule WHERE org_id = ? AND community_id IN (?) ORDER BY fee_item_id`,
		orgID, orNone(communityIDs))
	if err != nil {
		return nil, fmt.Errorf("read the review rules: %w", err)
	}
	rules := make(reviewRules, len(rows))
	for _, r := range rows {
		one := metering.RuleFor{CommunityID: r.CommunityID, FeeItemID: r.FeeItemID, Set: true, Version: r.Version}
		if err := json.Unmarshal(r.Body, &one.Rule); err != nil {
			return nil, fmt.Errorf("read a review rule of community %s: %w", r.CommunityID, err)
		}
		rules[[2]string{r.CommunityID, r.FeeItemID}] = one
	}
	return rules, nil
}

// of gives the rule for a meter: its fee item's, else its community's, else the usual one.
func (r reviewRules) of(communityID, feeItemID string) metering.Rule {
	if one, ok := r[[2]string{communityID, feeItemID}]; ok {
		return one.Rule
	}
	if one, ok := r[[2]string{communityID, ""}]; ok {
		return one.Rule
	}
	return metering.UsualRule
}

// ReadingRules gives a community's review rules, its own first.
func (s *Store) ReadingRules(ctx context.Context, sc access.Scope, communityID string) ([]metering.RuleFor, error) {
	if err := sc.Require(access.EnterReadings, communityID); err != nil {
		return nil, err
	}
	rules, err := readReviewRules(ctx, s.db, sc.OrgID, []string{asciiKey(communityID)})
	if err != nil {
		return nil, err
	}
	own, set := rules[[2]string{communityID, ""}]
	if !set {
		own = metering.RuleFor{CommunityID: communityID, Rule: metering.UsualRule}
	}
	out := []metering.RuleFor{own}
	for _, r := range rules {
		if r.FeeItemID != "" {
			out = append(out, r)
		}
	}
	return out, nil
}

// SetReadingRule sets the review rule of a community or of one of its fee items.
func (s *Store) SetReadingRule(ctx context.Context, sc access.Scope, set metering.RuleFor) (metering.RuleFor, error) {
	if err := sc.Require(access.RunBilling, set.CommunityID); err != nil {
		return set, err
	}
	if err := set.Rule.Check(); err != nil {
		return set, err
	}
	body, err := json.Marshal(set.Rule)
	if err != nil {
		return set, fmt.Errorf("write the review rule: %w", err)
	}
	err = s.inTx(ctx, "set a review rule", func(tx *sqlx.Tx) error {
		if err := communityExists(ctx, tx, sc.OrgID, set.CommunityID); err != nil {
			return err
		}
		if set.FeeItemID != "" {
			found, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM fee_item WHERE org_id = ? AND community_id = ? AND id = ?)`, sc.OrgID, set.CommunityID, asciiKey(set.FeeItemID))
			if err != nil {
				return err
			}
			if !found {
				return refusal.New(refusal.Rule, "fee-item-unknown", "小区里没有这个收费项目，请核对。").At("body.fee_item_id", "收费项目不存在", set.FeeItemID)
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO reading_rule (org_id, community_id, fee_item_id, body) VALUES (?,?,?,?)
			ON DUPLICATE KEY UPDATE body = VALUES(body), version = version + 1`, sc.OrgID, set.CommunityID, set.FeeItemID, string(body))
		if err != nil {
			return fmt.Errorf("write the review rule: %w", err)
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "set-reading-rule", SubjectKind: "community", SubjectID: set.CommunityID,
			CommunityID: set.CommunityID, Detail: map[string]any{"fee_item_id": set.FeeItemID, "rule": set.Rule}})
	})
	if err != nil {
		return set, err
	}
	rules, err := readReviewRules(ctx, s.db, sc.OrgID, []string{set.CommunityID})
	return rules[[2]string{set.CommunityID, set.FeeItemID}], err
}
