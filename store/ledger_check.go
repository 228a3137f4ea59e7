package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"steward/domain/access"
	"steward/domain/money"
)

// booksRules are the invariants of an organization's money. Each query gives the subjects that break its rule with the
// amount that should be there and the one that is; a sound database gives none.
var booksRules = []struct{ rule, query string }{
	{"entry-sums-to-zero", `SELECT e.id AS subject_id, 0 AS want_fen, COALESCE(SUM(p.amount_fen), -1) AS got_fen
		FROM ledger_entry e LEFT JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id
		WHERE e.org_id = :org GROUP BY e.id HAVING COALESCE(SUM(p.amount_fen), -1) <> 0`},
	{"posting-has-entry", `SELECT p.entry_id AS subject_id, 0 AS want_fen, p.amount_fen AS got_fen
		FROM ledger_posting p LEFT JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
		WHERE p.org_id = :org AND e.id IS NULL`},
	{"paid-is-what-was-allocated", `SELECT b.id AS subject_id, COALESCE(a.fen, 0) AS want_fen, b.paid_fen AS got_fen
		FROM bill b LEFT JOIN (SELECT bill_id, SUM(principal_fen) AS fen FROM allocation WHERE org_id = :org GROUP BY bill_id) a ON a.bill_id = b.id
		WHERE b.org_id = :org AND b.paid_fen <> COALESCE(a.fen, 0)`},
	{"never-overpaid", `SELECT id AS subject_id, 0 AS want_fen, unpaid_fen AS got_fen FROM bill
		WHERE org_id = :org AND (unpaid_fen < 0 OR paid_fen < 0)`},
	{"no-part-below-zero", `SELECT x.id AS subject_id, 0 AS want_fen, x.fen AS got_fen FROM (
			SELECT id, LEAST(late_fee_paid_fen, late_fee_waived_fen, waived_fen) AS fen FROM bill WHERE org_id = :org
			UNION ALL
			SELECT id, LEAST(unallocated_fen, deposit_fen, refunded_fen) FROM payment WHERE org_id = :org) x WHERE x.fen < 0`},
	{"receivable-is-what-is-unpaid", `SELECT b.id AS subject_id, IF(b.voided_at IS NULL, b.unpaid_fen, 0) AS want_fen, COALESCE(p.fen, 0) AS got_fen
		FROM bill b LEFT JOIN (SELECT bill_id, SUM(amount_fen) AS fen FROM ledger_posting WHERE org_id = :org AND account = 'receivable' GROUP BY bill_id) p
			ON p.bill_id = b.id
		WHERE b.org_id = :org AND IF(b.voided_at IS NULL, b.unpaid_fen, 0) <> COALESCE(p.fen, 0)`},
	{"receivable-belongs-to-its-bill", `SELECT p.entry_id AS subject_id, 0 AS want_fen, p.amount_fen AS got_fen
		FROM ledger_posting p LEFT JOIN bill b ON b.org_id = p.org_id AND b.id = p.bill_id
		WHERE p.org_id = :org AND p.account = 'receivable' AND (b.id IS NULL OR p.debtor_id IS NULL OR b.debtor_id <> p.debtor_id)`},
	{"payment-is-fully-used", `SELECT p.id AS subject_id, IF(p.status = 'reversed', 0, p.amount_fen) AS want_fen, COALESCE(a.fen, 0) + p.unallocated_fen + p.deposit_fen + p.refunded_fen AS got_fen
		FROM payment p LEFT JOIN (SELECT payment_id, SUM(principal_fen + late_fee_fen) AS fen FROM allocation WHERE org_id = :org GROUP BY payment_id) a
			ON a.payment_id = p.id
		WHERE p.org_id = :org AND COALESCE(a.fen, 0) + p.unallocated_fen + p.deposit_fen + p.refunded_fen <> IF(p.status = 'reversed', 0, p.amount_fen)`},
	{"allocation-stays-with-debtor", `SELECT a.id AS subject_id, 0 AS want_fen, a.principal_fen AS got_fen
		FROM allocation a LEFT JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id LEFT JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id
		WHERE a.org_id = :org AND (b.id IS NULL OR p.id IS NULL OR b.debtor_id <> p.debtor_id OR b.community_id <> p.community_id)`},
	{"advance-is-what-payments-have-left", `SELECT debtor_id AS subject_id, SUM(want) AS want_fen, SUM(got) AS got_fen FROM (
			SELECT debtor_id, community_id, unallocated_fen AS want, 0 AS got FROM payment WHERE org_id = :org
			UNION ALL
			SELECT p.debtor_id, e.community_id, 0, -p.amount_fen FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
			WHERE p.org_id = :org AND p.account = 'advance') x
		GROUP BY debtor_id, community_id HAVING SUM(want) <> SUM(got)`},
	{"cash-is-what-came-in", `SELECT :org AS subject_id, SUM(want) AS want_fen, SUM(got) AS got_fen FROM (
			SELECT CONCAT('cash:', channel) AS account, amount_fen AS want, 0 AS got FROM payment
			WHERE org_id = :org AND status = 'recorded' AND source_kind <> 'suspense'
			UNION ALL
			SELECT CONCAT('cash:', channel), amount_fen, 0 FROM suspense WHERE org_id = :org AND status <> 'withdrawn'
			UNION ALL
			SELECT CONCAT('cash:', route), -amount_fen, 0 FROM refund WHERE org_id = :org AND status = 'paid'
			UNION ALL
			SELECT account, 0, amount_fen FROM ledger_posting WHERE org_id = :org AND account LIKE 'cash:%') x
		GROUP BY account HAVING SUM(want) <> SUM(got)`},
	{"suspense-is-what-waits", `SELECT :org AS subject_id, SUM(want) AS want_fen, SUM(got) AS got_fen FROM (
			SELECT amount_fen AS want, 0 AS got FROM suspense WHERE org_id = :org AND status = 'open'
			UNION ALL
			SELECT 0, -amount_fen FROM ledger_posting WHERE org_id = :org AND account = 'suspense') x
		HAVING SUM(want) <> SUM(got)`},
	{"receipts-are-gapless", `SELECT b.id AS subject_id, b.next_no - b.first_no AS want_fen, COUNT(r.no) AS got_fen
		FROM receipt_book b LEFT JOIN (SELECT book_id, no FROM receipt WHERE org_id = :org UNION ALL SELECT book_id, no FROM receipt_spoiled WHERE org_id = :org) r
			ON r.book_id = b.id WHERE b.org_id = :org
		GROUP BY b.id, b.next_no, b.first_no HAVING COUNT(r.no) <> b.next_no - b.first_no OR COUNT(DISTINCT r.no) <> COUNT(r.no)
			OR COALESCE(MIN(r.no), b.first_no) <> b.first_no OR COALESCE(MAX(r.no), b.next_no - 1) <> b.next_no - 1`},
	{"payment-has-one-receipt", `SELECT p.id AS subject_id, 1 AS want_fen, COUNT(r.id) AS got_fen
		FROM payment p LEFT JOIN receipt r ON r.org_id = p.org_id AND r.payment_id = p.id AND r.status = IF(p.status = 'reversed', 'void', 'issued')
		WHERE p.org_id = :org GROUP BY p.id HAVING COUNT(r.id) <> 1`},
	{"number-is-not-payment-and-suspense", `SELECT p.id AS subject_id, p.amount_fen AS want_fen, s.amount_fen AS got_fen
		FROM payment p JOIN suspense s ON s.org_id = p.org_id AND s.channel = p.channel AND s.external_no = p.external_no
		WHERE p.org_id = :org AND p.source_kind <> 'suspense'`},
}

// discrepanciesShown bounds what one rule reports.
const discrepanciesShown = 100

// CheckBooks looks for places where an organization's money does not agree with itself: entries that do not balance, a
// bill or an advance that differs from its ledger balance, money lost or made, a gap in the receipts. It reads one
// consistent snapshot; a sound database gives an empty answer.
func (s *Store) CheckBooks(ctx context.Context, sc access.Scope) ([]money.Discrepancy, error) {
	if err := sc.Require(access.SeeAudit, ""); err != nil {
		return nil, err
	}
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("check the books: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var found []money.Discrepancy
	for _, r := range slices.Concat(booksRules, correctionRules) {
		query := strings.ReplaceAll(r.query, ":org", "?") + fmt.Sprintf(` LIMIT %d`, discrepanciesShown)
		args := slices.Repeat([]any{sc.OrgID}, strings.Count(query, "?"))
		var rows []struct {
			SubjectID string `db:"subject_id"`
			WantFen   int64  `db:"want_fen"`
			GotFen    int64  `db:"got_fen"`
		}
		if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("check %s: %w", r.rule, err)
		}
		for _, row := range rows {
			found = append(found, money.Discrepancy{Rule: r.rule, SubjectID: row.SubjectID, WantFen: row.WantFen, GotFen: row.GotFen})
		}
	}
	return found, nil
}
