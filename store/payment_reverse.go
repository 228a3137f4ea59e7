package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

const maxReason = 500

func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > maxReason {
		return refusal.New(refusal.Rule, "reason-needed", "请填写原因，不超过 %d 个字。", maxReason).At("reason", "请填写原因", nil)
	}
	return nil
}

// ReversePayment takes a payment back (bounced, or booked to the wrong unit): a mirrored entry for each of its entries, its
// bills unpaid again, its receipt void and kept, nothing of it left as advance. What it had paid later as an advance is
// taken back too. Money that had come from suspense waits there again. A second reversal is refused with already-reversed.
func (s *Store) ReversePayment(ctx context.Context, sc access.Scope, id, reason string) (money.Payment, error) {
	if err := checkReason(reason); err != nil {
		return money.Payment{}, err
	}
	var community []string
	if err := s.db.SelectContext(ctx, &community, `SELECT community_id FROM payment WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(id)); err != nil {
		return money.Payment{}, fmt.Errorf("read payment: %w", err)
	}
	if len(community) == 0 || sc.Require(access.ReverseMoney, community[0]) != nil {
		if err := sc.Require(access.ReverseMoney, ""); err != nil {
			return money.Payment{}, err
		}
		return money.Payment{}, refusal.New(refusal.NotFound, "payment-not-found", "没有找到这笔缴费，请核对编号。")
	}
	var reversed money.Payment
	err := s.inTx(ctx, "reverse payment", func(tx *sqlx.Tx) (err error) {
		reversed, err = s.reversePaymentTx(ctx, tx, sc, community[0], id, strings.TrimSpace(reason))
		return err
	})
	return reversed, err
}

func (s *Store) reversePaymentTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID, id, reason string) (money.Payment, error) {
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
		return money.Payment{}, err
	}
	p, err := lockPayment(ctx, tx, sc.OrgID, id)
	if err != nil {
		return p, err
	}
	if p.Status == money.PaymentReversed {
		if done, err := ranBefore(ctx, tx, sc, id); err != nil || done {
			return p, err
		}
		return p, refusal.New(refusal.Conflict, "already-reversed", "这笔缴费已经冲销过，不能重复冲销。").With("reversed_at", p.ReversedAt)
	}
	if err := s.takeBackMoney(ctx, tx, sc, []money.Payment{p}, reason); err != nil {
		return p, err
	}
	return lockPayment(ctx, tx, sc.OrgID, id)
}

// takeBackMoney reverses recorded payments of one community, whose books and rows are locked, with a number of statements
// that does not grow with them.
func (s *Store) takeBackMoney(ctx context.Context, tx *sqlx.Tx, sc access.Scope, payments []money.Payment, reason string) error {
	now := s.clock.Now()
	ids := distinct(payments, func(p money.Payment) string { return p.ID })
	if err := checkNoRefund(ctx, tx, sc.OrgID, ids); err != nil {
		return err
	}
	communityID := payments[0].CommunityID
	rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{communityID})
	if err != nil {
		return err
	}
	takenBack, err := s.mirrorPayments(ctx, tx, sc, ids, rules[communityID].bookedAt(now, now))
	if err != nil {
		return err
	}
	err = execIn(ctx, tx, `UPDATE payment SET status = 'reversed', unallocated_fen = 0, deposit_fen = 0, reversed_at = ?, reversed_why = ?, version = version + 1
		WHERE org_id = ? AND id IN (?)`, now, reason, sc.OrgID, ids)
	if err != nil {
		return fmt.Errorf("mark payments reversed: %w", err)
	}
	roundedOff, err := s.takeBackRoundOff(ctx, tx, sc, ids, now)
	if err != nil {
		return err
	}
	if err := fixLateFees(ctx, tx, sc.OrgID, rules, append(touchedBills(communityID, takenBack), roundedOff...), calendar.DateOf(now)); err != nil {
		return err
	}
	if err := execIn(ctx, tx, `UPDATE receipt SET status = 'void', voided_at = ? WHERE org_id = ? AND payment_id IN (?)`, now, sc.OrgID, ids); err != nil {
		return fmt.Errorf("void receipts: %w", err)
	}
	err = execIn(ctx, tx, `UPDATE suspense SET status = 'open', payment_id = NULL, version = version + 1 WHERE org_id = ? AND payment_id IN (?)`, sc.OrgID, ids)
	if err != nil {
		return fmt.Errorf("put money back into suspense: %w", err)
	}
	return s.afterReversal(ctx, tx, sc, payments, reason, takenBack)
}

// afterReversal lets the debtors' other advances pay what is open again, tells their cases, and leaves the traces.
func (s *Store) afterReversal(ctx context.Context, tx *sqlx.Tx, sc access.Scope, payments []money.Payment, reason string, takenBack []allocationRow) error {
	now, communityID := s.clock.Now(), payments[0].CommunityID
	if err := s.offsetAdvances(ctx, tx, sc, communityID, distinct(payments, func(p money.Payment) string { return p.DebtorID })); err != nil {
		return err
	}
	var changes []Change
	var audited []Audited
	for _, p := range payments {
		changes = append(changes, Change{Kind: "payment", SubjectID: p.ID, CommunityID: communityID})
		audited = append(audited, Audited{Action: "reverse-payment", SubjectKind: "payment", SubjectID: p.ID, CommunityID: communityID, Why: reason,
			Detail: map[string]any{"amount_fen": p.AmountFen, "receipt_no": p.ReceiptNo}})
	}
	fen := map[string]int64{}
	for _, a := range takenBack {
		fen[a.PaymentID] += a.FenOnto
		changes = append(changes, Change{Kind: "bill", SubjectID: a.BillID, CommunityID: communityID})
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, changes...); err != nil {
		return err
	}
	if err := recordAudit(ctx, tx, sc, now, audited...); err != nil {
		return err
	}
	var balances []balanceChange
	for _, p := range payments {
		balances = append(balances, balanceChange{CommunityID: communityID, DebtorIDs: []string{p.DebtorID}, Cause: causeReversal, AmountFen: fen[p.ID], At: now})
	}
	return s.tellCases(ctx, tx, sc, balances)
}

// lockPayment reads one payment for writing.
func lockPayment(ctx context.Context, tx *sqlx.Tx, orgID, id string) (money.Payment, error) {
	payments, err := readPayments(ctx, tx, orgID, selectPayments+`WHERE p.org_id = ? AND p.id = ? FOR UPDATE`, orgID, id)
	if err != nil {
		return money.Payment{}, err
	}
	if len(payments) == 0 {
		return money.Payment{}, refusal.New(refusal.NotFound, "payment-not-found", "没有找到这笔缴费，请核对编号。")
	}
	return payments[0], nil
}

// ranBefore tells whether this very command had reversed the payment in a run whose answer was lost.
func ranBefore(ctx context.Context, tx *sqlx.Tx, sc access.Scope, paymentID string) (bool, error) {
	if sc.CommandID == "" {
		return false, nil
	}
	var n int
	err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM ledger_entry WHERE org_id = ? AND id = ? AND subject_id = ?`, sc.OrgID, sc.CommandID, paymentID)
	if err != nil {
		return false, fmt.Errorf("look for the command's own work: %w", err)
	}
	return n > 0, nil
}

// mirrorPayments posts the opposite of every standing entry of some payments and takes their allocations off the bills, on
// the value days that they had: for the late fee it is as if they had never been. The first mirrored entry
// carries the command's id.
func (s *Store) mirrorPayments(ctx context.Context, tx *sqlx.Tx, sc access.Scope, paymentIDs []string, booked time.Time) ([]allocationRow, error) {
	entries, err := standingEntries(ctx, tx, sc.OrgID, paymentIDs...)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	mirrors, mirrorOf := make([]money.Entry, 0, len(entries)), map[string]string{}
	for i, e := range entries {
		head := s.entryHead(sc, "", money.EntryReversal, "payment", e.Head().SubjectID, booked)
		if i == 0 && sc.CommandID != "" {
			head.ID = sc.CommandID
		}
		mirrors = append(mirrors, e.Mirror(head))
		mirrorOf[e.Head().ID] = head.ID
	}
	var standing []struct {
		ID         string        `db:"id"`
		PaymentID  string        `db:"payment_id"`
		BillID     string        `db:"bill_id"`
		EntryID    string        `db:"entry_id"`
		Fen        int64         `db:"principal_fen"`
		LateFeeFen int64         `db:"late_fee_fen"`
		ValueOn    calendar.Date `db:"value_on"`
		PaidAt     time.Time     `db:"paid_at"`
	}
	err = selectIn(ctx, tx, &standing, `SELECT a.id, a.payment_id, a.bill_id, a.entry_id, a.principal_fen, a.late_fee_fen, a.value_on, p.paid_at
		FROM allocation a JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id
		WHERE a.org_id = ? AND a.payment_id IN (?) AND a.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM allocation r WHERE r.org_id = a.org_id AND r.reverses_id = a.id)
		ORDER BY a.id`, sc.OrgID, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read allocations: %w", err)
	}
	takenBack := make([]allocationRow, 0, len(standing))
	for _, a := range standing {
		takenBack = append(takenBack, allocationRow{ID: NewID(), PaymentID: a.PaymentID, BillID: a.BillID, FenOnto: -a.Fen, LateFeeFen: -a.LateFeeFen,
			ValueOn: valueDay(a.ValueOn, a.PaidAt), EntryID: mirrorOf[a.EntryID], ReversesID: a.ID, AllocatedAt: now})
	}
	if err := postEntries(ctx, tx, sc.OrgID, mirrors); err != nil {
		return nil, err
	}
	return takenBack, writeAllocations(ctx, tx, sc.OrgID, takenBack)
}
