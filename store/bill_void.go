package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

func prepareVoid(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, r money.CorrectionRequest) (deed, error) {
	return prepareBill(ctx, s, q, orgID, r, func(ctx context.Context, c *billCorrection) (outcome, error) { return c.void(ctx) })
}

// void takes a bill out altogether: everything allocated to it, late fee included, goes back to its payers' advance, small
// change that was left off with a payment counts no more, and the rest is taken out of revenue and waived. The row stays; its
// natural key is free again.
func (c *billCorrection) void(ctx context.Context) (outcome, error) {
	orgID := c.scope.OrgID
	if err := c.store.releaseBills(ctx, c.tx, c.scope, c.bill.CommunityID, map[string]toRelease{c.bill.ID: {}}, true); err != nil {
		return outcome{}, err
	}
	if err := c.dropRoundOff(ctx); err != nil {
		return outcome{}, err
	}
	b := c.bill
	left := b.AmountFen + b.AdjustedFen - b.WaivedFen
	entry, err := c.post(ctx, money.EntryVoid, money.Posting{Account: money.Revenue, DebtorID: b.DebtorID, AmountFen: b.AmountFen + b.AdjustedFen},
		money.Posting{Account: money.Waived, DebtorID: b.DebtorID, AmountFen: -b.WaivedFen}, c.receivable(-left))
	if err != nil {
		return outcome{}, err
	}
	id, err := c.note(ctx, money.CorrectionVoid, -left, 0, b.BilledOn, entry)
	if err != nil {
		return outcome{}, err
	}
	c.bill.Void = true
	err = voidBills(ctx, c.tx, orgID, []importedBill{{ID: b.ID, UnitID: b.UnitID, FeeItemID: b.FeeItemID, Period: b.Period, DebtorID: b.DebtorID}}, c.now)
	return outcome{resultID: id, amountFen: left}, err
}

// dropRoundOff takes back small change that was left off on the bill. Its entries are about the payment, so that a later
// reversal of the payment mirrors both and finds nothing left.
func (c *billCorrection) dropRoundOff(ctx context.Context) error {
	var rows []struct {
		ID        string        `db:"id"`
		PaymentID string        `db:"payment_id"`
		Fen       int64         `db:"principal_fen"`
		LateFee   int64         `db:"late_fee_fen"`
		ValueOn   calendar.Date `db:"value_on"`
	}
	err := c.tx.SelectContext(ctx, &rows, `SELECT c.id, c.payment_id, c.principal_fen, c.late_fee_fen, c.value_on FROM bill_correction c
		WHERE c.org_id = ? AND c.bill_id = ? AND c.kind = ? AND c.payment_id IS NOT NULL AND c.reverses_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM bill_correction r WHERE r.org_id = c.org_id AND r.reverses_id = c.id) ORDER BY c.id`,
		c.scope.OrgID, c.bill.ID, money.CorrectionRoundOff)
	if err != nil {
		return fmt.Errorf("read small change: %w", err)
	}
	for _, row := range rows {
		entryID, err := c.mirrorRoundOff(ctx, row.PaymentID, row.Fen)
		if err != nil {
			return err
		}
		err = insertRows(ctx, c.tx, insertRoundedOff, [][]any{{c.scope.OrgID, NewID(), c.bill.CommunityID, c.bill.ID, money.CorrectionRoundOff, -row.Fen, -row.LateFee, row.ValueOn,
			c.by.reason, nullable(entryID), row.PaymentID, row.ID, c.scope.ActorID, c.now}})
		if err != nil {
			return fmt.Errorf("take small change back: %w", err)
		}
		c.bill.WaivedFen += row.Fen // negative
		if err := moveAmounts(ctx, c.tx, c.scope.OrgID, moveSmallChange, map[string]int64{c.bill.ID: row.Fen}); err != nil {
			return fmt.Errorf("take small change back: %w", err)
		}
		if err := moveAmounts(ctx, c.tx, c.scope.OrgID, moveLateFeeOff, map[string]int64{c.bill.ID: -row.LateFee}); err != nil {
			return fmt.Errorf("take small change of a late fee back: %w", err)
		}
	}
	return nil
}

// mirrorRoundOff books small change of a payment, a negative amount of principal, back onto the bill; nothing where only late
// fee was left off, which is in no books.
func (c *billCorrection) mirrorRoundOff(ctx context.Context, paymentID string, fen int64) (entryID string, err error) {
	if fen == 0 {
		return "", nil
	}
	head := c.store.entryHead(c.scope, c.bill.CommunityID, money.EntryRelease, "payment", paymentID, c.booked)
	e, err := money.NewEntry(head, c.receivable(-fen), money.Posting{Account: money.Waived, DebtorID: c.bill.DebtorID, AmountFen: fen})
	if err != nil {
		return "", fmt.Errorf("take small change back: %w", err)
	}
	return head.ID, postEntries(ctx, c.tx, c.scope.OrgID, []money.Entry{e})
}
