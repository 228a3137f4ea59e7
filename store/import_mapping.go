package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/refusal"
)

// ImportMapping gives the mapping that was saved for a community's files of a kind, by the community's name because it may
// not exist yet; nil where none was saved. A kind that is yet to be guessed has no mapping: whoever may import anything may ask.
func (s *Store) ImportMapping(ctx context.Context, sc access.Scope, community string, kind importing.Kind) (map[string]string, error) {
	err := sc.Require(kind.Needs(), "")
	if kind == "" && err != nil {
		err = sc.Require(importing.Payments.Needs(), "")
	}
	if err != nil {
		return nil, err
	}
	return savedMapping(ctx, s.db, sc.OrgID, community, kind)
}

func savedMapping(ctx context.Context, q sqlx.QueryerContext, orgID, community string, kind importing.Kind) (map[string]string, error) {
	var text []byte
	err := sqlx.GetContext(ctx, q, &text, `SELECT mapping FROM import_mapping WHERE org_id = ? AND community_key = ? AND kind = ?`,
		orgID, estate.NameKey(community), asciiKey(string(kind)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the saved mapping: %w", err)
	}
	var mapping map[string]string
	if err := json.Unmarshal(text, &mapping); err != nil {
		return nil, fmt.Errorf("read the saved mapping: %w", err)
	}
	return mapping, nil
}

// maxMappedHeaders bounds what is kept for a community's files of one kind.
const maxMappedHeaders = 500

// settleMapping overlays the saved mapping with the one that came with the file, and saves the outcome where asked to. An
// empty given mapping that is to be saved forgets the saved one.
func (s *Store) settleMapping(ctx context.Context, tx *sqlx.Tx, sc access.Scope, community string, r *importing.Request) error {
	if r.SaveMapping && len(r.Mapping) == 0 {
		_, err := tx.ExecContext(ctx, `DELETE FROM import_mapping WHERE org_id = ? AND community_key = ? AND kind = ?`, sc.OrgID, estate.NameKey(community), string(r.Kind))
		if err != nil {
			return fmt.Errorf("forget the saved mapping: %w", err)
		}
		return nil
	}
	effective, err := savedMapping(ctx, tx, sc.OrgID, community, r.Kind)
	if err != nil {
		return err
	}
	if effective == nil {
		effective = map[string]string{}
	}
	maps.Copy(effective, r.Mapping)
	r.Mapping = effective
	if !r.SaveMapping {
		return nil
	}
	if len(effective) > maxMappedHeaders {
		return refusal.New(refusal.Rule, "mapping-too-long", "为这个小区记住的列对应关系超过 %d 条。请先用空的对应关系保存一次，清掉旧的。", maxMappedHeaders)
	}
	text, err := json.Marshal(effective)
	if err != nil {
		return fmt.Errorf("save the mapping: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO import_mapping (org_id, id, community_key, kind, mapping, saved_by, saved_at) VALUES (?,?,?,?,?,?,?)
		ON DUPLICATE KEY UPDATE mapping = VALUES(mapping), saved_by = VALUES(saved_by), saved_at = VALUES(saved_at), version = version + 1`,
		sc.OrgID, NewID(), estate.NameKey(community), string(r.Kind), string(text), sc.ActorID, s.clock.Now())
	if err != nil {
		return fmt.Errorf("save the mapping: %w", err)
	}
	return nil
}
