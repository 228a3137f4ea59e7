package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// history is a random past of a community that bears late fees, with what its accounts showed at the end of each day.
type history struct {
	*moneyEnv
	rt       *rapid.T
	units    []string
	debtors  []string
	bills    []string
	payments []string
	disputed map[string]bool
	shown    map[calendar.Date]map[string]money.AccountView
}

// TestAccountsOfAnyPastDayAreWhatWasShownThen: whatever happens later, an account as of a day and as known on it is what that
// day's account was, and the account put together from the ledger is the one that the rows show.
func TestAccountsOfAnyPastDayAreWhatWasShownThen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{moneyEnv: newMoneyEnv(t), rt: rt, disputed: map[string]bool{}, shown: map[calendar.Date]map[string]money.AccountView{}}
		h.at("2026-02-20")
		h.agree(lateFee())
		for range 2 {
			unit, owner := h.household()
			h.units, h.debtors = append(h.units, unit), append(h.debtors, owner)
		}
		h.issueBill()
		for range rapid.IntRange(2, 14).Draw(rt, "steps") {
			h.step()
		}
		h.nextDay()
		h.sound()
		h.finals()
		for day, accounts := range h.shown {
			for debtor, was := range accounts {
				is, err := h.Store.DebtorAccountKnown(t.Context(), h.Scope, debtor, day, day)
				require.NoError(t, err)
				require.Equal(t, was, plainAccount(is), "%s as shown on %s", debtor, day)
			}
		}
	})
}

func (h *history) step() {
	h.Clock.Advance(time.Second)
	switch rapid.SampledFrom([]string{"bill", "pay", "pay", "named", "reverse", "dispute", "resolve", "waive", "adjust", "rate", "day", "day", "day"}).Draw(h.rt, "move") {
	case "bill":
		h.issueBill()
	case "pay":
		h.take(nil)
	case "named":
		h.take(h.bills)
	case "reverse":
		if id := h.one(h.payments); id != "" {
			_, err := h.Store.ReversePayment(h.t.Context(), h.Scope, id, "退票")
			require.True(h.t, err == nil || refusal.Is(err, "already-reversed"), "%v", err)
		}
	case "dispute":
		h.dispute(true)
	case "resolve":
		h.dispute(false)
	case "waive":
		h.correctBill(money.CorrectionRequest{Kind: money.Waive, LateFeeFen: amount(rapid.Int64Range(1, 300).Draw(h.rt, "late fee"))})
	case "adjust":
		h.correctBill(money.CorrectionRequest{Kind: money.Adjust, AmountFen: amount(rapid.SampledFrom([]int64{-40_000, 30_000}).Draw(h.rt, "by"))})
	case "rate":
		h.agree(lateFee(func(r *money.LateFeeRule) {
			r.Rates[0].Daily = rapid.SampledFrom([]string{"0.0005", "0.001"}).Draw(h.rt, "rate")
			r.Enabled = rapid.IntRange(0, 3).Draw(h.rt, "off") > 0
		}))
	case "day":
		h.nextDay()
	}
}

func amount(fen int64) *int64 { return &fen }

func (h *history) one(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[rapid.IntRange(0, len(ids)-1).Draw(h.rt, "which")]
}

func (h *history) issueBill() {
	i := rapid.IntRange(0, len(h.units)-1).Draw(h.rt, "household")
	due := rapid.SampledFrom([]string{"2026-01-31", "2026-02-28"}).Draw(h.rt, "due")
	h.bills = append(h.bills, h.bill(h.units[i], h.debtors[i], fmt.Sprintf("P%d", len(h.bills)), due, rapid.SampledFrom([]int64{100_000, 240_000}).Draw(h.rt, "fen")))
}

// take records a payment, sometimes of some days ago, sometimes for a named bill.
func (h *history) take(bills []string) {
	p := h.payment(rapid.SampledFrom([]int64{90, 50_000, 100_000, 260_000}).Draw(h.rt, "fen"))
	p.PaidAt = p.PaidAt.AddDate(0, 0, -rapid.SampledFrom([]int{0, 0, 3, 9}).Draw(h.rt, "days ago"))
	if id := h.one(bills); id != "" {
		b := h.readBill(id)
		p.BillIDs, p.DebtorID = []string{id}, b.DebtorID
		p.Source = money.Source{Kind: money.FromWebhook, ID: store.NewID()} // the desk would refuse a settled bill
	} else {
		p.UnitID = h.one(h.units)
	}
	h.payments = append(h.payments, h.pay(p).ID)
}

// dispute does what a case's dispute does to a bill.
func (h *history) dispute(raise bool) {
	id, today := h.one(h.bills), dateOf(h.Clock.Now())
	if id == "" || h.disputed[id] == raise {
		return
	}
	h.disputed[id] = raise
	h.exec(`UPDATE bill SET disputed = ? WHERE org_id = ? AND id = ?`, raise, h.OrgID, id)
	if raise {
		h.exec(`INSERT INTO bill_freeze (org_id, id, bill_id, from_on, why) VALUES (?,?,?,?,'异议')`, h.OrgID, store.NewID(), id, today)
	} else {
		h.exec(`UPDATE bill_freeze SET to_on = ? WHERE org_id = ? AND bill_id = ? AND to_on IS NULL`, today, h.OrgID, id)
	}
}

// correctBill corrects some bill where that is possible.
func (h *history) correctBill(r money.CorrectionRequest) {
	r.SubjectID, r.Reason = h.one(h.bills), "属性测试"
	done, err := h.correct(h.person("cashier"), r)
	if _, refused := refusal.As(err); refused {
		return
	}
	require.NoError(h.t, err)
	_, err = h.Store.Approve(h.t.Context(), h.person("community_manager"), done.Approval.ID, "同意")
	require.NoError(h.t, err)
}

// nextDay keeps what each account shows at the end of the day, both ways of reading it, and goes on.
func (h *history) nextDay() {
	today := dateOf(h.Clock.Now())
	h.shown[today] = map[string]money.AccountView{}
	for _, debtor := range h.debtors {
		now, err := h.Store.DebtorAccount(h.t.Context(), h.Scope, debtor, calendar.Date{})
		require.NoError(h.t, err)
		h.shown[today][debtor] = plainAccount(now)
	}
	h.Clock.Set(today.AddDays(1).At(9, 0).UTC())
	for _, debtor := range h.debtors {
		then, err := h.Store.DebtorAccount(h.t.Context(), h.Scope, debtor, today)
		require.NoError(h.t, err)
		require.Equal(h.t, h.shown[today][debtor], plainAccount(then), "read from the ledger on the day after %s", today)
	}
	h.Clock.Set(today.AddDays(rapid.SampledFrom([]int{1, 1, 7, 20}).Draw(h.rt, "days")).At(9, 0).UTC())
}

// finals: the late fee that is fixed on settled bills is what their movements come to.
func (h *history) finals() {
	var rows []struct {
		ID       string `db:"id"`
		FinalFen int64  `db:"late_fee_final_fen"`
	}
	require.NoError(h.t, h.DB.SelectContext(h.t.Context(), &rows, `SELECT id, late_fee_final_fen FROM bill WHERE org_id = ? AND late_fee_final_fen IS NOT NULL`, h.OrgID))
	h.agree(lateFee())
	for _, r := range rows {
		b := h.readBill(r.ID)
		require.LessOrEqual(h.t, b.UnpaidFen, int64(0))
		var sum int64
		for _, s := range b.LateFeeSegments {
			sum += s.Fen
		}
		require.Equal(h.t, r.FinalFen, sum, "bill %s", r.ID)
	}
}

// plainAccount leaves out what an account says beside its money: as of when it was asked, versions, what was noted on a row.
func plainAccount(a money.AccountView) money.AccountView {
	a.AsOf, a.KnownOn = calendar.Date{}, calendar.Date{}
	a.Bills, a.Payments = slices.Clone(a.Bills), slices.Clone(a.Payments)
	for i := range a.Bills {
		a.Bills[i].Version = 0
	}
	for i := range a.Payments {
		a.Payments[i].Version = 0
	}
	return a
}
