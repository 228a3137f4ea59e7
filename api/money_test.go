package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

// household puts a unit with its owner and one bill of 100 yuan into the harness's community.
type household struct{ Unit, Owner, Bill string }

func (h *harness) household() household {
	h.t.Helper()
	hh := household{Unit: store.NewID(), Owner: store.NewID()}
	now := h.Clock.Now()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,?,'101','1栋1单元101',?)`,
			[]any{h.OrgID, hh.Unit, h.community, store.NewID(), hh.Unit, now}},
		{`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, created_at) VALUES (?,?,?,?,?,?)`,
			[]any{h.OrgID, hh.Owner, h.Keys.Index("identity", hh.Owner), h.Keys.Seal("业主"), h.Keys.Index("name", hh.Owner), now}},
		{`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`,
			[]any{h.OrgID, store.NewID(), hh.Unit, hh.Owner, now}},
	} {
		_, err := h.DB.ExecContext(h.t.Context(), s.query, s.args...)
		require.NoError(h.t, err)
	}
	due := calendar.DateOf(now).AddDays(-20)
	issued, err := h.Store.IssueBills(h.t.Context(), h.Scope, []money.NewBill{{CommunityID: h.community, UnitID: hh.Unit, DebtorID: hh.Owner,
		FeeItem: "物业费", Period: "2026-02", DueOn: due, AmountFen: 10000}}, money.Source{Kind: money.FromBilling})
	require.NoError(h.t, err)
	require.Equal(h.t, 1, issued.Created)
	require.NoError(h.t, h.DB.GetContext(h.t.Context(), &hh.Bill, `SELECT id FROM bill WHERE org_id = ? AND unit_id = ?`, h.OrgID, hh.Unit))
	return hh
}

func (h *harness) payBody(unit string, fen int64, no string) map[string]any {
	return map[string]any{"unit_id": unit, "amount_fen": fen, "method": "cash", "channel": "counter", "external_no": no, "paid_at": h.Clock.Now().Format(time.RFC3339)}
}

func (h *harness) sound() {
	h.t.Helper()
	found, err := h.Store.CheckBooks(h.t.Context(), h.Scope)
	require.NoError(h.t, err)
	require.Empty(h.t, found)
}

func TestPayReadReverse(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	var p money.Payment
	body := h.payBody(hh.Unit, 12000, "A-1")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(201, &p)
	require.Equal(t, []money.Allocation{{BillID: hh.Bill, PrincipalFen: 10000}}, p.Allocations)
	require.Equal(t, int64(2000), p.AdvanceFen)
	require.NotEmpty(t, p.ReceiptNo)

	var again money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(200, &again)
	require.Equal(t, p, again)
	body["amount_fen"] = 12001
	var other struct {
		money.Payment
		Differs bool `json:"differs"`
	}
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(200, &other)
	require.True(t, other.Differs, "the caller is told that nothing was booked now")
	require.Equal(t, p, other.Payment)

	var a money.AccountView
	h.do(call{Method: "GET", Path: "/units/" + hh.Unit + "/account", Role: access.Cashier}).ok(200, &a)
	require.Equal(t, int64(-2000), *a.BalanceFen)
	require.Len(t, a.Bills, 1)
	require.Len(t, a.Payments, 1)
	h.do(call{Method: "GET", Path: "/debtors/" + hh.Owner + "/account?as_of=2026-03-01", Role: access.Cashier}).ok(200, &a)
	require.Equal(t, int64(10000), *a.PrincipalFen, "before the payment")
	h.do(call{Method: "GET", Path: "/debtors/" + hh.Owner + "/account?as_of=yesterday", Role: access.Cashier}).problem(400, "invalid-parameter")

	var receipt money.Receipt
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Cashier}).ok(200, &receipt)
	require.Equal(t, "issued", receipt.Status)
	require.Equal(t, "人民币壹佰贰拾元整", receipt.AmountWords)
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Cashier, Headers: map[string]string{"Accept": "text/html"}}).problem(406, "not-acceptable")
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Cashier, Headers: map[string]string{"Accept": "application/pdf"}}).problem(503, "printing-unavailable")
	h.do(call{Method: "GET", Path: "/receipts/nothing", Role: access.Cashier}).problem(404, "receipt-not-found")

	var list page.Of[money.Payment]
	h.do(call{Method: "GET", Path: "/payments?community_id=" + h.community + "&date=" + calendar.DateOf(h.Clock.Now()).String(), Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 1)
	h.do(call{Method: "GET", Path: "/payments?date=2020-01-01", Role: access.Cashier}).ok(200, &list)
	require.Empty(t, list.Items)

	reverse := call{Method: "POST", Path: "/payments/" + p.ID + "/reverse", Role: access.Cashier, Key: "one-key-0001", Body: map[string]string{"reason": "记错房屋"}}
	var first, second money.Payment
	h.do(reverse).ok(200, &first)
	require.Equal(t, money.PaymentReversed, first.Status)
	h.do(reverse).ok(200, &second)
	require.Equal(t, first, second, "the same key is the same answer")
	reverse.Key = "auto"
	h.do(reverse).problem(409, "already-reversed")
	var b money.Bill
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill, Role: access.Cashier}).ok(200, &b)
	require.Equal(t, money.BillUnpaid, b.Status)
	require.Len(t, b.Allocations, 2)
	h.sound()
}

func TestPaymentsThatAreRefused(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	other := h.household()
	for i, c := range []struct {
		change map[string]any
		status int
		code   string
	}{
		{map[string]any{"amount_fen": 0}, 422, "amount-not-positive"},
		{map[string]any{"amount_fen": -100}, 422, "amount-not-positive"},
		{map[string]any{"amount_fen": int64(money.MaxFen) + 1}, 422, "amount-too-large"},
		{map[string]any{"amount_fen": 1.5}, 400, "malformed-body"},
		{map[string]any{"amount_fen": "100"}, 400, "malformed-body"},
		{map[string]any{"amount_fen": nil}, 400, "malformed-body"},
		{map[string]any{"unit_id": store.NewID()}, 422, "unit-unknown"},
		{map[string]any{"unit_id": "三栋"}, 422, "unit-unknown"},
		{map[string]any{"unit_id": ""}, 422, "unit-or-debtor-needed"},
		{map[string]any{"debtor_id": store.NewID()}, 422, "debtor-unknown"},
		{map[string]any{"debtor_id": other.Owner}, 422, "debtor-not-of-unit"},
		{map[string]any{"bill_ids": []string{other.Bill}}, 422, "bill-not-of-payer"},
		{map[string]any{"bill_ids": []string{"账单"}}, 422, "bill-not-of-payer"},
		{map[string]any{"method": "现金"}, 422, "method-malformed"},
		{map[string]any{"channel": strings.Repeat("c", 33)}, 422, "channel-malformed"},
		{map[string]any{"channel": "柜台"}, 422, "channel-malformed"},
		{map[string]any{"external_no": ""}, 422, "external-no-malformed"},
		{map[string]any{"external_no": "a\nb"}, 422, "external-no-malformed"},
		{map[string]any{"external_no": strings.Repeat("长", 97)}, 422, "external-no-malformed"},
		{map[string]any{"paid_at": h.Clock.Now().Add(time.Hour).Format(time.RFC3339)}, 422, "paid-in-future"},
		{map[string]any{"paid_at": "1970-01-01T00:00:00Z"}, 422, "paid-at-malformed"},
	} {
		body := h.payBody(hh.Unit, 100, fmt.Sprintf("R-%d", i))
		for k, v := range c.change {
			body[k] = v
		}
		h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).problem(c.status, c.code)
	}
	missing := h.payBody(hh.Unit, 100, "R-x")
	delete(missing, "external_no")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: missing}).problem(422, "invalid-field")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Body: missing}).problem(400, "idempotency-key-required")

	body := h.payBody(hh.Unit, 100, "流水𠮷😀号")
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(201, nil)
	h.sound()
}

func TestWhoSeesAndTakesMoney(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	for role, want := range map[access.Role]struct {
		take    bool
		account string // what of an account: detail, totals, none
	}{
		access.Admin:            {true, "detail"},
		access.CompanyFinance:   {true, "detail"},
		access.CommunityManager: {true, "detail"},
		access.Cashier:          {true, "detail"},
		access.Steward:          {false, "totals"},
		access.Worker:           {false, "none"},
		access.Dispatcher:       {false, "none"},
		access.TeamLeader:       {false, "none"},
		access.Owner:            {false, "none"}, // of another unit
	} {
		pay := h.do(call{Method: "POST", Path: "/payments", Role: role, Key: "auto", Body: h.payBody(hh.Unit, 1, "W-"+string(role))})
		suspense := h.do(call{Method: "GET", Path: "/suspense", Role: role})
		if want.take {
			pay.ok(201, nil)
			suspense.ok(200, nil)
		} else {
			pay.problem(403, "forbidden")
			suspense.problem(403, "forbidden")
		}
		for _, path := range []string{"/units/" + hh.Unit + "/account", "/debtors/" + hh.Owner + "/account"} {
			got := h.do(call{Method: "GET", Path: path, Role: role})
			if want.account == "none" {
				got.problem(403, "forbidden")
				continue
			}
			var a map[string]any
			got.ok(200, &a)
			require.Contains(t, a, "balance_fen", role)
			require.Equal(t, want.account == "detail", a["bills"] != nil, role)
			require.Equal(t, want.account == "detail", a["payments"] != nil, role)
		}
		bills := h.do(call{Method: "GET", Path: "/bills?unit_id=" + hh.Unit, Role: role})
		switch {
		case want.account == "detail":
			var list page.Of[money.Bill]
			bills.ok(200, &list)
			require.Len(t, list.Items, 1, role)
		case role == access.Owner:
			require.Contains(t, []int{200, 403}, bills.Status)
			require.NotContains(t, string(bills.Body), hh.Bill)
		default:
			bills.problem(403, "forbidden")
		}
	}
}

func TestFeeItemsByAPI(t *testing.T) {
	h := newHarness(t)
	h.household()
	var made money.FeeItem
	body := map[string]any{"community_id": h.community, "name": "车位管理费", "formula": "fixed", "parameters": map[string]int{"amount_fen": 30000}}
	h.do(call{Method: "POST", Path: "/fee-items", Role: access.CommunityManager, Key: "auto", Body: body}).ok(201, &made)
	require.JSONEq(t, `{"amount_fen":30000}`, string(made.Parameters))
	h.do(call{Method: "POST", Path: "/fee-items", Role: access.CommunityManager, Key: "auto", Body: body}).problem(409, "fee-item-exists")
	h.do(call{Method: "POST", Path: "/fee-items", Role: access.Cashier, Key: "auto", Body: body}).problem(403, "forbidden")
	var list page.Of[money.FeeItem]
	h.do(call{Method: "GET", Path: "/fee-items?community_id=" + h.community, Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 2)
}
