package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/refusal"
)

const (
	pieceBytes       = 1 << 20
	maxCommunityName = 120
	maxFileName      = 255
)

// CreateImport stores a file with the wish to import it; the process starts from there. A repeat under the same
// Idempotency-Key gives the first import. A roster may name a community that does not exist yet.
func (s *Store) CreateImport(ctx context.Context, sc access.Scope, r importing.Request) (importing.Job, error) {
	if err := r.Kind.Accept(); err != nil {
		return importing.Job{}, err
	}
	if err := importing.CheckMapping(r.Kind, r.Mapping); err != nil {
		return importing.Job{}, err
	}
	name := estate.Fold(r.Community)
	if name == "" || utf8.RuneCountInString(name) > maxCommunityName {
		return importing.Job{}, refusal.New(refusal.Rule, "community-name-malformed", "请填写小区名称，最多 %d 个字。", maxCommunityName).
			At("body.community", "小区名称为空或过长", nil)
	}
	communityID, err := s.communityForImport(ctx, sc, r.Kind, name)
	if err != nil {
		return importing.Job{}, err
	}
	id := commandID(sc)
	err = s.inTx(ctx, "create import", func(tx *sqlx.Tx) error { return s.insertImport(ctx, tx, sc, id, communityID, name, r) })
	if err != nil && !duplicate(err) {
		return importing.Job{}, err
	}
	return s.Import(ctx, sc, id)
}

// communityForImport finds the community by its name and asks whether the caller may import into it; "" is one that the
// roster will make.
func (s *Store) communityForImport(ctx context.Context, sc access.Scope, kind importing.Kind, name string) (string, error) {
	if err := sc.Require(kind.Needs(), ""); err != nil {
		return "", err
	}
	var id string
	err := s.db.GetContext(ctx, &id, `SELECT id FROM community WHERE org_id = ? AND name_key = ?`, sc.OrgID, estate.NameKey(name))
	switch {
	case errors.Is(err, sql.ErrNoRows) && kind == importing.Roster:
		return "", nil
	case errors.Is(err, sql.ErrNoRows):
		return "", refusal.New(refusal.Rule, "community-unknown", "没有名为“%s”的小区。请核对名称，或先导入该小区的房屋业主清册（roster）。", name).
			At("body.community", "小区不存在", name)
	case err != nil:
		return "", fmt.Errorf("look for the community: %w", err)
	}
	return id, sc.Require(kind.Needs(), id)
}

func (s *Store) insertImport(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id, communityID, name string, r importing.Request) error {
	if err := s.settleMapping(ctx, tx, sc, name, &r); err != nil {
		return err
	}
	now := s.clock.Now()
	sum := sha256.Sum256(r.Content)
	var mapping any
	if len(r.Mapping) > 0 {
		b, err := json.Marshal(r.Mapping)
		if err != nil {
			return fmt.Errorf("write the mapping: %w", err)
		}
		mapping = string(b)
	}
	fileName := []rune(r.FileName)
	if len(fileName) > maxFileName {
		fileName = fileName[len(fileName)-maxFileName:]
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO import_job (org_id, id, kind, community_name, community_id, file_name, file_sha256, file_bytes, mapping, save_mapping, dry_run, partial,
		status, requested_by, requested_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, id, string(r.Kind), name, nullable(communityID), string(fileName), sum[:],
		len(r.Content), mapping, r.SaveMapping, r.DryRun, r.Partial, string(importing.Running), sc.ActorID, now)
	if err != nil {
		return fmt.Errorf("write the import: %w", err)
	}
	for n, rest := 0, r.Content; len(rest) > 0; n++ {
		size := min(pieceBytes, len(rest))
		_, err := tx.ExecContext(ctx, `INSERT INTO import_file (org_id, import_id, n, piece_enc) VALUES (?,?,?,?)`, sc.OrgID, id, n, s.keys.SealBytes(rest[:size]))
		if err != nil {
			return fmt.Errorf("write the file: %w", err)
		}
		rest = rest[size:]
	}
	if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverImport, id); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "start-import", SubjectKind: "import", SubjectID: id, CommunityID: communityID,
		Detail: map[string]any{"kind": r.Kind, "bytes": len(r.Content), "dry_run": r.DryRun, "partial": r.Partial}})
}
