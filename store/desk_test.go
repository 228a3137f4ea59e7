package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/store"
)

// cashier gives a scope of a person who takes money in the community.
func (e *moneyEnv) cashier() access.Scope {
	id := store.NewID()
	e.exec(`INSERT INTO app_user (org_id, id, login, name, password_hash, created_at) VALUES (?,?,?,?,'-',?)`, e.OrgID, id, id, "李收银", e.Clock.Now())
	return access.Scope{OrgID: e.OrgID, ActorID: id, Grants: []access.Grant{{Role: access.Cashier, Level: access.LevelCommunity, Communities: []string{e.community}, Money: access.MoneyDetail}}}
}

// atDesk is a payment that a cashier takes in cash.
func (e *moneyEnv) atDesk(unit string, fen int64, bills ...string) money.NewPayment {
	p := e.payment(fen)
	p.UnitID, p.BillIDs, p.Source = unit, bills, money.Source{Kind: money.FromCounter}
	return p
}

// smallChange puts a rule for small change in force.
func (e *moneyEnv) smallChange(rule money.SmallChange) {
	e.agree(money.Settlement{AllocationOrder: money.OrderOldestDue, SmallChange: rule})
}

func code(t require.TestingT, err error) string {
	r, ok := refusal.As(err)
	require.Truef(t, ok, "%v", err)
	return r.Code
}

func (e *moneyEnv) take(sc access.Scope, p money.NewPayment) (money.Payment, error) {
	recorded, _, err := e.Store.RecordPayment(e.t.Context(), sc, p)
	return recorded, err
}

func TestTheWorkedDayOfADesk(t *testing.T) {
	e := newMoneyEnv(t)
	sc := e.cashier()
	unit, owner := e.household()
	other := e.addUnit(e.community)
	e.addOwner(other, owner)
	first, second := e.bill(unit, owner, "2026-01", "2026-01-31", 25060), e.bill(other, owner, "2026-01", "2026-01-31", 30000)
	shift, err := e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community, FloatFen: 50000})
	require.NoError(t, err)
	require.Equal(t, 1, shift.No)

	owed := int64(55060)
	p := e.payment(60000)
	p.DebtorID, p.BillIDs, p.Source, p.ExpectedFen = owner, []string{first, second}, money.Source{Kind: money.FromCounter}, &owed
	paid, err := e.take(sc, p)
	require.NoError(t, err)
	require.Equal(t, shift.ID, paid.ShiftID)
	require.Len(t, paid.Allocations, 2, "two units of one debtor, one receipt")
	require.EqualValues(t, 4940, paid.AdvanceFen)

	card := e.atDesk(unit, 1000)
	card.Method, card.Channel = "card", "pos"
	_, err = e.take(sc, card)
	require.NoError(t, err)
	deposit := e.atDesk(unit, 200000)
	deposit.DepositKind = "fit_out"
	held, err := e.take(sc, deposit)
	require.NoError(t, err)
	require.EqualValues(t, 200000, held.DepositFen)
	require.Zero(t, held.AdvanceFen)
	wrong, err := e.take(sc, e.atDesk(unit, 700))
	require.NoError(t, err)
	_, err = e.Store.ReversePayment(t.Context(), sc, wrong.ID, "收错")
	require.NoError(t, err)

	found, err := e.Store.DeskHouseholds(t.Context(), sc, e.community, "101")
	require.NoError(t, err)
	require.Empty(t, found, "the test's units have other keys")
	deposits, err := e.Store.Deposits(t.Context(), sc, money.DepositFilter{CommunityID: e.community, UnitID: unit}, pageOf(10))
	require.NoError(t, err)
	require.Len(t, deposits.Items, 1)
	require.EqualValues(t, 200000, deposits.Items[0].HeldFen)

	now, err := e.Store.Shift(t.Context(), sc, shift.ID)
	require.NoError(t, err)
	require.EqualValues(t, 50000+60000+200000, now.ExpectedFen, "the card is not in the drawer, and what was taken back has left it")
	closed, err := e.Store.CloseShift(t.Context(), sc, money.CloseShift{CommunityID: e.community, CountedFen: 309500, Note: "短五元",
		Denominations: []money.Denomination{{FaceFen: 10000, Pieces: 30}, {FaceFen: 5000, Pieces: 1}, {FaceFen: 500, Pieces: 9}}})
	require.NoError(t, err)
	require.Equal(t, money.ShiftClosed, closed.Status)
	require.EqualValues(t, -500, *closed.DifferenceFen)
	require.EqualValues(t, 259500, *closed.PayInFen)
	require.Len(t, closed.Takings, 2)
	_, err = e.Store.CloseShift(t.Context(), sc, money.CloseShift{CommunityID: e.community})
	require.Equal(t, "no-open-shift", code(t, err))
	e.sound()
}

func TestAnAdvanceForOneItemPaysItsBillsOnly(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	parking := e.line(unit, owner, "2025-12", "2025-12-31", 30000)
	parking.FeeItem = "车位费"
	e.issue(parking)
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	var item string
	require.NoError(t, e.DB.GetContext(t.Context(), &item, `SELECT fee_item_id FROM bill WHERE org_id = ? AND id = ?`, e.OrgID, bill))
	p := e.atDesk(unit, 25000)
	p.PurposeID = item
	paid, err := e.take(e.cashier(), p)
	require.NoError(t, err)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 10000}}, paid.Allocations)
	require.EqualValues(t, 15000, paid.AdvanceFen)

	parking.Period = "2025-11"
	e.issue(parking)
	next := e.bill(unit, owner, "2026-02", "2026-02-28", 10000)
	require.Zero(t, e.unpaid(next), "the next bill of the item takes the advance")
	after, err := e.Store.Payment(t.Context(), e.Scope, paid.ID)
	require.NoError(t, err)
	require.EqualValues(t, 5000, after.AdvanceFen, "the bills of the parking space took nothing")
	e.sound()
}

func TestSmallChangeIsLeftOffAndComesBack(t *testing.T) {
	for _, c := range []struct {
		rule          money.SmallChange
		owed, off     int64
		method, wants string
	}{
		{money.SmallChangeJiao, 25063, 3, "cash", ""},
		{money.SmallChangeYuan, 25063, 63, "cash", ""},
		{money.SmallChangeJiao, 25063, 63, "cash", "round-off-not-by-rule"},
		{money.SmallChangeYuan, 25063, 3, "cash", "round-off-not-by-rule"},
		{money.SmallChangeNone, 25063, 3, "cash", "round-off-not-by-rule"},
		{money.SmallChangeJiao, 25063, 3, "card", "round-off-not-allowed"},
		{money.SmallChangeYuan, 63, 63, "cash", "amount-not-positive"},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			e := newMoneyEnv(t)
			e.smallChange(c.rule)
			unit, owner := e.household()
			bill := e.bill(unit, owner, "2026-01", "2026-01-31", c.owed)
			p := e.atDesk(unit, c.owed-c.off, bill)
			p.RoundOffFen, p.Method = c.off, c.method
			paid, err := e.take(e.cashier(), p)
			if c.wants != "" {
				require.Equal(t, c.wants, code(t, err))
				require.Equal(t, c.owed, e.unpaid(bill))
				return
			}
			require.NoError(t, err)
			require.Zero(t, e.unpaid(bill))
			require.Equal(t, c.off, paid.RoundOffFen)
			e.sound()
			_, err = e.Store.ReversePayment(t.Context(), e.Scope, paid.ID, "退票")
			require.NoError(t, err)
			require.Equal(t, c.owed, e.unpaid(bill), "what was left off is owed again")
			e.sound()
		})
	}
}

func TestWhatTheDeskRefuses(t *testing.T) {
	e := newMoneyEnv(t)
	e.smallChange(money.SmallChangeJiao)
	sc := e.cashier()
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10003)
	stranger, other := e.household()
	foreign := e.bill(stranger, other, "2026-01", "2026-01-31", 500)
	seen := int64(9999)
	for want, change := range map[string]func(*money.NewPayment){
		"balance-changed":        func(p *money.NewPayment) { p.ExpectedFen = &seen },
		"round-off-not-exact":    func(p *money.NewPayment) { p.RoundOffFen = 3 },
		"round-off-malformed":    func(p *money.NewPayment) { p.RoundOffFen = -3 },
		"deposit-kind-malformed": func(p *money.NewPayment) { p.DepositKind = "装修" },
		"deposit-stands-alone":   func(p *money.NewPayment) { p.DepositKind, p.BillIDs = "fit_out", []string{bill} },
		"bill-not-of-payer":      func(p *money.NewPayment) { p.BillIDs = []string{foreign} },
		"purpose-unknown":        func(p *money.NewPayment) { p.PurposeID = store.NewID() },
		"paid-in-future":         func(p *money.NewPayment) { p.PaidAt = p.PaidAt.Add(time.Hour) },
		"method-malformed":       func(p *money.NewPayment) { p.Method = "" },
	} {
		p := e.atDesk(unit, 5000)
		change(&p)
		_, err := e.take(sc, p)
		require.Equal(t, want, code(t, err))
	}
	e.exec(`UPDATE community SET closed_through = ? WHERE org_id = ? AND id = ?`, date("2026-01-20"), e.OrgID, e.community)
	late := e.atDesk(unit, 5000)
	late.PaidAt = date("2026-01-20").At(12, 0)
	if late.PaidAt.Before(e.Clock.Now()) {
		_, err := e.take(sc, late)
		require.Equal(t, "day-closed", code(t, err))
	}
	require.EqualValues(t, 10003, e.unpaid(bill), "nothing was booked")
	e.sound()
}

func TestTwoCashiersOnOneBill(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 10000)
	results := make([]error, 4)
	var all sync.WaitGroup
	for i := range results {
		sc, p := e.cashier(), e.atDesk(unit, 10000, bill)
		all.Go(func() { _, results[i] = e.take(sc, p) })
	}
	all.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, "bill-already-paid", code(t, err))
	}
	require.Equal(t, 1, won)
	var payments int
	require.NoError(t, e.DB.GetContext(t.Context(), &payments, `SELECT COUNT(*) FROM payment WHERE org_id = ?`, e.OrgID))
	require.Equal(t, 1, payments, "nothing was booked for the others")
	late := e.payment(10000)
	late.UnitID, late.BillIDs, late.Source = unit, []string{bill}, money.Source{Kind: money.FromWebhook}
	require.EqualValues(t, 10000, e.pay(late).AdvanceFen, "money that has come in already is taken")
	e.sound()
}

func TestAPaperBookIsGaplessAndRunsOut(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	add := func(code string, first, last int64) (money.ReceiptBook, error) {
		return e.Store.AddReceiptBook(t.Context(), e.Scope, money.NewReceiptBook{CommunityID: e.community, Code: code, FirstNo: first, LastNo: last})
	}
	for want, n := range map[string]struct {
		code        string
		first, last int64
	}{"book-code-malformed": {"001", 1, 9}, "first-no-malformed": {"A1", 0, 9}, "last-no-malformed": {"A1", 5, 4}, "book-too-large": {"A1", 1, 900_000}} {
		_, err := add(n.code, n.first, n.last)
		require.Equal(t, want, code(t, err))
	}
	book, err := add("a2026", 501, 512)
	require.NoError(t, err)
	_, err = add("A2026", 1, 5)
	require.Equal(t, "book-code-taken", code(t, err))

	var all sync.WaitGroup
	numbers := make([]string, 10)
	for i := range numbers {
		sc, p := e.cashier(), e.atDesk(unit, 100)
		_, err := e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community, BookID: book.ID})
		require.NoError(t, err)
		all.Go(func() {
			paid, err := e.take(sc, p)
			if err == nil {
				numbers[i] = paid.ReceiptNo
			}
		})
	}
	all.Wait()
	require.ElementsMatch(t, []string{"A2026-00000501", "A2026-00000502", "A2026-00000503", "A2026-00000504", "A2026-00000505", "A2026-00000506", "A2026-00000507",
		"A2026-00000508", "A2026-00000509", "A2026-00000510"}, numbers)
	_, err = e.Store.SpoilReceipt(t.Context(), e.Scope, book.ID, 510, "卡纸")
	require.Equal(t, "not-the-next-no", code(t, err))
	book, err = e.Store.SpoilReceipt(t.Context(), e.Scope, book.ID, 511, "卡纸")
	require.NoError(t, err)
	require.EqualValues(t, 1, *book.LeftNos)
	require.Len(t, book.Spoiled, 1)

	sc := e.cashier()
	_, err = e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community, BookID: book.ID})
	require.NoError(t, err)
	_, err = e.take(sc, e.atDesk(unit, 100))
	require.NoError(t, err)
	p := e.atDesk(unit, 100)
	_, err = e.take(sc, p)
	require.Equal(t, "receipt-book-used-up", code(t, err))
	_, err = e.Store.ChangeShiftBook(t.Context(), sc, e.community, "")
	require.NoError(t, err)
	paid, err := e.take(sc, p)
	require.NoError(t, err)
	require.NotContains(t, paid.ReceiptNo, "A2026")
	_, err = e.Store.OpenShift(t.Context(), e.cashier(), money.NewShift{CommunityID: e.community, BookID: book.ID})
	require.Equal(t, "receipt-book-used-up", code(t, err))
	e.sound()
}

func TestAShiftIsClosedOnce(t *testing.T) {
	e := newMoneyEnv(t)
	sc := e.cashier()
	sc.CommandID = store.NewID()
	shift, err := e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community})
	require.NoError(t, err)
	again, err := e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community})
	require.NoError(t, err)
	require.Equal(t, shift.ID, again.ID, "the repeat of the command finds its work")
	sc.CommandID = store.NewID()
	_, err = e.Store.OpenShift(t.Context(), sc, money.NewShift{CommunityID: e.community})
	require.Equal(t, "shift-already-open", code(t, err))

	results := make([]error, 3)
	var all sync.WaitGroup
	for i := range results {
		each := sc
		each.CommandID = store.NewID()
		all.Go(func() {
			_, results[i] = e.Store.CloseShift(t.Context(), each, money.CloseShift{CommunityID: e.community})
		})
	}
	all.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, "no-open-shift", code(t, err))
	}
	require.Equal(t, 1, won)
	var by string
	require.NoError(t, e.DB.GetContext(t.Context(), &by, `SELECT JSON_UNQUOTE(JSON_EXTRACT(takings, '$.command_id')) FROM cashier_shift WHERE org_id = ? AND id = ?`, e.OrgID, shift.ID))
	sc.CommandID = by
	repeat, err := e.Store.CloseShift(t.Context(), sc, money.CloseShift{CommunityID: e.community})
	require.NoError(t, err)
	require.Equal(t, shift.ID, repeat.ID)
	for want, c := range map[string]money.CloseShift{
		"counted-malformed":    {CountedFen: -1},
		"denomination-unknown": {CountedFen: 300, Denominations: []money.Denomination{{FaceFen: 300, Pieces: 1}}},
		"pieces-malformed":     {Denominations: []money.Denomination{{FaceFen: 100, Pieces: -1}}},
		"count-differs":        {CountedFen: 300, Denominations: []money.Denomination{{FaceFen: 100, Pieces: 2}}},
	} {
		c.CommunityID = e.community
		_, err := e.Store.CloseShift(t.Context(), sc, c)
		require.Equal(t, want, code(t, err))
	}
}

func TestPrintsAreCounted(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	sc := e.cashier()
	paid, err := e.take(sc, e.atDesk(unit, 12345))
	require.NoError(t, err)
	var all sync.WaitGroup
	numbers := make([]int, 4)
	for i := range numbers {
		all.Go(func() {
			_, p, err := e.Store.PrintReceipt(t.Context(), sc, paid.ReceiptNo, money.PaperPlain)
			if err == nil {
				numbers[i] = p.No
			}
		})
	}
	all.Wait()
	require.ElementsMatch(t, []int{1, 2, 3, 4}, numbers)
	r, err := e.Store.Receipt(t.Context(), sc, paid.ReceiptNo)
	require.NoError(t, err)
	require.Equal(t, 4, r.Prints)
	require.Equal(t, "李收银", r.Cashier)
	require.NotEmpty(t, r.Payer)
}

// TestAReceiptAddsUp: whatever is taken in whatever way, the lines, what lies in advance and the deposit are the amount, and
// with what was left off they are what was owed.
func TestAReceiptAddsUp(t *testing.T) {
	e := newMoneyEnv(t)
	e.smallChange(money.SmallChangeJiao)
	sc := e.cashier()
	period := 0
	rapid.Check(t, func(rt *rapid.T) {
		unit, owner := e.household()
		var bills []string
		var owed int64
		for range rapid.IntRange(0, 3).Draw(rt, "bills") {
			fen := rapid.Int64Range(11, 5000).Draw(rt, "fen")
			period++
			bills = append(bills, e.bill(unit, owner, fmt.Sprintf("P%d", period), "2026-01-31", fen))
			owed += fen
		}
		p := e.atDesk(unit, rapid.Int64Range(1, 9000).Draw(rt, "amount"))
		switch rapid.SampledFrom([]string{"pay", "deposit", "exact"}).Draw(rt, "way") {
		case "deposit":
			p.DepositKind = "fit_out"
		case "exact":
			if owed > 0 {
				p.BillIDs, p.RoundOffFen = bills, owed%10
				p.AmountFen = owed - p.RoundOffFen
			}
		}
		paid, err := e.take(sc, p)
		require.NoError(rt, err)
		r, err := e.Store.Receipt(t.Context(), sc, paid.ReceiptNo)
		require.NoError(rt, err)
		sum := r.AdvanceFen + r.DepositFen
		for _, l := range r.Lines {
			sum += l.PrincipalFen + l.LateFeeFen
		}
		require.Equal(rt, r.AmountFen, sum)
		if p.RoundOffFen > 0 {
			require.Equal(rt, owed, r.AmountFen+r.RoundOffFen)
			for _, b := range bills {
				require.Zero(rt, e.unpaid(b))
			}
		}
		if rapid.Bool().Draw(rt, "reverse") {
			_, err := e.Store.ReversePayment(t.Context(), e.Scope, paid.ID, "试")
			require.NoError(rt, err)
		}
	})
	e.sound()
}
