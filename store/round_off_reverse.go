package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
)

// takeBackRoundOff makes what was rounded off with some payments owed again. The payments' entries, the waiver of the small
// change among them, are mirrored already; this moves the bills, which it gives, and writes the opposite corrections.
// fixLateFees must follow.
func (s *Store) takeBackRoundOff(ctx context.Context, tx *sqlx.Tx, sc access.Scope, paymentIDs []string, now time.Time) ([]billRef, error) {
	var rows []struct {
		ID           string        `db:"id"`
		CommunityID  string        `db:"community_id"`
		BillID       string        `db:"bill_id"`
		PrincipalFen int64         `db:"principal_fen"`
		LateFeeFen   int64         `db:"late_fee_fen"`
		ValueOn      calendar.Date `db:"value_on"`
		PaymentID    string        `db:"payment_id"`
		MirrorID     string        `db:"mirror_id"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT c.id, c.community_id, c.bill_id, c.principal_fen, c.late_fee_fen, c.value_on, c.payment_id, COALESCE(m.id, '') AS mirror_id
		FROM bill_correction c LEFT JOIN ledger_entry m ON m.org_id = c.org_id AND m.reverses_id = c.entry_id
		WHERE c.org_id = ? AND c.payment_id IN (?) AND c.kind = 'round_off' AND c.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM bill_correction r WHERE r.org_id = c.org_id AND r.reverses_id = c.id) ORDER BY c.id`, sc.OrgID, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read what was rounded off: %w", err)
	}
	var opposite [][]any
	var bills []billRef
	owed, lateFees := map[string]int64{}, map[string]int64{}
	for _, c := range rows {
		opposite = append(opposite, []any{sc.OrgID, NewID(), c.CommunityID, c.BillID, "round_off", -c.PrincipalFen, -c.LateFeeFen, c.ValueOn, "冲销收款，恢复抹零",
			nullable(c.MirrorID), c.PaymentID, c.ID, sc.ActorID, now})
		bills = append(bills, billRef{c.BillID, c.CommunityID})
		owed[c.BillID] += c.PrincipalFen
		lateFees[c.BillID] -= c.LateFeeFen
	}
	if err := insertRows(ctx, tx, insertRoundedOff, opposite); err != nil {
		return nil, fmt.Errorf("take small change back: %w", err)
	}
	if err := moveAmounts(ctx, tx, sc.OrgID, moveSmallChange, owed); err != nil {
		return nil, fmt.Errorf("owe small change again: %w", err)
	}
	return bills, moveAmounts(ctx, tx, sc.OrgID, moveLateFeeOff, lateFees)
}
