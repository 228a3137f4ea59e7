package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/money"
	"steward/domain/refusal"
)

// shanghaiDay is the day in China on which an entry e is booked.
const shanghaiDay = `DATE(e.occurred_at + INTERVAL 8 HOUR)`

// closingFigures reads what a closing keeps, and refuses books that do not agree with themselves.
func (s *Store) closingFigures(ctx context.Context, tx *sqlx.Tx, orgID string, c money.Closing, rules moneyRules, n money.NewClosing) (money.ClosingFigures, error) {
	start, end := c.From.At(0, 0).UTC(), startOfDayAfter(c.Through)
	none := money.ClosingFigures{}
	if err := booksAgree(ctx, tx, orgID, c.CommunityID); err != nil {
		return none, err
	}
	moves, err := cashMovements(ctx, tx, orgID, []string{c.CommunityID}, start, end)
	if err != nil {
		return none, err
	}
	f := money.Reckon(moves, n.CountedFen, n.Counted)
	if err := countClosed(ctx, tx, orgID, c.CommunityID, start, end, &f); err != nil {
		return none, err
	}
	until := start
	if c.Kind == money.ClosingMonth {
		until = end
	}
	if err := alsoClosed(ctx, tx, orgID, c.CommunityID, startOfDayAfter(rules.ClosedThrough), until, &f); err != nil {
		return none, err
	}
	if c.Kind == money.ClosingMonth {
		if err := rollForward(ctx, tx, orgID, c.CommunityID, start, end, &f); err != nil {
			return none, err
		}
	}
	return f, closingWarnings(ctx, tx, orgID, c, &f)
}

// cashMovements adds up what was booked on the cash accounts of communities from one instant until another, by day.
func cashMovements(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string, start, end time.Time) ([]money.CashMovement, error) {
	var moves []money.CashMovement
	err := selectIn(ctx, q, &moves, `SELECT `+shanghaiDay+` AS day, SUBSTRING(p.account, 6) AS channel, e.kind, COALESCE(pay.method, back.method, '') AS method,
			COUNT(*) AS number, SUM(p.amount_fen) AS amount_fen
		FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account LIKE 'cash:%'
		LEFT JOIN payment pay ON pay.org_id = e.org_id AND pay.id = e.subject_id
		LEFT JOIN refund r ON r.org_id = e.org_id AND r.id = e.subject_id
		LEFT JOIN payment back ON back.org_id = r.org_id AND back.id = r.payment_id
		WHERE e.org_id = ? AND e.community_id IN (?) AND e.occurred_at >= ? AND e.occurred_at < ?
		GROUP BY day, channel, e.kind, method ORDER BY day, channel, e.kind, method`, orgID, communityIDs, start, end)
	if err != nil {
		return nil, fmt.Errorf("read what was booked on cash: %w", err)
	}
	return moves, nil
}

// countClosed counts payments, reversals, receipts and money in and out of suspense between two instants.
func countClosed(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, start, end time.Time, f *money.ClosingFigures) error {
	var n struct {
		Payments     int   `db:"payments"`
		PaymentsFen  int64 `db:"payments_fen"`
		Reversals    int   `db:"reversals"`
		ReversalsFen int64 `db:"reversals_fen"`
		Issued       int   `db:"issued"`
		Void         int   `db:"void"`
	}
	// The reversal of a payment takes back its first entry, and with it the receipt; later entries of it are offsets.
	err := sqlx.GetContext(ctx, q, &n, `SELECT COALESCE(SUM(e.kind = 'payment'), 0) AS payments, COALESCE(SUM(IF(e.kind = 'payment', pay.amount_fen, 0)), 0) AS payments_fen,
			COALESCE(SUM(o.kind = 'payment'), 0) AS reversals, COALESCE(SUM(IF(o.kind = 'payment', pay.amount_fen, 0)), 0) AS reversals_fen,
			COALESCE(SUM(IF(e.kind = 'payment', (SELECT COUNT(*) FROM receipt r WHERE r.org_id = e.org_id AND r.payment_id = pay.id), 0)), 0) AS issued,
			COALESCE(SUM(IF(o.kind = 'payment', (SELECT COUNT(*) FROM receipt r WHERE r.org_id = e.org_id AND r.payment_id = pay.id AND r.status = 'void'), 0)), 0) AS void
		FROM ledger_entry e JOIN payment pay ON pay.org_id = e.org_id AND pay.id = e.subject_id
		LEFT JOIN ledger_entry o ON o.org_id = e.org_id AND o.id = e.reverses_id
		WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at >= ? AND e.occurred_at < ? AND e.kind IN ('payment', 'reversal')`,
		orgID, communityID, start, end)
	if err != nil {
		return fmt.Errorf("count payments: %w", err)
	}
	f.Payments, f.PaymentsFen, f.Reversals, f.ReversalsFen = n.Payments, n.PaymentsFen, n.Reversals, n.ReversalsFen
	f.ReceiptsIssued, f.ReceiptsVoid = n.Issued, n.Void
	var sums struct {
		In      int64 `db:"suspended"`
		Out     int64 `db:"matched"`
		LateFee int64 `db:"late_fee"`
	}
	err = sqlx.GetContext(ctx, q, &sums, `SELECT COALESCE(SUM(IF(p.account = 'suspense' AND p.amount_fen < 0, -p.amount_fen, 0)), 0) AS suspended,
			COALESCE(SUM(IF(p.account = 'suspense' AND p.amount_fen > 0, p.amount_fen, 0)), 0) AS matched,
			COALESCE(SUM(IF(p.account = 'late-fee', -p.amount_fen, 0)), 0) AS late_fee
		FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account IN ('suspense', 'late-fee')
		WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at >= ? AND e.occurred_at < ?`, orgID, communityID, start, end)
	if err != nil {
		return fmt.Errorf("read what went through suspense: %w", err)
	}
	f.SuspenseInFen, f.SuspenseOutFen, f.LateFeesFen = sums.In, sums.Out, sums.LateFee
	return nil
}

// alsoClosedShown bounds the days that a closing lists; a first closing after an import of old payments finds many.
const alsoClosedShown = 1000

// alsoClosed lists the days with payments that were open and are closed with the period.
func alsoClosed(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, start, end time.Time, f *money.ClosingFigures) error {
	err := sqlx.SelectContext(ctx, q, &f.AlsoClosed, `SELECT `+shanghaiDay+` AS day, SUM(p.amount_fen) AS expected_fen, COUNT(DISTINCT IF(e.kind = 'payment', e.id, NULL)) AS payments
		FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account LIKE 'cash:%'
		WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at >= ? AND e.occurred_at < ? GROUP BY day ORDER BY day DESC LIMIT ?`,
		orgID, communityID, start, end, alsoClosedShown)
	if err != nil {
		return fmt.Errorf("read the days that are closed too: %w", err)
	}
	return nil
}

// receivableMoves reads what was booked on the bills of a community before an instant, each posting with what it did: issued,
// adjusted, waived or paid. A reversal undoes what it takes back, and so does money released from a bill. Its arguments are
// the organization, the community and the instant.
const receivableMoves = `SELECT p.bill_id, p.amount_fen, e.occurred_at, CASE
		WHEN e.kind = 'bills-issued' THEN 'issued'
		WHEN COALESCE(o.kind, e.kind) IN ('payment', 'advance-offset') THEN 'paid'
		WHEN COALESCE(o.kind, e.kind) = 'waiver' THEN 'waived'
		WHEN COALESCE(o.kind, e.kind) = 'released' THEN IF(EXISTS (SELECT 1 FROM ledger_posting w WHERE w.org_id = e.org_id AND w.entry_id = e.id AND w.account = 'waived'), 'waived', 'paid')
		ELSE 'adjusted' END AS move
	FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account = 'receivable'
	LEFT JOIN ledger_entry o ON o.org_id = e.org_id AND o.id = e.reverses_id
	WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at < ?`

// rollForward reads how what is owed moved between two instants, by fee item, and the advances at both ends.
func rollForward(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, start, end time.Time, f *money.ClosingFigures) error {
	err := sqlx.SelectContext(ctx, q, &f.Receivables, `SELECT b.fee_item_id, i.name AS fee_item,
			SUM(IF(m.occurred_at < ?, m.amount_fen, 0)) AS opening_fen,
			SUM(IF(m.occurred_at >= ? AND m.move = 'issued', m.amount_fen, 0)) AS issued_fen,
			SUM(IF(m.occurred_at >= ? AND m.move = 'adjusted', m.amount_fen, 0)) AS adjusted_fen,
			-SUM(IF(m.occurred_at >= ? AND m.move = 'waived', m.amount_fen, 0)) AS waived_fen,
			-SUM(IF(m.occurred_at >= ? AND m.move = 'paid', m.amount_fen, 0)) AS paid_fen,
			SUM(m.amount_fen) AS closing_fen
		FROM (`+receivableMoves+`) m JOIN bill b ON b.org_id = ? AND b.id = m.bill_id JOIN fee_item i ON i.org_id = b.org_id AND i.id = b.fee_item_id
		GROUP BY b.fee_item_id, i.name ORDER BY i.name, b.fee_item_id`,
		start, start, start, start, start, orgID, communityID, end, orgID)
	if err != nil {
		return fmt.Errorf("roll what is owed forward: %w", err)
	}
	var advance struct {
		Opening int64 `db:"opening"`
		Closing int64 `db:"closing"`
	}
	err = sqlx.GetContext(ctx, q, &advance, `SELECT COALESCE(-SUM(IF(e.occurred_at < ?, p.amount_fen, 0)), 0) AS opening, COALESCE(-SUM(p.amount_fen), 0) AS closing
		FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account = 'advance'
		WHERE e.org_id = ? AND e.community_id = ? AND e.occurred_at < ?`, start, orgID, communityID, end)
	if err != nil {
		return fmt.Errorf("read the advances of a month: %w", err)
	}
	f.AdvanceOpeningFen, f.AdvanceClosingFen = advance.Opening, advance.Closing
	for _, r := range f.Receivables {
		if r.OpeningFen+r.IssuedFen+r.AdjustedFen-r.WaivedFen-r.PaidFen != r.ClosingFen {
			return booksDisagree("receivable-roll-forward", r.FeeItemID)
		}
	}
	return nil
}

// booksAgree compares a community's books with its bills and payments.
func booksAgree(ctx context.Context, tx *sqlx.Tx, orgID, communityID string) error {
	for _, r := range closingRules {
		var broken []string
		if err := tx.SelectContext(ctx, &broken, r.query+` LIMIT 1`, orgID, communityID, orgID, communityID); err != nil {
			return fmt.Errorf("check %s: %w", r.rule, err)
		}
		if len(broken) > 0 {
			return booksDisagree(r.rule, broken[0])
		}
	}
	return nil
}

func booksDisagree(rule, subjectID string) error {
	return refusal.New(refusal.Conflict, "books-disagree", "账簿与账单或缴费不一致，未能结账。请联系系统管理员运行账簿检查后再结账。").
		With("rule", rule).With("subject_id", subjectID)
}

// closingRules are what must hold in a community before a period of it is closed: the subjects that break each.
var closingRules = []struct{ rule, query string }{
	{"receivable-is-what-is-unpaid", `SELECT x.bill_id FROM (
			SELECT id AS bill_id, IF(voided_at IS NULL, unpaid_fen, 0) AS want, 0 AS got FROM bill WHERE org_id = ? AND community_id = ?
			UNION ALL
			SELECT p.bill_id, 0, p.amount_fen FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account = 'receivable'
			WHERE e.org_id = ? AND e.community_id = ?) x
		GROUP BY x.bill_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"advance-is-what-payments-have-left", `SELECT x.debtor_id FROM (
			SELECT debtor_id, unallocated_fen AS want, 0 AS got FROM payment WHERE org_id = ? AND community_id = ?
			UNION ALL
			SELECT p.debtor_id, 0, -p.amount_fen FROM ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account = 'advance'
			WHERE e.org_id = ? AND e.community_id = ?) x
		GROUP BY x.debtor_id HAVING SUM(x.want) <> SUM(x.got)`},
}

// closingWarnings points out what a person should look at, without refusing the closing.
func closingWarnings(ctx context.Context, q sqlx.QueryerContext, orgID string, c money.Closing, f *money.ClosingFigures) error {
	waiting, err := rowExists(ctx, q, `SELECT EXISTS (SELECT 1 FROM suspense WHERE org_id = ? AND status = 'open' AND (community_id = ? OR community_id IS NULL))`,
		orgID, c.CommunityID)
	if err != nil {
		return err
	}
	if waiting {
		f.Warnings = append(f.Warnings, money.ClosingWarning{Code: "suspense-open", Message: "还有待认领款没有认领，请在待认领款里查看。"})
	}
	open, err := rowExists(ctx, q, `SELECT EXISTS (SELECT 1 FROM cashier_shift WHERE org_id = ? AND community_id = ? AND closed_at IS NULL AND opened_at < ?)`,
		orgID, c.CommunityID, startOfDayAfter(c.Through))
	if err != nil {
		return err
	}
	if open {
		f.Warnings = append(f.Warnings, money.ClosingWarning{Code: "shift-open", Message: "还有收款班次没有交班，请尽快交班并核对现金。"})
	}
	if n := len(f.AlsoClosed); n > 0 && c.Kind == money.ClosingDay {
		f.Warnings = append(f.Warnings, money.ClosingWarning{Code: "earlier-days-closed", Message: fmt.Sprintf("之前还有 %d 天没有日结，已一并结账。", n)})
	}
	return nil
}
