package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/refusal"
)

// applyAttempts repeats a batch that lost a race for a person's natural key against an import into another community.
const applyAttempts = 4

// ApplyImportBatch implements importing.Store.
func (s *Store) ApplyImportBatch(ctx context.Context, sc access.Scope, id string, n int, guardNew bool) error {
	var err error
	for range applyAttempts {
		err = s.inTx(ctx, "apply a batch of the import", func(tx *sqlx.Tx) error { return s.applyBatch(ctx, tx, sc, id, n, guardNew) })
		if !duplicate(err) {
			return err
		}
	}
	return err
}

func (s *Store) applyBatch(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, n int, guardNew bool) error {
	r, err := s.importRow(ctx, tx, sc.OrgID, id, " FOR UPDATE")
	if err != nil || importing.Status(r.Status) != importing.Running {
		return err
	}
	var waiting struct {
		RowsEnc   []byte       `db:"rows_enc"`
		AppliedAt sql.NullTime `db:"applied_at"`
	}
	err = tx.GetContext(ctx, &waiting, `SELECT rows_enc, applied_at FROM import_batch WHERE org_id = ? AND import_id = ? AND n = ? FOR UPDATE`, sc.OrgID, id, n)
	if err != nil {
		return fmt.Errorf("read batch %d: %w", n, err)
	}
	if waiting.AppliedAt.Valid {
		return nil
	}
	plain, err := s.keys.OpenBytes(waiting.RowsEnc)
	if err != nil {
		return fmt.Errorf("open batch %d: %w", n, err)
	}
	var b importing.Rows
	if err := json.Unmarshal(plain, &b); err != nil {
		return fmt.Errorf("read batch %d: %w", n, err)
	}
	sc.ActorID = r.RequestedBy
	if importing.Kind(r.Kind) == importing.Roster {
		communityID, err := s.ensureCommunity(ctx, tx, sc, r.CommunityName, guardNew)
		if err != nil {
			return err
		}
		r.CommunityID = sql.NullString{String: communityID, Valid: true}
	} else if err := takeTurns(ctx, tx, sc.OrgID, r.CommunityID.String); err != nil {
		return err
	}
	result, writes, err := s.applyRows(ctx, tx, sc, r, b)
	if err != nil {
		return err
	}
	if err := s.writeEffects(ctx, tx, sc.OrgID, r.ID, n, result.settledEffects(), writes); err != nil {
		return err
	}
	return s.settleBatch(ctx, tx, sc, r, n, b.Len(), result)
}

// applyRows plans the rows inside the transaction and writes them, with what a rollback will need.
func (s *Store) applyRows(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, rows importing.Rows) (*planned, *importWrites, error) {
	f := planFor{scope: sc, kind: importing.Kind(r.Kind), communityID: r.CommunityID.String, importID: r.ID}
	plan, err := s.planImport(ctx, tx, f, rows)
	if err != nil {
		return nil, nil, err
	}
	writes, err := rowsBefore(ctx, tx, sc.OrgID, plan.planned().changed)
	if err != nil {
		return nil, nil, err
	}
	if err := plan.write(ctx, tx, s, sc); err != nil {
		return nil, nil, err
	}
	p := plan.planned()
	for i := range p.problems {
		p.problems[i].Column = importing.ColumnTitle(f.kind, p.problems[i].Column)
	}
	return p, writes, writes.afterWriting(ctx, tx, sc.OrgID, p.made)
}

// settleBatch counts a batch and forgets its rows, which hold names and phones.
func (s *Store) settleBatch(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, n, rows int, a *planned) error {
	if err := addProblem(ctx, tx, sc.OrgID, r.ID, a.problems...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE import_batch SET applied_at = ?, rows_enc = '' WHERE org_id = ? AND import_id = ? AND n = ?`, s.clock.Now(), sc.OrgID, r.ID, n)
	if err != nil {
		return fmt.Errorf("mark the batch: %w", err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE import_job SET created_n = created_n + ?, updated_n = updated_n + ?, unchanged_n = unchanged_n + ?, rejected_n = rejected_n + ?,
		done_n = done_n + ?, community_id = ?, rev = rev + 1 WHERE org_id = ? AND id = ?`,
		a.counts.Created, a.counts.Updated, a.counts.Unchanged, a.counts.Rejected, rows, nullable(r.CommunityID.String), sc.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("count the batch: %w", err)
	}
	return nil
}

// takeTurns makes two imports into one community take turns.
func takeTurns(ctx context.Context, tx *sqlx.Tx, orgID, communityID string) error {
	var locked string
	err := tx.GetContext(ctx, &locked, `SELECT id FROM community WHERE org_id = ? AND id = ? FOR UPDATE`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return refusal.New(refusal.Conflict, "community-gone", "小区已不存在，可能是建立它的导入被撤销了。请先重新导入房屋业主清册。")
	}
	if err != nil {
		return fmt.Errorf("lock the community: %w", err)
	}
	return nil
}

// ensureCommunity locks the community, so that two imports into it take turns, and makes it where there is none; the one
// who asked for the import is granted what he made.
func (s *Store) ensureCommunity(ctx context.Context, tx *sqlx.Tx, sc access.Scope, name string, guard bool) (string, error) {
	var id string
	err := tx.GetContext(ctx, &id, `SELECT id FROM community WHERE org_id = ? AND name_key = ? FOR UPDATE`, sc.OrgID, estate.NameKey(name))
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	id = NewID()
	now := s.clock.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO community (org_id, id, name, name_key, guard, created_by, created_at) VALUES (?,?,?,?,?,?,?)`,
		sc.OrgID, id, name, estate.NameKey(name), guard, sc.ActorID, now)
	if err != nil {
		return "", fmt.Errorf("make the community: %w", err)
	}
	if err := grantNewCommunity(ctx, tx, sc.OrgID, sc.ActorID, id, now); err != nil {
		return "", err
	}
	return id, recordAudit(ctx, tx, sc, now, Audited{Action: "create-community", SubjectKind: "community", SubjectID: id, CommunityID: id})
}
