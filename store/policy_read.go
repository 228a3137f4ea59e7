package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
	"steward/domain/refusal"
)

type policyRow struct {
	ID        string    `db:"policy_id"`
	VersionID string    `db:"id"`
	No        int       `db:"no"`
	Body      []byte    `db:"body"`
	CreatedAt time.Time `db:"created_at"`
}

func (r policyRow) version() (dunning.PolicyVersion, error) {
	v := dunning.PolicyVersion{ID: r.ID, VersionID: r.VersionID, Version: r.No, CreatedAt: r.CreatedAt}
	if err := json.Unmarshal(r.Body, &v.Policy); err != nil {
		return v, fmt.Errorf("read policy version %s: %w", r.VersionID, err)
	}
	return v, nil
}

const selectPolicyVersion = `SELECT v.policy_id, v.id, v.no, v.body, v.created_at FROM dunning_policy_version v `

// policyVersion gives one version; versions are never edited, so they are read once.
func (s *Store) policyVersion(ctx context.Context, orgID, versionID string) (dunning.PolicyVersion, error) {
	key := orgID + "/" + versionID
	if v, ok := s.policies.Load(key); ok {
		return v.(dunning.PolicyVersion), nil
	}
	v, err := onePolicy(ctx, s.db, selectPolicyVersion+`WHERE v.org_id = ? AND v.id = ?`, orgID, versionID)
	if err != nil {
		return v, err
	}
	s.policies.Store(key, v)
	return v, nil
}

// currentPolicy gives the newest version of a policy, or the refusal unknown-policy.
func currentPolicy(ctx context.Context, q sqlx.QueryerContext, orgID, policyID string) (dunning.PolicyVersion, error) {
	return onePolicy(ctx, q, selectPolicyVersion+`JOIN dunning_policy p ON p.org_id = v.org_id AND p.current_version_id = v.id
		WHERE p.org_id = ? AND p.id = ?`, orgID, policyID)
}

func onePolicy(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (dunning.PolicyVersion, error) {
	var r policyRow
	err := sqlx.GetContext(ctx, q, &r, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return dunning.PolicyVersion{}, refusal.New(refusal.NotFound, "unknown-policy", "催缴策略不存在，请检查策略编号。")
	}
	if err != nil {
		return dunning.PolicyVersion{}, fmt.Errorf("read policy: %w", err)
	}
	return r.version()
}

// Policy gives the newest version of a policy.
func (s *Store) Policy(ctx context.Context, sc access.Scope, policyID string) (dunning.PolicyVersion, error) {
	if err := sc.Require(access.SeeCampaigns, ""); err != nil {
		return dunning.PolicyVersion{}, err
	}
	return currentPolicy(ctx, s.db, sc.OrgID, policyID)
}

// Policies lists the newest version of every policy.
func (s *Store) Policies(ctx context.Context, sc access.Scope, pq page.Query) (page.Of[dunning.PolicyVersion], error) {
	none := page.Of[dunning.PolicyVersion]{}
	if err := sc.Require(access.SeeCampaigns, ""); err != nil {
		return none, err
	}
	if err := checkCursor(pq); err != nil {
		return none, err
	}
	var rows []policyRow
	err := s.db.SelectContext(ctx, &rows, selectPolicyVersion+`JOIN dunning_policy p ON p.org_id = v.org_id AND p.current_version_id = v.id
		WHERE p.org_id = ? AND p.id > ? ORDER BY p.id LIMIT ?`, sc.OrgID, pq.Cursor, pq.Limit+1)
	if err != nil {
		return none, fmt.Errorf("list policies: %w", err)
	}
	list := make([]dunning.PolicyVersion, 0, len(rows))
	for _, r := range rows {
		v, err := r.version()
		if err != nil {
			return none, err
		}
		list = append(list, v)
	}
	return page.Cut(list, pq.Limit, func(v dunning.PolicyVersion) string { return v.ID }), nil
}
