package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
)

// correctedBooks is an organization's money with a late fee paid, a bill adjusted, waived and rounded off, a deposit, a
// refund that waits and one that is paid, a transfer, and a closed day.
func correctedBooks(t *testing.T) *moneyEnv {
	e := newMoneyEnv(t)
	e.at("2026-03-02")
	rules := lateFee()
	rules.SmallChange = money.SmallChangeYuan
	e.agree(rules)
	h := &moneyHistory{moneyEnv: e}
	unit, owner := e.household()
	other, _ := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	decide := func(r money.CorrectionRequest) money.Corrected {
		done, err := h.decided(r)
		require.NoError(t, err)
		return done
	}
	decide(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenOf(-10_000)})
	decide(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, AmountFen: fenOf(5_000), LateFeeFen: fenOf(10)})
	e.payUnit(unit, 300_000)
	e.bill(unit, owner, "2026-03", "2026-03-31", 1_000) // paid from the advance
	moved := e.payUnit(unit, 20_000)
	decide(money.CorrectionRequest{Kind: money.Transfer, SubjectID: moved.ID, UnitID: other})
	deposit := e.payment(50_000)
	deposit.UnitID, deposit.DepositKind = unit, "fit-out"
	held := e.pay(deposit)
	paidOut := decide(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: held.ID, AmountFen: fenOf(20_000)})
	_, err := e.Store.PayRefund(t.Context(), h.somebody(access.Cashier), paidOut.Approval.ResultID, money.PayOut{})
	require.NoError(t, err)
	decide(money.CorrectionRequest{Kind: money.GiveBack, SubjectID: held.ID, AmountFen: fenOf(10_000)})
	e.close(money.NewClosing{Day: e.today()})
	e.sound()
	return e
}

func TestTheBooksShowEveryKindOfDamageToCorrections(t *testing.T) {
	damages := []struct{ rule, what, query string }{
		{"late-fee-paid-is-what-was-allocated", "a bill that forgets its late fee", `UPDATE bill SET late_fee_paid_fen = late_fee_paid_fen - 1 WHERE org_id = ? AND late_fee_paid_fen > 0`},
		{"late-fee-income-is-what-was-allocated", "late fee booked on another bill", `UPDATE ledger_posting SET bill_id = entry_id WHERE org_id = ? AND account = 'late-fee'`},
		{"revenue-is-what-was-billed", "revenue in another account", `UPDATE ledger_posting SET account = 'waived' WHERE org_id = ? AND account = 'revenue' LIMIT 1`},
		{"waived-is-what-bills-say", "a waiver in another account", `UPDATE ledger_posting SET account = 'revenue' WHERE org_id = ? AND account = 'waived' LIMIT 1`},
		{"adjusted-is-what-corrections-say", "a lost correction", `DELETE FROM bill_correction WHERE org_id = ? AND kind = 'adjustment'`},
		{"waived-is-what-corrections-say", "a waiver grown by hand", `UPDATE bill_correction SET principal_fen = principal_fen - 1 WHERE org_id = ? AND kind = 'waiver'`},
		{"late-fee-waived-is-what-corrections-say", "late fee waived by hand", `UPDATE bill SET late_fee_waived_fen = late_fee_waived_fen + 1 WHERE org_id = ? LIMIT 1`},
		{"correction-has-its-entry", "a correction of another amount than booked", `UPDATE bill_correction SET principal_fen = principal_fen - 1 WHERE org_id = ? AND entry_id IS NOT NULL LIMIT 1`},
		{"deposit-is-what-payments-hold", "a deposit that shrinks", `UPDATE payment SET deposit_fen = deposit_fen - 1 WHERE org_id = ? AND deposit_fen > 0`},
		{"refunding-is-what-waits", "a refund dropped by hand", `UPDATE refund SET status = 'dropped' WHERE org_id = ? AND status = 'due'`},
		{"refunded-is-what-refunds-say", "a payment that forgets its refund", `UPDATE payment SET refunded_fen = refunded_fen - 1 WHERE org_id = ? AND refunded_fen > 0`},
		{"cash-is-what-came-in", "a refund paid by hand", `UPDATE refund SET status = 'paid' WHERE org_id = ?`},
		{"transfer-replaces-a-reversal", "a transfer whose old payment stands", `UPDATE payment SET status = 'recorded' WHERE org_id = ? AND status = 'reversed'`},
		{"advance-pays-its-purpose", "an advance that paid another fee item", `UPDATE payment p JOIN allocation a ON a.org_id = p.org_id AND a.payment_id = p.id
			JOIN ledger_entry e ON e.org_id = a.org_id AND e.id = a.entry_id AND e.kind = 'advance-offset' SET p.purpose_id = p.id WHERE p.org_id = ?`},
		{"no-part-below-zero", "more given back than was held", `UPDATE payment SET refunded_fen = refunded_fen + deposit_fen + 1, deposit_fen = -1 WHERE org_id = ? AND deposit_fen > 0`},
		{"closed-days-stay", "an entry booked into a closed day", `UPDATE closing SET entries = entries - 1 WHERE org_id = ?`},
		{"closed-cash-stays", "a closed day with another amount of cash", `UPDATE closing SET cash_fen = cash_fen - 1 WHERE org_id = ?`},
	}
	for _, d := range damages {
		t.Run(d.what, func(t *testing.T) {
			e := correctedBooks(t)
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
