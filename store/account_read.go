package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
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

// bills reads the account's bills, longest due first. As of an earlier day the unpaid part is the bill's balance in the
// ledger; what was paid before the bill's own date counts as advance until then.
func (q accountQuery) bills(ctx context.Context, db sqlx.QueryerContext) (bills []money.Bill, overpaidFen int64, err error) {
	where, args := q.where("b.")
	if q.unitID != "" {
		where, args = where+` AND b.unit_id = ?`, append(args, q.unitID)
	}
	all, err := readBills(ctx, db, selectBills+`WHERE `+where+` AND b.voided_at IS NULL ORDER BY b.due_on, b.id`, args...)
	if err != nil || q.now {
		return all, 0, err
	}
	balances, err := q.receivables(ctx, db, distinct(all, func(b money.Bill) string { return b.DebtorID }))
	if err != nil {
		return nil, 0, err
	}
	day := calendar.DateOf(q.before).AddDays(-1)
	bills = []money.Bill{}
	for _, b := range all {
		balance := balances[b.ID]
		overpaidFen += max(-balance, 0)
		if b.BillDate.After(day) {
			continue
		}
		b.PaidFen += b.UnpaidFen - max(balance, 0)
		b.UnpaidFen = max(balance, 0)
		b.Status = money.StatusOf(b.UnpaidFen, b.PaidFen, false)
		bills = append(bills, b)
	}
	return bills, overpaidFen, nil
}

// receivables gives each bill's balance in the ledger before the query's instant.
func (q accountQuery) receivables(ctx context.Context, db sqlx.QueryerContext, debtors []string) (map[string]int64, error) {
	balances := map[string]int64{}
	if len(debtors) == 0 {
		return balances, nil
	}
	var rows []struct {
		BillID string `db:"bill_id"`
		Fen    int64  `db:"fen"`
	}
	err := selectIn(ctx, db, &rows, `SELECT p.bill_id, SUM(p.amount_fen) AS fen FROM ledger_posting p
		JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
		WHERE p.org_id = ? AND p.account = 'receivable' AND p.debtor_id IN (?) AND e.occurred_at < ? GROUP BY p.bill_id`, q.orgID, debtors, q.before)
	if err != nil {
		return nil, fmt.Errorf("read ledger balances: %w", err)
	}
	for _, r := range rows {
		balances[r.BillID] = r.Fen
	}
	return balances, nil
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
	if !q.now {
		where, args = where+` AND p.paid_at < ?`, append(args, q.before)
	}
	payments, err := readPayments(ctx, db, q.orgID, selectPayments+`WHERE `+where+` ORDER BY p.paid_at DESC, p.id DESC`, args...)
	if err != nil {
		return nil, 0, err
	}
	if q.now {
		var advanceFen int64
		for _, p := range payments {
			if q.counts(p) {
				advanceFen += p.AdvanceFen
			}
		}
		return payments, advanceFen, nil
	}
	advanceFen, err := q.advanceInLedger(ctx, db, payments)
	return payments, advanceFen, err
}

// counts tells whether a payment's advance belongs to the account: that of a payment for another unit does not.
func (q accountQuery) counts(p money.Payment) bool {
	return q.unitID == "" || p.UnitID == "" || p.UnitID == q.unitID
}

func (q accountQuery) advanceInLedger(ctx context.Context, db sqlx.QueryerContext, payments []money.Payment) (int64, error) {
	var ids []string
	for _, p := range payments {
		if q.counts(p) {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	var sums []int64
	err := selectIn(ctx, db, &sums, `SELECT COALESCE(SUM(-p.amount_fen), 0) FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id
		WHERE e.org_id = ? AND e.subject_id IN (?) AND e.occurred_at < ? AND p.account = 'advance'`, q.orgID, ids, q.before)
	if err != nil || len(sums) == 0 {
		return 0, err
	}
	return sums[0], nil
}
