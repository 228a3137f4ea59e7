package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/domain/report"
	"steward/store"
)

// moneyHistory is a community's money under any order of deeds, with what was shown at the end of each day and what was closed.
type moneyHistory struct {
	*moneyEnv
	rt       *rapid.T
	units    []string
	owners   []string
	bills    []string
	payments []string
	refunds  []string
	shown    []shownAccount
	closings []money.Closing
	carried  int
}

// shownAccount is a debtor's account as it stood at the end of a day.
type shownAccount struct {
	day     calendar.Date
	debtor  string
	account accountFigures
}

type accountFigures struct {
	principal, lateFee, advance int64
	bills                       map[string][3]int64 // unpaid, late fee, paid
}

// TestNoHistoryBreaksTheBooks runs any order of bills, payments with value dates of their own, corrections, deposits, refunds
// and closings. The books balance, nothing is allocated twice, a closed day never changes, and the account as of a past day
// and as known on it is the one that was shown.
func TestNoHistoryBreaksTheBooks(t *testing.T) {
	carried := 0
	rapid.Check(t, func(rt *rapid.T) {
		h := newMoneyHistory(t, rt)
		for range rapid.IntRange(10, 22).Draw(rt, "steps") {
			h.step()
		}
		h.endDay(1)
		h.check()
		carried += h.carried
	})
	require.Greater(t, carried, 100, "most deeds were refused: the histories prove nothing")
}

func newMoneyHistory(t *testing.T, rt *rapid.T) *moneyHistory {
	h := &moneyHistory{moneyEnv: newMoneyEnv(t), rt: rt}
	h.at("2026-01-30")
	rules := money.Settlement{SmallChange: money.SmallChangeYuan}
	if rapid.Bool().Draw(rt, "late fee") {
		rules.LateFee = lateFee(func(r *money.LateFeeRule) { r.GraceDays = rapid.IntRange(0, 3).Draw(rt, "grace") }).LateFee
	}
	h.agree(rules)
	for range 2 {
		unit, owner := h.household()
		h.units, h.owners = append(h.units, unit), append(h.owners, owner)
	}
	return h
}

// step does one thing; what the rules refuse is left undone.
func (h *moneyHistory) step() {
	moves := []struct {
		name string
		do   func() error
	}{
		{"bill", h.issueOne}, {"bill", h.issueOne}, {"pay", h.payOne}, {"pay", h.payOne}, {"provider", h.notice}, {"deposit", h.deposit}, {"advance", h.advanceForOne},
		{"reverse", h.onPayment(money.Reverse)}, {"transfer", h.onPayment(money.Transfer)}, {"refund", h.onPayment(money.GiveBack)}, {"pay out", h.payOut},
		{"waive", h.onBill(money.Waive)}, {"adjust", h.onBill(money.Adjust)}, {"void", h.onBill(money.VoidBill)},
		{"close day", h.closeDay}, {"close month", h.closeMonth}, {"day", h.pass}, {"day", h.pass}, {"day", h.pass},
	}
	m := moves[rapid.IntRange(0, len(moves)-1).Draw(h.rt, "move")]
	err := m.do()
	if err == nil {
		h.carried++
		return
	}
	_, refused := refusal.As(err)
	require.True(h.t, refused, "%s: %v", m.name, err)
}

var errNothing = refusal.New(refusal.Rule, "nothing-there", "没有")

func (h *moneyHistory) amount() int64 { return rapid.Int64Range(1, 300_000).Draw(h.rt, "fen") }

func (h *moneyHistory) ago() time.Time {
	return h.Clock.Now().Add(-time.Duration(rapid.IntRange(0, 4).Draw(h.rt, "days ago")) * 24 * time.Hour)
}

func (h *moneyHistory) issueOne() error {
	i := rapid.IntRange(0, len(h.units)-1).Draw(h.rt, "unit")
	due := calendar.DateOf(h.ago()).AddDays(rapid.IntRange(-20, 10).Draw(h.rt, "due"))
	b := h.line(h.units[i], h.owners[i], fmt.Sprintf("P%d", len(h.bills)), due.String(), h.amount())
	b.FeeItem = rapid.SampledFrom([]string{"物业费", "车位费"}).Draw(h.rt, "item")
	if rapid.Bool().Draw(h.rt, "billed earlier") {
		b.BilledOn = calendar.DateOf(h.ago())
	}
	require.Equal(h.t, 1, h.issue(b).Created)
	var id string
	require.NoError(h.t, h.DB.GetContext(h.t.Context(), &id, `SELECT id FROM bill WHERE org_id = ? AND period = ?`, h.OrgID, b.Period))
	h.bills = append(h.bills, id)
	return nil
}

func (h *moneyHistory) record(p money.NewPayment) error {
	p.UnitID = rapid.SampledFrom(h.units).Draw(h.rt, "unit")
	p.PaidAt = h.ago()
	return h.take(p)
}

func (h *moneyHistory) take(p money.NewPayment) error {
	recorded, _, err := h.Store.RecordPayment(h.t.Context(), h.Scope, p)
	if err == nil {
		h.payments = append(h.payments, recorded.ID)
	}
	return err
}

// payOne pays an amount, or all that a bill's debtor owes less the small change.
func (h *moneyHistory) payOne() error {
	p := h.payment(h.amount())
	if len(h.bills) == 0 || rapid.Bool().Draw(h.rt, "any amount") {
		return h.record(p)
	}
	b := h.readBill(rapid.SampledFrom(h.bills).Draw(h.rt, "bill"))
	p.BillIDs, p.DebtorID, p.UnitID = []string{b.ID}, b.DebtorID, b.UnitID
	p.AmountFen = max(b.PayableFen, 1)
	if off := p.AmountFen % 100; off > 0 && p.AmountFen > 100 {
		p.AmountFen, p.RoundOffFen = p.AmountFen-off, off
	}
	return h.take(p)
}

// advanceForOne pays in advance for one fee item.
func (h *moneyHistory) advanceForOne() error {
	var items []string
	require.NoError(h.t, h.DB.SelectContext(h.t.Context(), &items, `SELECT id FROM fee_item WHERE org_id = ? ORDER BY id`, h.OrgID))
	if len(items) == 0 {
		return errNothing
	}
	p := h.payment(h.amount())
	p.PurposeID = rapid.SampledFrom(items).Draw(h.rt, "purpose")
	return h.record(p)
}

func (h *moneyHistory) notice() error {
	p := h.payment(h.amount())
	p.Channel, p.Method, p.Source = "sandbox", "wechat", money.Source{Kind: money.FromWebhook, ID: "sandbox"}
	return h.record(p)
}

func (h *moneyHistory) deposit() error {
	p := h.payment(h.amount())
	p.DepositKind = "fit-out"
	return h.record(p)
}

func (h *moneyHistory) onPayment(kind money.CorrectionKind) func() error {
	return func() error {
		if len(h.payments) == 0 {
			return errNothing
		}
		r := money.CorrectionRequest{Kind: kind, SubjectID: rapid.SampledFrom(h.payments).Draw(h.rt, "payment")}
		if kind == money.Transfer {
			r.UnitID = rapid.SampledFrom(h.units).Draw(h.rt, "to")
		}
		done, err := h.decided(r)
		if err != nil {
			return err
		}
		switch {
		case kind == money.Transfer:
			h.payments = append(h.payments, done.Payment.ID)
		case done.Approval != nil:
			h.refunds = append(h.refunds, done.Approval.ResultID)
		}
		return nil
	}
}

func (h *moneyHistory) onBill(kind money.CorrectionKind) func() error {
	return func() error {
		if len(h.bills) == 0 {
			return errNothing
		}
		r := money.CorrectionRequest{Kind: kind, SubjectID: rapid.SampledFrom(h.bills).Draw(h.rt, "bill")}
		if kind == money.Adjust {
			amount := rapid.Int64Range(-200_000, 100_000).Draw(h.rt, "by")
			r.AmountFen = &amount
		}
		_, err := h.decided(r)
		return err
	}
}

// somebody is a new person with one role in the community.
func (h *moneyHistory) somebody(role access.Role) access.Scope {
	return access.Scope{OrgID: h.OrgID, ActorID: store.NewID(), Grants: []access.Grant{
		{Role: role, Level: access.LevelCommunity, ScopeID: h.community, Communities: []string{h.community}, Money: access.MoneyDetail}}}
}

// decided asks for a correction and, where it needs one, has another person approve it.
func (h *moneyHistory) decided(r money.CorrectionRequest) (money.Corrected, error) {
	r.Reason = "属性测试"
	done, err := h.Store.Correct(h.t.Context(), h.somebody(access.Cashier), r)
	if err != nil || done.Approval == nil {
		return done, err
	}
	a, err := h.Store.Approve(h.t.Context(), h.somebody(access.CommunityManager), done.Approval.ID, "同意")
	done.Approval = &a
	return done, err
}

// payOut hands a refund out, or gives it up.
func (h *moneyHistory) payOut() error {
	if len(h.refunds) == 0 {
		return errNothing
	}
	id, cashier := rapid.SampledFrom(h.refunds).Draw(h.rt, "refund"), h.somebody(access.Cashier)
	if rapid.Bool().Draw(h.rt, "drop") {
		_, err := h.Store.DropRefund(h.t.Context(), cashier, id, "不退了")
		return err
	}
	_, err := h.Store.PayRefund(h.t.Context(), cashier, id, money.PayOut{})
	return err
}

func (h *moneyHistory) closeDay() error {
	return h.closed(money.NewClosing{Day: calendar.DateOf(h.ago())})
}

func (h *moneyHistory) closeMonth() error { return h.closed(money.NewClosing{Month: "2026-01"}) }

func (h *moneyHistory) closed(n money.NewClosing) error {
	n.CommunityID = h.community
	c, err := h.Store.Close(h.t.Context(), h.Scope, n)
	if err == nil {
		h.closings = append(h.closings, c)
	}
	return err
}

func (h *moneyHistory) pass() error {
	h.endDay(rapid.IntRange(1, 3).Draw(h.rt, "days"))
	return nil
}

// endDay keeps what every account shows and lets days pass.
func (h *moneyHistory) endDay(days int) {
	for _, debtor := range h.owners {
		a, err := h.Store.DebtorAccount(h.t.Context(), h.Scope, debtor, calendar.Date{})
		require.NoError(h.t, err)
		h.shown = append(h.shown, shownAccount{day: h.today(), debtor: debtor, account: figuresOf(a)})
	}
	h.day(days)
}

func figuresOf(a money.AccountView) accountFigures {
	f := accountFigures{principal: *a.PrincipalFen, lateFee: *a.LateFeeFen, advance: *a.AdvanceFen, bills: map[string][3]int64{}}
	for _, b := range a.Bills {
		f.bills[b.ID] = [3]int64{b.UnpaidFen, b.LateFeeFen, b.PaidFen}
	}
	return f
}

func (h *moneyHistory) check() {
	h.sound()
	for _, s := range h.shown {
		a, err := h.Store.DebtorAccountKnown(h.t.Context(), h.Scope, s.debtor, s.day, s.day)
		require.NoError(h.t, err)
		require.Equal(h.t, s.account, figuresOf(a), "the account as of %s, known on %s, is not what was shown then", s.day, s.day)
	}
	for _, c := range h.closings {
		h.unchanged(c)
	}
	stored, err := h.Store.Closings(h.t.Context(), h.Scope, h.community, page.Query{Limit: 50})
	require.NoError(h.t, err)
	require.Len(h.t, stored.Items, len(h.closings))
}

// unchanged compares a closing with the takings of its days as they are now.
func (h *moneyHistory) unchanged(c money.Closing) {
	r, err := h.Store.Report(h.t.Context(), h.Scope, report.Ask{Name: report.Takings, CommunityID: h.community, From: c.From, To: c.Through})
	require.NoError(h.t, err)
	require.Equal(h.t, c.ExpectedFen, r.Figures["net_fen"])
	channels := map[string]int64{}
	for _, row := range r.Sections[1].Rows {
		channels[row["channel"].(string)] = row["net_fen"].(int64)
	}
	for _, channel := range c.Channels {
		require.Equal(h.t, channel.ExpectedFen, channels[channel.Channel], "%s of %s", channel.Channel, c.Through)
	}
	require.Len(h.t, channels, len(c.Channels))
}
