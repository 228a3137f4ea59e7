package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/sandbox"
	"steward/payprovider"
	"steward/store"
)

// collecting lets the API offer the sandbox, with its page.
func collecting(d *api.Deps) {
	s := d.Store.(*store.Store)
	box := &payprovider.Sandbox{Books: s, Clock: d.Clock, Secret: webhookSecret, BaseURL: "http://pay.invalid"}
	d.Collecting = map[string]checkout.Provider{"sandbox": box}
	d.Till = &payprovider.Till{Sandbox: box}
}

func TestOrdersByRole(t *testing.T) {
	h := newHarness(t, collecting)
	hh := h.household()
	may := map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.CommunityManager: true, access.Cashier: true}
	for _, role := range access.Roles {
		a := h.do(call{Method: "POST", Path: "/pay-orders", Role: role, Key: "auto", Body: map[string]any{"unit_id": hh.Unit}})
		if may[role] {
			var o checkout.Order
			a.ok(201, &o)
			require.Equal(t, []string{"sandbox", "created"}, []string{o.Provider, string(o.Status)})
			h.do(call{Method: "GET", Path: "/pay-orders/" + o.ID, Role: access.Worker}).problem(403, "forbidden")
			h.do(call{Method: "POST", Path: "/pay-orders/" + o.ID + "/close", Role: access.Auditor, Key: "auto"}).problem(403, "forbidden")
			h.do(call{Method: "POST", Path: "/pay-orders/" + o.ID + "/close", Role: role, Key: "auto"}).ok(200, &o)
			require.True(t, o.Closing)
			h.do(call{Method: "POST", Path: "/pay-orders/" + o.ID + "/look", Role: role, Key: "auto"}).ok(200, nil)
			continue
		}
		a.problem(403, "forbidden")
	}
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"another provider": {map[string]any{"unit_id": hh.Unit, "provider": "bank"}, 422, "provider-unknown"},
		"nothing named":    {map[string]any{}, 422, "unit-or-debtor-needed"},
		"no such unit":     {map[string]any{"unit_id": store.NewID()}, 422, "nothing-owed"},
		"a negative sum":   {map[string]any{"unit_id": hh.Unit, "amount_fen": -5}, 422, "invalid-field"},
		"a foreign bill":   {map[string]any{"unit_id": hh.Unit, "bill_ids": []string{store.NewID()}}, 422, "nothing-owed"},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			h.do(call{Method: "POST", Path: "/pay-orders", Role: access.Cashier, Key: "auto", Body: c.body}).problem(c.status, c.code)
		})
	}
	off := newHarness(t)
	off.do(call{Method: "POST", Path: "/pay-orders", Role: access.Cashier, Key: "auto", Body: map[string]any{"unit_id": store.NewID()}}).problem(422, "online-payment-off")
}

func TestANoticeOfAnOrderIsTheOrdersPaymentHoweverOften(t *testing.T) {
	h := newHarness(t, collecting)
	hh := h.household()
	var o checkout.Order
	h.do(call{Method: "POST", Path: "/pay-orders", Role: access.Cashier, Key: "auto", Body: map[string]any{"unit_id": hh.Unit}}).ok(201, &o)
	body := h.noticeBody(map[string]any{"order_no": o.ID, "external_no": "T-1", "amount_fen": o.AmountFen})
	for range 3 {
		h.notify("sandbox", body, sign(webhookSecret, body, time.Now())).ok(204, nil)
	}
	h.notify("sandbox", body, sign("another secret", body, time.Now())).problem(401, "bad-signature")
	h.do(call{Method: "GET", Path: "/pay-orders/" + o.ID, Role: access.Cashier}).ok(200, &o)
	require.Equal(t, checkout.OrderPaid, o.Status)
	var p money.Payment
	h.do(call{Method: "GET", Path: "/payments/" + o.PaymentID, Role: access.Cashier}).ok(200, &p)
	require.Equal(t, "sandbox", p.Channel)
	require.Equal(t, 1, h.payments())
	h.sound()
}

func TestALinkNeedsNoLoginAndShowsLittle(t *testing.T) {
	h := newHarness(t, collecting)
	hh := h.household()
	path := "/debtors/" + hh.Owner + "/pay-link"
	for _, role := range []access.Role{access.Worker, access.Auditor, access.Owner, access.Dispatcher} {
		h.do(call{Method: "POST", Path: path, Role: role, Key: "auto", Body: "{}"}).problem(403, "forbidden")
	}
	var made checkout.MadeLink
	h.do(call{Method: "POST", Path: path, Role: access.Steward, Key: "auto", Body: "{}"}).ok(201, &made)
	token := made.URL[strings.LastIndex(made.URL, "/")+1:]

	var debts checkout.Debts
	shown := h.do(call{Method: "GET", Path: "/pay-link", Headers: map[string]string{"X-Pay-Link": token}})
	shown.ok(200, &debts)
	require.Len(t, debts.Bills, 1)
	require.NotContains(t, string(shown.Body), hh.Owner)
	require.NotContains(t, string(shown.Body), hh.Unit)

	var o api.LinkOrder
	h.do(call{Method: "POST", Path: "/pay-link/orders", Key: "auto", Body: map[string]any{"token": token, "bill_ids": []string{debts.Bills[0].BillID}}}).ok(201, &o)
	h.do(call{Method: "GET", Path: "/pay-link/orders/" + o.ID, Headers: map[string]string{"X-Pay-Link": token}}).ok(200, &o)
	h.do(call{Method: "GET", Path: "/pay-link/orders/" + o.ID, Headers: map[string]string{"X-Pay-Link": token + "x"}}).problem(404, "link-invalid")
	h.do(call{Method: "GET", Path: "/pay-orders/" + o.ID}).problem(401, "signed-out")

	unknown := h.do(call{Method: "GET", Path: "/pay-link", Headers: map[string]string{"X-Pay-Link": strings.Repeat("A", 32)}}).problem(404, "link-invalid")
	h.Clock.Advance(checkout.LinkLife)
	expired := h.do(call{Method: "GET", Path: "/pay-link", Headers: map[string]string{"X-Pay-Link": token}}).problem(404, "link-invalid")
	require.Equal(t, unknown["detail"], expired["detail"], "an expired link and one that never was look alike")
}

func TestWhoTriesManyLinksHasToWait(t *testing.T) {
	h := newHarness(t, collecting)
	for range 100 {
		h.do(call{Method: "GET", Path: "/pay-link", Headers: map[string]string{"X-Pay-Link": "nonsense"}}).problem(404, "link-invalid")
	}
	h.do(call{Method: "GET", Path: "/pay-link", Headers: map[string]string{"X-Pay-Link": "nonsense"}}).problem(429, "too-many-attempts")
}

func TestTheSandboxPageExistsInDevOnly(t *testing.T) {
	h := newHarness(t, collecting)
	box := h.Store
	_, err := box.SandboxPlace(t.Context(), sandbox.PayOrder{No: "01ARZ3NDEKTSV4RRFFQ69G5FAV", ProviderNo: "SB", AmountFen: 1234, Subject: "测试",
		State: sandbox.OrderWaiting, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	page := func(h *harness) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.server.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/sandbox/pay/01ARZ3NDEKTSV4RRFFQ69G5FAV", nil))
		return w
	}
	w := page(h)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "12.34")
	require.Equal(t, 404, page(newHarness(t, noDev)).Code)
	newHarness(t, noDev).do(call{Method: "GET", Path: "/dev/sandbox/payments", Role: access.Admin}).problem(404, "not-found")

	h.do(call{Method: "PUT", Path: "/dev/sandbox/payments", Role: access.Cashier, Body: map[string]any{"mode": "lost"}}).problem(403, "forbidden")
	h.do(call{Method: "PUT", Path: "/dev/sandbox/payments", Role: access.Admin, Body: map[string]any{"mode": "sometimes"}}).problem(422, "invalid-field")
	var state api.SandboxPaymentState
	h.do(call{Method: "PUT", Path: "/dev/sandbox/payments", Role: access.Admin, Body: map[string]any{"mode": "ok", "refunds": "late", "delay_ms": 5}}).ok(200, &state)
	require.Equal(t, api.SandboxPaymentState{Mode: "ok", Refunds: "late", DelayMS: 5}, state)
}
