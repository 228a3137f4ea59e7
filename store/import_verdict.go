package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/importing"
)

// SaveImportVerdict implements importing.Store. An import that has ended, or of which a batch was applied, keeps what it has.
func (s *Store) SaveImportVerdict(ctx context.Context, sc access.Scope, id string, v importing.Verdict) error {
	return s.inTx(ctx, "save the import's check", func(tx *sqlx.Tx) error {
		r, err := s.importRow(ctx, tx, sc.OrgID, id, " FOR UPDATE")
		if err != nil || importing.Status(r.Status) != importing.Running || r.Done > 0 {
			return err
		}
		for _, table := range []string{"import_problem", "import_batch", "import_effect"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE org_id = ? AND import_id = ?`, sc.OrgID, id); err != nil {
				return fmt.Errorf("clear an earlier check: %w", err)
			}
		}
		if err := s.writeVerdict(ctx, tx, sc.OrgID, id, v); err != nil {
			return err
		}
		good := v.Rows - v.Counts.Rejected
		switch {
		case v.Failed:
			return s.endImport(ctx, tx, sc, r, importing.Failed, "", importEnd{rows: v.Rows, counts: importing.Counts{Rejected: v.Counts.Rejected}, total: v.Rows})
		case r.DryRun:
			return s.endImport(ctx, tx, sc, r, importing.Done, "", importEnd{rows: v.Rows, counts: v.Counts, done: good, total: good})
		}
		waiting := 0
		for _, b := range v.Batches {
			waiting += b.Len()
		}
		// What has no batch changes nothing.
		_, err = tx.ExecContext(ctx, `UPDATE import_job SET rows_read = ?, rejected_n = ?, unchanged_n = ?, total_n = ?, rev = rev + 1 WHERE org_id = ? AND id = ?`,
			v.Rows, v.Counts.Rejected, good-waiting, waiting, sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("write the check: %w", err)
		}
		return nil
	})
}

func (s *Store) writeVerdict(ctx context.Context, tx *sqlx.Tx, orgID, id string, v importing.Verdict) error {
	if err := writeProblems(ctx, tx, orgID, id, 0, v.Problems); err != nil {
		return err
	}
	if err := writeNotices(ctx, tx, orgID, id, v.Notices); err != nil {
		return err
	}
	if err := s.writeDryEffects(ctx, tx, orgID, id, v.Effects); err != nil {
		return err
	}
	for n, b := range v.Batches {
		plain, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("write a batch: %w", err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO import_batch (org_id, import_id, n, rows_n, rows_enc) VALUES (?,?,?,?,?)`, orgID, id, n, b.Len(), s.keys.SealBytes(plain))
		if err != nil {
			return fmt.Errorf("write a batch: %w", err)
		}
	}
	return nil
}

// importEnd is what an import came to.
type importEnd struct {
	rows, done, total int
	counts            importing.Counts
}

// endImport closes an import and forgets the file and the rows that were not applied.
func (s *Store) endImport(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, status importing.Status, errorCode string, e importEnd) error {
	now := s.clock.Now()
	_, err := tx.ExecContext(ctx, `UPDATE import_job SET status = ?, error_code = ?, rows_read = ?, created_n = ?, updated_n = ?, unchanged_n = ?, rejected_n = ?,
		done_n = ?, total_n = ?, finished_at = ?, rev = rev + 1 WHERE org_id = ? AND id = ?`, string(status), nullable(errorCode), e.rows,
		e.counts.Created, e.counts.Updated, e.counts.Unchanged, e.counts.Rejected, e.done, e.total, now, sc.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("end the import: %w", err)
	}
	for _, table := range []string{"import_file", "import_batch"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE org_id = ? AND import_id = ?`, sc.OrgID, r.ID); err != nil {
			return fmt.Errorf("forget the file: %w", err)
		}
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "import", SubjectID: r.ID, CommunityID: r.CommunityID.String}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "end-import", SubjectKind: "import", SubjectID: r.ID, CommunityID: r.CommunityID.String,
		Detail: map[string]any{"status": status, "created": e.counts.Created, "updated": e.counts.Updated, "unchanged": e.counts.Unchanged, "rejected": e.counts.Rejected}})
}

// FinishImport implements importing.Store.
func (s *Store) FinishImport(ctx context.Context, sc access.Scope, id string) error {
	return s.inTx(ctx, "finish the import", func(tx *sqlx.Tx) error {
		r, err := s.importRow(ctx, tx, sc.OrgID, id, " FOR UPDATE")
		if err != nil || importing.Status(r.Status) != importing.Running {
			return err
		}
		j := r.job()
		return s.endImport(ctx, tx, sc, r, importing.Done, "", importEnd{rows: r.RowsRead, counts: j.Counts, done: r.Total, total: r.Total})
	})
}

// FailImport implements importing.Store. Failed means that nothing was written, so an import of which batches were applied
// ends done, with the rest rejected; importing the file again adds them.
func (s *Store) FailImport(ctx context.Context, sc access.Scope, id string, why importing.Problem) error {
	return s.inTx(ctx, "fail the import", func(tx *sqlx.Tx) error {
		r, err := s.importRow(ctx, tx, sc.OrgID, id, " FOR UPDATE")
		if err != nil || importing.Status(r.Status) != importing.Running {
			return err
		}
		if err := addProblem(ctx, tx, sc.OrgID, id, why); err != nil {
			return err
		}
		status, counts := importing.Failed, r.job().Counts
		if r.Done > 0 {
			status = importing.Done
			counts.Rejected += r.Total - r.Done
		}
		return s.endImport(ctx, tx, sc, r, status, why.Code, importEnd{rows: r.RowsRead, counts: counts, done: r.Done, total: r.Total})
	})
}

func addProblem(ctx context.Context, tx *sqlx.Tx, orgID, id string, problems ...importing.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	var n int
	if err := tx.GetContext(ctx, &n, `SELECT COALESCE(MAX(n), -1) + 1 FROM import_problem WHERE org_id = ? AND import_id = ?`, orgID, id); err != nil {
		return fmt.Errorf("add a problem: %w", err)
	}
	return writeProblems(ctx, tx, orgID, id, n, problems)
}

// Widths of the problem's columns; what a file says can be longer.
const (
	maxProblemSheet   = 60
	maxProblemColumn  = 80
	maxProblemMessage = 300
)

func writeProblems(ctx context.Context, tx *sqlx.Tx, orgID, id string, from int, problems []importing.Problem) error {
	var rows [][]any
	for i, p := range problems {
		rows = append(rows, []any{orgID, id, from + i, p.Row, shorten(p.Sheet, maxProblemSheet), shorten(p.Column, maxProblemColumn), p.Code, shorten(p.Message, maxProblemMessage)})
	}
	if err := insertRows(ctx, tx, `INSERT INTO import_problem (org_id, import_id, n, row_no, sheet, column_name, code, message)`, rows); err != nil {
		return fmt.Errorf("write problems: %w", err)
	}
	return nil
}

func shorten(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return text
}

func writeNotices(ctx context.Context, tx *sqlx.Tx, orgID, id string, notices []importing.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	b, err := json.Marshal(notices)
	if err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE import_job SET notices = ? WHERE org_id = ? AND id = ?`, string(b), orgID, id); err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	return nil
}
