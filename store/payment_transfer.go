package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// prepareTransfer finds whom a payment is to be moved to. Everybody who may turn out to be the debtor there is named, so
// that the effect on them is told.
func prepareTransfer(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	of, err := findSubject(ctx, q, orgID, "payment", r.SubjectID)
	if err != nil {
		return deed{}, err
	}
	d := deed{communityID: of.CommunityID, communities: []string{of.CommunityID}, debtors: []string{of.DebtorID}}
	if isID(r.DebtorID) {
		d.debtors = append(d.debtors, r.DebtorID)
	}
	if isID(r.CommunityID) {
		d.communities = append(d.communities, r.CommunityID)
	}
	if isID(r.UnitID) {
		var there []string
		err := sqlx.SelectContext(ctx, q, &there, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, orgID, r.UnitID)
		if err != nil {
			return d, fmt.Errorf("read the unit of a transfer: %w", err)
		}
		var people []string
		err = sqlx.SelectContext(ctx, q, &people, `SELECT person_id FROM occupancy WHERE org_id = ? AND unit_id = ?
			UNION SELECT debtor_id FROM bill WHERE org_id = ? AND unit_id = ?`, orgID, r.UnitID, orgID, r.UnitID)
		if err != nil {
			return d, fmt.Errorf("read the people of a transfer's unit: %w", err)
		}
		d.communities, d.debtors = append(d.communities, there...), append(d.debtors, people...)
	}
	d.communities = distinct(d.communities, func(id string) string { return id })
	d.debtors = distinct(d.debtors, func(id string) string { return id })
	d.run = func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error) {
		p, repeated, err := s.transferTx(ctx, tx, sc, r, by.reason)
		return outcome{resultID: p.ID, amountFen: p.AmountFen, payment: &p, repeated: repeated}, err
	}
	return d, nil
}

// transferTx moves a payment to the unit or debtor that it was meant for: the old one is reversed, its receipt void and
// kept, and a payment of the same money, value date and channel takes its place, with a number made from its own. Both are
// booked now, so that the channel's money nets to zero on one day.
func (s *Store) transferTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r money.CorrectionRequest, reason string) (moved money.Payment, repeated bool, err error) {
	old, err := lockPayment(ctx, tx, sc.OrgID, r.SubjectID)
	if err != nil {
		return old, false, err
	}
	if old.Status == money.PaymentReversed {
		return s.movedBefore(ctx, tx, sc, old)
	}
	from, err := transferSource(ctx, tx, sc.OrgID, old.ID)
	if err != nil {
		return old, false, err
	}
	if err := checkTransfer(old, from, r); err != nil {
		return old, false, err
	}
	if err := s.takeBackMoney(ctx, tx, sc, []money.Payment{old}, reason); err != nil {
		return old, false, err
	}
	number, err := freeNumber(ctx, tx, sc.OrgID, old.Channel, old.ExternalNo)
	if err != nil {
		return old, false, err
	}
	own := sc
	own.CommandID = "" // it names the reversal
	results, err := s.recordPaymentsTx(ctx, tx, own, []money.NewPayment{{CommunityID: r.CommunityID, UnitID: r.UnitID, DebtorID: r.DebtorID,
		AmountFen: old.AmountFen, Method: old.Method, Channel: old.Channel, ExternalNo: number, PaidAt: old.PaidAt, PurposeID: old.PurposeID,
		Source: money.Source{Kind: from.Kind, ID: from.ID}, MovedFrom: old.ID}})
	if err != nil {
		return old, false, err
	}
	if results[0].Refused != nil {
		return old, false, results[0].Refused
	}
	if results[0].Existed {
		return old, false, fmt.Errorf("transfer payment %s: %w", old.ID, errOvertaken)
	}
	moved = results[0].Payment
	return moved, false, s.linkMoved(ctx, tx, sc, old, moved, from, reason)
}

// paymentSource is where a payment's money came from, and what of it pays no bills.
type paymentSource struct {
	Kind       string `db:"source_kind"`
	ID         string `db:"source_id"`
	DepositFen int64  `db:"deposit_fen"`
}

func transferSource(ctx context.Context, tx *sqlx.Tx, orgID, id string) (paymentSource, error) {
	var from paymentSource
	err := tx.GetContext(ctx, &from, `SELECT source_kind, COALESCE(source_id, '') AS source_id, deposit_fen
		FROM payment WHERE org_id = ? AND id = ?`, orgID, id)
	if err != nil {
		return from, fmt.Errorf("read where a payment came from: %w", err)
	}
	return from, nil
}

func checkTransfer(old money.Payment, from paymentSource, r money.CorrectionRequest) error {
	switch {
	case from.DepositFen > 0:
		return refusal.New(refusal.Rule, "deposit-not-transferable", "这笔是押金，不能转账单；请冲销后按正确的房屋重新收取。").At("id", "押金不能转移", nil)
	case (r.UnitID == "" || r.UnitID == old.UnitID) && (r.DebtorID == "" || r.DebtorID == old.DebtorID):
		return refusal.New(refusal.Rule, "transfer-to-same", "这笔缴费本来就在该房屋和缴费人名下，请选择要转到的另一套房屋或另一个缴费人。").At("unit_id", "与原来相同", r.UnitID)
	}
	return nil
}

// movedBefore answers the repeat of a transfer whose answer was lost, and refuses any other payment that was taken back.
func (s *Store) movedBefore(ctx context.Context, tx *sqlx.Tx, sc access.Scope, old money.Payment) (money.Payment, bool, error) {
	ran, err := ranBefore(ctx, tx, sc, old.ID)
	if err != nil {
		return old, false, err
	}
	var ids []string
	if ran {
		if err := tx.SelectContext(ctx, &ids, `SELECT id FROM payment WHERE org_id = ? AND moved_from_id = ?`, sc.OrgID, old.ID); err != nil {
			return old, false, fmt.Errorf("read the payment of a transfer: %w", err)
		}
	}
	if len(ids) == 0 {
		return old, false, refusal.New(refusal.Conflict, "already-reversed", "这笔缴费已经冲销过，不能再转移。").With("reversed_at", old.ReversedAt)
	}
	moved, err := lockPayment(ctx, tx, sc.OrgID, ids[0])
	return moved, true, err
}

// linkMoved ties the payment to the one it replaces, and keeps money from suspense matched.
func (s *Store) linkMoved(ctx context.Context, tx *sqlx.Tx, sc access.Scope, old, moved money.Payment, from paymentSource, reason string) error {
	_, err := tx.ExecContext(ctx, `UPDATE payment SET moved_from_id = ? WHERE org_id = ? AND id = ?`, old.ID, sc.OrgID, moved.ID)
	if err != nil {
		return fmt.Errorf("tie a transfer to its payment: %w", err)
	}
	if from.Kind == money.FromSuspense {
		_, err := tx.ExecContext(ctx, `UPDATE suspense SET status = 'matched', payment_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, moved.ID, sc.OrgID, from.ID)
		if err != nil {
			return fmt.Errorf("keep suspense matched: %w", err)
		}
	}
	return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "transfer-payment", SubjectKind: "payment", SubjectID: old.ID, CommunityID: old.CommunityID,
		Why: reason, Detail: map[string]any{"to": moved.ID, "amount_fen": moved.AmountFen, "receipt_no": moved.ReceiptNo}})
}

// checkNoRefund refuses to take back payments of which money was given back, or is about to be: it would be given twice.
func checkNoRefund(ctx context.Context, tx *sqlx.Tx, orgID string, paymentIDs []string) error {
	var rows []struct {
		ID  string `db:"id"`
		Fen int64  `db:"refunded_fen"`
	}
	err := selectIn(ctx, tx, &rows, `SELECT id, refunded_fen FROM payment WHERE org_id = ? AND id IN (?) AND refunded_fen > 0 ORDER BY id LIMIT 1`, orgID, paymentIDs)
	if err != nil {
		return fmt.Errorf("look for refunds: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	return refusal.New(refusal.Conflict, "payment-refunded", "这笔缴费已退款或正在退款 %s，不能再冲销或转移。", money.Format(rows[0].Fen)).
		With("payment_id", rows[0].ID).With("refunded_fen", rows[0].Fen)
}
