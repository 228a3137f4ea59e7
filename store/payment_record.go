package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// RecordPayment records one payment, splits it over the debtor's bills and gives it a receipt. existed tells that the same
// channel and external number were recorded before with the same amount and debtor, and the payment is that one.
func (s *Store) RecordPayment(ctx context.Context, sc access.Scope, payment money.NewPayment) (recorded money.Payment, existed bool, err error) {
	var results []money.Recorded
	attempt := func() error {
		return s.inTx(ctx, "record payment", func(tx *sqlx.Tx) (err error) {
			results, err = s.recordPaymentsTx(ctx, tx, sc, []money.NewPayment{payment})
			return err
		})
	}
	if err = attempt(); duplicate(err) { // the same number was recorded for another community at this moment
		err = attempt()
	}
	if err != nil {
		return money.Payment{}, false, err
	}
	if results[0].Refused != nil {
		return money.Payment{}, false, results[0].Refused
	}
	return results[0].Payment, results[0].Existed, nil
}

// recordPaymentsTx records a set of payments inside a transaction of the caller's, in order, with a number of statements
// that does not grow with the set. The answer has one item for each. Only what fails as a whole is an error.
func (s *Store) recordPaymentsTx(ctx context.Context, tx *sqlx.Tx, sc access.Scope, items []money.NewPayment) ([]money.Recorded, error) {
	r := &paymentRun{scope: sc, now: s.clock.Now(), items: make([]paymentItem, len(items))}
	for i, p := range items {
		r.items[i].NewPayment = p
		r.items[i].refuse(p.Check(r.now))
		r.items[i].refuse(p.CheckDesk())
	}
	steps := []func(context.Context, *sqlx.Tx) error{
		r.findExisting, r.resolve, r.lock, r.findExisting, r.readDesk, r.readDebts,
	}
	for _, step := range steps {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	for i := range r.items {
		if err := r.take(s, &r.items[i]); err != nil {
			return nil, err
		}
	}
	if err := r.write(ctx, tx, s); err != nil {
		return nil, err
	}
	results := make([]money.Recorded, len(items))
	for i, it := range r.items {
		results[i] = it.result
	}
	return results, nil
}

// paymentRun is one run of recordPaymentsTx.
type paymentRun struct {
	scope   access.Scope
	now     time.Time
	items   []paymentItem
	parties paymentParties
	books   map[string]*receiptBook
	rules   map[string]moneyRules
	debts   []*debt
	made    map[paymentKey]*paymentItem
	fresh   []*paymentItem // the same, in order

	payments, receipts [][]any
	entries            []money.Entry
	allocations        []allocationRow
	changes            []balanceChange
	desk               deskRun
}

type paymentKey struct{ channel, externalNo string }

// paymentItem is one payment on its way through the run; settled ones have their result.
type paymentItem struct {
	money.NewPayment
	communityID string
	result      money.Recorded
	settled     bool
}

func (it *paymentItem) key() paymentKey { return paymentKey{it.Channel, it.ExternalNo} }

// bookedAt is when the payment is booked: a transfer together with the reversal that makes room for it.
func (it *paymentItem) bookedAt(r *paymentRun, paidAt time.Time) time.Time {
	if it.MovedFrom != "" {
		paidAt = r.now
	}
	return r.rules[it.communityID].bookedAt(paidAt, r.now)
}

// refuse settles the item when err is a refusal; nil does nothing.
func (it *paymentItem) refuse(err error) {
	if err == nil {
		return
	}
	no, ok := refusal.As(err)
	if !ok {
		no = refusal.New(refusal.Rule, "payment-refused", "%s", err.Error())
	}
	it.result.Refused, it.settled = no, true
}

// pending gives the items that are not settled.
func (r *paymentRun) pending() []*paymentItem {
	var rest []*paymentItem
	for i := range r.items {
		if !r.items[i].settled {
			rest = append(rest, &r.items[i])
		}
	}
	return rest
}

// findExisting settles the items whose channel and number were recorded before, or wait in suspense.
func (r *paymentRun) findExisting(ctx context.Context, tx *sqlx.Tx) error {
	rest := r.pending()
	for chunk := range slices.Chunk(rest, rowsPerStatement) {
		existing, err := paymentsByNumber(ctx, tx, r.scope.OrgID, chunk)
		if err != nil {
			return err
		}
		waiting, err := suspenseByNumber(ctx, tx, r.scope.OrgID, chunk)
		if err != nil {
			return err
		}
		for _, it := range chunk {
			if p, ok := existing[it.key()]; ok {
				r.settleRepeat(it, p)
			} else if id, ok := waiting[it.key()]; ok && it.Source.Kind != money.FromSuspense {
				it.refuse(refusal.New(refusal.Conflict, "payment-in-suspense", "该笔款项已在待认领款中，请在待认领款里认领，不要重复登记。").With("suspense_id", id))
			}
		}
	}
	return nil
}

// settleRepeat answers a repeat: equal content is the first payment, other content a conflict.
func (r *paymentRun) settleRepeat(it *paymentItem, p money.Payment) {
	if err := r.scope.Require(access.TakeMoney, p.CommunityID); err != nil {
		it.refuse(err)
		return
	}
	if p.AmountFen != it.AmountFen || it.DebtorID != "" && it.DebtorID != p.DebtorID || it.UnitID != "" && it.UnitID != p.UnitID && (it.DebtorID == "" || p.UnitID != "") {
		it.refuse(refusal.New(refusal.Conflict, "payment-differs", "该渠道的流水号“%s”已登记过另一笔缴费，金额或缴费人与本次不同，请核对流水号。", it.ExternalNo).
			With("payment_id", p.ID))
		return
	}
	it.result, it.settled = money.Recorded{Payment: p, Existed: true}, true
}

// lock takes the locks in their order: organization, receipt books, then (readDebts) bills.
func (r *paymentRun) lock(ctx context.Context, tx *sqlx.Tx) error {
	communities := distinct(r.pending(), func(it *paymentItem) string { return it.communityID })
	if len(communities) == 0 {
		return nil
	}
	if err := lockOrganization(ctx, tx, r.scope.OrgID, "LOCK IN SHARE MODE"); err != nil {
		return err
	}
	var err error
	if r.books, err = lockBooks(ctx, tx, r.scope.OrgID, communities); err == nil {
		r.rules, err = readMoneyRules(ctx, tx, r.scope.OrgID, communities)
	}
	return err
}

// take splits one payment over the debts in memory and prepares its rows.
func (r *paymentRun) take(s *Store, it *paymentItem) error {
	if it.settled {
		return nil
	}
	if first, ok := r.made[it.key()]; ok {
		r.settleRepeat(it, first.result.Payment)
		return nil
	}
	debtorID, err := r.debtorOf(it)
	if err == nil && it.MovedFrom == "" && !it.TakenNow && or(it.Source.Kind, money.FromCounter) == money.FromCounter {
		err = r.rules[it.communityID].checkValueDate(it.PaidAt)
	}
	if err != nil {
		it.refuse(err)
		return nil
	}
	var own []*debt
	for _, d := range r.debts {
		if d.DebtorID == debtorID && d.CommunityID == it.communityID {
			own = append(own, d)
		}
	}
	if own, err = r.deskDebts(it, own); err != nil {
		it.refuse(err)
		return nil
	}
	value := calendar.DateOf(it.PaidAt)
	allocations, rest := spend{order: r.rules[it.communityID].AllocationOrder, named: it.BillIDs, unitID: it.UnitID, today: calendar.DateOf(r.now), value: value}.
		over(own, it.AmountFen)
	takeFrom(own, allocations, value, r.now)
	if allocations == nil {
		allocations = []money.Allocation{}
	}
	p := money.Payment{ID: NewID(), CommunityID: it.communityID, DebtorID: debtorID, UnitID: it.UnitID, AmountFen: it.AmountFen, Method: it.Method,
		Channel: it.Channel, ExternalNo: it.ExternalNo, PaidAt: it.PaidAt.UTC().Truncate(time.Microsecond), KnownAt: r.now, Status: money.PaymentRecorded,
		Allocations: allocations, AdvanceFen: rest, RecordedBy: r.scope.ActorID, Version: 1}
	r.addDesk(it, &p)
	if err := r.post(s, it, &p); err != nil {
		return fmt.Errorf("post payment %s: %w", p.ID, err)
	}
	if r.made == nil {
		r.made = map[paymentKey]*paymentItem{}
	}
	it.result, it.settled = money.Recorded{Payment: p}, true
	r.made[it.key()] = it
	r.fresh = append(r.fresh, it)
	return nil
}

// post prepares the entry, the allocations, the receipt and the row of one payment.
func (r *paymentRun) post(s *Store, it *paymentItem, p *money.Payment) error {
	from := money.Cash(p.Channel)
	if it.Source.Kind == money.FromSuspense {
		from = money.Suspense
	}
	head := s.entryHead(r.scope, p.CommunityID, money.EntryPayment, "payment", p.ID, it.bookedAt(r, p.PaidAt))
	if it.Source.Kind == money.FromSuspense && r.scope.CommandID != "" { // by which a repeat of the match finds it
		head.ID = r.scope.CommandID
	}
	postings := []money.Posting{{Account: from, AmountFen: p.AmountFen}}
	var allocated int64
	for _, a := range p.Allocations {
		postings = append(postings, allocationPostings(p.DebtorID, a)...)
		r.allocations = append(r.allocations, allocationRow{ID: NewID(), PaymentID: p.ID, BillID: a.BillID, FenOnto: a.PrincipalFen, LateFeeFen: a.LateFeeFen,
			ValueOn: calendar.DateOf(p.PaidAt), EntryID: head.ID, AllocatedAt: r.now})
		allocated += a.PrincipalFen
	}
	if p.AdvanceFen > 0 {
		postings = append(postings, money.Posting{Account: money.Advance, DebtorID: p.DebtorID, AmountFen: -p.AdvanceFen})
	}
	if p.DepositFen > 0 {
		postings = append(postings, money.Posting{Account: money.Deposit, DebtorID: p.DebtorID, AmountFen: -p.DepositFen})
	}
	entry, err := money.NewEntry(head, postings...)
	if err != nil {
		return err
	}
	r.entries = append(r.entries, entry)
	off, err := r.roundOff(s, it, p)
	if err != nil {
		return err
	}
	book := r.bookFor(it)
	no, displayNo := book.take()
	p.ReceiptNo = displayNo
	r.receipts = append(r.receipts, []any{r.scope.OrgID, NewID(), book.ID, no, displayNo, p.ID, "issued", r.now})
	r.payments = append(r.payments, []any{r.scope.OrgID, p.ID, p.CommunityID, p.DebtorID, nullable(p.UnitID), p.AmountFen, p.AdvanceFen, p.Method, p.Channel,
		p.ExternalNo, p.PaidAt, p.KnownAt, string(p.Status), or(it.Source.Kind, money.FromCounter), nullable(it.Source.ID), p.RecordedBy,
		nullable(p.PurposeID), nullable(p.DepositKind), p.DepositFen, p.RoundOffFen, nullable(p.ShiftID)})
	r.changes = append(r.changes, balanceChange{CommunityID: p.CommunityID, DebtorIDs: []string{p.DebtorID}, Cause: causePayment, AmountFen: allocated + off, At: r.now})
	return nil
}

// write puts everything that the run has prepared into the database and tells the cases.
func (r *paymentRun) write(ctx context.Context, tx *sqlx.Tx, s *Store) error {
	if len(r.payments) == 0 {
		return nil
	}
	err := insertRows(ctx, tx, `INSERT INTO payment (org_id, id, community_id, debtor_id, unit_id, amount_fen, unallocated_fen, method, channel,
		external_no, paid_at, known_at, status, source_kind, source_id, recorded_by, purpose_id, deposit_kind, deposit_fen, round_off_fen, shift_id)`, r.payments)
	if err != nil {
		return fmt.Errorf("write payments: %w", err)
	}
	if err := insertRows(ctx, tx, `INSERT INTO receipt (org_id, id, book_id, no, display_no, payment_id, status, issued_at)`, r.receipts); err != nil {
		return fmt.Errorf("write receipts: %w", err)
	}
	if err := closeBooks(ctx, tx, r.scope.OrgID, r.books, r.desk.books); err != nil {
		return err
	}
	if err := postEntries(ctx, tx, r.scope.OrgID, r.entries); err != nil {
		return err
	}
	if err := writeAllocations(ctx, tx, r.scope.OrgID, r.allocations); err != nil {
		return err
	}
	if err := r.writeRoundOff(ctx, tx); err != nil {
		return err
	}
	if err := r.fixLateFees(ctx, tx); err != nil {
		return err
	}
	if err := r.tell(ctx, tx); err != nil {
		return err
	}
	return s.tellCases(ctx, tx, r.scope, r.changes)
}

// tell writes feed and audit.
func (r *paymentRun) tell(ctx context.Context, tx *sqlx.Tx) error {
	var changes []Change
	var deeds []Audited
	for _, it := range r.fresh {
		p := it.result.Payment
		changes = append(changes, Change{Kind: "payment", SubjectID: p.ID, CommunityID: p.CommunityID})
		deeds = append(deeds, Audited{Action: "record-payment", SubjectKind: "payment", SubjectID: p.ID, CommunityID: p.CommunityID,
			Detail: map[string]any{"amount_fen": p.AmountFen, "method": p.Method, "channel": p.Channel, "receipt_no": p.ReceiptNo}})
		if len(r.fresh) == 1 {
			for _, a := range p.Allocations {
				changes = append(changes, Change{Kind: "bill", SubjectID: a.BillID, CommunityID: p.CommunityID})
			}
		}
	}
	if err := recordChange(ctx, tx, r.scope.OrgID, r.now, changes...); err != nil {
		return err
	}
	return recordAudit(ctx, tx, r.scope, r.now, deeds...)
}

// tellCases settles the cases of the debtors that have one; most payments of an import find none.
func (s *Store) tellCases(ctx context.Context, tx *sqlx.Tx, sc access.Scope, changes []balanceChange) error {
	type member struct {
		CommunityID string `db:"community_id"`
		DebtorID    string `db:"debtor_id"`
	}
	debtors := distinct(changes, func(c balanceChange) string { return c.DebtorIDs[0] })
	with := map[member]bool{}
	for chunk := range slices.Chunk(debtors, rowsPerStatement) {
		var rows []member
		if err := selectIn(ctx, tx, &rows, `SELECT DISTINCT community_id, debtor_id FROM dunning_case WHERE org_id = ? AND debtor_id IN (?)`, sc.OrgID, chunk); err != nil {
			return fmt.Errorf("look for cases: %w", err)
		}
		for _, m := range rows {
			with[m] = true
		}
	}
	for _, c := range changes {
		if !with[member{c.CommunityID, c.DebtorIDs[0]}] {
			continue
		}
		if err := s.settleCases(ctx, tx, sc, c); err != nil {
			return err
		}
	}
	return nil
}
