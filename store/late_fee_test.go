package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/store"
)

// agree signs settlement rules off and puts them in force.
func (e *moneyEnv) agree(rules money.Settlement) {
	e.t.Helper()
	body, err := json.Marshal(rules)
	require.NoError(e.t, err)
	id := store.NewID()
	var no int
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &no, `SELECT COUNT(*) + 1 FROM settlement_version WHERE org_id = ? AND community_id = ?`, e.OrgID, e.community))
	e.exec(`INSERT INTO settlement_version (org_id, id, community_id, no, status, from_on, body, examples, proposed_by, proposed_at, decided_by, decided_at)
		VALUES (?,?,?,?,'signed',?,?,'[]',?,?,?,?)`, e.OrgID, id, e.community, no, calendar.DateOf(e.Clock.Now()), string(body), store.NewID(), e.Clock.Now(), store.NewID(), e.Clock.Now())
	e.exec(`UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, id, e.OrgID, e.community)
}

// lateFee is 0.05 % a day without grace.
func lateFee(change ...func(*money.LateFeeRule)) money.Settlement {
	rule := money.LateFeeRule{Enabled: true, Rates: []money.LateFeeRate{{From: date("2020-01-01"), Daily: "0.0005"}}}
	for _, c := range change {
		c(&rule)
	}
	return money.Settlement{LateFee: rule}
}

// at sets the clock to noon of a day.
func (e *moneyEnv) at(day string) { e.Clock.Set(date(day).At(12, 0).UTC()) }

func (e *moneyEnv) readBill(id string) money.Bill {
	e.t.Helper()
	b, err := e.Store.Bill(e.t.Context(), e.Scope, id)
	require.NoError(e.t, err)
	return b
}

func (e *moneyEnv) payOn(unit, day string, fen int64) money.Payment {
	e.t.Helper()
	p := e.payment(fen)
	p.UnitID, p.PaidAt = unit, date(day).At(10, 0).UTC()
	return e.pay(p)
}

// TestLateFeeOfAPartPaidBill is a whole bill's life: 2,400.00 due 2026-01-31 at 0.05 % a day, 1,000.00 paid on 03-02, the rest
// with its late fee on 04-01, and the reversal of that.
func TestLateFeeOfAPartPaidBill(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)

	e.at("2026-03-02")
	p := e.payOn(unit, "2026-03-02", 100_000)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 100_000}}, p.Allocations)

	e.at("2026-03-31")
	b := e.readBill(bill)
	require.EqualValues(t, 5580, b.LateFeeFen)
	require.EqualValues(t, 140_000, b.UnpaidFen)
	require.EqualValues(t, 140_000+5510, b.PayableFen, "what is paid today is not charged today")
	require.Equal(t, []money.LateFeeSegment{
		{From: date("2026-02-01"), To: date("2026-03-01"), Days: 29, BaseFen: 240_000, Rate: "0.0005", Fen: 3480},
		{From: date("2026-03-02"), To: date("2026-03-31"), Days: 30, BaseFen: 140_000, Rate: "0.0005", Fen: 2100},
	}, b.LateFeeSegments)
	require.Equal(t, date("2026-03-02"), b.Allocations[0].ValueOn)
	account, err := e.Store.DebtorAccount(t.Context(), e.Scope, owner, calendar.Date{})
	require.NoError(t, err)
	require.EqualValues(t, 5580, *account.LateFeeFen)
	require.EqualValues(t, 145_580, *account.BalanceFen)

	e.at("2026-04-01")
	all := e.payOn(unit, "2026-04-01", 146_000)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 140_000, LateFeeFen: 5580}}, all.Allocations)
	require.EqualValues(t, 420, all.AdvanceFen)
	b = e.readBill(bill)
	require.Equal(t, money.BillPaid, b.Status)
	require.Zero(t, b.LateFeeFen)
	require.EqualValues(t, 5580, b.LateFeePaidFen)
	e.sound()

	_, err = e.Store.ReversePayment(t.Context(), e.Scope, all.ID, "退票")
	require.NoError(t, err)
	b = e.readBill(bill)
	require.EqualValues(t, 140_000, b.UnpaidFen)
	require.EqualValues(t, 5650, b.LateFeeFen, "it goes on as if the payment had never been")
	e.sound()
}

// TestSettledBillStillOwesItsLateFee: a bill whose principal is paid takes its late fee from the next payment.
func TestSettledBillStillOwesItsLateFee(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	e.at("2026-02-11")
	e.payOn(unit, "2026-02-11", 240_000)

	e.at("2026-06-01")
	b := e.readBill(bill)
	require.Equal(t, money.BillPaid, b.Status)
	require.EqualValues(t, 10*120, b.LateFeeFen, "and it does not grow")
	next := e.bill(unit, owner, "2026-06", "2026-06-30", 1_000)
	p := e.payOn(unit, "2026-06-01", 2_000)
	require.Equal(t, []money.Allocation{{BillID: bill, LateFeeFen: 1_200}, {BillID: next, PrincipalFen: 800}}, p.Allocations)
	require.Zero(t, e.readBill(bill).LateFeeFen)
	e.sound()
}

// TestAPaymentOfAnEarlierDay: what counts is the value date, and what had been charged for the days since falls away.
func TestAPaymentOfAnEarlierDay(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee(func(r *money.LateFeeRule) { r.Order = money.LateFeeFirst }))
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	e.at("2026-03-31")
	require.EqualValues(t, 59*120, e.readBill(bill).LateFeeFen)

	p := e.payOn(unit, "2026-02-11", 100_000)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 98_800, LateFeeFen: 1_200}}, p.Allocations)
	require.EqualValues(t, 49*7060/100, e.readBill(bill).LateFeeFen) // 1,412.00 from 02-11 on
	e.sound()
}

func TestAnAdvancePaysNoLateFee(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee())
	unit, owner := e.household()
	e.payOn(unit, "2026-01-05", 100_000)
	e.at("2026-03-31")
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 90_000)
	b := e.readBill(bill)
	require.Equal(t, money.BillPaid, b.Status)
	require.Zero(t, b.LateFeeFen, "the money was there before the bill was due")
	e.sound()
}

// TestNoLateFeeWhereNoneIsAgreed also holds for what was settled before it was agreed.
func TestNoLateFeeWhereNoneIsAgreed(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	e.at("2026-03-31")
	require.Zero(t, e.readBill(bill).LateFeeFen)
	e.payOn(unit, "2026-03-31", 240_000)
	e.Clock.Advance(time.Hour)
	e.agree(lateFee())
	require.Zero(t, e.readBill(bill).LateFeeFen)
}

// TestSmallChangeOfALateFee: what is left off at the desk is principal first; a late fee left off is waived and not booked.
func TestSmallChangeOfALateFee(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	rules := lateFee()
	rules.SmallChange = money.SmallChangeYuan
	e.agree(rules)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_050)
	e.at("2026-02-12")
	owed := e.readBill(bill).PayableFen
	require.EqualValues(t, 240_050+1_320, owed) // 11 days of 1.20025
	p := e.payment(241_300)
	p.UnitID, p.RoundOffFen, p.ExpectedFen = unit, 70, &owed
	paid := e.pay(p)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 240_050, LateFeeFen: 1_250}}, paid.Allocations)
	b := e.readBill(bill)
	require.EqualValues(t, 70, b.LateFeeWaivedFen)
	require.Zero(t, b.LateFeeFen)
	e.sound()
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, paid.ID, "退票")
	require.NoError(t, err)
	b = e.readBill(bill)
	require.Zero(t, b.LateFeeWaivedFen)
	require.EqualValues(t, 240_050+1_320, b.PayableFen)
	e.sound()
}

// TestALaterAgreementLeavesWhatHadAccrued: each day is charged by the version in force on it, also when none is any more, and
// the desk still takes what is left.
func TestALaterAgreementLeavesWhatHadAccrued(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	e.agree(lateFee())
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 240_000)
	e.at("2026-02-10")
	require.EqualValues(t, 10*120, e.readBill(bill).LateFeeFen)

	e.at("2026-02-11")
	e.agree(lateFee(func(r *money.LateFeeRule) { r.Rates[0].Daily, r.GraceDays = "0.001", 30 }))
	require.EqualValues(t, 10*120+240, e.readBill(bill).LateFeeFen, "the bill keeps its start, and its days their rate")
	account, err := e.Store.DebtorAccount(t.Context(), e.Scope, owner, date("2026-02-10"))
	require.NoError(t, err)
	require.EqualValues(t, 10*120, *account.LateFeeFen)

	e.at("2026-02-21")
	e.agree(lateFee(func(r *money.LateFeeRule) { r.Enabled = false }))
	e.at("2026-06-01")
	b := e.readBill(bill)
	require.EqualValues(t, 10*120+10*240, b.LateFeeFen, "switched off, it does not grow and does not vanish")
	e.payOn(unit, "2026-06-01", 240_000)
	require.EqualValues(t, 3_600, e.readBill(bill).LateFeeFen)
	p := e.payOn(unit, "2026-06-01", 4_000)
	require.Equal(t, []money.Allocation{{BillID: bill, LateFeeFen: 3_600}}, p.Allocations)
	require.EqualValues(t, 400, p.AdvanceFen)
	require.Zero(t, e.readBill(bill).LateFeeFen)
	e.sound()
}

// TestASmallLateFeeIsOwedAgainAfterAReversal: of a bill that the payment itself had not reached.
func TestASmallLateFeeIsOwedAgainAfterAReversal(t *testing.T) {
	e := newMoneyEnv(t)
	e.at("2026-01-05")
	rules := lateFee()
	rules.SmallChange, rules.AllocationOrder = money.SmallChangeYuan, money.OrderOldestDue
	e.agree(rules)
	unit, owner := e.household()
	settled := e.bill(unit, owner, "2026-01", "2026-01-31", 12_000)
	e.at("2026-02-11")
	e.payOn(unit, "2026-02-11", 12_000)
	older := e.bill(unit, owner, "2025-12", "2026-01-20", 1_000)
	p := e.payment(1_000)
	p.UnitID, p.RoundOffFen = unit, 11+60
	paid := e.pay(p)
	require.Equal(t, []money.Allocation{{BillID: older, PrincipalFen: 1_000}}, paid.Allocations)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, paid.ID, "退票")
	require.NoError(t, err)
	require.EqualValues(t, 60, e.readBill(settled).PayableFen)
	again := e.payOn(unit, "2026-02-11", 1_071)
	require.Equal(t, []money.Allocation{{BillID: older, PrincipalFen: 1_000, LateFeeFen: 11}, {BillID: settled, LateFeeFen: 60}}, again.Allocations)
	e.sound()
}
