package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
)

// correctionRow has the fields of money.Correction in their order.
type correctionRow struct {
	ID           string        `db:"id"`
	BillID       string        `db:"bill_id"`
	Kind         string        `db:"kind"`
	PrincipalFen int64         `db:"principal_fen"`
	LateFeeFen   int64         `db:"late_fee_fen"`
	ValueOn      calendar.Date `db:"value_on"`
	Reason       string        `db:"reason"`
	ApprovalID   string        `db:"approval_id"`
	PaymentID    string        `db:"payment_id"`
	ReversesID   string        `db:"reverses_id"`
	MadeBy       string        `db:"made_by"`
	MadeByName   string        `db:"made_by_name"`
	MadeAt       time.Time     `db:"made_at"`
}

// Corrections lists what was corrected on a bill, the oldest first, to callers who may see the bill.
func (s *Store) Corrections(ctx context.Context, sc access.Scope, billID string) ([]money.Correction, error) {
	if _, err := s.Bill(ctx, sc, billID); err != nil {
		return nil, err
	}
	list := []money.Correction{}
	var rows []correctionRow
	err := s.db.SelectContext(ctx, &rows, `SELECT c.id, c.bill_id, c.kind, c.principal_fen, c.late_fee_fen, c.value_on, c.reason, COALESCE(c.approval_id, '') AS approval_id,
		COALESCE(c.payment_id, '') AS payment_id, COALESCE(c.reverses_id, '') AS reverses_id, c.made_by, COALESCE(u.name, '') AS made_by_name, c.made_at
		FROM bill_correction c LEFT JOIN app_user u ON u.org_id = c.org_id AND u.id = c.made_by WHERE c.org_id = ? AND c.bill_id = ? ORDER BY c.made_at, c.id LIMIT 500`, sc.OrgID, billID)
	if err != nil {
		return nil, fmt.Errorf("read the corrections of a bill: %w", err)
	}
	for _, r := range rows {
		list = append(list, money.Correction(r))
	}
	return list, nil
}
