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
	"steward/domain/money"
)

// applyAttempts repeats a batch that lost a race for a person's natural key against an import into another community.
const applyAttempts = 4

// applied is what writing one batch came to.
type applied struct {
	counts   importing.Counts
	problems []importing.Problem
}

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
	var b importing.Batch
	if err := json.Unmarshal(plain, &b); err != nil {
		return fmt.Errorf("read batch %d: %w", n, err)
	}
	sc.ActorID = r.RequestedBy
	result, err := s.applyRows(ctx, tx, sc, &r, b, guardNew)
	if err != nil {
		return err
	}
	return s.settleBatch(ctx, tx, sc, r, n, b.Len(), result)
}

// settleBatch counts a batch and forgets its rows, which hold names and phones.
func (s *Store) settleBatch(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, n, rows int, a applied) error {
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

func (s *Store) applyRows(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r *importRow, b importing.Batch, guardNew bool) (applied, error) {
	switch importing.Kind(r.Kind) {
	case importing.Roster:
		return s.applyRoster(ctx, tx, sc, r, b.Roster, guardNew)
	case importing.Receivables:
		return s.applyReceivables(ctx, tx, sc, *r, b.Receivables)
	case importing.Payments:
		return s.applyPayments(ctx, tx, sc, *r, b.Payments)
	}
	return applied{}, fmt.Errorf("apply rows of kind %q: no such kind", r.Kind)
}

func (s *Store) applyRoster(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r *importRow, rows []importing.RosterRow, guardNew bool) (applied, error) {
	communityID, err := s.ensureCommunity(ctx, tx, sc, r.CommunityName, guardNew)
	if err != nil {
		return applied{}, err
	}
	r.CommunityID = sql.NullString{String: communityID, Valid: true}
	plan, err := s.planRoster(ctx, tx, sc.OrgID, communityID, rows)
	if err != nil {
		return applied{}, err
	}
	return applied{counts: plan.counts}, s.writeRoster(ctx, tx, sc, plan)
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

func (s *Store) applyReceivables(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, rows []importing.ReceivableRow) (applied, error) {
	bills := make([]money.NewBill, 0, len(rows))
	for _, row := range rows {
		bills = append(bills, money.NewBill{
			CommunityID: r.CommunityID.String, UnitID: row.UnitID, DebtorID: row.DebtorID, FeeItem: row.FeeItem, Period: row.Period.Text,
			PeriodFrom: row.Period.From, PeriodTo: row.Period.To, BilledOn: row.BilledOn, DueOn: row.DueOn, AmountFen: row.AmountFen,
			Basis: map[string]any{"formula": "given", "inputs": map[string]any{"amount_fen": row.AmountFen}, "import_row": row.Row},
		})
	}
	issued, err := s.issueBillsTx(ctx, tx, sc, bills, money.Source{Kind: money.FromImport, ID: r.ID})
	if err != nil {
		return applied{}, err
	}
	a := applied{counts: importing.Counts{Created: issued.Created, Unchanged: issued.Unchanged, Rejected: len(issued.Problems)}}
	for _, p := range issued.Problems {
		a.problems = append(a.problems, importing.Problem{Row: rows[p.Index].Row, Code: p.Code, Message: p.Message})
	}
	return a, nil
}

func (s *Store) applyPayments(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow, rows []importing.PaymentRow) (applied, error) {
	payments := make([]money.NewPayment, 0, len(rows))
	for _, row := range rows {
		payments = append(payments, money.NewPayment{
			CommunityID: r.CommunityID.String, UnitID: row.UnitID, DebtorID: row.DebtorID, AmountFen: row.AmountFen, Method: row.Method, Channel: row.Channel,
			ExternalNo: row.ExternalNo, PaidAt: row.PaidAt, BillIDs: row.BillIDs, Source: money.Source{Kind: money.FromImport, ID: r.ID},
		})
	}
	recorded, err := s.recordPaymentsTx(ctx, tx, sc, payments)
	if err != nil {
		return applied{}, err
	}
	var a applied
	for i, p := range recorded {
		switch {
		case p.Refused != nil:
			a.counts.Rejected++
			a.problems = append(a.problems, importing.Problem{Row: rows[i].Row, Code: p.Refused.Code, Message: p.Refused.Message})
		case p.Existed:
			a.counts.Unchanged++
		default:
			a.counts.Created++
		}
	}
	return a, nil
}
