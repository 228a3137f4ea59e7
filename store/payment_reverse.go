package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
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
	now := s.clock.Now()
	takenBack, err := s.mirrorPayment(ctx, tx, sc, id, now)
	if err != nil {
		return p, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE payment SET status = 'reversed', unallocated_fen = 0, reversed_at = ?, reversed_why = ?, version = version + 1
		WHERE org_id = ? AND id = ?`, now, reason, sc.OrgID, id); err != nil {
		return p, fmt.Errorf("mark payment reversed: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE receipt SET status = 'void', voided_at = ? WHERE org_id = ? AND payment_id = ?`, now, sc.OrgID, id); err != nil {
		return p, fmt.Errorf("void receipt: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE suspense SET status = 'open', payment_id = NULL, version = version + 1 WHERE org_id = ? AND payment_id = ?`,
		sc.OrgID, id); err != nil {
		return p, fmt.Errorf("put money back into suspense: %w", err)
	}
	if err := s.afterReversal(ctx, tx, sc, p, reason, takenBack); err != nil {
		return p, err
	}
	return lockPayment(ctx, tx, sc.OrgID, id)
}

// afterReversal lets the debtor's other advances pay what is open again, tells the case, and leaves the traces.
func (s *Store) afterReversal(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p money.Payment, reason string, takenBack []allocationRow) error {
	now := s.clock.Now()
	if err := s.offsetAdvances(ctx, tx, sc, p.CommunityID, []string{p.DebtorID}); err != nil {
		return err
	}
	changes := []Change{{Kind: "payment", SubjectID: p.ID, CommunityID: p.CommunityID}}
	var fen int64
	for _, a := range takenBack {
		fen += a.FenOnto
		changes = append(changes, Change{Kind: "bill", SubjectID: a.BillID, CommunityID: p.CommunityID})
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, changes...); err != nil {
		return err
	}
	err := recordAudit(ctx, tx, sc, now, Audited{Action: "reverse-payment", SubjectKind: "payment", SubjectID: p.ID, CommunityID: p.CommunityID, Why: reason,
		Detail: map[string]any{"amount_fen": p.AmountFen, "receipt_no": p.ReceiptNo}})
	if err != nil {
		return err
	}
	return s.settleCases(ctx, tx, sc, balanceChange{CommunityID: p.CommunityID, DebtorIDs: []string{p.DebtorID}, Cause: causeReversal, AmountFen: fen, At: now})
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

// mirrorPayment posts the opposite of every standing entry of a payment and takes its allocations off their bills. The
// first mirrored entry carries the command's id.
func (s *Store) mirrorPayment(ctx context.Context, tx *sqlx.Tx, sc access.Scope, paymentID string, now time.Time) ([]allocationRow, error) {
	entries, err := standingEntries(ctx, tx, sc.OrgID, paymentID)
	if err != nil {
		return nil, err
	}
	mirrors, mirrorOf := make([]money.Entry, 0, len(entries)), map[string]string{}
	for i, e := range entries {
		head := s.entryHead(sc, "", money.EntryReversal, "payment", paymentID, now)
		if i == 0 && sc.CommandID != "" {
			head.ID = sc.CommandID
		}
		mirrors = append(mirrors, e.Mirror(head))
		mirrorOf[e.Head().ID] = head.ID
	}
	var standing []struct {
		ID      string `db:"id"`
		BillID  string `db:"bill_id"`
		EntryID string `db:"entry_id"`
		Fen     int64  `db:"principal_fen"`
	}
	err = tx.SelectContext(ctx, &standing, `SELECT a.id, a.bill_id, a.entry_id, a.principal_fen FROM allocation a
		WHERE a.org_id = ? AND a.payment_id = ? AND a.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM allocation r WHERE r.org_id = a.org_id AND r.reverses_id = a.id)
		ORDER BY a.id`, sc.OrgID, paymentID)
	if err != nil {
		return nil, fmt.Errorf("read allocations: %w", err)
	}
	takenBack := make([]allocationRow, 0, len(standing))
	for _, a := range standing {
		takenBack = append(takenBack, allocationRow{ID: NewID(), PaymentID: paymentID, BillID: a.BillID, FenOnto: -a.Fen,
			EntryID: mirrorOf[a.EntryID], ReversesID: a.ID, AllocatedAt: now})
	}
	if err := postEntries(ctx, tx, sc.OrgID, mirrors); err != nil {
		return nil, err
	}
	return takenBack, writeAllocations(ctx, tx, sc.OrgID, takenBack)
}
