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

// advance is what is left of a payment for its debtor's next bills.
type advance struct {
	ID             string    `db:"id"`
	DebtorID       string    `db:"debtor_id"`
	UnitID         string    `db:"unit_id"`
	PurposeID      string    `db:"purpose_id"` // the fee item whose bills alone it may pay, "" for any
	UnallocatedFen int64     `db:"unallocated_fen"`
	PaidAt         time.Time `db:"paid_at"`
}

// offsetAdvances lets what debtors have paid in advance in a community pay their open, undisputed bills there, the oldest
// payment first. The transaction holds the community's book.
func (s *Store) offsetAdvances(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, debtorIDs []string) error {
	if len(debtorIDs) == 0 {
		return nil
	}
	var advances []advance
	err := selectIn(ctx, tx, &advances, `SELECT id, debtor_id, COALESCE(unit_id, '') AS unit_id, COALESCE(purpose_id, '') AS purpose_id, unallocated_fen, paid_at FROM payment
		WHERE org_id = ? AND debtor_id IN (?) AND community_id = ? AND unallocated_fen > 0 ORDER BY paid_at, id FOR UPDATE`, sc.OrgID, debtorIDs, communityID)
	if err != nil {
		return fmt.Errorf("read advances: %w", err)
	}
	if len(advances) == 0 {
		return nil
	}
	owing := distinct(advances, func(a advance) string { return a.DebtorID })
	rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{communityID})
	if err != nil {
		return err
	}
	debts, err := lockDebts(ctx, tx, sc.OrgID, []string{communityID}, owing, rules)
	if err != nil {
		return err
	}
	moved, err := s.writeOffsets(ctx, tx, sc, communityID, advances, debts, rules[communityID])
	if err != nil {
		return err
	}
	return fixLateFees(ctx, tx, sc.OrgID, rules, touchedBills(communityID, moved), calendar.DateOf(s.clock.Now()))
}

func (s *Store) writeOffsets(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, advances []advance, debts []*debt, rules moneyRules) ([]allocationRow, error) {
	now := s.clock.Now()
	booked := rules.bookedAt(now, now)
	var entries []money.Entry
	var moved []allocationRow
	used := map[string]int64{}
	for _, a := range advances {
		var own []*debt
		for _, d := range debts {
			if d.DebtorID == a.DebtorID && !d.Disputed && d.serves(a.PurposeID) {
				own = append(own, d)
			}
		}
		value := calendar.DateOf(a.PaidAt)
		allocations, rest := spend{order: rules.AllocationOrder, unitID: a.UnitID, today: calendar.DateOf(now), value: value, principalOnly: true}.over(own, a.UnallocatedFen)
		if len(allocations) == 0 {
			continue
		}
		takeFrom(own, allocations, value, now)
		postings := []money.Posting{{Account: money.Advance, DebtorID: a.DebtorID, AmountFen: a.UnallocatedFen - rest}}
		head := s.entryHead(sc, communityID, money.EntryOffset, "payment", a.ID, booked)
		for _, al := range allocations {
			postings = append(postings, money.Posting{Account: money.Receivable, DebtorID: a.DebtorID, BillID: al.BillID, AmountFen: -al.PrincipalFen})
			moved = append(moved, allocationRow{ID: NewID(), PaymentID: a.ID, BillID: al.BillID, FenOnto: al.PrincipalFen, ValueOn: value,
				EntryID: head.ID, AllocatedAt: now})
		}
		e, err := money.NewEntry(head, postings...)
		if err != nil {
			return nil, fmt.Errorf("offset advance of payment %s: %w", a.ID, err)
		}
		entries = append(entries, e)
		used[a.ID] = rest - a.UnallocatedFen
	}
	if err := moveAmounts(ctx, tx, sc.OrgID, moveUnallocated, used); err != nil {
		return nil, fmt.Errorf("use advances: %w", err)
	}
	if err := postEntries(ctx, tx, sc.OrgID, entries); err != nil {
		return nil, err
	}
	return moved, writeAllocations(ctx, tx, sc.OrgID, moved)
}

// serves tells whether money that was paid for one fee item may pay the bill; "" is money for any.
func (d *debt) serves(purposeID string) bool { return purposeID == "" || d.FeeItemID == purposeID }

// spend says how money is split over debts.
type spend struct {
	order         money.Order
	named         []string // the bills that the payer names
	unitID        string   // the unit that was paid for, "" for none in particular
	today         calendar.Date
	value         calendar.Date // from which day on the money counts for the late fee
	principalOnly bool          // an advance settles no late fee: nobody paid it for that
}

// over allocates to the bills of the unit that was paid for, then to the debtor's others, and gives what is left.
func (s spend) over(debts []*debt, fen int64) (allocations []money.Allocation, restFen int64) {
	var first, then []money.OpenBill
	for _, d := range debts {
		b := d.open(s.value)
		if s.principalOnly {
			b.LateFeeFen = 0
		}
		if s.unitID == "" || d.UnitID == s.unitID {
			first = append(first, b)
		} else {
			then = append(then, b)
		}
	}
	allocations, restFen = money.Allocate(fen, first, s.order, s.named, s.today)
	more, restFen := money.Allocate(restFen, then, s.order, s.named, s.today)
	return append(allocations, more...), restFen
}
