package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/page"
)

// Deposits lists what payments have left as deposits, the newest first, with what is still held of each.
func (s *Store) Deposits(ctx context.Context, sc access.Scope, f money.DepositFilter, q page.Query) (page.Of[money.HeldDeposit], error) {
	where, args, err := detailReach(sc, "p.", f.CommunityID)
	if err == nil {
		err = checkCursor(q)
	}
	if err != nil {
		return page.Of[money.HeldDeposit]{}, err
	}
	where += ` AND p.deposit_kind IS NOT NULL`
	for _, c := range []struct{ column, value string }{{"p.unit_id", f.UnitID}, {"p.debtor_id", f.DebtorID}, {"p.deposit_kind", f.Kind}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	if f.HeldOnly {
		where += ` AND p.deposit_fen > 0`
	}
	if q.Cursor != "" {
		where, args = where+` AND p.id < ?`, append(args, q.Cursor)
	}
	var rows []struct {
		ID          string    `db:"id"`
		CommunityID string    `db:"community_id"`
		UnitID      string    `db:"unit_id"`
		Unit        string    `db:"unit"`
		DebtorID    string    `db:"debtor_id"`
		NameEnc     []byte    `db:"name_enc"`
		Kind        string    `db:"deposit_kind"`
		AmountFen   int64     `db:"amount_fen"`
		HeldFen     int64     `db:"deposit_fen"`
		RefundedFen int64     `db:"refunded_fen"`
		Status      string    `db:"status"`
		ReceiptNo   string    `db:"receipt_no"`
		PaidAt      time.Time `db:"paid_at"`
	}
	err = selectIn(ctx, s.db, &rows, `SELECT p.id, p.community_id, COALESCE(p.unit_id, '') AS unit_id, COALESCE(u.display, '') AS unit, p.debtor_id, n.name_enc, p.deposit_kind,
			p.amount_fen, p.deposit_fen, p.refunded_fen, p.status, COALESCE(r.display_no, '') AS receipt_no, p.paid_at
		FROM payment p JOIN person n ON n.org_id = p.org_id AND n.id = p.debtor_id LEFT JOIN unit u ON u.org_id = p.org_id AND u.id = p.unit_id
		LEFT JOIN receipt r ON r.org_id = p.org_id AND r.payment_id = p.id WHERE `+where+` ORDER BY p.id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return page.Of[money.HeldDeposit]{}, fmt.Errorf("list deposits: %w", err)
	}
	items := make([]money.HeldDeposit, 0, len(rows))
	for _, r := range rows {
		d := money.HeldDeposit{PaymentID: r.ID, CommunityID: r.CommunityID, UnitID: r.UnitID, Unit: r.Unit, DebtorID: r.DebtorID, Kind: r.Kind, AmountFen: r.AmountFen,
			HeldFen: r.HeldFen, RefundedFen: r.RefundedFen, ReceiptNo: r.ReceiptNo, PaidAt: r.PaidAt, Status: "held"}
		switch {
		case r.Status == string(money.PaymentReversed):
			d.Status = "reversed"
		case r.HeldFen == 0:
			d.Status = "refunded"
		}
		if d.Name, err = s.keys.Open(r.NameEnc); err != nil {
			return page.Of[money.HeldDeposit]{}, fmt.Errorf("open the payer's name: %w", err)
		}
		if r.DebtorID != sc.PersonID && sc.Require(access.SeePeople, r.CommunityID) != nil {
			d.Name = estate.MaskName(d.Name)
		}
		items = append(items, d)
	}
	return page.Cut(items, q.Limit, func(d money.HeldDeposit) string { return d.PaymentID }), nil
}
