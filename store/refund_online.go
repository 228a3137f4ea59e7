package store

import (
	"context"
	"fmt"

	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/refusal"
)

// RefundHead gives what the process of a refund by a provider has to know.
func (s *Store) RefundHead(ctx context.Context, r checkout.Ref) (checkout.RefundHead, error) {
	var rows []struct {
		AmountFen  int64  `db:"amount_fen"`
		Route      string `db:"route"`
		Status     string `db:"status"`
		PaymentID  string `db:"payment_id"`
		ExternalNo string `db:"external_no"`
		PaidFen    int64  `db:"paid_fen"`
		Note       string `db:"note"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT r.amount_fen, r.route, r.status, p.id AS payment_id, p.external_no, p.amount_fen AS paid_fen, COALESCE(r.note, '') AS note
		FROM refund r JOIN payment p ON p.org_id = r.org_id AND p.id = r.payment_id WHERE r.org_id = ? AND r.id = ?`, r.OrgID, r.ID)
	if err != nil {
		return checkout.RefundHead{}, fmt.Errorf("read refund %s: %w", r.ID, err)
	}
	if len(rows) == 0 {
		return checkout.RefundHead{}, refusal.New(refusal.NotFound, "refund-not-found", "没有找到这笔退款，请核对编号。")
	}
	row := rows[0]
	number, err := s.providerNumber(ctx, r.OrgID, row.PaymentID, row.ExternalNo)
	if err != nil {
		return checkout.RefundHead{}, err
	}
	status := money.RefundStatus(row.Status)
	return checkout.RefundHead{
		Provider: row.Route, Paying: status == money.RefundPaying, Over: status != money.RefundDue && status != money.RefundPaying, Told: row.Note != "",
		Ask: checkout.RefundAsk{No: r.ID, TransactionNo: number, AmountFen: row.AmountFen, PaidFen: row.PaidFen, Reason: "物业缴费退款"},
	}, nil
}

// providerNumber is the number under which the provider knows the money of a payment: one that was moved, or matched from
// suspense a second time, has a number made from it.
func (s *Store) providerNumber(ctx context.Context, orgID, paymentID, externalNo string) (string, error) {
	for paymentID != "" {
		var rows []struct {
			ExternalNo  string `db:"external_no"`
			MovedFromID string `db:"moved_from_id"`
		}
		err := s.db.SelectContext(ctx, &rows, `SELECT COALESCE(w.external_no, p.external_no) AS external_no, COALESCE(p.moved_from_id, '') AS moved_from_id FROM payment p
			LEFT JOIN suspense w ON w.org_id = p.org_id AND w.id = p.source_id AND p.source_kind = ? WHERE p.org_id = ? AND p.id = ?`, money.FromSuspense, orgID, paymentID)
		if err != nil {
			return "", fmt.Errorf("read the number of payment %s: %w", paymentID, err)
		}
		if len(rows) == 0 {
			break
		}
		externalNo, paymentID = rows[0].ExternalNo, rows[0].MovedFromID
	}
	return externalNo, nil
}

// RefundStuck notes why a refund that is with its provider takes long; "" takes the note away.
func (s *Store) RefundStuck(ctx context.Context, r checkout.Ref, why string) error {
	return s.execRetried(ctx, "note that a refund takes long", `UPDATE refund SET note = ? WHERE org_id = ? AND id = ? AND status IN ('due','paying')`, nullable(shorten(why, 480)), r.OrgID, r.ID)
}

// LiveRefunds lists the refunds of all organizations that a provider has to carry out.
func (s *Store) LiveRefunds(ctx context.Context) ([]checkout.Ref, error) {
	due, err := s.DueRefunds(ctx, money.OnlineChannels, mostLiveRefunds)
	refs := make([]checkout.Ref, len(due))
	for i, d := range due {
		refs[i] = checkout.Ref{OrgID: d.OrgID, ID: d.ID}
	}
	return refs, err
}

const mostLiveRefunds = 10_000
