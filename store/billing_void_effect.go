package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/money"
)

// voidListed is how many bills and cases the effect of voiding a run names; the rest are counted.
const voidListed = 20

// standingOfRun narrows a statement to the standing bills b of one run; debtorsOfRun are whose they are.
const (
	standingOfRun = `bill b FORCE INDEX (bill_source) WHERE b.org_id = ? AND b.source_id = ? AND b.source_kind = 'billing' AND b.voided_at IS NULL`
	debtorsOfRun  = `(SELECT b.debtor_id, SUM(b.unpaid_fen) AS unpaid_fen FROM ` + standingOfRun + ` GROUP BY b.debtor_id) d`
)

// voidRunEffect tells what voiding a run comes to, from sums: its bills are not voided for it one by one, because there may
// be a hundred thousand. Principal and advance are all that the run's debtors owe and have in the community. What they paid
// for the run's bills goes back to their advances; how much of that then pays other bills is not foreseen.
func (s *Store) voidRunEffect(ctx context.Context, tx *sqlx.Tx, orgID string, r billingRunRow) (*money.Effect, error) {
	var run struct {
		Bills    int   `db:"bills"`
		Unpaid   int64 `db:"unpaid_fen"`
		Returned int64 `db:"returned_fen"`
	}
	e := &money.Effect{Receipts: []money.ReceiptEffect{}}
	for _, read := range []struct {
		into  any
		query string
		args  []any
	}{
		{&run, `SELECT COUNT(*) AS bills, COALESCE(SUM(b.unpaid_fen), 0) AS unpaid_fen, COALESCE(SUM(b.paid_fen + b.late_fee_paid_fen), 0) AS returned_fen FROM ` + standingOfRun, nil},
		{&e.PrincipalFen.Before, `SELECT COALESCE(SUM(o.unpaid_fen), 0) FROM ` + debtorsOfRun + ` JOIN bill o ON o.org_id = ? AND o.debtor_id = d.debtor_id AND o.community_id = ?
			WHERE o.voided_at IS NULL`, []any{orgID, r.CommunityID}},
		{&e.AdvanceFen.Before, `SELECT COALESCE(SUM(p.unallocated_fen), 0) FROM ` + debtorsOfRun + ` JOIN payment p ON p.org_id = ? AND p.debtor_id = d.debtor_id AND p.community_id = ?`,
			[]any{orgID, r.CommunityID}},
	} {
		if err := tx.GetContext(ctx, read.into, read.query, append([]any{orgID, r.ID}, read.args...)...); err != nil {
			return nil, fmt.Errorf("add up what the void of a run changes: %w", err)
		}
	}
	e.PrincipalFen.After, e.AdvanceFen.After = e.PrincipalFen.Before-run.Unpaid, e.AdvanceFen.Before+run.Returned
	if err := s.voidRunLateFees(ctx, tx, orgID, r, e); err != nil {
		return nil, err
	}
	if err := listVoided(ctx, tx, orgID, r, e); err != nil {
		return nil, err
	}
	e.BillsLeftOut = run.Bills - len(e.Bills)
	return e, listClosing(ctx, tx, orgID, r, e)
}

// voidRunLateFees adds up the late fee that runs on the run's bills; a run is commonly voided before any does.
func (s *Store) voidRunLateFees(ctx context.Context, tx *sqlx.Tx, orgID string, r billingRunRow, e *money.Effect) error {
	today := calendar.DateOf(s.clock.Now())
	var ids []string
	if err := tx.SelectContext(ctx, &ids, `SELECT b.id FROM `+standingOfRun+` AND b.late_fee_from_on <= ?`, orgID, r.ID, today); err != nil {
		return fmt.Errorf("read the run's bills with a late fee: %w", err)
	}
	refs := make([]billRef, len(ids))
	for i, id := range ids {
		refs[i] = billRef{id, r.CommunityID}
	}
	fees, err := lateFees(ctx, tx, orgID, refs, today)
	for _, fee := range fees {
		e.LateFeeFen.Before += fee.OutstandingFen
	}
	return err
}

// listVoided names the first bills that are voided.
func listVoided(ctx context.Context, tx *sqlx.Tx, orgID string, r billingRunRow, e *money.Effect) error {
	var rows []billStanding
	err := tx.SelectContext(ctx, &rows, `SELECT b.id, b.community_id, u.display AS unit, f.name AS fee_item, b.period, b.unpaid_fen, b.paid_fen, FALSE AS void
		FROM (SELECT b.org_id, b.id, b.community_id, b.unit_id, b.fee_item_id, b.period, b.unpaid_fen, b.paid_fen FROM `+standingOfRun+`
			ORDER BY b.id LIMIT ?) b
		JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id
		ORDER BY b.id`, orgID, r.ID, voidListed)
	if err != nil {
		return fmt.Errorf("list the bills that are voided: %w", err)
	}
	e.Bills = make([]money.BillEffect, len(rows))
	for i, b := range rows {
		e.Bills[i] = money.BillEffect{BillID: b.ID, Unit: b.Unit, FeeItem: b.FeeItem, Period: b.Period, Before: b.status(), After: money.BillVoid, UnpaidFen: money.Change{Before: b.UnpaidFen}}
	}
	return nil
}

// listClosing names the first open cases that close, because their debtors owe nothing beside the run's bills, and counts the rest.
func listClosing(ctx context.Context, tx *sqlx.Tx, orgID string, r billingRunRow, e *money.Effect) error {
	var rows []caseStanding
	err := tx.SelectContext(ctx, &rows, `SELECT c.id, c.status, c.stage, c.next_at, c.arrears_fen FROM `+debtorsOfRun+`
		JOIN dunning_case c ON c.org_id = ? AND c.debtor_id = d.debtor_id AND c.community_id = ? AND c.status IN (?, ?, ?)
		WHERE d.unpaid_fen = (SELECT SUM(o.unpaid_fen) FROM bill o WHERE o.org_id = c.org_id AND o.debtor_id = c.debtor_id AND o.community_id = c.community_id AND o.voided_at IS NULL)
		ORDER BY c.id`, orgID, r.ID, orgID, r.CommunityID, dunning.CaseOpen, dunning.CaseHeld, dunning.CaseNeedsAttention)
	if err != nil {
		return fmt.Errorf("list the cases that close: %w", err)
	}
	e.Cases = []money.CaseEffect{}
	for _, c := range rows[:min(len(rows), voidListed)] {
		e.Cases = append(e.Cases, money.CaseEffect{CaseID: c.ID, Before: c.Status, After: dunning.CasePaid, StageBefore: c.Stage, StageAfter: c.Stage,
			ArrearsFen: money.Change{Before: c.ArrearsFen}, NextAtBefore: instantText(c.NextAt)})
	}
	e.CasesLeftOut = len(rows) - len(e.Cases)
	return nil
}
