package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

// agreedLateFee is a late fee rule as one settlement version agreed it.
type agreedLateFee struct {
	rule     money.LateFeeRule
	terms    money.LateFeeTerms // of this version and those before it, each for its own days
	bears    bool               // it or one before it agrees on a late fee
	signedAt time.Time
	fromOn   calendar.Date
}

// lateFeeHistory is what a community has agreed about its late fee over time, oldest first, and what is in force. A day is
// charged by the version in force on it, so that a version that is signed later never changes what had accrued before.
type lateFeeHistory struct {
	signed []agreedLateFee
	now    agreedLateFee
}

// at gives what was agreed at an instant; the zero instant is now.
func (h *lateFeeHistory) at(t time.Time) agreedLateFee {
	if t.IsZero() {
		return h.now
	}
	var in agreedLateFee
	for _, a := range h.signed {
		if !a.signedAt.After(t) && !a.fromOn.After(calendar.DateOf(t)) {
			in = a
		}
	}
	return in
}

// readLateFeeRules reads what communities have agreed about late fees; those that bear none and never did are left out.
func readLateFeeRules(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string) (map[string]*lateFeeHistory, error) {
	if len(communityIDs) == 0 {
		return nil, nil
	}
	var rows []struct {
		CommunityID string        `db:"community_id"`
		InForce     bool          `db:"in_force"`
		Rule        []byte        `db:"rule"`
		FromOn      calendar.Date `db:"from_on"`
		SignedAt    sql.NullTime  `db:"decided_at"`
	}
	err := selectIn(ctx, q, &rows, `SELECT v.community_id, COALESCE(v.id = c.settlement_id, FALSE) AS in_force, JSON_EXTRACT(v.body, '$.late_fee') AS rule, v.from_on, v.decided_at
		FROM community c JOIN settlement_version v ON v.org_id = c.org_id AND v.community_id = c.id
		WHERE c.org_id = ? AND c.id IN (?) AND (v.status = 'signed' OR v.id = c.settlement_id) ORDER BY v.community_id, v.no`, orgID, communityIDs)
	if err != nil {
		return nil, fmt.Errorf("read late fee rules: %w", err)
	}
	histories, agreed := map[string]*lateFeeHistory{}, map[string][]money.AgreedLateFee{}
	for _, r := range rows {
		a := agreedLateFee{signedAt: r.SignedAt.Time, fromOn: r.FromOn}
		if len(r.Rule) > 0 {
			if err := json.Unmarshal(r.Rule, &a.rule); err != nil {
				return nil, fmt.Errorf("read the late fee rule of community %s: %w", r.CommunityID, err)
			}
		}
		terms, err := a.rule.Terms()
		if err != nil {
			return nil, fmt.Errorf("read the late fee rule of community %s: %w", r.CommunityID, err)
		}
		agreed[r.CommunityID] = append(agreed[r.CommunityID], money.AgreedLateFee{From: r.FromOn, Terms: terms})
		a.terms = money.LateFeeInForce(agreed[r.CommunityID])
		h := histories[r.CommunityID]
		if h == nil {
			h = &lateFeeHistory{}
			histories[r.CommunityID] = h
		}
		a.bears = a.rule.Enabled || len(h.signed) > 0 && h.signed[len(h.signed)-1].bears
		h.signed = append(h.signed, a)
		if r.InForce {
			h.now = a
		}
	}
	return histories, nil
}

// bears tells whether any community has ever agreed on a late fee: what accrued by an earlier agreement stays owed.
func bears(rules map[string]moneyRules) bool {
	for _, r := range rules {
		if r.LateFeeAgreed {
			return true
		}
	}
	return false
}
