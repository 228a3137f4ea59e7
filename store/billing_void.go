package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
)

// billsPerVoid is how many bills one step voids.
const billsPerVoid = 300

// voidedBill is a bill of a run that is voided.
type voidedBill struct {
	ID          string        `db:"id"`
	UnitID      string        `db:"unit_id"`
	DebtorID    string        `db:"debtor_id"`
	FeeItemID   string        `db:"fee_item_id"`
	Period      string        `db:"period"`
	BilledOn    calendar.Date `db:"billed_on"`
	AmountFen   int64         `db:"amount_fen"`
	PaidFen     int64         `db:"paid_fen"`
	AdjustedFen int64         `db:"adjusted_fen"`
	WaivedFen   int64         `db:"waived_fen"`
	LateFeePaid int64         `db:"late_fee_paid_fen"`
	RoundedOff  bool          `db:"rounded_off"`
}

// voidStep voids the run's next bills: what was allocated to them goes back to their payers' advance, what stands is taken
// out of revenue and waived by an entry of the open period, and their natural keys are free again.
func (s *Store) voidStep(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	if _, err := lockBooks(ctx, tx, sc.OrgID, []string{r.CommunityID}); err != nil {
		return billingrun.Progress{}, err
	}
	var bills []voidedBill
	err := tx.SelectContext(ctx, &bills, `SELECT b.id, b.unit_id, b.debtor_id, b.fee_item_id, b.period, b.billed_on, b.amount_fen, b.paid_fen, b.adjusted_fen, b.waived_fen, b.late_fee_paid_fen,
			EXISTS (SELECT 1 FROM bill_correction c WHERE c.org_id = b.org_id AND c.bill_id = b.id AND c.kind = ?) AS rounded_off
		FROM bill b FORCE INDEX (bill_source) WHERE b.org_id = ? AND b.source_id = ? AND b.source_kind = ? AND b.id > ? AND b.voided_at IS NULL ORDER BY b.id LIMIT ? FOR UPDATE`,
		money.CorrectionRoundOff, sc.OrgID, r.ID, money.FromBilling, r.VoidedThrough, billsPerVoid)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("lock the run's bills: %w", err)
	}
	if len(bills) == 0 {
		return s.endVoiding(ctx, tx, sc, r)
	}
	v := &runVoid{store: s, tx: tx, scope: sc, run: r, now: s.clock.Now()}
	if err := v.void(ctx, bills); err != nil {
		return billingrun.Progress{}, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE billing_run SET voided_through = ?, voided_n = voided_n + ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		bills[len(bills)-1].ID, len(bills), sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("note how far a billing run is voided: %w", err)
	}
	return billingrun.Progress{Status: r.Status, More: true}, nil
}

// endVoiding lets the readings of the run go, so that the period can be run again.
func (s *Store) endVoiding(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow) (billingrun.Progress, error) {
	if err := thawReadings(ctx, tx, sc.OrgID, r.ID); err != nil {
		return billingrun.Progress{}, err
	}
	_, err := tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, voided_at = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		billingrun.Voided, s.clock.Now(), sc.OrgID, r.ID)
	if err != nil {
		return billingrun.Progress{}, fmt.Errorf("end the voiding of a billing run: %w", err)
	}
	return billingrun.Progress{Status: billingrun.Voided}, nil
}

// runVoid is one step of voidStep.
type runVoid struct {
	store *Store
	tx    *sqlx.Tx
	scope access.Scope
	run   billingRunRow
	now   time.Time
}

// void voids the bills set by set; one on which small change was left off is voided as it would be alone.
func (v *runVoid) void(ctx context.Context, bills []voidedBill) error {
	whole := make([]voidedBill, 0, len(bills))
	for _, b := range bills {
		if !b.RoundedOff {
			whole = append(whole, b)
			continue
		}
		c, err := v.store.lockCorrected(ctx, v.tx, v.scope, b.ID, authority{makerID: v.run.VoidAskedBy, reason: v.run.VoidWhy})
		if err != nil {
			return err
		}
		if _, err := c.void(ctx); err != nil {
			return err
		}
	}
	if err := v.voidSet(ctx, whole); err != nil {
		return err
	}
	debtors := distinct(bills, func(b voidedBill) string { return b.DebtorID })
	if err := v.store.offsetAdvances(ctx, v.tx, v.scope, v.run.CommunityID, debtors); err != nil {
		return err
	}
	if err := v.store.settleCases(ctx, v.tx, v.scope, balanceChange{CommunityID: v.run.CommunityID, DebtorIDs: debtors, Cause: causeCorrection, At: v.now}); err != nil {
		return err
	}
	return recordAudit(ctx, v.tx, v.scope, v.now, Audited{Action: "void-bills", SubjectKind: "billing_run", SubjectID: v.run.ID, CommunityID: v.run.CommunityID,
		Why: v.run.VoidWhy, Detail: map[string]any{"bills": len(bills)}})
}

func (v *runVoid) voidSet(ctx context.Context, bills []voidedBill) error {
	if len(bills) == 0 {
		return nil
	}
	booked, err := bookedNow(ctx, v.tx, v.scope.OrgID, v.run.CommunityID, v.now)
	if err != nil {
		return err
	}
	paid := map[string]toRelease{}
	for _, b := range bills {
		if b.PaidFen != 0 || b.LateFeePaid != 0 {
			paid[b.ID] = toRelease{}
		}
	}
	if err := v.store.releaseBills(ctx, v.tx, v.scope, v.run.CommunityID, paid, true); err != nil {
		return err
	}
	if err := v.post(ctx, bills, booked); err != nil {
		return err
	}
	keys := make([]importedBill, len(bills))
	for i, b := range bills {
		keys[i] = importedBill{ID: b.ID, UnitID: b.UnitID, FeeItemID: b.FeeItemID, Period: b.Period, DebtorID: b.DebtorID}
	}
	return voidBills(ctx, v.tx, v.scope.OrgID, keys, v.now)
}

// post takes what stands of the bills out of the books, and notes it on each.
func (v *runVoid) post(ctx context.Context, bills []voidedBill, booked time.Time) error {
	head := v.store.entryHead(v.scope, v.run.CommunityID, money.EntryVoid, "bills", v.run.ID, booked)
	var postings []money.Posting
	var notes [][]any
	var revenue, waived int64
	for _, b := range bills {
		left := b.AmountFen + b.AdjustedFen - b.WaivedFen
		if left != 0 {
			postings = append(postings, money.Posting{Account: money.Receivable, DebtorID: b.DebtorID, BillID: b.ID, AmountFen: -left})
		}
		revenue += b.AmountFen + b.AdjustedFen
		waived += b.WaivedFen
		notes = append(notes, []any{v.scope.OrgID, NewID(), v.run.CommunityID, b.ID, money.CorrectionVoid, -left, b.BilledOn, v.run.VoidWhy, head.ID, or(v.run.VoidAskedBy, v.scope.ActorID), v.now})
	}
	for _, p := range []money.Posting{{Account: money.Revenue, AmountFen: revenue}, {Account: money.Waived, AmountFen: -waived}} {
		if p.AmountFen != 0 {
			postings = append(postings, p)
		}
	}
	if len(postings) > 0 {
		e, err := money.NewEntry(head, postings...)
		if err != nil {
			return fmt.Errorf("void the run's bills: %w", err)
		}
		if err := postEntries(ctx, v.tx, v.scope.OrgID, []money.Entry{e}); err != nil {
			return err
		}
	}
	err := insertRows(ctx, v.tx, `INSERT INTO bill_correction (org_id, id, community_id, bill_id, kind, principal_fen, value_on, reason, entry_id, made_by, made_at)`, notes)
	if err != nil {
		return fmt.Errorf("note the void of the run's bills: %w", err)
	}
	return nil
}

// prepareVoidRun finds the run that somebody asks to void as a whole. Carrying it out is the process's work: the approval
// only lets it begin.
func prepareVoidRun(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	run, err := getRun(ctx, q, orgID, r.SubjectID, "")
	if err != nil {
		return deed{}, err
	}
	tell := func(ctx context.Context, tx *sqlx.Tx) (*money.Effect, error) {
		return s.voidRunEffect(ctx, tx, orgID, run)
	}
	return deed{communityID: run.CommunityID, amountFen: run.IssuedFen, effect: tell, run: func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error) {
		locked, err := lockRun(ctx, tx, sc.OrgID, r.SubjectID)
		if err != nil {
			return outcome{}, err
		}
		return outcome{resultID: locked.ID, amountFen: locked.IssuedFen}, s.beginVoid(ctx, tx, sc, locked, by)
	}}, nil
}

// beginVoid lets the process void a run that is issued; the caller's transaction says on whose word.
func (s *Store) beginVoid(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r billingRunRow, by authority) error {
	if err := allowedIn(r, billingrun.Issued); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE billing_run SET status = ?, void_why = ?, void_asked_by = ?, void_by = ?, voided_through = '', version = version + 1 WHERE org_id = ? AND id = ?`,
		billingrun.Voiding, strings.TrimSpace(by.reason), by.makerID, sc.ActorID, sc.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("begin to void a billing run: %w", err)
	}
	return s.runChanged(ctx, tx, sc, r, "void-billing-run", by.reason)
}
