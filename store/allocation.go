package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

// debt is a locked bill as the money transactions work on it; unpaidFen follows what they have given it so far.
type debt struct {
	ID          string        `db:"id"`
	CommunityID string        `db:"community_id"`
	UnitID      string        `db:"unit_id"`
	DebtorID    string        `db:"debtor_id"`
	FeeItemID   string        `db:"fee_item_id"`
	DueOn       calendar.Date `db:"due_on"`
	UnpaidFen   int64         `db:"unpaid_fen"`
	Disputed    bool          `db:"disputed"`

	lateFee *billLateFee // nil where none is agreed
}

// open is the bill as a payment meets it that counts from a day on.
func (d *debt) open(value calendar.Date) money.OpenBill {
	b := money.OpenBill{ID: d.ID, UnitID: d.UnitID, DueOn: d.DueOn, UnpaidFen: d.UnpaidFen, Disputed: d.Disputed}
	if d.lateFee == nil {
		return b
	}
	if terms, on := d.lateFee.terms(time.Time{}); on {
		b.LateFeeFen = d.lateFee.through(moneyView{day: value}).PayableFen
		b.LateFeeFirst = d.lateFee.history.now.rule.Order == money.LateFeeFirst
		b.BearsLateFee = d.UnpaidFen > 0 && terms.ChargesOn(value) && !value.Before(terms.Start(d.lateFee.base))
	}
	return b
}

// lockDebts reads and locks, in id order, what debtors owe in communities whose books the transaction holds: unpaid
// principal, and where a late fee is agreed the late fee of settled bills too.
func lockDebts(ctx context.Context, tx *sqlx.Tx, orgID string, communityIDs, debtorIDs []string, rules map[string]moneyRules) ([]*debt, error) {
	if len(communityIDs) == 0 || len(debtorIDs) == 0 {
		return nil, nil
	}
	owing := `unpaid_fen > 0`
	if bears(rules) {
		owing = `(unpaid_fen > 0 OR late_fee_final_fen > late_fee_paid_fen + late_fee_waived_fen)`
	}
	var debts []*debt
	err := selectIn(ctx, tx, &debts, `SELECT id, community_id, unit_id, debtor_id, fee_item_id, due_on, unpaid_fen, disputed FROM bill
		WHERE org_id = ? AND community_id IN (?) AND debtor_id IN (?) AND `+owing+` AND voided_at IS NULL ORDER BY id FOR UPDATE`,
		orgID, communityIDs, debtorIDs)
	if err != nil {
		return nil, fmt.Errorf("lock debts: %w", err)
	}
	if !bears(rules) {
		return debts, nil
	}
	bills := make([]billRef, 0, len(debts))
	for _, d := range debts {
		bills = append(bills, billRef{d.ID, d.CommunityID})
	}
	lateFees, err := readLateFeeFacts(ctx, tx, orgID, bills, moneyView{})
	if err != nil {
		return nil, err
	}
	for _, d := range debts {
		d.lateFee = lateFees[d.ID]
	}
	return debts, nil
}

// selectIn runs a query whose slices are spread into IN lists.
func selectIn(ctx context.Context, q sqlx.QueryerContext, into any, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return fmt.Errorf("spread the query's lists: %w", err)
	}
	return sqlx.SelectContext(ctx, q, into, query, args...)
}

// execIn runs a statement with lists spread over its IN (?).
func execIn(ctx context.Context, tx *sqlx.Tx, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return fmt.Errorf("spread the statement's lists: %w", err)
	}
	_, err = tx.ExecContext(ctx, query, args...)
	return err
}

// allocationRow is one movement of money onto (or, negative, off) a bill.
type allocationRow struct {
	ID          string
	PaymentID   string
	BillID      string
	FenOnto     int64 // principal
	LateFeeFen  int64
	ValueOn     calendar.Date // from which day on it counts for the late fee
	EntryID     string
	ReversesID  string
	AllocatedAt time.Time
}

// writeAllocations appends the movements and moves bill.paid_fen and bill.late_fee_paid_fen by their sums. Where a late fee is
// agreed, fixLateFees must follow.
func writeAllocations(ctx context.Context, tx *sqlx.Tx, orgID string, allocations []allocationRow) error {
	rows := make([][]any, 0, len(allocations))
	paid, lateFees := map[string]int64{}, map[string]int64{}
	for _, a := range allocations {
		rows = append(rows, []any{orgID, a.ID, a.PaymentID, a.BillID, a.FenOnto, a.LateFeeFen, a.ValueOn, a.EntryID, nullable(a.ReversesID), a.AllocatedAt})
		paid[a.BillID] += a.FenOnto
		if a.LateFeeFen != 0 {
			lateFees[a.BillID] += a.LateFeeFen
		}
	}
	err := insertRows(ctx, tx, `INSERT INTO allocation (org_id, id, payment_id, bill_id, principal_fen, late_fee_fen, value_on, entry_id, reverses_id, allocated_at)`, rows)
	if err != nil {
		return err
	}
	if err := moveAmounts(ctx, tx, orgID, movePaid, paid); err != nil {
		return fmt.Errorf("move what is paid on bills: %w", err)
	}
	if err := moveAmounts(ctx, tx, orgID, moveLateFeePaid, lateFees); err != nil {
		return fmt.Errorf("move what is paid of late fees: %w", err)
	}
	return nil
}

// allocationPostings are the credits of one allocation: the principal off the receivable, the late fee as income.
func allocationPostings(debtorID string, a money.Allocation) []money.Posting {
	var postings []money.Posting
	if a.PrincipalFen != 0 {
		postings = append(postings, money.Posting{Account: money.Receivable, DebtorID: debtorID, BillID: a.BillID, AmountFen: -a.PrincipalFen})
	}
	if a.LateFeeFen != 0 {
		postings = append(postings, money.Posting{Account: money.LateFee, DebtorID: debtorID, BillID: a.BillID, AmountFen: -a.LateFeeFen})
	}
	return postings
}

// touchedBills are the bills of one community that allocations move.
func touchedBills(communityID string, allocations []allocationRow) []billRef {
	ids := distinct(allocations, func(a allocationRow) string { return a.BillID })
	bills := make([]billRef, len(ids))
	for i, id := range ids {
		bills[i] = billRef{id, communityID}
	}
	return bills
}

// The columns that move by differences, never to a value. What moves a principal opens its late fee again.
const (
	movePaid        = `UPDATE bill SET version = version + 1, late_fee_final_fen = NULL, paid_fen = paid_fen + CASE id `
	moveLateFeePaid = `UPDATE bill SET late_fee_paid_fen = late_fee_paid_fen + CASE id `
	moveUnallocated = `UPDATE payment SET version = version + 1, unallocated_fen = unallocated_fen + CASE id `
)

// moveAmounts adds each row's difference, in id order, some hundreds of rows a statement.
func moveAmounts(ctx context.Context, tx *sqlx.Tx, orgID, move string, byID map[string]int64) error {
	for chunk := range slices.Chunk(sortedKeys(byID), rowsPerStatement) {
		var cases, ids []any
		for _, id := range chunk {
			cases, ids = append(cases, id, byID[id]), append(ids, id)
		}
		query := move + strings.Repeat("WHEN ? THEN ? ", len(chunk)) + `ELSE 0 END WHERE org_id = ? AND id IN (` +
			strings.TrimSuffix(strings.Repeat("?,", len(chunk)), ",") + `)`
		if _, err := tx.ExecContext(ctx, query, append(append(cases, orgID), ids...)...); err != nil {
			return err
		}
	}
	return nil
}

// takeFrom applies allocations, which count from a day on, to the debts in memory.
func takeFrom(debts []*debt, allocations []money.Allocation, value calendar.Date, now time.Time) {
	for _, a := range allocations {
		for _, d := range debts {
			if d.ID != a.BillID {
				continue
			}
			d.UnpaidFen -= a.PrincipalFen
			if d.lateFee != nil {
				d.lateFee.paidFen += a.LateFeeFen
				d.lateFee.move(value, -a.PrincipalFen, now)
			}
		}
	}
}

// waive takes what is waived off the debt in memory.
func (d *debt) waive(principalFen, lateFeeFen int64, value calendar.Date, now time.Time) {
	d.UnpaidFen -= principalFen
	if d.lateFee != nil {
		d.lateFee.waivedFen += lateFeeFen
		d.lateFee.move(value, -principalFen, now)
	}
}
