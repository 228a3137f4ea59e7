package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
)

// TestALateFeeIsWaivedUpToWhatIsAsked: 2,400.00 due on 01-31 at 0.05 % a day bears 1.20 a day.
func TestALateFeeIsWaivedUpToWhatIsAsked(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-01")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240000)
	e.at("2026-02-10")
	asked := e.readBill(bill).LateFeeFen
	require.EqualValues(t, 1200, asked)
	_, err := e.correct(e.person(access.Cashier), money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, LateFeeFen: fenPtr(1201)})
	require.True(t, refusal.Is(err, "waiver-above-open"), "%v", err)
	done := e.corrected(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill, LateFeeFen: fenPtr(1000)})
	require.Equal(t, money.Change{Before: 1200, After: 200}, done.Effect.LateFeeFen)
	require.EqualValues(t, 200, e.readBill(bill).LateFeeFen)
	require.EqualValues(t, 240000, e.unpaid(bill), "the principal stays")
	e.corrected(money.CorrectionRequest{Kind: money.Waive, SubjectID: bill})
	require.Zero(t, e.unpaid(bill))
	require.Zero(t, e.readBill(bill).LateFeeFen)
}

// TestAVoidBillGivesItsLateFeeBack, and a smaller bill bears as if it had always been so.
func TestAVoidBillGivesItsLateFeeBack(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-01")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240000)
	e.at("2026-02-10")
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-120000)})
	require.EqualValues(t, 600, e.readBill(bill).LateFeeFen)
	e.at("2026-02-11")
	e.payOn(unit, "2026-02-11", 120600)
	require.EqualValues(t, 600, -e.balance(money.LateFee))
	e.corrected(money.CorrectionRequest{Kind: money.VoidBill, SubjectID: bill})
	require.Zero(t, e.balance(money.LateFee))
	require.EqualValues(t, 120600, e.advance(owner))
}

// TestASmallerBillGivesBackTheLateFeeItDoesNotBear: what was never owed bore no late fee either.
func TestASmallerBillGivesBackTheLateFeeItDoesNotBear(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-01")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240000)
	e.at("2026-02-11")
	e.payOn(unit, "2026-02-11", 241200)
	e.at("2026-03-31")
	done := e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-120000)})
	require.Equal(t, money.Change{Before: 0, After: 120600}, done.Effect.AdvanceFen)
	require.EqualValues(t, 600, -e.balance(money.LateFee))
	e.corrected(money.CorrectionRequest{Kind: money.Adjust, SubjectID: bill, AmountFen: fenPtr(-120000)})
	require.Zero(t, e.balance(money.LateFee))
	require.EqualValues(t, 241200, e.advance(owner))
	require.Zero(t, e.readBill(bill).LateFeePaidFen)
}
