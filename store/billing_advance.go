package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
)

// AdvanceBillingRun implements billingrun.Store: one chunk of what the run's status asks for, in one transaction that holds
// the run's row, so that two steps never do the same chunk.
func (s *Store) AdvanceBillingRun(ctx context.Context, sc access.Scope, runID string) (billingrun.Progress, error) {
	var done billingrun.Progress
	err := s.inTx(ctx, "advance a billing run", func(tx *sqlx.Tx) error {
		r, err := lockRun(ctx, tx, sc.OrgID, runID)
		if err != nil {
			return err
		}
		if err := sc.Require(access.RunBilling, r.CommunityID); err != nil {
			return err
		}
		switch r.Status {
		case billingrun.Computing:
			done, err = s.computeStep(ctx, tx, sc, r)
		case billingrun.Issuing:
			done, err = s.issueStep(ctx, tx, sc, r)
		case billingrun.Voiding:
			done, err = s.voidStep(ctx, tx, sc, r)
		default:
			done = billingrun.Progress{Status: r.Status}
			return nil
		}
		if err != nil {
			return err
		}
		return recordChange(ctx, tx, sc.OrgID, s.clock.Now(), Change{Kind: "billing", SubjectID: r.ID, CommunityID: r.CommunityID})
	})
	return done, err
}

// computeStep computes the next units and keeps their lines; after the last it lets somebody look at them.
func (s *Store) computeStep(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	basis, err := s.basisOf(ctx, tx, sc.OrgID, r)
	if err != nil {
		return billingrun.Progress{}, err
	}
	chunk, err := s.computeChunk(ctx, tx, basis, r.ComputedThrough, unitsPerBillingChunk)
	if err != nil {
		return billingrun.Progress{}, err
	}
	if chunk.units == 0 {
		return s.endComputing(ctx, tx, sc, r)
	}
	if err := writeBillingLines(ctx, tx, sc.OrgID, r.ID, chunk); err != nil {
		return billingrun.Progress{}, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE billing_run SET computed_through = ?, units_done = units_done + ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		chunk.through, chunk.units, sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("note how far a billing run is computed: %w", err)
	}
	return billingrun.Progress{Status: r.Status, More: true}, nil
}

// basisOf reads what the run was opened with: the settlement that was in force then, whatever was signed since.
func (s *Store) basisOf(ctx context.Context, tx *sqlx.Tx, orgID string, r billingRunRow) (*billingBasis, error) {
	terms, err := s.termsOf(ctx, tx, orgID, r.SettlementID)
	if err != nil {
		return nil, err
	}
	period, err := billing.ParsePeriod(r.Period)
	if err != nil {
		return nil, err
	}
	return s.newBillingBasis(ctx, tx, orgID, r.CommunityID, terms, newRun{period: period, timing: r.Timing})
}

// endComputing ends the computing. A run that the calendar opened and that finds nothing to say needs nobody.
func (s *Store) endComputing(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	status, why := billingrun.Ready, ""
	if r.OpenedBy == access.SystemActorID {
		var any int
		err := tx.GetContext(ctx, &any, `SELECT COUNT(*) FROM billing_sum WHERE org_id = ? AND run_id = ? AND verdict NOT IN ('billed','nothing','gone')`, sc.OrgID, r.ID)
		if err != nil {
			return billingrun.Progress{}, fmt.Errorf("look for lines: %w", err)
		}
		if any == 0 {
			status, why = billingrun.Cancelled, "没有需要出账的内容：该账期的账单都已出过，或没有房屋需要缴费。"
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, why = ?, computed_at = ?, units_done = GREATEST(units_done, units_n), units_n = units_done, version = version + 1
		WHERE org_id = ? AND id = ?`, status, nullable(why), s.clock.Now(), sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("end the computing of a billing run: %w", err)
	}
	return billingrun.Progress{Status: status}, nil
}

const insertBillingLine = `INSERT INTO billing_line (org_id, run_id, id, verdict, unit_id, fee_item_id, fee_item_version_id, debtor_id, period, line_no, from_on, to_on,
	billed_on, due_on, amount_fen, basis, compared_fen, previous_fen, difference, readings, problem_code, problem)`

func writeBillingLines(ctx context.Context, tx *sqlx.Tx, orgID, runID string, c computedChunk) error {
	rows := make([][]any, 0, len(c.lines))
	for _, l := range c.lines {
		row, err := l.row(orgID, runID)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if err := insertRows(ctx, tx, insertBillingLine, rows); err != nil {
		return fmt.Errorf("keep billing lines: %w", err)
	}
	return addSums(ctx, tx, orgID, runID, c.sums)
}

func (l computedLine) row(orgID, runID string) ([]any, error) {
	var basis, difference, readings, code, problem any
	if l.verdict != billingrun.Gone {
		b, err := json.Marshal(l.Basis)
		if err != nil {
			return nil, fmt.Errorf("write the basis of a line: %w", err)
		}
		basis = string(b)
	}
	for _, part := range []struct {
		into *any
		from any
		is   bool
	}{{&difference, l.difference, l.difference != nil}, {&readings, l.readings, len(l.readings) > 0}} {
		if !part.is {
			continue
		}
		b, err := json.Marshal(part.from)
		if err != nil {
			return nil, fmt.Errorf("write a billing line: %w", err)
		}
		*part.into = string(b)
	}
	if l.Problem != nil {
		code, problem = l.Problem.Code, clipped(l.Problem.Message, maxWhy)
	}
	return []any{orgID, runID, NewID(), l.verdict, l.UnitID, l.FeeItemID, nullable(l.VersionID), nullable(l.DebtorID), l.Period, l.LineNo, l.From, l.To,
		l.BilledOn, l.DueOn, l.AmountFen, basis, l.comparedFen, l.previousFen, difference, readings, code, problem}, nil
}

func clipped(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// addSums adds a chunk's sums to the run's.
func addSums(ctx context.Context, tx *sqlx.Tx, orgID, runID string, sums map[sumKey]billingrun.Count) error {
	rows := make([][]any, 0, len(sums))
	for key, c := range sums {
		rows = append(rows, []any{orgID, runID, key.feeItemID, key.verdict, c.Lines, c.AmountFen, c.PreviousFen})
	}
	err := upsertRows(ctx, tx, `INSERT INTO billing_sum (org_id, run_id, fee_item_id, verdict, lines_n, amount_fen, previous_fen)`, rows,
		` ON DUPLICATE KEY UPDATE lines_n = lines_n + VALUES(lines_n), amount_fen = amount_fen + VALUES(amount_fen), previous_fen = previous_fen + VALUES(previous_fen)`)
	if err != nil {
		return fmt.Errorf("add up billing lines: %w", err)
	}
	return nil
}
