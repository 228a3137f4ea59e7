package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/money"
)

// where limits a read of bills or payments to the account's debtor and communities.
func (q accountQuery) where(alias string) (string, []any) {
	where, args := alias+`org_id = ?`, []any{q.orgID}
	if q.debtorID != "" {
		where, args = where+` AND `+alias+`debtor_id = ?`, append(args, q.debtorID)
	}
	if len(q.communities) > 0 {
		where, args = where+` AND `+alias+`community_id IN (?)`, append(args, q.communities)
	}
	return where, args
}

// bills reads the account's bills, longest due first, with their late fees. In a past view the unpaid part is the bill's
// balance in the ledger; what was paid on a bill before it was booked counts as advance until then.
func (q accountQuery) bills(ctx context.Context, db sqlx.QueryerContext) (bills []money.Bill, overpaidFen int64, err error) {
	where, args := q.where("b.")
	if q.unitID != "" {
		where, args = where+` AND b.unit_id = ?`, append(args, q.unitID)
	}
	if void := q.view.shownUntil(); void.IsZero() {
		where += ` AND b.voided_at IS NULL`
	} else {
		where, args = where+` AND (b.voided_at IS NULL OR b.voided_at >= ?)`, append(args, void)
	}
	if bills, err = readBills(ctx, db, selectBills+`WHERE `+where+` ORDER BY b.due_on, b.id`, args...); err != nil {
		return nil, 0, err
	}
	if q.view.past() {
		if bills, overpaidFen, err = q.billsThen(ctx, db, bills); err != nil {
			return nil, 0, err
		}
	}
	return bills, overpaidFen, addLateFees(ctx, db, q.orgID, bills, q.view)
}

// billThen is how a bill stood in a past view.
type billThen struct {
	BillID        string `db:"bill_id"`
	BalanceFen    int64  `db:"balance_fen"`
	Issued        bool   `db:"issued"`
	PaidFen       int64
	LateFeePaid   int64
	WaivedFen     int64
	LateFeeWaived int64
	Dated         bool // there are days of disputes
	Disputed      bool
}

// billsThen gives those of the account's bills that a past view shows, as they stood in it.
func (q accountQuery) billsThen(ctx context.Context, db sqlx.QueryerContext, all []money.Bill) (bills []money.Bill, overpaidFen int64, err error) {
	then := map[string]*billThen{}
	for chunk := range slices.Chunk(distinct(all, func(b money.Bill) string { return b.ID }), rowsPerStatement) {
		if err := q.readThen(ctx, db, chunk, then); err != nil {
			return nil, 0, err
		}
	}
	if err := q.readBalances(ctx, db, distinct(all, func(b money.Bill) string { return b.DebtorID }), then); err != nil {
		return nil, 0, err
	}
	bills = []money.Bill{}
	for _, b := range all {
		t := then[b.ID]
		if t == nil {
			continue
		}
		overpaidFen += max(-t.BalanceFen, 0)
		if !t.Issued {
			continue
		}
		b.UnpaidFen, b.PaidFen, b.WaivedFen = max(t.BalanceFen, 0), t.PaidFen-max(-t.BalanceFen, 0), t.WaivedFen
		b.AdjustedFen = b.UnpaidFen + b.PaidFen + b.WaivedFen - b.PrincipalFen
		if t.Dated {
			b.Disputed = t.Disputed
		}
		b.LateFeePaidFen, b.LateFeeWaivedFen, b.PayableFen = t.LateFeePaid, t.LateFeeWaived, b.UnpaidFen
		b.Status = money.StatusOf(b.UnpaidFen, b.PaidFen, false)
		bills = append(bills, b)
	}
	return bills, overpaidFen, nil
}

// readBalances adds each bill's balance in the ledger and whether the entry that issued it is shown.
func (q accountQuery) readBalances(ctx context.Context, db sqlx.QueryerContext, debtors []string, then map[string]*billThen) error {
	if len(debtors) == 0 {
		return nil
	}
	shown, args := q.view.entries()
	var rows []billThen
	err := selectIn(ctx, db, &rows, `SELECT p.bill_id, SUM(p.amount_fen) AS balance_fen, MAX(p.amount_fen > 0 AND e.reverses_id IS NULL) AS issued
		FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
		WHERE p.org_id = ? AND p.account = 'receivable' AND p.debtor_id IN (?)`+shown+` GROUP BY p.bill_id`, append([]any{q.orgID, debtors}, args...)...)
	if err != nil {
		return fmt.Errorf("read ledger balances: %w", err)
	}
	for _, r := range rows {
		t := of(then, r.BillID)
		t.BalanceFen, t.Issued = r.BalanceFen, r.Issued
	}
	return nil
}

// readThen adds what was paid and waived on bills.
func (q accountQuery) readThen(ctx context.Context, db sqlx.QueryerContext, ids []string, then map[string]*billThen) error {
	var rows []struct {
		BillID       string `db:"bill_id"`
		PrincipalFen int64  `db:"principal_fen"`
		LateFeeFen   int64  `db:"late_fee_fen"`
		Waived       bool   `db:"waived"`
	}
	shown, args := q.view.entries()
	err := selectIn(ctx, db, &rows, `SELECT a.bill_id, SUM(a.principal_fen) AS principal_fen, SUM(a.late_fee_fen) AS late_fee_fen, FALSE AS waived
		FROM allocation a JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id
		WHERE a.org_id = ? AND a.bill_id IN (?)`+shown+` GROUP BY a.bill_id`, append([]any{q.orgID, ids}, args...)...)
	if err != nil {
		return fmt.Errorf("read what was paid of bills: %w", err)
	}
	paid := rows
	where, args := q.view.corrections()
	rows = nil
	err = selectIn(ctx, db, &rows, `SELECT c.bill_id, SUM(IF(c.kind IN ('waiver', 'round_off'), -c.principal_fen, 0)) AS principal_fen,
			SUM(c.late_fee_fen) AS late_fee_fen, TRUE AS waived
		FROM bill_correction c LEFT JOIN ledger_entry e ON e.org_id = c.org_id AND e.id = c.entry_id
		WHERE c.org_id = ? AND c.bill_id IN (?)`+where+` GROUP BY c.bill_id`, append([]any{q.orgID, ids}, args...)...)
	if err != nil {
		return fmt.Errorf("read what was waived of bills: %w", err)
	}
	for _, r := range append(paid, rows...) {
		t := of(then, r.BillID)
		if r.Waived {
			t.WaivedFen, t.LateFeeWaived = r.PrincipalFen, r.LateFeeFen
		} else {
			t.PaidFen, t.LateFeePaid = r.PrincipalFen, r.LateFeeFen
		}
	}
	return q.readDisputed(ctx, db, ids, then)
}

func of(then map[string]*billThen, billID string) *billThen {
	if then[billID] == nil {
		then[billID] = &billThen{}
	}
	return then[billID]
}

// readDisputed adds which bills were disputed at the end of the day.
func (q accountQuery) readDisputed(ctx context.Context, db sqlx.QueryerContext, ids []string, then map[string]*billThen) error {
	var rows []struct {
		BillID   string `db:"bill_id"`
		Disputed bool   `db:"disputed"`
	}
	err := selectIn(ctx, db, &rows, `SELECT bill_id, MAX(from_on <= ? AND (to_on IS NULL OR to_on > ?)) AS disputed FROM bill_freeze
		WHERE org_id = ? AND bill_id IN (?) GROUP BY bill_id`, q.view.day, q.view.day, q.orgID, ids)
	if err != nil {
		return fmt.Errorf("read which bills were disputed: %w", err)
	}
	for _, r := range rows {
		t := of(then, r.BillID)
		t.Dated, t.Disputed = true, r.Disputed
	}
	return nil
}

// payments reads the account's payments, newest first, and what is left of them as advance.
func (q accountQuery) payments(ctx context.Context, db sqlx.QueryerContext, bills []money.Bill) ([]money.Payment, int64, error) {
	where, args := q.where("p.")
	if q.unitID != "" {
		payers := distinct(bills, func(b money.Bill) string { return b.DebtorID })
		if len(payers) == 0 {
			payers = []string{q.debtorID}
		}
		where += ` AND (p.unit_id = ? OR p.unit_id IS NULL AND p.debtor_id IN (?)
			AND p.community_id = (SELECT u.community_id FROM unit u WHERE u.org_id = p.org_id AND u.id = ?)
			OR EXISTS (SELECT 1 FROM allocation a JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id
				WHERE a.org_id = p.org_id AND a.payment_id = p.id AND b.unit_id = ?))`
		args = append(args, q.unitID, payers, q.unitID, q.unitID)
	}
	payments, err := readPayments(ctx, db, q.orgID, selectPayments+`WHERE `+where+` ORDER BY p.paid_at DESC, p.id DESC`, args...)
	if err == nil && q.view.past() {
		payments, err = q.paymentsThen(ctx, db, payments)
	}
	if err != nil {
		return nil, 0, err
	}
	var advanceFen int64
	for _, p := range payments {
		if q.counts(p) {
			advanceFen += p.AdvanceFen
		}
	}
	return payments, advanceFen, nil
}

// counts tells whether a payment's advance belongs to the account: that of a payment for another unit does not.
func (q accountQuery) counts(p money.Payment) bool {
	return q.unitID == "" || p.UnitID == "" || p.UnitID == q.unitID
}

// paymentsThen gives those of the payments that a past view shows, as they stood in it: by their entries, and those of what
// was given back of them.
func (q accountQuery) paymentsThen(ctx context.Context, db sqlx.QueryerContext, all []money.Payment) ([]money.Payment, error) {
	type use struct {
		PaymentID  string `db:"payment_id"`
		AdvanceFen int64  `db:"advance_fen"`
		DepositFen int64  `db:"deposit_fen"`
		Reversed   bool   `db:"reversed"`
	}
	shown, args := q.view.entries()
	uses, allocated := map[string]use{}, map[string][]money.Allocation{}
	for chunk := range slices.Chunk(distinct(all, func(p money.Payment) string { return p.ID }), rowsPerStatement) {
		for _, about := range []string{`ledger_entry e FORCE INDEX (ledger_entry_subject) JOIN payment x ON x.org_id = e.org_id AND x.id = e.subject_id`,
			`refund r JOIN ledger_entry e FORCE INDEX (ledger_entry_subject) ON e.org_id = r.org_id AND e.subject_id = r.id
				JOIN payment x ON x.org_id = r.org_id AND x.id = r.payment_id`} {
			var rows []use
			err := selectIn(ctx, db, &rows, `SELECT x.id AS payment_id, -SUM(IF(p.account = 'advance', p.amount_fen, 0)) AS advance_fen,
					-SUM(IF(p.account = 'deposit', p.amount_fen, 0)) AS deposit_fen, MAX(e.kind = 'reversal') AS reversed
				FROM `+about+` JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id
				WHERE x.org_id = ? AND x.id IN (?)`+shown+` GROUP BY x.id`, append([]any{q.orgID, chunk}, args...)...)
			if err != nil {
				return nil, fmt.Errorf("read the entries of payments: %w", err)
			}
			for _, r := range rows {
				was := uses[r.PaymentID]
				uses[r.PaymentID] = use{r.PaymentID, was.AdvanceFen + r.AdvanceFen, was.DepositFen + r.DepositFen, was.Reversed || r.Reversed}
			}
		}
		if err := q.allocatedThen(ctx, db, chunk, allocated); err != nil {
			return nil, err
		}
	}
	payments := []money.Payment{}
	for _, p := range all {
		u, known := uses[p.ID]
		if !known {
			continue
		}
		p.AdvanceFen, p.DepositFen, p.Allocations, p.RefundedFen = u.AdvanceFen, u.DepositFen, append([]money.Allocation{}, allocated[p.ID]...), 0
		if !u.Reversed {
			p.Status, p.ReversedAt, p.ReversedWhy = money.PaymentRecorded, nil, ""
			p.RefundedFen = p.AmountFen - u.AdvanceFen - u.DepositFen
			for _, a := range p.Allocations {
				p.RefundedFen -= a.PrincipalFen + a.LateFeeFen
			}
		}
		payments = append(payments, p)
	}
	return payments, nil
}

func (q accountQuery) allocatedThen(ctx context.Context, db sqlx.QueryerContext, paymentIDs []string, into map[string][]money.Allocation) error {
	var rows []struct {
		PaymentID    string `db:"payment_id"`
		BillID       string `db:"bill_id"`
		PrincipalFen int64  `db:"principal_fen"`
		LateFeeFen   int64  `db:"late_fee_fen"`
	}
	shown, args := q.view.entries()
	err := selectIn(ctx, db, &rows, `SELECT a.payment_id, a.bill_id, SUM(a.principal_fen) AS principal_fen, SUM(a.late_fee_fen) AS late_fee_fen
		FROM allocation a JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id
		WHERE a.org_id = ? AND a.payment_id IN (?)`+shown+`
		GROUP BY a.payment_id, a.bill_id HAVING SUM(a.principal_fen) <> 0 OR SUM(a.late_fee_fen) <> 0 ORDER BY MIN(a.id)`, append([]any{q.orgID, paymentIDs}, args...)...)
	if err != nil {
		return fmt.Errorf("read allocations: %w", err)
	}
	for _, a := range rows {
		into[a.PaymentID] = append(into[a.PaymentID], money.Allocation{BillID: a.BillID, PrincipalFen: a.PrincipalFen, LateFeeFen: a.LateFeeFen})
	}
	return nil
}
