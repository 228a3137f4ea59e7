package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// deskRun is what a run needs for payments at the desk: the cashier's open shifts, their paper books, small change.
type deskRun struct {
	shifts      map[string]openShift    // by community
	books       map[string]*receiptBook // by community, of the shifts that use paper
	corrections [][]any
	waived      map[string]int64  // by bill
	lateFees    map[string]int64  // waived late fees, by bill
	purposes    map[string]string // the community of each fee item that is named as a purpose
}

type openShift struct {
	ID          string `db:"id"`
	CommunityID string `db:"community_id"`
	BookID      string `db:"book_id"`
}

// atDesk tells a payment that a person takes, and can still refuse, from one that has happened elsewhere.
func (it *paymentItem) atDesk() bool {
	return or(it.Source.Kind, money.FromCounter) == money.FromCounter
}

// readDesk finds the cashier's open shifts and locks the paper books that they use. A shift closes under the community's
// book, which the run holds, so that none closes before the run ends.
func (r *paymentRun) readDesk(ctx context.Context, tx *sqlx.Tx) error {
	r.desk = deskRun{shifts: map[string]openShift{}, books: map[string]*receiptBook{}, waived: map[string]int64{}, lateFees: map[string]int64{}, purposes: map[string]string{}}
	if err := r.readPurposes(ctx, tx); err != nil {
		return err
	}
	atDesk := slices.DeleteFunc(r.pending(), func(it *paymentItem) bool { return !it.atDesk() })
	if len(atDesk) == 0 || !isID(r.scope.ActorID) {
		return nil
	}
	var shifts []openShift
	err := selectIn(ctx, tx, &shifts, `SELECT id, community_id, COALESCE(book_id, '') AS book_id FROM cashier_shift
		WHERE org_id = ? AND open_for = ? AND community_id IN (?) ORDER BY community_id`,
		r.scope.OrgID, r.scope.ActorID, distinct(atDesk, func(it *paymentItem) string { return it.communityID }))
	if err != nil {
		return fmt.Errorf("read the cashier's shift: %w", err)
	}
	for _, sh := range shifts {
		r.desk.shifts[sh.CommunityID] = sh
		if sh.BookID == "" {
			continue
		}
		var book receiptBook
		if err := tx.GetContext(ctx, &book, `SELECT `+bookColumns+` FROM receipt_book WHERE org_id = ? AND id = ? FOR UPDATE`, r.scope.OrgID, sh.BookID); err != nil {
			return fmt.Errorf("lock the shift's receipt book: %w", err)
		}
		r.desk.books[sh.CommunityID] = &book
	}
	return nil
}

func (r *paymentRun) readPurposes(ctx context.Context, tx *sqlx.Tx) error {
	purposes := named(distinct(r.pending(), func(it *paymentItem) string { return it.PurposeID }))
	if len(purposes) == 0 {
		return nil
	}
	var rows []struct {
		ID          string `db:"id"`
		CommunityID string `db:"community_id"`
	}
	if err := selectIn(ctx, tx, &rows, `SELECT id, community_id FROM fee_item WHERE org_id = ? AND id IN (?)`+shared, r.scope.OrgID, purposes); err != nil {
		return fmt.Errorf("read what advances are for: %w", err)
	}
	for _, f := range rows {
		r.desk.purposes[f.ID] = f.CommunityID
	}
	return nil
}

// bookFor gives the book that a payment's receipt comes from.
func (r *paymentRun) bookFor(it *paymentItem) *receiptBook {
	if book := r.desk.books[it.communityID]; book != nil && it.atDesk() {
		return book
	}
	return r.books[it.communityID]
}

// deskDebts gives those of a debtor's debts that a payment may pay, and refuses at the desk what a cashier can still put
// right: a book without numbers, a bill that another has taken meanwhile, an amount that the screen did not show.
func (r *paymentRun) deskDebts(it *paymentItem, own []*debt) ([]*debt, error) {
	if it.atDesk() {
		if book := r.bookFor(it); book.usedUp() || book.Status == string(money.BookClosed) {
			return nil, refusal.New(refusal.Conflict, "receipt-book-used-up", "票据册 %s 已用完或已停用，本次没有收款。请在班次里换一册新票据，或改用电子收据后重新收款。", book.Code).
				With("receipt_book_id", book.ID)
		}
	}
	if it.DepositKind != "" {
		return nil, nil
	}
	if it.MovedFrom != "" && r.desk.purposes[it.PurposeID] != it.communityID {
		it.PurposeID = "" // another community has other fee items
	}
	if it.PurposeID != "" && r.desk.purposes[it.PurposeID] != it.communityID {
		return nil, refusal.New(refusal.Rule, "purpose-unknown", "该小区没有这个收费项目，请重新选择预存项目。").At("purpose_id", "收费项目不存在", it.PurposeID)
	}
	if it.PurposeID != "" {
		own = slices.DeleteFunc(slices.Clone(own), func(d *debt) bool { return !d.serves(it.PurposeID) })
	}
	if !it.atDesk() {
		return own, nil
	}
	base, err := r.owedBills(it, own)
	if err != nil {
		return nil, err
	}
	return own, r.checkShown(it, base)
}

// owedBills gives the bills that a payment at the desk is about: those that are named, else all that it may pay.
func (r *paymentRun) owedBills(it *paymentItem, own []*debt) ([]*debt, error) {
	if len(it.BillIDs) == 0 {
		return own, nil
	}
	var base []*debt
	for _, id := range it.BillIDs {
		i := slices.IndexFunc(own, func(d *debt) bool { return d.ID == id && d.owedFen(calendar.DateOf(it.PaidAt)) > 0 })
		b := r.parties.bills[id]
		switch {
		case i < 0 && !b.serves(it.PurposeID):
			return nil, refusal.New(refusal.Rule, "bill-of-other-item", "指定的账单不属于所选的预存项目，请去掉该账单或不指定项目。").At("bill_ids", "不属于所选收费项目", id)
		case i < 0 && it.Source.Kind == money.FromCounter:
			return nil, refusal.New(refusal.Conflict, "bill-already-paid", "所选账单已经缴清（可能刚由其他收款员收取），本次没有收款。请刷新后重新选择账单。").
				At("bill_ids", "账单已缴清", id)
		case i >= 0 && !slices.Contains(base, own[i]):
			base = append(base, own[i])
		}
	}
	return base, nil
}

// checkShown compares what is owed with what the cashier saw, and small change with the community's rule.
func (r *paymentRun) checkShown(it *paymentItem, base []*debt) error {
	var owed int64
	for _, d := range base {
		owed += d.owedFen(calendar.DateOf(it.PaidAt))
	}
	if it.ExpectedFen != nil && *it.ExpectedFen != owed {
		return refusal.New(refusal.Conflict, "balance-changed", "应收金额已变为 %s（页面显示 %s），本次没有收款。请刷新后核对。", money.Format(owed), money.Format(*it.ExpectedFen)).
			At("expected_fen", "应收金额已变化", *it.ExpectedFen).With("owed_fen", owed)
	}
	if it.RoundOffFen == 0 {
		return nil
	}
	if it.AmountFen+it.RoundOffFen != owed {
		return refusal.New(refusal.Rule, "round-off-not-exact", "实收 %s 加抹零 %s 不等于应收 %s，抹零只能用于正好缴清。", money.Format(it.AmountFen), money.Format(it.RoundOffFen), money.Format(owed)).
			At("round_off_fen", "与应收金额不符", it.RoundOffFen).With("owed_fen", owed)
	}
	if rule := r.rules[it.communityID].SmallChange; !rule.RoundsOff(owed, it.RoundOffFen) {
		return refusal.New(refusal.Rule, "round-off-not-by-rule", "该小区的抹零规则不允许抹去 %s，请按规则收取或不抹零。", money.Format(it.RoundOffFen)).
			At("round_off_fen", "超出抹零规则", it.RoundOffFen).With("small_change", cmp.Or(rule, money.SmallChangeNone))
	}
	return nil
}

// owedFen is what settles the debt with money that counts from a day on.
func (d *debt) owedFen(value calendar.Date) int64 {
	b := d.open(value)
	return b.UnpaidFen + b.LateFeeFen
}

// addDesk fills in what the desk adds to a payment.
func (r *paymentRun) addDesk(it *paymentItem, p *money.Payment) {
	p.PurposeID, p.DepositKind, p.RoundOffFen = it.PurposeID, it.DepositKind, it.RoundOffFen
	if it.atDesk() {
		p.ShiftID = r.desk.shifts[it.communityID].ID
	}
	if it.DepositKind != "" {
		p.DepositFen, p.AdvanceFen = p.AmountFen, 0
	}
}

// roundOff waives what the payment has left of the bills it was about, principal before late fee, up to the small change, and
// gives how much of it was principal. Only that is in the books: a late fee is booked when it is paid.
func (r *paymentRun) roundOff(s *Store, it *paymentItem, p *money.Payment) (int64, error) {
	left, value := it.RoundOffFen, calendar.DateOf(p.PaidAt)
	head := s.entryHead(r.scope, p.CommunityID, money.EntryWaiver, "payment", p.ID, r.rules[p.CommunityID].bookedAt(p.PaidAt, r.now))
	var postings []money.Posting
	var principalFen int64
	for _, d := range r.debts {
		named := len(it.BillIDs) == 0 || slices.Contains(it.BillIDs, d.ID)
		if left == 0 || !named || d.DebtorID != p.DebtorID || d.CommunityID != p.CommunityID || !d.serves(it.PurposeID) {
			continue
		}
		off := min(left, d.UnpaidFen)
		offLate := min(left-off, d.open(value).LateFeeFen)
		if off+offLate == 0 {
			continue
		}
		entryID := ""
		if off > 0 {
			entryID = head.ID
			postings = append(postings, money.Posting{Account: money.Receivable, DebtorID: p.DebtorID, BillID: d.ID, AmountFen: -off})
		}
		r.desk.corrections = append(r.desk.corrections, []any{r.scope.OrgID, NewID(), p.CommunityID, d.ID, "round_off", -off, offLate, value, "抹零",
			nullable(entryID), p.ID, nil, r.scope.ActorID, r.now})
		r.desk.waived[d.ID] += off
		r.desk.lateFees[d.ID] += offLate
		d.waive(off, offLate, value, r.now)
		principalFen += off
		left -= off + offLate
	}
	if principalFen == 0 {
		return 0, nil
	}
	entry, err := money.NewEntry(head, append(postings, money.Posting{Account: money.Waived, AmountFen: principalFen})...)
	if err != nil {
		return 0, fmt.Errorf("post the small change: %w", err)
	}
	r.entries = append(r.entries, entry)
	return principalFen, nil
}

const (
	moveSmallChange  = `UPDATE bill SET version = version + 1, late_fee_final_fen = NULL, waived_fen = waived_fen + CASE id `
	moveLateFeeOff   = `UPDATE bill SET late_fee_waived_fen = late_fee_waived_fen + CASE id `
	insertRoundedOff = `INSERT INTO bill_correction (org_id, id, community_id, bill_id, kind, principal_fen, late_fee_fen, value_on, reason, entry_id, payment_id,
		reverses_id, made_by, made_at)`
)

func (r *paymentRun) writeRoundOff(ctx context.Context, tx *sqlx.Tx) error {
	if err := insertRows(ctx, tx, insertRoundedOff, r.desk.corrections); err != nil {
		return fmt.Errorf("write what was rounded off: %w", err)
	}
	if err := moveAmounts(ctx, tx, r.scope.OrgID, moveSmallChange, r.desk.waived); err != nil {
		return fmt.Errorf("waive small change: %w", err)
	}
	if err := moveAmounts(ctx, tx, r.scope.OrgID, moveLateFeeOff, r.desk.lateFees); err != nil {
		return fmt.Errorf("waive small change of late fees: %w", err)
	}
	return nil
}
