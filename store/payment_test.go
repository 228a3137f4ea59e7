package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

func TestPaymentPaysTheUnitsBillsThenTheDebtorsOthers(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	garage := e.addUnit(e.community)
	e.addOwner(garage, owner)
	stranger := e.addPerson()
	older := e.bill(garage, owner, "2025-01", "2025-01-31", 300)
	own := e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	notDue := e.bill(unit, owner, "2026-06", "2026-06-30", 1000)
	other := e.bill(garage, stranger, "2025-02", "2025-02-28", 1000)

	p := e.payUnit(unit, 2200)

	require.Equal(t, owner, p.DebtorID)
	require.Equal(t, []money.Allocation{{BillID: own, PrincipalFen: 1000}, {BillID: notDue, PrincipalFen: 1000}, {BillID: older, PrincipalFen: 200}}, p.Allocations)
	require.Zero(t, p.AdvanceFen)
	require.Equal(t, int64(100), e.unpaid(older))
	require.Equal(t, int64(1000), e.unpaid(other))
	require.Equal(t, "001-00000001", p.ReceiptNo)
	e.sound()

	p = e.payUnit(unit, 500)
	require.Equal(t, int64(400), p.AdvanceFen)
	require.Equal(t, "001-00000002", p.ReceiptNo)
	e.sound()
}

func TestPaymentFindsItsDebtor(t *testing.T) {
	e := newMoneyEnv(t)
	t.Run("the seller who alone owes", func(t *testing.T) {
		unit, _ := e.household()
		seller := e.addPerson()
		e.bill(unit, seller, "2025-01", "2025-01-31", 100)
		require.Equal(t, seller, e.payUnit(unit, 50).DebtorID)
	})
	t.Run("the owner of today when several owe", func(t *testing.T) {
		unit, owner := e.household()
		e.bill(unit, e.addPerson(), "2025-01", "2025-01-31", 100)
		e.bill(unit, owner, "2025-02", "2025-01-31", 100)
		require.Equal(t, owner, e.payUnit(unit, 50).DebtorID)
	})
	t.Run("the owner when nobody owes", func(t *testing.T) {
		unit, owner := e.household()
		require.Equal(t, owner, e.payUnit(unit, 50).DebtorID)
	})
	t.Run("the debtor of the named bill", func(t *testing.T) {
		unit, owner := e.household()
		seller := e.addPerson()
		bill := e.bill(unit, seller, "2025-01", "2025-01-31", 100)
		e.bill(unit, owner, "2025-02", "2025-01-31", 100)
		p := e.payUnit(unit, 150, bill)
		require.Equal(t, seller, p.DebtorID)
		require.Equal(t, int64(50), p.AdvanceFen)
	})
	t.Run("a debtor in one community", func(t *testing.T) {
		unit, owner := e.household()
		bill := e.bill(unit, owner, "2025-01", "2025-01-31", 100)
		p := e.payment(100)
		p.DebtorID = owner
		recorded := e.pay(p)
		require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 100}}, recorded.Allocations)
		require.Empty(t, recorded.UnitID)
	})
	e.sound()
}

func TestPaymentThatNamesNobodyIsRefused(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 100)
	otherUnit, other := e.household()
	there := e.addCommunity()
	empty := e.addUnit(e.community)
	cases := map[string]func(p *money.NewPayment){
		"unit-or-debtor-needed": func(p *money.NewPayment) { p.UnitID = "" },
		"unit-unknown":          func(p *money.NewPayment) { p.UnitID = store.NewID() },
		"debtor-unknown":        func(p *money.NewPayment) { p.DebtorID = store.NewID() },
		"debtor-not-of-unit":    func(p *money.NewPayment) { p.DebtorID = other },
		"bill-not-of-payer":     func(p *money.NewPayment) { p.UnitID, p.BillIDs = otherUnit, []string{bill} },
		"community-unknown":     func(p *money.NewPayment) { p.CommunityID = store.NewID() },
		"unit-not-in-community": func(p *money.NewPayment) { p.CommunityID = there },
		"unit-has-no-debtor":    func(p *money.NewPayment) { p.UnitID = empty },
		"community-needed":      func(p *money.NewPayment) { p.UnitID, p.DebtorID = "", e.addPerson() },
		"amount-not-positive":   func(p *money.NewPayment) { p.AmountFen = -5 },
		"external-no-malformed": func(p *money.NewPayment) { p.ExternalNo = "" },
		"paid-in-future":        func(p *money.NewPayment) { p.PaidAt = e.Clock.Now().Add(time.Hour) },
	}
	for code, change := range cases {
		p := e.payment(100)
		p.UnitID = unit
		change(&p)
		_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, p)
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
	}
	require.Equal(t, int64(100), e.unpaid(bill))
	e.sound()
}

func TestDebtorInSeveralCommunitiesMustNameOne(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	here := e.bill(unit, owner, "2026-01", "2026-01-31", 100)
	second := e.addCommunity()
	villa := e.addUnit(second)
	b := e.line(villa, owner, "2026-01", "2026-01-31", 100)
	b.CommunityID = second
	require.Equal(t, 1, e.issue(b).Created)
	p := e.payment(100)
	p.DebtorID = owner
	_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, p)
	require.True(t, refusal.Is(err, "community-needed"), "%v", err)
	p.CommunityID = second
	require.Equal(t, second, e.pay(p).CommunityID)
	p = e.payment(150)
	p.DebtorID, p.BillIDs = owner, []string{here}
	recorded := e.pay(p)
	require.Equal(t, e.community, recorded.CommunityID)
	require.Equal(t, "002-00000001", func() string { // the second community's book has its own numbers
		var no string
		require.NoError(t, e.DB.GetContext(t.Context(), &no, `SELECT MAX(display_no) FROM receipt WHERE org_id = ?`, e.OrgID))
		return no
	}())
	e.sound()
}

func TestRepeatedPaymentIsTheFirst(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	otherUnit, other := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 100)
	p := e.payment(150)
	p.UnitID, p.ExternalNo = unit, "流水𠮷😀-1"
	first := e.pay(p)

	again, existed, err := e.Store.RecordPayment(t.Context(), e.Scope, p)
	require.NoError(t, err)
	require.True(t, existed)
	require.Equal(t, first, again)

	for name, change := range map[string]func(p *money.NewPayment){
		"another amount": func(p *money.NewPayment) { p.AmountFen++ },
		"another unit":   func(p *money.NewPayment) { p.UnitID = otherUnit },
		"another debtor": func(p *money.NewPayment) { p.UnitID, p.DebtorID = "", other },
	} {
		q := p
		change(&q)
		_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, q)
		require.True(t, refusal.Is(err, "payment-differs"), "%s: %v", name, err)
	}
	for name, no := range map[string]string{"case": "流水𠮷😀-1a", "other": "流水𠮷😀-1A"} {
		q := p
		q.ExternalNo, q.AmountFen = no, 1
		require.NotEqual(t, first.ID, e.pay(q).ID, name)
	}
	e.sound()
}

func TestConcurrentPayersGetGaplessReceiptsAndOneNumberOnePayment(t *testing.T) {
	e := newMoneyEnv(t)
	const payers, each = 8, 5
	var units []string
	for range payers {
		unit, owner := e.household()
		e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
		units = append(units, unit)
	}
	common := e.payment(70)
	common.UnitID = units[0]
	var wg sync.WaitGroup
	ids, errs := make([]string, payers), make([]error, payers)
	own := make([][]money.NewPayment, payers)
	for i := range payers {
		for range each {
			p := e.payment(30)
			p.UnitID = units[i]
			own[i] = append(own[i], p)
		}
	}
	for i := range payers {
		wg.Go(func() {
			p, _, err := e.Store.RecordPayment(t.Context(), e.Scope, common)
			ids[i], errs[i] = p.ID, err
			for _, p := range own[i] {
				_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, p)
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	var numbers []int
	require.NoError(t, e.DB.SelectContext(t.Context(), &numbers, `SELECT no FROM receipt WHERE org_id = ? ORDER BY no`, e.OrgID))
	require.Len(t, numbers, payers*each+1)
	for i, no := range numbers {
		require.Equal(t, i+1, no)
	}
	e.sound()
}

func TestReversalTakesEverythingBack(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	first := e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	p := e.payUnit(unit, 1500)
	later := e.bill(unit, owner, "2026-02", "2026-02-28", 400) // offset by the advance of 500
	require.Zero(t, e.unpaid(later))

	e.day(3)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, p.ID, " ")
	require.True(t, refusal.Is(err, "reason-needed"))
	reversed, err := e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "支票退票")
	require.NoError(t, err)
	require.Equal(t, money.PaymentReversed, reversed.Status)
	require.Empty(t, reversed.Allocations)
	require.Zero(t, reversed.AdvanceFen)
	require.Equal(t, "支票退票", reversed.ReversedWhy)
	require.Equal(t, int64(1000), e.unpaid(first))
	require.Equal(t, int64(400), e.unpaid(later))
	receipt, err := e.Store.Receipt(t.Context(), e.Scope, p.ReceiptNo)
	require.NoError(t, err)
	require.Equal(t, "void", receipt.Status)
	require.Equal(t, int64(500), receipt.AdvanceFen)
	require.Len(t, receipt.Lines, 1)
	require.Equal(t, "人民币壹拾伍元整", receipt.AmountWords)
	e.sound()

	_, err = e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "再次冲销")
	require.True(t, refusal.Is(err, "already-reversed"), "%v", err)
	_, err = e.Store.ReversePayment(t.Context(), e.Scope, store.NewID(), "没有")
	require.True(t, refusal.Is(err, "payment-not-found"), "%v", err)
	e.sound()
}

func TestReversalRunAgainByItsOwnCommandIsTheSameAnswer(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	p := e.payUnit(unit, 600)
	sc := e.Scope
	sc.CommandID = store.NewID()
	first, err := e.Store.ReversePayment(t.Context(), sc, p.ID, "记错房屋")
	require.NoError(t, err)
	again, err := e.Store.ReversePayment(t.Context(), sc, p.ID, "记错房屋")
	require.NoError(t, err)
	require.Equal(t, first, again)
	sc.CommandID = store.NewID()
	_, err = e.Store.ReversePayment(t.Context(), sc, p.ID, "记错房屋")
	require.True(t, refusal.Is(err, "already-reversed"))
	e.sound()
}

func TestReversalLetsOtherAdvancesPay(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	bounced := e.payUnit(unit, 1000)
	spare := e.payUnit(unit, 300)
	_, err := e.Store.ReversePayment(t.Context(), e.Scope, bounced.ID, "退票")
	require.NoError(t, err)
	require.Equal(t, int64(700), e.unpaid(bill))
	p, err := e.Store.Payment(t.Context(), e.Scope, spare.ID)
	require.NoError(t, err)
	require.Zero(t, p.AdvanceFen)
	e.sound()
}

func TestUnmatchedMoneyWaitsInSuspense(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	notice := e.payment(800)
	notice.UnitID, notice.Channel = store.NewID(), "sandbox"
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice))
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice), "a repeat changes nothing")
	other := notice
	other.AmountFen++
	require.True(t, refusal.Is(e.Store.ReceivePayment(t.Context(), e.Scope, other), "payment-differs"))
	counter := notice
	counter.UnitID = unit
	_, _, err := e.Store.RecordPayment(t.Context(), e.Scope, counter)
	require.True(t, refusal.Is(err, "payment-in-suspense"), "%v", err)
	e.sound()

	e.day(4)
	list, err := e.Store.Suspense(t.Context(), e.Scope, money.SuspenseFilter{Status: "open"}, page.Query{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	item := list.Items[0]
	require.Equal(t, int64(800), item.AmountFen)
	require.Equal(t, 4, item.AgeDays)
	require.Equal(t, "unit-unknown", item.Why)

	_, err = e.Store.MatchSuspense(t.Context(), e.Scope, item.ID, money.NewPayment{UnitID: store.NewID()})
	require.True(t, refusal.Is(err, "unit-unknown"))
	p, err := e.Store.MatchSuspense(t.Context(), e.Scope, item.ID, money.NewPayment{UnitID: unit})
	require.NoError(t, err)
	require.Equal(t, []money.Allocation{{BillID: bill, PrincipalFen: 800}}, p.Allocations)
	_, err = e.Store.MatchSuspense(t.Context(), e.Scope, item.ID, money.NewPayment{UnitID: unit})
	require.True(t, refusal.Is(err, "already-matched"))
	require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice), "a late repeat is still the same money")
	e.sound()

	_, err = e.Store.ReversePayment(t.Context(), e.Scope, p.ID, "认领错误")
	require.NoError(t, err)
	require.Equal(t, int64(1000), e.unpaid(bill))
	e.sound()
	p, err = e.Store.MatchSuspense(t.Context(), e.Scope, item.ID, money.NewPayment{DebtorID: owner})
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(p.ExternalNo, "#2"), p.ExternalNo)
	e.sound()
}

func TestAMatchedNoticeIsAPayment(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	notice := e.payment(1000)
	notice.UnitID, notice.Channel = unit, "sandbox"
	for range 3 {
		require.NoError(t, e.Store.ReceivePayment(t.Context(), e.Scope, notice))
	}
	require.Zero(t, e.unpaid(bill))
	other := notice
	other.AmountFen = 1
	require.True(t, refusal.Is(e.Store.ReceivePayment(t.Context(), e.Scope, other), "payment-differs"))
	bad := notice
	bad.AmountFen, bad.ExternalNo = -1, "other"
	require.True(t, refusal.Is(e.Store.ReceivePayment(t.Context(), e.Scope, bad), "amount-not-positive"))
	e.sound()
}

func TestPaymentsNeedPermission(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 1000)
	elsewhere := e.addCommunity()
	for name, c := range map[string]struct {
		role  access.Role
		reach []string
		may   bool
	}{
		"cashier here":      {access.Cashier, []string{e.community}, true},
		"cashier elsewhere": {access.Cashier, []string{elsewhere}, false},
		"worker":            {access.Worker, []string{e.community}, false},
		"steward":           {access.Steward, []string{e.community}, false},
	} {
		sc := access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: c.role, Level: access.LevelCommunity, Communities: c.reach, Money: access.MoneyDetail}}}
		p := e.payment(10)
		p.UnitID = unit
		recorded, _, err := e.Store.RecordPayment(t.Context(), sc, p)
		if !c.may {
			require.True(t, refusal.Is(err, "forbidden"), "%s: %v", name, err)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, sc.ActorID, recorded.RecordedBy)
		_, err = e.Store.ReversePayment(t.Context(), sc, recorded.ID, "测试")
		require.NoError(t, err)
	}
	e.sound()
}
