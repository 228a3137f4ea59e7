package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

// books is an organization's money with something of everything in it: paid and open bills, an advance, a reversal, and
// money that waits in suspense.
func books(t *testing.T) *moneyEnv {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 10_000)
	e.payUnit(unit, 12_000)
	other, tenant := e.household()
	e.bill(other, tenant, "2026-01", "2026-01-31", 8_000)
	p := e.payUnit(other, 3_000)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "退票")
	require.NoError(t, err)
	stray := e.payment(500)
	stray.UnitID = store.NewID()
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, stray))
	e.sound()
	return e
}

func TestTheBooksShowEveryKindOfDamage(t *testing.T) {
	damages := []struct{ rule, what, query string }{
		{"entry-sums-to-zero", "a changed posting", `UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE org_id = ? AND account = 'revenue' LIMIT 1`},
		{"entry-sums-to-zero", "an entry without postings", `DELETE FROM ledger_posting WHERE org_id = ? AND account IN ('suspense', 'cash:counter')`},
		{"posting-has-entry", "a lost entry", `DELETE FROM ledger_entry WHERE org_id = ? AND kind = 'payment' LIMIT 1`},
		{"paid-is-what-was-allocated", "a bill that forgets a fen", `UPDATE bill SET paid_fen = paid_fen - 1 WHERE org_id = ? AND paid_fen > 0`},
		{"paid-is-what-was-allocated", "a lost allocation", `DELETE FROM allocation WHERE org_id = ? AND reverses_id IS NULL LIMIT 1`},
		{"never-overpaid", "more paid than owed", `UPDATE bill SET paid_fen = amount_fen + 1 WHERE org_id = ?`},
		{"receivable-is-what-is-unpaid", "a waiver without an entry", `UPDATE bill SET waived_fen = 1 WHERE org_id = ? AND unpaid_fen > 0`},
		{"receivable-belongs-to-its-bill", "a debt posted to somebody else", `UPDATE ledger_posting SET debtor_id = entry_id WHERE org_id = ? AND account = 'receivable' LIMIT 1`},
		{"payment-is-fully-used", "an advance that loses a fen", `UPDATE payment SET unallocated_fen = unallocated_fen - 1 WHERE org_id = ? AND unallocated_fen > 0`},
		{"payment-is-fully-used", "a reversal without entries", `UPDATE payment SET status = 'reversed' WHERE org_id = ? AND status = 'recorded' LIMIT 1`},
		{"allocation-stays-with-debtor", "a bill that changes its debtor", `UPDATE bill SET debtor_id = id WHERE org_id = ? AND paid_fen > 0`},
		{"advance-is-what-payments-have-left", "an advance posted to somebody else", `UPDATE ledger_posting SET debtor_id = entry_id WHERE org_id = ? AND account = 'advance'`},
		{"cash-is-what-came-in", "cash in the wrong channel", `UPDATE ledger_posting SET account = 'cash:other' WHERE org_id = ? AND account LIKE 'cash:%' LIMIT 1`},
		{"suspense-is-what-waits", "suspense matched by hand", `UPDATE suspense SET status = 'matched' WHERE org_id = ?`},
		{"receipts-are-gapless", "a number that was skipped", `UPDATE receipt_book SET next_no = next_no + 1 WHERE org_id = ?`},
		{"receipts-are-gapless", "a lost receipt", `DELETE FROM receipt WHERE org_id = ? AND status = 'void'`},
		{"payment-has-one-receipt", "a receipt voided by hand", `UPDATE receipt SET status = 'void' WHERE org_id = ? AND status = 'issued' LIMIT 1`},
		{"number-is-not-payment-and-suspense", "one number booked twice", `UPDATE suspense SET external_no = 'no-1' WHERE org_id = ?`},
	}
	for _, d := range damages {
		t.Run(d.what, func(t *testing.T) {
			e := books(t)
			e.exec(d.query, e.OrgID)
			found, err := e.Store.CheckBooks(t.Context(), e.Scope)
			require.NoError(t, err)
			var rules []string
			for _, f := range found {
				rules = append(rules, f.Rule)
			}
			require.Contains(t, rules, d.rule)
		})
	}
}

func TestASecondMatchOfLongNumbersIsAPaymentOfItsOwn(t *testing.T) {
	for name, number := range map[string]string{"a long number": longNumber, "a taken number": "A-1"} {
		t.Run(name, func(t *testing.T) {
			e := newMoneyEnv(t)
			unit, _ := e.household()
			taken := e.payment(500)
			taken.ExternalNo, taken.UnitID = "A-1#2", unit
			e.pay(taken)
			stray := e.payment(500)
			stray.ExternalNo, stray.UnitID = number, store.NewID()
			require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, stray))
			for range 4 {
				waiting, err := e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{Status: "open"}, pageOf(10))
				require.NoError(t, err)
				require.Len(t, waiting.Items, 1)
				p, err := e.Store.MatchSuspense(t.Context(), e.Scope, waiting.Items[0].ID, money.NewPayment{UnitID: unit})
				require.NoError(t, err)
				require.Equal(t, money.PaymentRecorded, p.Status)
				e.sound()
				_, err = e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "认错人")
				require.NoError(t, err)
				e.sound()
			}
		})
	}
}

var longNumber = strings.Repeat("7", 96)

func pageOf(n int) page.Query { return page.Query{Limit: n} }
