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

// onBill is an allocation that stands on a bill.
type onBill struct {
	ID           string        `db:"id"`
	PaymentID    string        `db:"payment_id"`
	BillID       string        `db:"bill_id"`
	DebtorID     string        `db:"debtor_id"`
	PrincipalFen int64         `db:"principal_fen"`
	LateFeeFen   int64         `db:"late_fee_fen"`
	ValueOn      calendar.Date `db:"value_on"`
	PaidAt       time.Time     `db:"paid_at"`
}

// billRelease takes money off bills, back to what its payers have left.
type billRelease struct {
	store  *Store
	scope  access.Scope
	booked time.Time
	now    time.Time

	allocations []allocationRow
	postings    map[string][]money.Posting // by payment
	back        map[string]int64           // by payment
	entryOf     map[string]string          // by payment
	community   string
}

// toRelease is what is to be taken off a bill.
type toRelease struct {
	principalFen int64
	lateFeeFen   int64
}

// releaseBills takes an amount off each bill, the newest allocation first, and with all=true everything that stands on them,
// late fees included. An allocation of which a part stays is taken back whole and written anew with the rest and its
// own value date. The transaction holds the book.
func (s *Store) releaseBills(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, amounts map[string]toRelease, all bool) error {
	if len(amounts) == 0 {
		return nil
	}
	now := s.clock.Now()
	booked, err := bookedNow(ctx, tx, sc.OrgID, communityID, now)
	if err != nil {
		return err
	}
	var standing []onBill
	err = selectIn(ctx, tx, &standing, `SELECT a.id, a.payment_id, a.bill_id, b.debtor_id, a.principal_fen, a.late_fee_fen, a.value_on, p.paid_at FROM allocation a
		JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id
		WHERE a.org_id = ? AND a.bill_id IN (?) AND a.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM allocation r WHERE r.org_id = a.org_id AND r.reverses_id = a.id)
		ORDER BY a.id DESC`, sc.OrgID, sortedKeys(amounts))
	if err != nil {
		return fmt.Errorf("read what stands on bills: %w", err)
	}
	r := &billRelease{store: s, scope: sc, booked: booked, now: now, community: communityID,
		postings: map[string][]money.Posting{}, back: map[string]int64{}, entryOf: map[string]string{}}
	for _, a := range standing {
		left := amounts[a.BillID]
		take, late := min(left.principalFen, a.PrincipalFen), min(left.lateFeeFen, a.LateFeeFen)
		if all {
			take, late = a.PrincipalFen, a.LateFeeFen
		}
		if take == 0 && late == 0 {
			continue
		}
		amounts[a.BillID] = toRelease{left.principalFen - take, left.lateFeeFen - late}
		r.takeOff(a, take, late)
	}
	return r.write(ctx, tx)
}

func (r *billRelease) takeOff(a onBill, principal, late int64) {
	entry, known := r.entryOf[a.PaymentID]
	if !known {
		entry = NewID()
		r.entryOf[a.PaymentID] = entry
	}
	value := valueDay(a.ValueOn, a.PaidAt)
	r.allocations = append(r.allocations, allocationRow{ID: NewID(), PaymentID: a.PaymentID, BillID: a.BillID, FenOnto: -a.PrincipalFen, LateFeeFen: -a.LateFeeFen,
		ValueOn: value, EntryID: entry, ReversesID: a.ID, AllocatedAt: r.now})
	if a.PrincipalFen != principal || a.LateFeeFen != late {
		r.allocations = append(r.allocations, allocationRow{ID: NewID(), PaymentID: a.PaymentID, BillID: a.BillID, FenOnto: a.PrincipalFen - principal,
			LateFeeFen: a.LateFeeFen - late, ValueOn: value, EntryID: entry, AllocatedAt: r.now})
	}
	if principal != 0 {
		r.postings[a.PaymentID] = append(r.postings[a.PaymentID],
			money.Posting{Account: money.Receivable, DebtorID: a.DebtorID, BillID: a.BillID, AmountFen: principal},
			money.Posting{Account: money.Advance, DebtorID: a.DebtorID, AmountFen: -principal})
	}
	if late != 0 {
		r.postings[a.PaymentID] = append(r.postings[a.PaymentID],
			money.Posting{Account: money.LateFee, DebtorID: a.DebtorID, BillID: a.BillID, AmountFen: late},
			money.Posting{Account: money.Advance, DebtorID: a.DebtorID, AmountFen: -late})
	}
	r.back[a.PaymentID] += principal + late
}

func (r *billRelease) write(ctx context.Context, tx *sqlx.Tx) error {
	var entries []money.Entry
	for _, payment := range sortedKeys(r.postings) {
		head := r.store.entryHead(r.scope, r.community, money.EntryRelease, "payment", payment, r.booked)
		head.ID = r.entryOf[payment]
		e, err := money.NewEntry(head, r.postings[payment]...)
		if err != nil {
			return fmt.Errorf("take money of payment %s off its bills: %w", payment, err)
		}
		entries = append(entries, e)
	}
	if err := moveAmounts(ctx, tx, r.scope.OrgID, moveUnallocated, r.back); err != nil {
		return fmt.Errorf("give money back to advances: %w", err)
	}
	if err := postEntries(ctx, tx, r.scope.OrgID, entries); err != nil {
		return err
	}
	return writeAllocations(ctx, tx, r.scope.OrgID, r.allocations)
}
