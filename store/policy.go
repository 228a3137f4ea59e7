package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// CreatePolicy stores a new policy with its first version. A name that is taken is refused; a repeat of the same command
// gives the policy that it made.
func (s *Store) CreatePolicy(ctx context.Context, sc access.Scope, d dunning.Draft) (dunning.PolicyVersion, error) {
	none := dunning.PolicyVersion{}
	if err := sc.Require(access.EditPolicies, ""); err != nil {
		return none, err
	}
	p, err := d.Check()
	if err != nil {
		return none, err
	}
	id := commandID(sc)
	if v, err := currentPolicy(ctx, s.db, sc.OrgID, id); !refusal.Is(err, "unknown-policy") {
		return v, err
	}
	v := dunning.PolicyVersion{ID: id, VersionID: NewID(), Version: 1, CreatedAt: s.clock.Now(), Policy: p}
	err = s.inTx(ctx, "create policy", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO dunning_policy (org_id, id, name, name_key, current_version_id, created_by, created_at) VALUES (?,?,?,?,?,?,?)`,
			sc.OrgID, v.ID, p.Name, estate.NameKey(p.Name), v.VersionID, sc.ActorID, v.CreatedAt)
		if duplicate(err) {
			return nameTaken(p.Name)
		}
		if err != nil {
			return err
		}
		return s.addVersion(ctx, tx, sc, v)
	})
	return v, err
}

// AddPolicyVersion stores the next version of a policy; campaigns that run keep theirs. A repeat of the same command
// gives the version that it made. ifVersion 0 follows whatever version is newest.
func (s *Store) AddPolicyVersion(ctx context.Context, sc access.Scope, policyID string, d dunning.Draft, ifVersion int) (dunning.PolicyVersion, error) {
	none := dunning.PolicyVersion{}
	if err := sc.Require(access.EditPolicies, ""); err != nil {
		return none, err
	}
	p, err := d.Check()
	if err != nil {
		return none, err
	}
	if sc.CommandID != "" {
		made, err := onePolicy(ctx, s.db, selectPolicyVersion+`WHERE v.org_id = ? AND v.id = ? AND v.policy_id = ?`, sc.OrgID, sc.CommandID, policyID)
		if !refusal.Is(err, "unknown-policy") {
			return made, err
		}
	}
	v := dunning.PolicyVersion{ID: policyID, VersionID: commandID(sc), CreatedAt: s.clock.Now(), Policy: p}
	err = s.inTx(ctx, "add policy version", func(tx *sqlx.Tx) error {
		last, err := lockPolicy(ctx, tx, sc.OrgID, policyID)
		if err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != last {
			return refusal.New(refusal.Stale, "stale-version", "该策略已有新版本，请刷新后重试。").With("version", last)
		}
		v.Version = last + 1
		_, err = tx.ExecContext(ctx, `UPDATE dunning_policy SET name = ?, name_key = ?, current_version_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			p.Name, estate.NameKey(p.Name), v.VersionID, sc.OrgID, policyID)
		if duplicate(err) {
			return nameTaken(p.Name)
		}
		if err != nil {
			return err
		}
		return s.addVersion(ctx, tx, sc, v)
	})
	return v, err
}

func (s *Store) addVersion(ctx context.Context, tx *sqlx.Tx, sc access.Scope, v dunning.PolicyVersion) error {
	body, err := json.Marshal(v.Policy)
	if err != nil {
		return fmt.Errorf("write policy version: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO dunning_policy_version (org_id, id, policy_id, no, body, created_by, created_at) VALUES (?,?,?,?,?,?,?)`,
		sc.OrgID, v.VersionID, v.ID, v.Version, string(body), sc.ActorID, v.CreatedAt)
	if err != nil {
		return fmt.Errorf("write policy version: %w", err)
	}
	return recordAudit(ctx, tx, sc, v.CreatedAt, Audited{Action: "write-policy", SubjectKind: "dunning-policy", SubjectID: v.ID,
		Detail: map[string]any{"version": v.Version, "version_id": v.VersionID}})
}

// lockPolicy holds a policy's row and gives the number of its newest version.
func lockPolicy(ctx context.Context, tx *sqlx.Tx, orgID, policyID string) (int, error) {
	var last int
	err := tx.GetContext(ctx, &last, `SELECT v.no FROM dunning_policy p
		JOIN dunning_policy_version v ON v.org_id = p.org_id AND v.id = p.current_version_id
		WHERE p.org_id = ? AND p.id = ? FOR UPDATE`, orgID, policyID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, refusal.New(refusal.NotFound, "unknown-policy", "催缴策略不存在，请检查策略编号。")
	}
	if err != nil {
		return 0, fmt.Errorf("lock policy: %w", err)
	}
	return last, nil
}

func nameTaken(name string) error {
	return refusal.New(refusal.Conflict, "policy-name-taken", "已有同名的催缴策略，请换一个名称，或为原策略新增版本。").At("name", "名称已被使用", name)
}

// SeedDefaultPolicy gives an organization the shipped policies. It can be repeated, and a policy of the same name that
// someone has edited since is left alone.
func (s *Store) SeedDefaultPolicy(ctx context.Context, orgID string) error {
	sc := access.ForSystem(orgID)
	for _, p := range []dunning.Policy{dunning.DefaultLadder(), dunning.ThreeReminders()} {
		d := dunning.Draft{Name: p.Name, Stages: p.Stages, MinGapDays: &p.MinGapDays, MaxTouchesPerWeek: &p.MaxTouchesPerWeek, QuietHours: &p.QuietHours}
		if _, err := s.CreatePolicy(ctx, sc, d); err != nil && !refusal.Is(err, "policy-name-taken") {
			return fmt.Errorf("seed policies: %w", err)
		}
	}
	return nil
}
