package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
)

// Bill gives one bill with its late fee and everything that has been allocated to it.
func (s *Store) Bill(ctx context.Context, sc access.Scope, id string) (money.Bill, error) {
	return s.BillKnown(ctx, sc, id, calendar.Date{}, calendar.Date{})
}

// BillKnown is Bill as accounts show it: what was booked by the end of the day asOf, of what was posted by the end of the
// day knownOn. A bill that was issued later is not found.
func (s *Store) BillKnown(ctx context.Context, sc access.Scope, id string, asOf, knownOn calendar.Date) (money.Bill, error) {
	if !isID(id) {
		return money.Bill{}, s.hidden(sc, "bill-not-found", "没有找到这张账单，请核对编号。")
	}
	bills, err := readBills(ctx, s.db, selectBills+`WHERE b.org_id = ? AND b.id = ?`, sc.OrgID, id)
	if err != nil {
		return money.Bill{}, err
	}
	if len(bills) == 0 || !seesDetail(sc, bills[0].CommunityID, bills[0].DebtorID) {
		return money.Bill{}, s.hidden(sc, "bill-not-found", "没有找到这张账单，请核对编号。")
	}
	q := s.accountQuery(sc, asOf, knownOn)
	if q.view.past() {
		if bills, _, err = q.billsThen(ctx, s.db, bills); err != nil {
			return money.Bill{}, err
		}
		if len(bills) == 0 {
			return money.Bill{}, s.hidden(sc, "bill-not-found", "这张账单在所选日期还没有出账，请改选之后的日期。")
		}
	}
	if err := addLateFees(ctx, s.db, sc.OrgID, bills, q.view); err != nil {
		return money.Bill{}, err
	}
	b := bills[0]
	if b.Allocations, err = billAllocations(ctx, s.db, sc.OrgID, id, q.view); err != nil {
		return money.Bill{}, err
	}
	return b, nil
}

// addLateFees writes on bills what they bear by a view, with the segments from which it follows.
func addLateFees(ctx context.Context, q sqlx.QueryerContext, orgID string, bills []money.Bill, view moneyView) error {
	refs := make([]billRef, 0, len(bills))
	for _, b := range bills {
		if b.Status != money.BillVoid {
			refs = append(refs, billRef{b.ID, b.CommunityID})
		}
	}
	fees, err := lateFeesIn(ctx, q, orgID, refs, view)
	if err != nil {
		return err
	}
	for i := range bills {
		b := &bills[i]
		fee, bearing := fees[b.ID]
		if !bearing {
			continue
		}
		b.LateFeeFen, b.LateFeeFrom, b.GraceEnd = fee.OutstandingFen, fee.StartOn, fee.StartOn.AddDays(-1)
		b.PayableFen += fee.PayableFen
		b.LateFeeSegments = fee.Segments
	}
	return nil
}

// billAllocations reads every movement of money onto a bill that a view shows, oldest first.
func billAllocations(ctx context.Context, q sqlx.QueryerContext, orgID, billID string, view moneyView) ([]money.BillAllocation, error) {
	var moves []struct {
		PaymentID    string        `db:"payment_id"`
		PrincipalFen int64         `db:"principal_fen"`
		LateFeeFen   int64         `db:"late_fee_fen"`
		ValueOn      calendar.Date `db:"value_on"`
		PaidAt       time.Time     `db:"paid_at"`
		At           time.Time     `db:"allocated_at"`
	}
	shown, args := view.entries()
	err := sqlx.SelectContext(ctx, q, &moves, `SELECT a.payment_id, a.principal_fen, a.late_fee_fen, a.value_on, p.paid_at, a.allocated_at
		FROM allocation a JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id
		JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id
		WHERE a.org_id = ? AND a.bill_id = ?`+shown+` ORDER BY a.allocated_at, a.id`, append([]any{orgID, billID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read a bill's allocations: %w", err)
	}
	allocations := make([]money.BillAllocation, 0, len(moves))
	for _, m := range moves {
		allocations = append(allocations, money.BillAllocation{PaymentID: m.PaymentID, PrincipalFen: m.PrincipalFen, LateFeeFen: m.LateFeeFen,
			ValueOn: valueDay(m.ValueOn, m.PaidAt), At: m.At})
	}
	return allocations, nil
}

// valueDay is the day from which an allocation counts for the late fee: its own, or the payment's.
func valueDay(own calendar.Date, paidAt time.Time) calendar.Date {
	if own.IsZero() {
		return calendar.DateOf(paidAt)
	}
	return own
}
