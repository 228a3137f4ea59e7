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
}

func (d *debt) open() money.OpenBill {
	return money.OpenBill{ID: d.ID, UnitID: d.UnitID, DueOn: d.DueOn, UnpaidFen: d.UnpaidFen, Disputed: d.Disputed}
}

// lockDebts reads and locks, in id order, what debtors owe in communities whose books the transaction holds.
func lockDebts(ctx context.Context, tx *sqlx.Tx, orgID string, communityIDs, debtorIDs []string) ([]*debt, error) {
	if len(communityIDs) == 0 || len(debtorIDs) == 0 {
		return nil, nil
	}
	var debts []*debt
	err := selectIn(ctx, tx, &debts, `SELECT id, community_id, unit_id, debtor_id, fee_item_id, due_on, unpaid_fen, disputed FROM bill
		WHERE org_id = ? AND community_id IN (?) AND debtor_id IN (?) AND unpaid_fen > 0 AND voided_at IS NULL ORDER BY id FOR UPDATE`,
		orgID, communityIDs, debtorIDs)
	if err != nil {
		return nil, fmt.Errorf("lock debts: %w", err)
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
	FenOnto     int64
	EntryID     string
	ReversesID  string
	AllocatedAt time.Time
}

// writeAllocations appends the movements and moves bill.paid_fen by their sums.
func writeAllocations(ctx context.Context, tx *sqlx.Tx, orgID string, allocations []allocationRow) error {
	rows := make([][]any, 0, len(allocations))
	paid := map[string]int64{}
	for _, a := range allocations {
		rows = append(rows, []any{orgID, a.ID, a.PaymentID, a.BillID, a.FenOnto, 0, a.EntryID, nullable(a.ReversesID), a.AllocatedAt})
		paid[a.BillID] += a.FenOnto
	}
	err := insertRows(ctx, tx, `INSERT INTO allocation (org_id, id, payment_id, bill_id, principal_fen, late_fee_fen, entry_id, reverses_id, allocated_at)`, rows)
	if err != nil {
		return err
	}
	if err := moveAmounts(ctx, tx, orgID, movePaid, paid); err != nil {
		return fmt.Errorf("move what is paid on bills: %w", err)
	}
	return nil
}

// The columns that move by differences, never to a value.
const (
	movePaid        = `UPDATE bill SET version = version + 1, paid_fen = paid_fen + CASE id `
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

// takeFrom applies allocations to the debts in memory.
func takeFrom(debts []*debt, allocations []money.Allocation) {
	for _, a := range allocations {
		for _, d := range debts {
			if d.ID == a.BillID {
				d.UnpaidFen -= a.PrincipalFen
			}
		}
	}
}
