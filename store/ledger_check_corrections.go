package store

// correctionRules are the invariants of late fees, corrections, deposits, refunds and closings; see booksRules.
var correctionRules = []struct{ rule, query string }{
	{"late-fee-paid-is-what-was-allocated", `SELECT x.bill_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT bill_id, late_fee_fen AS want, 0 AS got FROM allocation WHERE org_id = :org AND late_fee_fen <> 0
			UNION ALL
			SELECT id, 0, late_fee_paid_fen FROM bill WHERE org_id = :org AND late_fee_paid_fen <> 0) x
		GROUP BY x.bill_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"late-fee-income-is-what-was-allocated", `SELECT x.bill_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT bill_id, late_fee_fen AS want, 0 AS got FROM allocation WHERE org_id = :org AND late_fee_fen <> 0
			UNION ALL
			SELECT bill_id, 0, -amount_fen FROM ledger_posting WHERE org_id = :org AND account = 'late-fee') x
		GROUP BY x.bill_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"revenue-is-what-was-billed", `SELECT x.community_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT community_id, amount_fen + adjusted_fen AS want, 0 AS got FROM bill WHERE org_id = :org AND voided_at IS NULL
			UNION ALL
			SELECT e.community_id, 0, -p.amount_fen FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
			WHERE p.org_id = :org AND p.account = 'revenue') x
		GROUP BY x.community_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"waived-is-what-bills-say", `SELECT x.community_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT community_id, waived_fen AS want, 0 AS got FROM bill WHERE org_id = :org AND voided_at IS NULL
			UNION ALL
			SELECT e.community_id, 0, p.amount_fen FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
			WHERE p.org_id = :org AND p.account = 'waived') x
		GROUP BY x.community_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"adjusted-is-what-corrections-say", correctionsOf("adjusted_fen", "principal_fen", "'adjustment'")},
	{"waived-is-what-corrections-say", correctionsOf("waived_fen", "-principal_fen", "'waiver', 'round_off'")},
	{"late-fee-waived-is-what-corrections-say", correctionsOf("late_fee_waived_fen", "late_fee_fen", "'waiver', 'round_off'")},
	{"correction-has-its-entry", `SELECT c.id AS subject_id, c.principal_fen AS want_fen, COALESCE(SUM(p.amount_fen), 0) AS got_fen
		FROM bill_correction c LEFT JOIN ledger_posting p ON p.org_id = c.org_id AND p.entry_id = c.entry_id AND p.account = 'receivable' AND p.bill_id = c.bill_id
		WHERE c.org_id = :org AND c.entry_id IS NOT NULL GROUP BY c.id, c.principal_fen HAVING COALESCE(SUM(p.amount_fen), 0) <> c.principal_fen`},
	{"deposit-is-what-payments-hold", `SELECT x.debtor_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT debtor_id, community_id, deposit_fen AS want, 0 AS got FROM payment WHERE org_id = :org AND deposit_fen <> 0
			UNION ALL
			SELECT p.debtor_id, e.community_id, 0, -p.amount_fen FROM ledger_posting p JOIN ledger_entry e ON e.org_id = p.org_id AND e.id = p.entry_id
			WHERE p.org_id = :org AND p.account = 'deposit') x
		GROUP BY x.debtor_id, x.community_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"refunding-is-what-waits", `SELECT x.debtor_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT debtor_id, amount_fen AS want, 0 AS got FROM refund WHERE org_id = :org AND status IN ('due', 'paying', 'failed')
			UNION ALL
			SELECT debtor_id, 0, -amount_fen FROM ledger_posting WHERE org_id = :org AND account = 'refunding') x
		GROUP BY x.debtor_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"refunded-is-what-refunds-say", `SELECT x.payment_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT payment_id, amount_fen AS want, 0 AS got FROM refund WHERE org_id = :org AND status <> 'dropped'
			UNION ALL
			SELECT id, 0, refunded_fen FROM payment WHERE org_id = :org AND refunded_fen <> 0) x
		GROUP BY x.payment_id HAVING SUM(x.want) <> SUM(x.got)`},
	{"advance-pays-its-purpose", `SELECT a.id AS subject_id, 0 AS want_fen, a.principal_fen AS got_fen
		FROM allocation a JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id AND e.kind = 'advance-offset'
		JOIN payment p ON p.org_id = a.org_id AND p.id = a.payment_id AND p.purpose_id IS NOT NULL
		JOIN bill b ON b.org_id = a.org_id AND b.id = a.bill_id WHERE a.org_id = :org AND b.fee_item_id <> p.purpose_id`},
	{"transfer-replaces-a-reversal", `SELECT n.id AS subject_id, n.amount_fen AS want_fen, o.amount_fen AS got_fen
		FROM payment n LEFT JOIN payment o ON o.org_id = n.org_id AND o.id = n.moved_from_id
		WHERE n.org_id = :org AND n.moved_from_id IS NOT NULL AND (o.id IS NULL OR o.status <> 'reversed' OR o.amount_fen <> n.amount_fen OR o.channel <> n.channel)`},
	{"closed-days-stay", `SELECT c.id AS subject_id, c.entries AS want_fen, COUNT(DISTINCT e.id) AS got_fen
		FROM closing c LEFT JOIN ledger_entry e ON e.org_id = c.org_id AND e.community_id = c.community_id
			AND e.occurred_at >= COALESCE(c.after_on + INTERVAL 1 DAY, '1000-01-02') - INTERVAL 8 HOUR AND e.occurred_at < c.through_on + INTERVAL 1 DAY - INTERVAL 8 HOUR
		WHERE c.org_id = :org GROUP BY c.id, c.entries HAVING COUNT(DISTINCT e.id) <> c.entries`},
	{"closed-cash-stays", `SELECT c.id AS subject_id, c.cash_fen AS want_fen, COALESCE(SUM(p.amount_fen), 0) AS got_fen
		FROM closing c LEFT JOIN (ledger_entry e JOIN ledger_posting p ON p.org_id = e.org_id AND p.entry_id = e.id AND p.account LIKE 'cash:%')
			ON e.org_id = c.org_id AND e.community_id = c.community_id
			AND e.occurred_at >= COALESCE(c.after_on + INTERVAL 1 DAY, '1000-01-02') - INTERVAL 8 HOUR AND e.occurred_at < c.through_on + INTERVAL 1 DAY - INTERVAL 8 HOUR
		WHERE c.org_id = :org GROUP BY c.id, c.cash_fen HAVING COALESCE(SUM(p.amount_fen), 0) <> c.cash_fen`},
}

// correctionsOf compares a column of bills with what their corrections of some kinds come to.
func correctionsOf(column, sum, kinds string) string {
	return `SELECT x.bill_id AS subject_id, SUM(x.want) AS want_fen, SUM(x.got) AS got_fen FROM (
			SELECT bill_id, ` + sum + ` AS want, 0 AS got FROM bill_correction WHERE org_id = :org AND kind IN (` + kinds + `)
			UNION ALL
			SELECT id, 0, ` + column + ` FROM bill WHERE org_id = :org AND ` + column + ` <> 0) x
		GROUP BY x.bill_id HAVING SUM(x.want) <> SUM(x.got)`
}
