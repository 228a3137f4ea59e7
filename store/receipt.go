package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/money"
)

// Receipt gives a receipt by its printed number. Its lines are the split as it was when the receipt was made; what the
// rest paid later as an advance is on the payment.
func (s *Store) Receipt(ctx context.Context, sc access.Scope, no string) (money.Receipt, error) {
	var rows []struct {
		No          string     `db:"display_no"`
		Status      string     `db:"status"`
		PaymentID   string     `db:"payment_id"`
		CommunityID string     `db:"community_id"`
		Community   string     `db:"community"`
		IssuedAt    time.Time  `db:"issued_at"`
		VoidedAt    *time.Time `db:"voided_at"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT r.display_no, r.status, r.payment_id, b.community_id, c.name AS community, r.issued_at, r.voided_at
		FROM receipt r JOIN receipt_book b ON b.org_id = r.org_id AND b.id = r.book_id
		JOIN community c ON c.org_id = b.org_id AND c.id = b.community_id
		WHERE r.org_id = ? AND r.display_no = ?`, sc.OrgID, asciiKey(no))
	if err != nil {
		return money.Receipt{}, fmt.Errorf("read receipt: %w", err)
	}
	if len(rows) == 0 {
		return money.Receipt{}, s.hidden(sc, "receipt-not-found", "没有找到这张收据，请核对收据号。")
	}
	r := rows[0]
	p, err := s.Payment(ctx, sc, r.PaymentID)
	if err != nil {
		return money.Receipt{}, err
	}
	receipt := money.Receipt{No: r.No, Status: r.Status, CommunityID: r.CommunityID, Community: r.Community, IssuedAt: r.IssuedAt, VoidedAt: r.VoidedAt,
		AmountFen: p.AmountFen, AmountWords: money.Words(p.AmountFen), AdvanceFen: p.AmountFen, Payment: p}
	if receipt.Lines, err = s.receiptLines(ctx, sc.OrgID, p.ID); err != nil {
		return money.Receipt{}, err
	}
	for _, l := range receipt.Lines {
		receipt.AdvanceFen -= l.PrincipalFen + l.LateFeeFen
	}
	return receipt, nil
}

func (s *Store) receiptLines(ctx context.Context, orgID, paymentID string) ([]money.ReceiptLine, error) {
	var rows []struct {
		BillID       string `db:"bill_id"`
		Unit         string `db:"unit"`
		FeeItem      string `db:"fee_item"`
		Period       string `db:"period"`
		PrincipalFen int64  `db:"principal_fen"`
		LateFeeFen   int64  `db:"late_fee_fen"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT a.bill_id, u.display AS unit, f.name AS fee_item, b.period, a.principal_fen, a.late_fee_fen
		FROM allocation a JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id AND e.kind = ?
		JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id
		JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
		JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id
		WHERE a.org_id = ? AND a.payment_id = ? ORDER BY a.id`, money.EntryPayment, orgID, paymentID)
	if err != nil {
		return nil, fmt.Errorf("read the lines of a receipt: %w", err)
	}
	lines := make([]money.ReceiptLine, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, money.ReceiptLine(r))
	}
	return lines, nil
}
