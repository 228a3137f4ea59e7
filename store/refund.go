package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

func prepareRefund(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	of, err := findSubject(ctx, q, orgID, "payment", r.SubjectID)
	return deed{communityID: of.CommunityID, debtors: []string{of.DebtorID},
		run: func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error) {
			return s.refundTx(ctx, tx, sc, r, by)
		}}, err
}

// refundable is what of a payment could be given back.
type refundable struct {
	CommunityID    string `db:"community_id"`
	DebtorID       string `db:"debtor_id"`
	Channel        string `db:"channel"`
	Status         string `db:"status"`
	AmountFen      int64  `db:"amount_fen"`
	UnallocatedFen int64  `db:"unallocated_fen"`
	DepositFen     int64  `db:"deposit_fen"`
	RefundedFen    int64  `db:"refunded_fen"`
}

// source gives what the refund is taken from and how much is there; without a wish a deposit is meant where one is held.
func (p refundable) source(wish money.RefundSource) (money.RefundSource, int64) {
	if wish == money.RefundDeposit || wish == "" && p.DepositFen > 0 {
		return money.RefundDeposit, p.DepositFen
	}
	return money.RefundAdvance, p.UnallocatedFen
}

// refundTx sets aside, from what no bill has used or from a deposit, what is to be given back by the way it came. Handing it
// out is a deed of its own (PayRefund), or the provider's.
func (s *Store) refundTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r money.CorrectionRequest, by authority) (outcome, error) {
	var p refundable
	err := tx.GetContext(ctx, &p, `SELECT community_id, debtor_id, channel, status, amount_fen, unallocated_fen, deposit_fen, refunded_fen FROM payment
		WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, r.SubjectID)
	if err != nil {
		return outcome{}, fmt.Errorf("lock a payment: %w", err)
	}
	source, there := p.source(r.Source)
	fen := there
	if r.AmountFen != nil {
		fen = *r.AmountFen
	}
	if err := p.check(fen, there); err != nil {
		return outcome{}, err
	}
	now := s.clock.Now()
	booked, err := bookedNow(ctx, tx, sc.OrgID, p.CommunityID, now)
	if err != nil {
		return outcome{}, err
	}
	// The provider knows the refund by this id. An approval that is given again, because a restore has lost it, asks for the same one.
	id := or(by.approvalID, NewID())
	head := s.entryHead(sc, p.CommunityID, money.EntryRefund, "refund", id, booked)
	entry, err := money.NewEntry(head, money.Posting{Account: sourceAccount(source), DebtorID: p.DebtorID, AmountFen: fen},
		money.Posting{Account: money.Refunding, DebtorID: p.DebtorID, AmountFen: -fen})
	if err != nil {
		return outcome{}, fmt.Errorf("post a refund: %w", err)
	}
	if err := postEntries(ctx, tx, sc.OrgID, []money.Entry{entry}); err != nil {
		return outcome{}, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO refund (org_id, id, community_id, payment_id, debtor_id, amount_fen, source, route, status, why, approval_id, entry_id, made_by, made_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, sc.OrgID, id, p.CommunityID, r.SubjectID, p.DebtorID, fen, string(source), p.Channel, string(money.RefundDue), by.reason,
		nullable(by.approvalID), head.ID, by.makerID, now)
	if err != nil {
		return outcome{}, fmt.Errorf("write a refund: %w", err)
	}
	if err := moveRefunded(ctx, tx, sc.OrgID, r.SubjectID, source, fen); err != nil {
		return outcome{}, err
	}
	if money.Online(p.Channel) {
		if err := enqueueDelivery(ctx, tx, sc.OrgID, DeliverRefund, id); err != nil {
			return outcome{}, err
		}
	}
	err = s.tellRefund(ctx, tx, sc, money.Refund{ID: id, PaymentID: r.SubjectID, CommunityID: p.CommunityID, AmountFen: fen}, "refund-payment", by.reason)
	return outcome{resultID: id, amountFen: fen, refundFen: fen}, err
}

// check refuses to give back what is not there.
func (p refundable) check(fen, there int64) error {
	switch {
	case p.Status == string(money.PaymentReversed):
		return refusal.New(refusal.Conflict, "already-reversed", "这笔缴费已经冲销，没有可退的款项。").At("id", "缴费已冲销", nil)
	case fen > there:
		onBills := p.AmountFen - p.UnallocatedFen - p.DepositFen - p.RefundedFen
		return refusal.New(refusal.Rule, "refund-above-available", "最多可退 %s。其余 %s 已用于缴纳账单：请先作废或调减账单（款项会回到预存），或冲销这笔缴费，再申请退款。",
			money.Format(there), money.Format(onBills)).At("amount_fen", "超过可退金额", fen).With("available_fen", there).With("on_bills_fen", onBills)
	case fen <= 0:
		return refusal.New(refusal.Rule, "nothing-to-refund", "这笔缴费没有可退的款项：已全部用于缴纳账单或已退款。请先作废或调减账单，或冲销这笔缴费。").
			At("amount_fen", "没有可退的款项", nil).With("available_fen", there)
	}
	return nil
}

func sourceAccount(source money.RefundSource) money.Account {
	if source == money.RefundDeposit {
		return money.Deposit
	}
	return money.Advance
}

// moveRefunded takes what is given back off its source; a negative amount puts it there again.
func moveRefunded(ctx context.Context, tx *sqlx.Tx, orgID, paymentID string, source money.RefundSource, fen int64) error {
	column := "unallocated_fen"
	if source == money.RefundDeposit {
		column = "deposit_fen"
	}
	_, err := tx.ExecContext(ctx, `UPDATE payment SET `+column+` = `+column+` - ?, refunded_fen = refunded_fen + ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		fen, fen, orgID, paymentID)
	if err != nil {
		return fmt.Errorf("set a refund aside: %w", err)
	}
	return nil
}

func (s *Store) tellRefund(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r money.Refund, action, why string) error {
	now := s.clock.Now()
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "payment", SubjectID: r.PaymentID, CommunityID: r.CommunityID}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{ID: sc.CommandID, Action: action, SubjectKind: "payment", SubjectID: r.PaymentID, CommunityID: r.CommunityID, Why: why,
		Detail: map[string]any{"refund_id": r.ID, "amount_fen": r.AmountFen}})
}
