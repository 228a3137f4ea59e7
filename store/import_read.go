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
	"steward/domain/importing"
	"steward/domain/page"
	"steward/domain/refusal"
)

type importRow struct {
	ID            string         `db:"id"`
	Kind          string         `db:"kind"`
	CommunityName string         `db:"community_name"`
	CommunityID   sql.NullString `db:"community_id"`
	FileName      string         `db:"file_name"`
	Mapping       []byte         `db:"mapping"`
	DryRun        bool           `db:"dry_run"`
	Partial       bool           `db:"partial"`
	Status        string         `db:"status"`
	ErrorCode     sql.NullString `db:"error_code"`
	RowsRead      int            `db:"rows_read"`
	Created       int            `db:"created_n"`
	Updated       int            `db:"updated_n"`
	Unchanged     int            `db:"unchanged_n"`
	Rejected      int            `db:"rejected_n"`
	Done          int            `db:"done_n"`
	Total         int            `db:"total_n"`
	RequestedBy   string         `db:"requested_by"`
	RequestedAt   time.Time      `db:"requested_at"`
	FinishedAt    sql.NullTime   `db:"finished_at"`
	Notices       []byte         `db:"notices"`
	SaveMapping   bool           `db:"save_mapping"`
	RolledBackAt  sql.NullTime   `db:"rolled_back_at"`
}

const importColumns = `id, kind, community_name, community_id, file_name, mapping, dry_run, partial, status, error_code, rows_read,
	created_n, updated_n, unchanged_n, rejected_n, done_n, total_n, requested_by, requested_at, finished_at, notices, save_mapping, rolled_back_at`

func (r importRow) job() importing.Job {
	return importing.Job{
		ID: r.ID, Kind: importing.Kind(r.Kind), Community: r.CommunityName, CommunityID: r.CommunityID.String, FileName: r.FileName,
		DryRun: r.DryRun, Partial: r.Partial, Status: importing.Status(r.Status), ErrorCode: r.ErrorCode.String, Rows: r.RowsRead,
		Counts:   importing.Counts{Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Rejected: r.Rejected},
		Progress: importing.Progress{Done: r.Done, Total: r.Total}, Problems: []importing.Problem{},
		Notices: []importing.Notice{}, RequestedAt: r.RequestedAt, RequestedBy: r.RequestedBy, FinishedAt: r.FinishedAt.Time, RolledBackAt: r.RolledBackAt.Time,
	}
}

func noSuchImport() error {
	return refusal.New(refusal.NotFound, "not-found", "没有找到这次导入，请核对编号。")
}

func (s *Store) importRow(ctx context.Context, q sqlx.QueryerContext, orgID, id, lock string) (importRow, error) {
	var r importRow
	err := sqlx.GetContext(ctx, q, &r, `SELECT `+importColumns+` FROM import_job WHERE org_id = ? AND id = ?`+lock, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, noSuchImport()
	}
	if err != nil {
		return r, fmt.Errorf("read the import: %w", err)
	}
	return r, nil
}

// visibleImport reads an import for the one who asked for it and for whoever may bring such a file into its community.
func (s *Store) visibleImport(ctx context.Context, sc access.Scope, id string) (importRow, error) {
	r, err := s.importRow(ctx, s.db, sc.OrgID, id, "")
	if err != nil {
		return r, err
	}
	needs := importing.Kind(r.Kind).Needs()
	if r.RequestedBy != sc.ActorID && (!r.CommunityID.Valid || sc.Require(needs, r.CommunityID.String) != nil) {
		if all, _ := sc.Reach(needs); !all {
			return r, noSuchImport()
		}
	}
	return r, nil
}

// Import gives one import with its problems and notices.
func (s *Store) Import(ctx context.Context, sc access.Scope, id string) (importing.Job, error) {
	r, err := s.visibleImport(ctx, sc, id)
	if err != nil {
		return importing.Job{}, err
	}
	job := r.job()
	if len(r.Notices) > 0 {
		if err := json.Unmarshal(r.Notices, &job.Notices); err != nil {
			return importing.Job{}, fmt.Errorf("read the import's notices: %w", err)
		}
	}
	err = s.db.SelectContext(ctx, &job.Problems, `SELECT sheet, row_no, column_name, code, message FROM import_problem WHERE org_id = ? AND import_id = ? ORDER BY n`, sc.OrgID, r.ID)
	if err != nil {
		return importing.Job{}, fmt.Errorf("read the import's problems: %w", err)
	}
	return job, nil
}

// Imports lists imports without their problems, newest first: the caller's own, and those of a kind that the caller may bring
// into their community.
func (s *Store) Imports(ctx context.Context, sc access.Scope, communityID string, q page.Query) (page.Of[importing.Job], error) {
	if sc.Require(access.Import, "") != nil {
		if err := sc.Require(importing.Payments.Needs(), ""); err != nil {
			return page.Of[importing.Job]{}, err
		}
	}
	if err := checkCursor(q); err != nil {
		return page.Of[importing.Job]{}, err
	}
	query, args := `SELECT `+importColumns+` FROM import_job WHERE org_id = ?`, []any{sc.OrgID}
	seen, seenArgs := reachOfKinds(sc)
	query, args = query+` AND (requested_by = ? OR `+seen+`)`, append(append(args, sc.ActorID), seenArgs...)
	if communityID != "" {
		query, args = query+` AND community_id = ?`, append(args, asciiKey(communityID))
	}
	if q.Cursor != "" {
		query, args = query+` AND id < ?`, append(args, q.Cursor)
	}
	var rows []importRow
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[importing.Job]{}, fmt.Errorf("list imports: %w", err)
	}
	jobs := make([]importing.Job, 0, len(rows))
	for _, r := range rows {
		jobs = append(jobs, r.job())
	}
	return page.Cut(jobs, q.Limit, func(j importing.Job) string { return j.ID }), nil
}

// reachOfKinds is the condition for the imports of each kind in the communities where the caller may bring one in.
func reachOfKinds(sc access.Scope) (condition string, args []any) {
	money := []importing.Kind{importing.Payments, importing.BankStatements}
	for _, of := range []struct {
		kinds  string
		action access.Action
	}{{`kind IN (?)`, importing.Payments.Needs()}, {`kind NOT IN (?)`, access.Import}} {
		if condition != "" {
			condition += ` OR `
		}
		condition, args = condition+of.kinds, append(args, money)
		if all, communities := sc.Reach(of.action); !all {
			condition, args = condition+` AND community_id IN (?)`, append(args, orNone(communities))
		}
	}
	return condition, args
}

// orNone keeps a list of ids usable in IN: an empty one becomes one that no row has.
func orNone(ids []string) []string {
	if len(ids) == 0 {
		return []string{"-"}
	}
	return ids
}

// ImportSource implements importing.Store.
func (s *Store) ImportSource(ctx context.Context, sc access.Scope, id string) (importing.Source, error) {
	r, err := s.importRow(ctx, s.db, sc.OrgID, id, "")
	if err != nil {
		return importing.Source{}, err
	}
	src := importing.Source{Job: r.job()}
	if src.Checked, err = s.checkedBefore(ctx, sc.OrgID, r); err != nil || src.Checked != nil {
		return src, err
	}
	if len(r.Mapping) > 0 {
		if err := json.Unmarshal(r.Mapping, &src.Mapping); err != nil {
			return src, fmt.Errorf("read the mapping: %w", err)
		}
	}
	var pieces [][]byte
	err = s.db.SelectContext(ctx, &pieces, `SELECT piece_enc FROM import_file WHERE org_id = ? AND import_id = ? ORDER BY n`, sc.OrgID, r.ID)
	if err != nil {
		return src, fmt.Errorf("read the file: %w", err)
	}
	for _, sealed := range pieces {
		piece, err := s.keys.OpenBytes(sealed)
		if err != nil {
			return src, fmt.Errorf("read the file: %w", err)
		}
		src.Content = append(src.Content, piece...)
	}
	return src, nil
}

// checkedBefore gives the stored outcome of the check: an import that has ended, or batches that wait.
func (s *Store) checkedBefore(ctx context.Context, orgID string, r importRow) (*importing.Checked, error) {
	if importing.Status(r.Status) != importing.Running {
		return &importing.Checked{Failed: r.Status == string(importing.Failed), DryRun: r.DryRun, Ended: true}, nil
	}
	var batches int
	if err := s.db.GetContext(ctx, &batches, `SELECT COUNT(*) FROM import_batch WHERE org_id = ? AND import_id = ?`, orgID, r.ID); err != nil {
		return nil, fmt.Errorf("read the import's batches: %w", err)
	}
	if batches == 0 {
		return nil, nil
	}
	return &importing.Checked{Batches: batches}, nil
}
