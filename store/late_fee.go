package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

// moneyView is from where money is looked at: what was booked before bookedBefore and known before knownBefore, with late
// fees through day. Zero instants leave nothing out.
type moneyView struct {
	day          calendar.Date
	bookedBefore time.Time
	knownBefore  time.Time
}

// past tells whether the view leaves anything out.
func (v moneyView) past() bool { return !v.bookedBefore.IsZero() || !v.knownBefore.IsZero() }

// known is the last instant whose rules count in the view; zero for now.
func (v moneyView) known() time.Time {
	if v.knownBefore.IsZero() {
		return time.Time{}
	}
	return v.knownBefore.Add(-time.Microsecond)
}

// entries is the condition on an entry, aliased e, that the view shows. What was done after its day was closed is booked on
// the next open day, but was seen on its own.
func (v moneyView) entries() (string, []any) {
	where, args := "", []any(nil)
	if !v.bookedBefore.IsZero() {
		where, args = where+` AND (e.occurred_at < ? OR e.posted_at < ?)`, append(args, v.bookedBefore, v.bookedBefore)
	}
	if !v.knownBefore.IsZero() {
		where, args = where+` AND e.posted_at < ?`, append(args, v.knownBefore)
	}
	return where, args
}

// shownUntil is the instant from which on nothing is shown; zero for now.
func (v moneyView) shownUntil() time.Time {
	if v.bookedBefore.IsZero() || !v.knownBefore.IsZero() && v.knownBefore.Before(v.bookedBefore) {
		return v.knownBefore
	}
	return v.bookedBefore
}

// corrections is the condition on a correction, aliased c with its entry e, that the view shows. One that touches the late
// fee alone has no entry and is shown by its days.
func (v moneyView) corrections() (string, []any) {
	where, args := "", []any(nil)
	if !v.bookedBefore.IsZero() {
		where, args = where+` AND IF(e.id IS NULL, c.value_on <= ?, e.occurred_at < ? OR e.posted_at < ?)`, append(args, v.day, v.bookedBefore, v.bookedBefore)
	}
	if !v.knownBefore.IsZero() {
		where, args = where+` AND c.made_at < ?`, append(args, v.knownBefore)
	}
	return where, args
}

// billRef names a bill and its community.
type billRef struct{ ID, CommunityID string }

// lateFees gives what bills bear at the end of a day by all that is known now. Bills for which no late fee is agreed are left
// out; where no community has one, it costs one statement.
func lateFees(ctx context.Context, q sqlx.QueryerContext, orgID string, bills []billRef, asOf calendar.Date) (map[string]money.BillLateFee, error) {
	return lateFeesIn(ctx, q, orgID, bills, moneyView{day: asOf})
}

// lateFeesIn is lateFees as a view shows them.
func lateFeesIn(ctx context.Context, q sqlx.QueryerContext, orgID string, bills []billRef, view moneyView) (map[string]money.BillLateFee, error) {
	facts, err := readLateFeeFacts(ctx, q, orgID, bills, view)
	if err != nil {
		return nil, err
	}
	fees := make(map[string]money.BillLateFee, len(facts))
	for id, f := range facts {
		if fee := f.through(view); !fee.StartOn.IsZero() {
			fees[id] = fee
		}
	}
	return fees, nil
}

// billLateFee is everything that one bill's late fee follows from.
type billLateFee struct {
	base      money.LateFeeBase
	history   *lateFeeHistory
	movedAt   time.Time // when the principal moved last
	disputed  bool
	paidFen   int64
	waivedFen int64
}

// owedFen is what is left of the principal.
func (f *billLateFee) owedFen() int64 {
	owed := f.base.PrincipalFen
	for _, m := range f.base.Moves {
		owed += m.Fen
	}
	return owed
}

// terms gives the terms that count: what has been agreed so far, and for a bill that was settled what had been when it was.
func (f *billLateFee) terms(at time.Time) (money.LateFeeTerms, bool) {
	in := f.history.at(at)
	if in.bears && f.owedFen() <= 0 {
		in = f.history.at(f.movedAt)
	}
	return in.terms, in.bears
}

func (f *billLateFee) through(view moneyView) money.BillLateFee {
	terms, on := f.terms(view.known())
	if !on {
		return money.BillLateFee{}
	}
	return f.by(terms, view)
}

// by computes with given terms.
func (f *billLateFee) by(terms money.LateFeeTerms, view moneyView) money.BillLateFee {
	segments, accruedFen := terms.Accrue(f.base, view.day)
	_, beforeFen := terms.Accrue(f.base, view.day.AddDays(-1))
	settled := f.paidFen + f.waivedFen
	return money.BillLateFee{StartOn: terms.Start(f.base), Segments: segments, AccruedFen: accruedFen, OutstandingFen: max(accruedFen-settled, 0), PayableFen: max(beforeFen-settled, 0)}
}

// readLateFeeFacts reads what late fees follow from: the rules, and four statements for each five hundred bills. Bills of communities
// without a late fee are left out.
func readLateFeeFacts(ctx context.Context, q sqlx.QueryerContext, orgID string, bills []billRef, view moneyView) (map[string]*billLateFee, error) {
	histories, err := readLateFeeRules(ctx, q, orgID, distinct(bills, func(b billRef) string { return b.CommunityID }))
	if err != nil {
		return nil, err
	}
	bills = slices.DeleteFunc(slices.Clone(bills), func(b billRef) bool {
		h := histories[b.CommunityID]
		return h == nil || !h.at(view.known()).bears
	})
	r := lateFeeReading{q: q, orgID: orgID, view: view, histories: histories, facts: make(map[string]*billLateFee, len(bills))}
	for chunk := range slices.Chunk(distinct(bills, func(b billRef) string { return b.ID }), rowsPerStatement) {
		for _, read := range []func(context.Context, []string) error{r.readBases, r.readAllocations, r.readCorrections, r.readFreezes} {
			if err := read(ctx, chunk); err != nil {
				return nil, err
			}
		}
	}
	return r.facts, nil
}

// lateFeeReading is one run of readLateFeeFacts.
type lateFeeReading struct {
	q         sqlx.QueryerContext
	orgID     string
	view      moneyView
	histories map[string]*lateFeeHistory
	facts     map[string]*billLateFee
}

func (r *lateFeeReading) readBases(ctx context.Context, ids []string) error {
	var rows []struct {
		ID          string        `db:"id"`
		CommunityID string        `db:"community_id"`
		AmountFen   int64         `db:"amount_fen"`
		DueOn       calendar.Date `db:"due_on"`
		StartOn     calendar.Date `db:"late_fee_from_on"`
		Disputed    bool          `db:"disputed"`
		IssuedAt    time.Time     `db:"issued_at"`
	}
	err := selectIn(ctx, r.q, &rows, `SELECT id, community_id, amount_fen, due_on, late_fee_from_on, disputed, issued_at FROM bill
		WHERE org_id = ? AND id IN (?)`, r.orgID, ids)
	if err != nil {
		return fmt.Errorf("read the bills of late fees: %w", err)
	}
	for _, b := range rows {
		r.facts[b.ID] = &billLateFee{history: r.histories[b.CommunityID], movedAt: b.IssuedAt, disputed: b.Disputed,
			base: money.LateFeeBase{PrincipalFen: b.AmountFen, DueOn: b.DueOn, StartOn: b.StartOn}}
	}
	return nil
}

// readAllocations adds what was paid, on the day from which it counts.
func (r *lateFeeReading) readAllocations(ctx context.Context, ids []string) error {
	var rows []struct {
		BillID       string        `db:"bill_id"`
		PrincipalFen int64         `db:"principal_fen"`
		LateFeeFen   int64         `db:"late_fee_fen"`
		ValueOn      calendar.Date `db:"value_on"`
		PaidAt       time.Time     `db:"paid_at"`
		At           time.Time     `db:"allocated_at"`
	}
	from, where, args := `allocation a`, ` WHERE a.org_id = ? AND a.bill_id IN (?)`, []any{r.orgID, ids}
	if r.view.past() {
		shown, more := r.view.entries()
		from, where, args = from+` JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id`, where+shown, append(args, more...)
	}
	err := selectIn(ctx, r.q, &rows, `SELECT a.bill_id, a.principal_fen, a.late_fee_fen, a.value_on, p.paid_at, a.allocated_at
		FROM `+from+` JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id`+where, args...)
	if err != nil {
		return fmt.Errorf("read what was paid of bills: %w", err)
	}
	for _, a := range rows {
		f := r.facts[a.BillID]
		f.paidFen += a.LateFeeFen
		f.move(valueDay(a.ValueOn, a.PaidAt), -a.PrincipalFen, a.At)
	}
	return nil
}

// move notes that the principal changed.
func (f *billLateFee) move(on calendar.Date, fen int64, at time.Time) {
	if fen == 0 {
		return
	}
	f.base.Moves = append(f.base.Moves, money.PrincipalMove{On: on, Fen: fen})
	if at.After(f.movedAt) {
		f.movedAt = at
	}
}

// readCorrections adds adjustments and waivers.
func (r *lateFeeReading) readCorrections(ctx context.Context, ids []string) error {
	var rows []struct {
		BillID       string        `db:"bill_id"`
		PrincipalFen int64         `db:"principal_fen"`
		LateFeeFen   int64         `db:"late_fee_fen"`
		ValueOn      calendar.Date `db:"value_on"`
		MadeAt       time.Time     `db:"made_at"`
	}
	shown, args := r.view.corrections()
	err := selectIn(ctx, r.q, &rows, `SELECT c.bill_id, c.principal_fen, c.late_fee_fen, c.value_on, c.made_at
		FROM bill_correction c LEFT JOIN ledger_entry e ON e.org_id = c.org_id AND e.id = c.entry_id
		WHERE c.org_id = ? AND c.bill_id IN (?)`+shown, append([]any{r.orgID, ids}, args...)...)
	if err != nil {
		return fmt.Errorf("read the corrections of bills: %w", err)
	}
	for _, c := range rows {
		f := r.facts[c.BillID]
		f.waivedFen += c.LateFeeFen
		f.move(c.ValueOn, c.PrincipalFen, c.MadeAt)
	}
	return nil
}

// readFreezes adds the days of disputes. A dispute that nobody dated freezes the bill altogether while it lasts.
func (r *lateFeeReading) readFreezes(ctx context.Context, ids []string) error {
	var rows []struct {
		BillID string        `db:"bill_id"`
		FromOn calendar.Date `db:"from_on"`
		ToOn   calendar.Date `db:"to_on"`
	}
	err := selectIn(ctx, r.q, &rows, `SELECT bill_id, from_on, to_on FROM bill_freeze WHERE org_id = ? AND bill_id IN (?)`, r.orgID, ids)
	if err != nil {
		return fmt.Errorf("read the frozen days of bills: %w", err)
	}
	dated := map[string]bool{}
	for _, z := range rows {
		f := r.facts[z.BillID]
		f.base.Freezes = append(f.base.Freezes, money.Freeze{From: z.FromOn, To: z.ToOn})
		dated[z.BillID] = dated[z.BillID] || z.ToOn.IsZero()
	}
	for _, id := range ids {
		if f := r.facts[id]; f != nil && f.disputed && !dated[id] {
			f.base.Freezes = append(f.base.Freezes, money.Freeze{From: calendar.Date{Year: 1970, Month: 1, Day: 1}})
		}
	}
	return nil
}

// fixLateFees fixes the late fee of bills whose principal is settled, inside the transaction that moved it: it cannot grow
// any more, and a bill that still owes it is found by it. Whatever moves a principal opens it first (movePaid). Nothing is
// read where no late fee is agreed.
func fixLateFees(ctx context.Context, tx *sqlx.Tx, orgID string, rules map[string]moneyRules, bills []billRef, today calendar.Date) error {
	bills = slices.DeleteFunc(slices.Clone(bills), func(b billRef) bool { return !rules[b.CommunityID].LateFeeAgreed })
	if len(bills) == 0 {
		return nil
	}
	facts, err := readLateFeeFacts(ctx, tx, orgID, bills, moneyView{})
	if err != nil {
		return err
	}
	settled := map[string]int64{}
	for id, f := range facts {
		if f.owedFen() > 0 {
			continue
		}
		last := today
		for _, m := range f.base.Moves {
			if m.On.After(last) {
				last = m.On
			}
		}
		terms, on := f.terms(time.Time{})
		if _, fen := terms.Accrue(f.base, last); on {
			settled[id] = fen
		}
	}
	if err := moveAmounts(ctx, tx, orgID, fixLateFee, settled); err != nil {
		return fmt.Errorf("fix the late fee of settled bills: %w", err)
	}
	return nil
}

// fixLateFee sets, other than the moves of allocation.go: the late fee of a settled bill is what it comes to.
const fixLateFee = `UPDATE bill SET late_fee_final_fen = CASE id `

// fixLateFees fixes the late fees of the bills that the run has settled.
func (r *paymentRun) fixLateFees(ctx context.Context, tx *sqlx.Tx) error {
	if !bears(r.rules) {
		return nil
	}
	moved := map[string]bool{}
	for _, a := range r.allocations {
		moved[a.BillID] = true
	}
	for id := range r.desk.waived {
		moved[id] = true
	}
	var bills []billRef
	for _, d := range r.debts {
		if moved[d.ID] && d.UnpaidFen <= 0 {
			bills = append(bills, billRef{d.ID, d.CommunityID})
		}
	}
	return fixLateFees(ctx, tx, r.scope.OrgID, r.rules, bills, calendar.DateOf(r.now))
}
