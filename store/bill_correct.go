package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// correctedBill is a locked bill as a correction works on it.
type correctedBill struct {
	ID          string        `db:"id"`
	CommunityID string        `db:"community_id"`
	UnitID      string        `db:"unit_id"`
	FeeItemID   string        `db:"fee_item_id"`
	Period      string        `db:"period"`
	DebtorID    string        `db:"debtor_id"`
	BilledOn    calendar.Date `db:"billed_on"`
	AmountFen   int64         `db:"amount_fen"`
	PaidFen     int64         `db:"paid_fen"`
	AdjustedFen int64         `db:"adjusted_fen"`
	WaivedFen   int64         `db:"waived_fen"`
	UnpaidFen   int64         `db:"unpaid_fen"`
	LatePaidFen int64         `db:"late_fee_paid_fen"`
	LateOffFen  int64         `db:"late_fee_waived_fen"`
	Void        bool          `db:"void"`
}

// billCorrection is one correction of one bill on its way through a transaction that holds the book.
type billCorrection struct {
	store  *Store
	tx     *sqlx.Tx
	scope  access.Scope
	by     authority
	rules  moneyRules
	now    time.Time
	booked time.Time
	bill   correctedBill
}

// prepareBill finds the bill of a correction; run does the correction on the locked bill, and what follows from it for the
// debtor's advances, late fee and cases is done here.
func prepareBill(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest,
	run func(context.Context, *billCorrection) (outcome, error)) (deed, error) {
	of, err := findSubject(ctx, q, orgID, "bill", r.SubjectID)
	return deed{communityID: of.CommunityID, debtors: []string{of.DebtorID},
		run: func(ctx context.Context, tx *sqlx.Tx, sc access.Scope, by authority) (outcome, error) {
			c, err := s.lockCorrected(ctx, tx, sc, r.SubjectID, by)
			if err != nil {
				return outcome{}, err
			}
			out, err := run(ctx, c)
			if err != nil {
				return out, err
			}
			return out, c.settle(ctx)
		}}, err
}

func (s *Store) lockCorrected(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, by authority) (*billCorrection, error) {
	c := &billCorrection{store: s, tx: tx, scope: sc, by: by, now: s.clock.Now()}
	var rows []correctedBill
	err := tx.SelectContext(ctx, &rows, `SELECT id, community_id, unit_id, fee_item_id, period, debtor_id, billed_on, amount_fen, paid_fen, adjusted_fen, waived_fen,
		unpaid_fen, late_fee_paid_fen, late_fee_waived_fen, voided_at IS NOT NULL AS void FROM bill WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(id))
	if err != nil {
		return nil, fmt.Errorf("lock a bill: %w", err)
	}
	if len(rows) == 0 {
		return nil, notThere("bill")
	}
	c.bill = rows[0]
	if c.bill.Void {
		return nil, refusal.New(refusal.Conflict, "bill-void", "这张账单已经作废，不能再更正。").At("id", "账单已作废", nil)
	}
	rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{c.bill.CommunityID})
	c.rules = rules[c.bill.CommunityID]
	c.booked = c.rules.bookedAt(c.now, c.now)
	return c, err
}

// post books what the correction does to the principal.
func (c *billCorrection) post(ctx context.Context, kind string, postings ...money.Posting) (string, error) {
	filled := postings[:0:0]
	for _, p := range postings {
		if p.AmountFen != 0 {
			filled = append(filled, p)
		}
	}
	if len(filled) == 0 {
		return "", nil
	}
	head := c.store.entryHead(c.scope, c.bill.CommunityID, kind, "bill", c.bill.ID, c.booked)
	e, err := money.NewEntry(head, filled...)
	if err != nil {
		return "", fmt.Errorf("correct bill %s: %w", c.bill.ID, err)
	}
	return head.ID, postEntries(ctx, c.tx, c.scope.OrgID, []money.Entry{e})
}

func (c *billCorrection) receivable(fen int64) money.Posting {
	return money.Posting{Account: money.Receivable, DebtorID: c.bill.DebtorID, BillID: c.bill.ID, AmountFen: fen}
}

// note writes the correction itself and gives its id. valueOn is the day from which it counts for the late fee.
func (c *billCorrection) note(ctx context.Context, kind string, principalFen, lateFeeFen int64, valueOn calendar.Date, entryID string) (string, error) {
	id := NewID()
	_, err := c.tx.ExecContext(ctx, `INSERT INTO bill_correction (org_id, id, community_id, bill_id, kind, principal_fen, late_fee_fen, value_on, reason, entry_id,
		approval_id, made_by, made_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`, c.scope.OrgID, id, c.bill.CommunityID, c.bill.ID, kind, principalFen, lateFeeFen, valueOn,
		c.by.reason, nullable(entryID), nullable(c.by.approvalID), c.by.makerID, c.now)
	if err != nil {
		return "", fmt.Errorf("write a correction: %w", err)
	}
	err = recordAudit(ctx, c.tx, c.scope, c.now, Audited{Action: "correct-bill", SubjectKind: "bill", SubjectID: c.bill.ID, CommunityID: c.bill.CommunityID, Why: c.by.reason,
		Detail: map[string]any{"kind": kind, "correction_id": id, "principal_fen": principalFen, "late_fee_fen": lateFeeFen, "approval_id": c.by.approvalID, "made_by": c.by.makerID}})
	return id, err
}

// settle does what follows: the late fee is fixed or opened, advances pay what is open, the debtor's cases are judged anew.
func (c *billCorrection) settle(ctx context.Context) error {
	orgID, today := c.scope.OrgID, calendar.DateOf(c.now)
	if !c.bill.Void {
		rules := map[string]moneyRules{c.bill.CommunityID: c.rules}
		if err := fixLateFees(ctx, c.tx, orgID, rules, []billRef{{c.bill.ID, c.bill.CommunityID}}, today); err != nil {
			return err
		}
	}
	if err := c.store.offsetAdvances(ctx, c.tx, c.scope, c.bill.CommunityID, []string{c.bill.DebtorID}); err != nil {
		return err
	}
	if err := recordChange(ctx, c.tx, orgID, c.now, Change{Kind: "bill", SubjectID: c.bill.ID, CommunityID: c.bill.CommunityID}); err != nil {
		return err
	}
	return c.store.settleCases(ctx, c.tx, c.scope, balanceChange{CommunityID: c.bill.CommunityID, DebtorIDs: []string{c.bill.DebtorID}, Cause: causeCorrection, At: c.now})
}

func prepareWaiver(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	return prepareBill(ctx, s, q, orgID, r, func(ctx context.Context, c *billCorrection) (outcome, error) { return c.waive(ctx, r) })
}

// waive forgives principal, late fee or both, never more than is open. The principal goes to waived, which is kept apart from
// revenue; a late fee is not in the books before it is paid, so waiving it only moves what the bill asks for.
func (c *billCorrection) waive(ctx context.Context, r money.CorrectionRequest) (outcome, error) {
	fees, err := lateFees(ctx, c.tx, c.scope.OrgID, []billRef{{c.bill.ID, c.bill.CommunityID}}, calendar.DateOf(c.now))
	if err != nil {
		return outcome{}, err
	}
	openFen, openLateFen := c.bill.UnpaidFen, fees[c.bill.ID].OutstandingFen
	principal, lateFee := openFen, openLateFen
	if r.AmountFen != nil || r.LateFeeFen != nil {
		principal, lateFee = amountOf(r.AmountFen), amountOf(r.LateFeeFen)
	}
	switch {
	case principal > openFen:
		return outcome{}, refusal.New(refusal.Rule, "waiver-above-open", "减免金额超过未缴本金 %s，请调低后重新提交。", money.Format(openFen)).
			At("amount_fen", "超过未缴本金", principal).With("open_fen", openFen)
	case lateFee > openLateFen:
		return outcome{}, refusal.New(refusal.Rule, "waiver-above-open", "减免违约金超过应缴违约金 %s，请调低后重新提交。", money.Format(openLateFen)).
			At("late_fee_fen", "超过应缴违约金", lateFee).With("open_fen", openLateFen)
	case principal+lateFee == 0:
		return outcome{}, refusal.New(refusal.Rule, "nothing-to-waive", "这张账单没有未缴的本金或违约金，无需减免。").At("amount_fen", "没有可减免的金额", nil)
	}
	entry, err := c.post(ctx, money.EntryWaiver, money.Posting{Account: money.Waived, DebtorID: c.bill.DebtorID, AmountFen: principal}, c.receivable(-principal))
	if err != nil {
		return outcome{}, err
	}
	opened := ``
	if principal > 0 {
		opened = `late_fee_final_fen = NULL, `
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE bill SET `+opened+`waived_fen = waived_fen + ?, late_fee_waived_fen = late_fee_waived_fen + ?, version = version + 1
		WHERE org_id = ? AND id = ?`, principal, lateFee, c.scope.OrgID, c.bill.ID)
	if err != nil {
		return outcome{}, fmt.Errorf("waive: %w", err)
	}
	id, err := c.note(ctx, money.CorrectionWaiver, -principal, lateFee, calendar.DateOf(c.now), entry)
	return outcome{resultID: id, amountFen: principal, lateFeeFen: lateFee}, err
}

func amountOf(fen *int64) int64 {
	if fen == nil {
		return 0
	}
	return *fen
}

func prepareAdjustment(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	return prepareBill(ctx, s, q, orgID, r, func(ctx context.Context, c *billCorrection) (outcome, error) {
		return c.adjust(ctx, amountOf(r.AmountFen))
	})
}

// adjust makes a bill larger or smaller. A smaller one counts as if it had been so from the beginning, because it was never
// owed: what was paid too much on it, late fee included, goes back to its payers' advance, the newest payment first. A larger
// one counts for the late fee from today.
func (c *billCorrection) adjust(ctx context.Context, fen int64) (outcome, error) {
	b := c.bill
	left := b.AmountFen + b.AdjustedFen - b.WaivedFen
	if left+fen < 0 {
		return outcome{}, refusal.New(refusal.Rule, "adjustment-below-zero", "调减金额超过账单金额 %s（已扣除减免），请调低金额；如果整张账单都不该收，请作废账单。", money.Format(left)).
			At("amount_fen", "调减后账单不能小于 0", fen).With("at_most_fen", left)
	}
	valueOn := calendar.DateOf(c.now)
	if fen < 0 {
		valueOn = b.BilledOn
	}
	if excess := b.PaidFen - (left + fen); excess > 0 {
		if err := c.store.releaseBills(ctx, c.tx, c.scope, b.CommunityID, map[string]toRelease{b.ID: {principalFen: excess}}, false); err != nil {
			return outcome{}, err
		}
	}
	entry, err := c.post(ctx, money.EntryAdjust, c.receivable(fen), money.Posting{Account: money.Revenue, DebtorID: b.DebtorID, AmountFen: -fen})
	if err != nil {
		return outcome{}, err
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE bill SET adjusted_fen = adjusted_fen + ?, late_fee_final_fen = NULL, version = version + 1 WHERE org_id = ? AND id = ?`,
		fen, c.scope.OrgID, b.ID)
	if err != nil {
		return outcome{}, fmt.Errorf("adjust a bill: %w", err)
	}
	id, err := c.note(ctx, money.CorrectionAdjustment, fen, 0, valueOn, entry)
	if err != nil || fen > 0 {
		return outcome{resultID: id, amountFen: fen}, err
	}
	return outcome{resultID: id, amountFen: fen}, c.releaseLateFee(ctx)
}

// releaseLateFee gives back what was paid of a late fee that the smaller bill does not bear.
func (c *billCorrection) releaseLateFee(ctx context.Context) error {
	b := c.bill
	if b.LatePaidFen == 0 {
		return nil
	}
	fees, err := lateFees(ctx, c.tx, c.scope.OrgID, []billRef{{b.ID, b.CommunityID}}, calendar.DateOf(c.now))
	if err != nil {
		return err
	}
	excess := min(b.LatePaidFen, b.LatePaidFen+b.LateOffFen-fees[b.ID].AccruedFen)
	if excess <= 0 {
		return nil
	}
	return c.store.releaseBills(ctx, c.tx, c.scope, b.CommunityID, map[string]toRelease{b.ID: {lateFeeFen: excess}}, false)
}
