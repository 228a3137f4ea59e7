package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

func (e *moneyEnv) today() calendar.Date { return calendar.DateOf(e.Clock.Now()) }

func (e *moneyEnv) close(n money.NewClosing) money.Closing {
	e.t.Helper()
	n.CommunityID = e.community
	c, err := e.Store.Close(e.t.Context(), e.Scope, n)
	require.NoError(e.t, err)
	return c
}

func (e *moneyEnv) refusedClosing(n money.NewClosing) *refusal.Refusal {
	e.t.Helper()
	if n.CommunityID == "" {
		n.CommunityID = e.community
	}
	_, err := e.Store.Close(e.t.Context(), e.Scope, n)
	no, ok := refusal.As(err)
	require.True(e.t, ok, "%v", err)
	return no
}

func fenOf(n int64) *int64 { return &n }

func TestADayIsClosedWithItsDifferences(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	for _, month := range []string{"2026-01", "2026-02", "2026-03"} {
		e.bill(unit, owner, month, month+"-28", 25_060)
	}
	earlier := e.payUnit(unit, 10_000)
	yesterday := e.today()
	e.day(1)
	first := e.payUnit(unit, 100_000)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, first.ID, "记错房号")
	require.NoError(t, err)
	e.payUnit(unit, 100_000)
	card := e.payment(5_000)
	card.UnitID, card.Method, card.Channel = unit, "pos", "pos-1"
	e.pay(card)

	c := e.close(money.NewClosing{Day: e.today(), CountedFen: fenOf(99_000), Counted: []money.CountedChannel{{Channel: "pos-1", CountedFen: 5_000}}})
	require.Equal(t, []money.ChannelTakings{
		{Channel: "counter", ReceivedFen: 200_000, ReversedFen: 100_000, ExpectedFen: 100_000, CountedFen: fenOf(99_000), DifferenceFen: fenOf(-1_000)},
		{Channel: "pos-1", ReceivedFen: 5_000, ExpectedFen: 5_000, CountedFen: fenOf(5_000), DifferenceFen: fenOf(0)},
	}, c.Channels)
	require.Equal(t, money.CashCount{ExpectedFen: 100_000, CountedFen: fenOf(99_000), DifferenceFen: fenOf(-1_000)}, c.Cash)
	require.EqualValues(t, 105_000, c.ExpectedFen)
	require.EqualValues(t, -1_000, *c.DifferenceFen)
	require.Equal(t, []int{3, 1, 3, 1}, []int{c.Payments, c.Reversals, c.ReceiptsIssued, c.ReceiptsVoid})
	require.Equal(t, []money.DayTotal{{Day: yesterday, ExpectedFen: 10_000, Payments: 1}}, c.AlsoClosed)
	require.Equal(t, "earlier-days-closed", c.Warnings[0].Code)

	read, err := e.Store.Closing(t.Context(), e.Scope, c.ID)
	require.NoError(t, err)
	require.Equal(t, c.ClosingFigures, read.ClosingFigures)
	e.refusesTheClosedDay(unit, earlier.ID)
	e.sound()
}

// refusesTheClosedDay: nothing gets into a day that is closed, neither today nor an earlier one.
func (e *moneyEnv) refusesTheClosedDay(unit, earlierPaymentID string) {
	e.t.Helper()
	for _, at := range []time.Time{e.Clock.Now(), e.Clock.Now().Add(-24 * time.Hour)} {
		late := e.payment(100)
		late.UnitID, late.PaidAt = unit, at
		_, _, err := e.Store.RecordPayment(e.t.Context(), e.Scope, late)
		no, ok := refusal.As(err)
		require.True(e.t, ok, "%v", err)
		require.Equal(e.t, "day-closed", no.Code)
		require.Equal(e.t, "paid_at", no.Fields[0].Location)
	}
	require.Equal(e.t, "already-closed", e.refusedClosing(money.NewClosing{Day: e.today()}).Code)
	require.Equal(e.t, "already-closed", e.refusedClosing(money.NewClosing{Day: e.today().AddDays(-3)}).Code)

	tomorrow := e.today().AddDays(1)
	_, err := e.Store.ReversePayment(e.t.Context(), e.Scope, earlierPaymentID, "退票")
	require.NoError(e.t, err)
	notice := e.payment(700)
	notice.UnitID, notice.Source = unit, money.Source{Kind: money.FromWebhook, ID: "sandbox"}
	notice.Channel = "sandbox"
	require.NoError(e.t, e.Store.ReceivePayment(e.t.Context(), e.Scope, notice))
	last := e.payment(300)
	last.UnitID, last.TakenNow = unit, true
	e.pay(last)
	e.day(1)
	c := e.close(money.NewClosing{Day: tomorrow})
	require.EqualValues(e.t, 700+300-10_000, c.ExpectedFen, "what came after the closing belongs to the next day")
	require.Empty(e.t, c.AlsoClosed)
}

func TestAMonthRollsWhatIsOwedForward(t *testing.T) {
	e := newMoneyEnv(t)
	e.Clock.Set(date("2026-01-10").At(9, 0))
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-05", 30_000)
	e.payUnit(unit, 10_000)
	e.Clock.Set(date("2026-02-01").At(9, 0))
	january := e.close(money.NewClosing{Month: "2026-01"})
	require.Equal(t, "2026-01", january.Month)
	require.Len(t, january.Receivables, 1)
	roll := january.Receivables[0]
	require.Equal(t, []int64{0, 30_000, 0, 0, 10_000, 20_000}, []int64{roll.OpeningFen, roll.IssuedFen, roll.AdjustedFen, roll.WaivedFen, roll.PaidFen, roll.ClosingFen})

	late := e.payment(100)
	late.UnitID, late.PaidAt = unit, date("2026-01-20").At(9, 0)
	_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, late)
	require.True(t, refusal.Is(err, "month-closed"), "%v", err)

	late.Source = money.Source{Kind: money.FromImport, ID: e.community}
	e.pay(late)
	back := e.line(unit, owner, "2026-01b", "2026-01-20", 5_000)
	back.BilledOn = date("2026-01-20")
	require.Equal(t, 1, e.issue(back).Created)
	e.payUnit(unit, 30_000)
	e.Clock.Set(date("2026-02-28").At(23, 0))
	february := e.close(money.NewClosing{Month: "2026-02"})
	roll = february.Receivables[0]
	require.Equal(t, []int64{20_000, 5_000, 25_000, 0}, []int64{roll.OpeningFen, roll.IssuedFen, roll.PaidFen, roll.ClosingFen})
	require.EqualValues(t, 5_100, february.AdvanceClosingFen)
	require.Equal(t, "already-closed", e.refusedClosing(money.NewClosing{Month: "2026-01"}).Code)
	e.sound()
}

func TestABadClosingIsRefused(t *testing.T) {
	e := newMoneyEnv(t)
	today := e.today()
	for _, c := range []struct {
		ask  money.NewClosing
		code string
	}{
		{money.NewClosing{}, "day-or-month-needed"},
		{money.NewClosing{Day: today, Month: "2026-01"}, "day-or-month-needed"},
		{money.NewClosing{Day: today.AddDays(1)}, "day-in-future"},
		{money.NewClosing{Month: today.String()[:7]}, "month-not-over"},
		{money.NewClosing{Month: "2026-13"}, "month-malformed"},
		{money.NewClosing{Month: "jan"}, "month-malformed"},
		{money.NewClosing{Day: today, CountedFen: fenOf(-1)}, "counted-malformed"},
		{money.NewClosing{Day: today, Counted: []money.CountedChannel{{Channel: "a b"}}}, "counted-malformed"},
		{money.NewClosing{Day: today, Counted: []money.CountedChannel{{Channel: "pos"}, {Channel: "pos"}}}, "counted-malformed"},
		{money.NewClosing{Day: today, CommunityID: "小区"}, "unknown-community"},
	} {
		require.Equal(t, c.code, e.refusedClosing(c.ask).Code)
	}
	_, err := e.Store.Close(t.Context(), access.Scope{OrgID: e.OrgID, ActorID: e.Scope.ActorID, Grants: []access.Grant{
		{Role: access.Cashier, Level: access.LevelCommunity, Communities: []string{e.community}, Money: access.MoneyDetail}}},
		money.NewClosing{CommunityID: e.community, Month: "2025-01"})
	require.True(t, refusal.Is(err, "forbidden"), "%v", err)

	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-05", 30_000)
	e.exec(`UPDATE bill SET waived_fen = 1 WHERE org_id = ? AND id = ?`, e.OrgID, bill)
	require.Equal(t, "books-disagree", e.refusedClosing(money.NewClosing{Day: today}).Code)
}

func TestARepeatedClosingFindsItsOwn(t *testing.T) {
	e := newMoneyEnv(t)
	sc := e.Scope
	sc.CommandID = "01J00000000000000000000000"
	n := money.NewClosing{CommunityID: e.community, Day: e.today()}
	shown, err := e.Store.ClosingPreview(t.Context(), sc, n)
	require.NoError(t, err)
	require.Empty(t, shown.ID)
	first, err := e.Store.Close(t.Context(), sc, n)
	require.NoError(t, err)
	again, err := e.Store.Close(t.Context(), sc, n)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, first.ClosingFigures, again.ClosingFigures)
}
