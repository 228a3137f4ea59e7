package store_test

import (
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
)

// payOrder makes an order of the desk.
func (e *moneyEnv) payOrder(n checkout.NewOrder) checkout.Order {
	e.t.Helper()
	n.Provider = "sandbox"
	o, err := e.Store.CreatePayOrder(e.t.Context(), e.Scope, n, nil)
	require.NoError(e.t, err)
	return o
}

func (e *moneyEnv) payOrderNow(id string) checkout.Order {
	e.t.Helper()
	o, err := e.Store.PayOrder(e.t.Context(), e.Scope, id, nil)
	require.NoError(e.t, err)
	return o
}

func (e *moneyEnv) receipt(no string, fen int64) checkout.Receipt {
	return checkout.Receipt{TransactionNo: no, Method: "wechat", PaidFen: fen, PaidAt: e.Clock.Now()}
}

func (e *moneyEnv) settleOrder(o checkout.Order, r checkout.Receipt) {
	e.t.Helper()
	require.NoError(e.t, e.Store.SettlePayOrder(e.t.Context(), e.Scope, "sandbox", o.ID, r))
}

func (e *moneyEnv) rows(query string, args ...any) int {
	e.t.Helper()
	var n int
	require.NoError(e.t, e.DB.GetContext(e.t.Context(), &n, query, append([]any{e.OrgID}, args...)...))
	return n
}

func (e *moneyEnv) payments() int { return e.rows(`SELECT COUNT(*) FROM payment WHERE org_id = ?`) }

func TestAnOrderPaysTheBillsThatWereChosen(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	older, newer := e.bill(unit, owner, "2026-01", "2026-01-31", 25060), e.bill(unit, owner, "2026-02", "2026-02-28", 25060)

	o := e.payOrder(checkout.NewOrder{DebtorID: owner, BillIDs: []string{newer}})
	require.Equal(t, int64(25060), o.AmountFen)
	require.Equal(t, checkout.OrderCreated, o.Status)
	require.Equal(t, 1, e.rows(`SELECT COUNT(*) FROM delivery WHERE org_id = ? AND kind = 'refresh-pay-order' AND target = ?`, o.ID))
	ref := checkout.Ref{OrgID: e.OrgID, ID: o.ID}
	require.NoError(t, e.Store.PayOrderAsked(t.Context(), ref))
	require.NoError(t, e.Store.PayOrderPlaced(t.Context(), ref, checkout.Placed{ProviderNo: "P1", PayURL: "https://pay.invalid/1", QR: "qr"}))
	require.Equal(t, "https://pay.invalid/1", e.payOrderNow(o.ID).PayURL)

	e.settleOrder(o, e.receipt("T1", 25060))
	paid := e.payOrderNow(o.ID)
	require.Equal(t, checkout.OrderPaid, paid.Status)
	require.NotEmpty(t, paid.ReceiptNo)
	require.Empty(t, paid.PayURL, "nobody is sent to pay twice")
	require.False(t, paid.NeedsAttention)
	require.Equal(t, int64(25060), e.unpaid(older))
	require.Zero(t, e.unpaid(newer))
	require.Equal(t, 1, e.rows(`SELECT COUNT(*) FROM payment WHERE org_id = ? AND source_kind = 'pay_order' AND source_id = ?`, o.ID))
	e.sound()
}

func TestANoticeAndALookAtTheSameMomentAreOnePayment(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 25060)
	o := e.payOrder(checkout.NewOrder{UnitID: unit})
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = e.Store.SettlePayOrder(t.Context(), e.Scope, "sandbox", o.ID, e.receipt("T1", 25060))
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 1, e.payments())
	require.False(t, e.payOrderNow(o.ID).NeedsAttention)
	e.sound()
}

func TestMoneyOfAnOrderIsNeverRefused(t *testing.T) {
	for name, c := range map[string]struct {
		before    func(e *moneyEnv, o checkout.Order, bill string)
		fen       int64
		payments  int
		suspense  int
		attention bool
		why       string
	}{
		"after it was closed": {before: func(e *moneyEnv, o checkout.Order, _ string) {
			require.NoError(e.t, e.Store.PayOrderEnded(e.t.Context(), checkout.Ref{OrgID: e.OrgID, ID: o.ID}, checkout.OrderClosed, ""))
		}, fen: 25060, payments: 1, why: "关闭后到账"},
		"another amount": {fen: 25059, payments: 1, attention: true, why: "不符"},
		"its bill is paid already": {before: func(e *moneyEnv, o checkout.Order, bill string) {
			e.payUnit(o.UnitID, 25060, bill)
		}, fen: 25060, payments: 2},
		"a second payment of the same order": {before: func(e *moneyEnv, o checkout.Order, _ string) {
			e.settleOrder(o, e.receipt("T0", 25060))
		}, fen: 25060, payments: 2, attention: true, why: "两笔付款"},
		"the debtor is gone": {before: func(e *moneyEnv, o checkout.Order, _ string) {
			e.exec(`UPDATE pay_order SET debtor_id = ? WHERE id = ?`, store.NewID(), o.ID)
		}, fen: 25060, suspense: 1, attention: true, why: "待认领款"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newMoneyEnv(t)
			unit, owner := e.household()
			bill := e.bill(unit, owner, "2026-01", "2026-01-31", 25060)
			o := e.payOrder(checkout.NewOrder{UnitID: unit})
			if c.before != nil {
				c.before(e, o, bill)
			}
			for range 2 {
				e.settleOrder(o, e.receipt("T1", c.fen))
			}
			require.Equal(t, c.payments, e.payments())
			require.Equal(t, c.suspense, e.rows(`SELECT COUNT(*) FROM suspense WHERE org_id = ?`))
			now := e.payOrderNow(o.ID)
			require.Equal(t, checkout.OrderPaid, now.Status)
			require.Equal(t, c.attention, now.NeedsAttention, now.Why)
			require.Contains(t, now.Why, c.why)
			e.sound()
		})
	}
}

func TestMoneyForAnUnknownOrderWaitsInSuspense(t *testing.T) {
	e := newMoneyEnv(t)
	for _, no := range []string{store.NewID(), "not an id", "小区"} {
		require.NoError(t, e.Store.SettlePayOrder(t.Context(), e.Scope, "sandbox", no, e.receipt("T1", 100)))
	}
	require.Equal(t, 1, e.rows(`SELECT COUNT(*) FROM suspense WHERE org_id = ?`))
	e.sound()
}

func TestWhoMayMakeAnOrder(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	settled, neighbour := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 25060)
	resident := func(person string) access.Scope {
		return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), PersonID: person, Grants: []access.Grant{{Role: access.Owner, Level: access.LevelOwn, Money: access.MoneyDetail}}}
	}
	staff := func(role access.Role, community string) access.Scope {
		return access.Scope{OrgID: e.OrgID, ActorID: store.NewID(), Grants: []access.Grant{{Role: role, Level: access.LevelCommunity, Communities: []string{community}, Money: access.MoneyDetail}}}
	}
	for name, c := range map[string]struct {
		scope access.Scope
		order checkout.NewOrder
		code  string
	}{
		"the debtor":                      {resident(owner), checkout.NewOrder{}, ""},
		"the debtor, a bill":              {resident(owner), checkout.NewOrder{BillIDs: []string{bill}}, ""},
		"a neighbour for the debtor":      {resident(neighbour), checkout.NewOrder{DebtorID: owner}, "forbidden"},
		"a neighbour for the unit":        {resident(neighbour), checkout.NewOrder{UnitID: unit}, "nothing-owed"},
		"a neighbour, another's bill":     {resident(neighbour), checkout.NewOrder{BillIDs: []string{bill}, AmountFen: 1, CommunityID: e.community}, "bill-not-payable"},
		"the cashier":                     {staff(access.Cashier, e.community), checkout.NewOrder{UnitID: unit}, ""},
		"a cashier of another community":  {staff(access.Cashier, store.NewID()), checkout.NewOrder{UnitID: unit}, "forbidden"},
		"a cashier elsewhere, the debtor": {staff(access.Cashier, store.NewID()), checkout.NewOrder{DebtorID: owner}, "nothing-owed"},
		"elsewhere, nothing owed":         {staff(access.Cashier, store.NewID()), checkout.NewOrder{DebtorID: neighbour}, "nothing-owed"},
		"elsewhere, a unit owing nothing": {staff(access.Cashier, store.NewID()), checkout.NewOrder{UnitID: settled}, "forbidden"},
		"a worker, a unit owing nothing":  {staff(access.Worker, e.community), checkout.NewOrder{UnitID: settled}, "forbidden"},
		"a neighbour for whoever":         {resident(neighbour), checkout.NewOrder{DebtorID: store.NewID()}, "forbidden"},
		"the steward":                     {staff(access.Steward, e.community), checkout.NewOrder{UnitID: unit}, "forbidden"},
		"nothing named":                   {staff(access.Cashier, e.community), checkout.NewOrder{}, "unit-or-debtor-needed"},
		"a bill twice":                    {staff(access.Cashier, e.community), checkout.NewOrder{DebtorID: owner, BillIDs: []string{bill, bill}}, "bill-not-payable"},
		"a negative amount":               {staff(access.Cashier, e.community), checkout.NewOrder{DebtorID: owner, AmountFen: -1}, "amount-not-positive"},
		"no id at all":                    {staff(access.Cashier, e.community), checkout.NewOrder{DebtorID: "' OR 1=1"}, "id-malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.Store.CreatePayOrder(t.Context(), c.scope, c.order, nil)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, refusal.Is(err, c.code), "%v", err)
		})
	}
	own := e.payOrder(checkout.NewOrder{UnitID: unit})
	for scope, sees := range map[*access.Scope]bool{new(resident(owner)): true, new(resident(neighbour)): false, new(staff(access.Cashier, e.community)): true, new(staff(access.Cashier, store.NewID())): false} {
		_, err := e.Store.PayOrder(t.Context(), *scope, own.ID, nil)
		require.Equal(t, sees, err == nil, "%v", err)
		list, err := e.Store.PayOrders(t.Context(), *scope, checkout.OrderFilter{}, page.Query{Limit: 50})
		require.NoError(t, err)
		require.Equal(t, sees, len(list.Items) > 0)
	}
}

func TestStartingAnewClosesTheOrderBefore(t *testing.T) {
	e := newMoneyEnv(t)
	unit, owner := e.household()
	e.bill(unit, owner, "2026-01", "2026-01-31", 25060)
	before := e.payOrder(checkout.NewOrder{UnitID: unit})
	after := e.payOrder(checkout.NewOrder{UnitID: unit})
	require.True(t, e.payOrderNow(before.ID).Closing)
	require.False(t, e.payOrderNow(after.ID).Closing)
	head, err := e.Store.PayOrderHead(t.Context(), checkout.Ref{OrgID: e.OrgID, ID: before.ID})
	require.NoError(t, err)
	require.True(t, head.Ending)

	again := e.Scope
	again.CommandID = after.ID
	repeated, err := e.Store.CreatePayOrder(t.Context(), again, checkout.NewOrder{UnitID: unit}, nil)
	require.NoError(t, err)
	require.Equal(t, after.ID, repeated.ID, "a repeated command finds its own order")
}

func TestALinkShowsAndPaysOneDebtorsBills(t *testing.T) {
	e := newMoneyEnv(t)
	e.Store.PublishAt("https://pay.example.com/")
	unit, owner := e.household()
	bill := e.bill(unit, owner, "2026-01", "2026-01-31", 25060)
	_, other := e.household()
	foreign := e.bill(unit, other, "2026-01", "2026-01-31", 999)

	made, err := e.Store.MakePayLink(t.Context(), e.Scope, owner, "")
	require.NoError(t, err)
	require.Regexp(t, `^https://pay\.example\.com/pay/[A-Za-z0-9_-]{32}$`, made.URL)
	token := made.URL[len("https://pay.example.com/pay/"):]
	sum := sha256.Sum256([]byte(token))
	require.Equal(t, 1, e.rows(`SELECT COUNT(*) FROM pay_link WHERE org_id = ? AND token_sha256 = ?`, sum[:]))

	link, err := e.Store.OpenPayLink(t.Context(), token)
	require.NoError(t, err)
	debts, err := e.Store.LinkDebts(t.Context(), link)
	require.NoError(t, err)
	require.Len(t, debts.Bills, 1)
	require.Equal(t, bill, debts.Bills[0].BillID)
	require.Equal(t, "1栋1单元*01", debts.Bills[0].Unit)
	require.NotContains(t, debts.Payer, owner, "no name but a masked one")
	require.Equal(t, int64(25060), debts.TotalFen)

	holder := access.Scope{OrgID: link.OrgID, ActorID: link.ID}
	_, err = e.Store.CreatePayOrder(t.Context(), holder, checkout.NewOrder{BillIDs: []string{foreign}, Provider: "sandbox"}, &link)
	require.True(t, refusal.Is(err, "nothing-owed") || refusal.Is(err, "bill-not-payable"), "%v", err)
	o, err := e.Store.CreatePayOrder(t.Context(), holder, checkout.NewOrder{DebtorID: other, BillIDs: []string{bill}, Provider: "sandbox"}, &link)
	require.NoError(t, err)
	require.Equal(t, owner, o.DebtorID)
	_, err = e.Store.PayOrder(t.Context(), holder, o.ID, &link)
	require.NoError(t, err)
	desk := e.payOrder(checkout.NewOrder{DebtorID: owner})
	_, err = e.Store.PayOrder(t.Context(), holder, desk.ID, &link)
	require.True(t, refusal.Is(err, "pay-order-not-found"), "a link sees only what it has made")

	e.Clock.Advance(checkout.LinkLife)
	for _, dead := range []string{token, "", "nonsense", token + "x", "小区"} {
		_, err = e.Store.OpenPayLink(t.Context(), dead)
		require.True(t, refusal.Is(err, "link-invalid"), dead)
	}
}

func TestOnlyPaymentsThroughAProviderAreOnline(t *testing.T) {
	require.True(t, money.Online("sandbox"))
	for _, channel := range []string{"counter", "wechat", "bank", ""} {
		require.False(t, money.Online(channel))
	}
	require.Greater(t, checkout.OrderLife, 10*time.Minute)
}
