package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

const noSuchReceipt = "没有找到这张收据，请核对收据号。"

// Receipt gives a receipt by its printed number. Its lines are the split as it was when the receipt was made; what the
// rest paid later as an advance is on the payment.
func (s *Store) Receipt(ctx context.Context, sc access.Scope, no string) (money.Receipt, error) {
	var rows []struct {
		ID          string     `db:"id"`
		BookID      string     `db:"book_id"`
		Prints      int        `db:"prints"`
		No          string     `db:"display_no"`
		Status      string     `db:"status"`
		PaymentID   string     `db:"payment_id"`
		CommunityID string     `db:"community_id"`
		Community   string     `db:"community"`
		IssuedAt    time.Time  `db:"issued_at"`
		VoidedAt    *time.Time `db:"voided_at"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT r.id, r.book_id, r.prints, r.display_no, r.status, r.payment_id, b.community_id, c.name AS community, r.issued_at, r.voided_at
		FROM receipt r JOIN receipt_book b ON b.org_id = r.org_id AND b.id = r.book_id
		JOIN community c ON c.org_id = b.org_id AND c.id = b.community_id
		WHERE r.org_id = ? AND r.display_no = ?`, sc.OrgID, asciiKey(no))
	if err != nil {
		return money.Receipt{}, fmt.Errorf("read receipt: %w", err)
	}
	if len(rows) == 0 {
		return money.Receipt{}, s.hidden(sc, "receipt-not-found", noSuchReceipt)
	}
	r := rows[0]
	p, err := s.Payment(ctx, sc, r.PaymentID)
	if refusal.Is(err, "payment-not-found") { // as for a number that does not exist: numbers can be guessed
		return money.Receipt{}, s.hidden(sc, "receipt-not-found", noSuchReceipt)
	}
	if err != nil {
		return money.Receipt{}, err
	}
	receipt := money.Receipt{BookID: r.BookID, Prints: r.Prints, RoundOffFen: p.RoundOffFen, No: r.No, Status: r.Status, CommunityID: r.CommunityID, Community: r.Community, IssuedAt: r.IssuedAt, VoidedAt: r.VoidedAt,
		AmountFen: p.AmountFen, AmountWords: money.Words(p.AmountFen), AdvanceFen: p.AmountFen, Payment: p}
	if receipt.Lines, err = s.receiptLines(ctx, sc.OrgID, p.ID); err != nil {
		return money.Receipt{}, err
	}
	for _, l := range receipt.Lines {
		receipt.AdvanceFen -= l.PrincipalFen + l.LateFeeFen
	}
	if p.DepositKind != "" {
		receipt.DepositFen, receipt.AdvanceFen = p.AmountFen, 0
	}
	return receipt, s.nameReceipt(ctx, sc, &receipt)
}

// nameReceipt adds who paid, for which unit and item, and who took it. Names are masked for callers who may not see people.
func (s *Store) nameReceipt(ctx context.Context, sc access.Scope, r *money.Receipt) error {
	p := r.Payment
	var rows []struct {
		NameEnc []byte `db:"name_enc"`
		Unit    string `db:"unit"`
		Purpose string `db:"purpose"`
		Cashier string `db:"cashier"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT n.name_enc, COALESCE(u.display, '') AS unit, COALESCE(f.name, '') AS purpose, COALESCE(a.name, '') AS cashier
		FROM person n LEFT JOIN unit u ON u.org_id = n.org_id AND u.id = ? LEFT JOIN fee_item f ON f.org_id = n.org_id AND f.id = ?
		LEFT JOIN app_user a ON a.org_id = n.org_id AND a.id = ? WHERE n.org_id = ? AND n.id = ?`, p.UnitID, p.PurposeID, p.RecordedBy, sc.OrgID, p.DebtorID)
	if err != nil {
		return fmt.Errorf("read who is on a receipt: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	r.Unit, r.Purpose, r.Cashier = rows[0].Unit, rows[0].Purpose, rows[0].Cashier
	if r.Payer, err = s.keys.Open(rows[0].NameEnc); err != nil {
		return fmt.Errorf("open the payer's name: %w", err)
	}
	if sc.Require(access.SeePeople, r.CommunityID) != nil && sc.PersonID != p.DebtorID {
		r.Payer = estate.MaskName(r.Payer)
	}
	return nil
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
