package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/money"
	"steward/domain/page"
	"steward/payprovider"
	"steward/store"
)

const webhookSecret = "a secret of the tests"

func sign(secret, body string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func (h *harness) notify(provider, body, signature string) answered {
	return h.do(call{Method: "POST", Path: "/webhooks/payments/" + provider, Body: body, Headers: map[string]string{"X-Steward-Signature": signature}})
}

func (h *harness) noticeBody(change map[string]any) string {
	h.t.Helper()
	n := map[string]any{"amount_fen": 10000, "method": "wechat", "paid_at": h.Clock.Now().Format(time.RFC3339)}
	for k, v := range change {
		n[k] = v
	}
	b, err := json.Marshal(n)
	require.NoError(h.t, err)
	return string(b)
}

func (h *harness) count(query string, args ...any) int {
	h.t.Helper()
	var n int
	require.NoError(h.t, h.DB.GetContext(h.t.Context(), &n, query, args...))
	return n
}

func (h *harness) payments() int {
	return h.count(`SELECT COUNT(*) FROM payment WHERE org_id = ?`, h.OrgID)
}

func TestSignedNoticePaysOnce(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	body := h.noticeBody(map[string]any{"external_no": "wx-1", "unit_id": hh.Unit})
	for range 3 {
		a := h.notify("sandbox", body, sign(webhookSecret, body, time.Now()))
		a.ok(204, nil)
		require.Empty(t, a.Body)
	}
	require.Equal(t, 1, h.payments())
	require.Zero(t, h.count(`SELECT unpaid_fen FROM bill WHERE id = ?`, hh.Bill))
	other := h.noticeBody(map[string]any{"external_no": "wx-1", "unit_id": hh.Unit, "amount_fen": 1})
	h.notify("sandbox", other, sign(webhookSecret, other, time.Now())).problem(409, "payment-differs")
	h.sound()
}

func TestForgedNoticesAreOnlyCounted(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	body := h.noticeBody(map[string]any{"external_no": "wx-2", "unit_id": hh.Unit})
	good := sign(webhookSecret, body, time.Now())
	at, _, found := strings.Cut(good, "v1=")
	require.True(t, found)
	before := h.count(`SELECT COALESCE(SUM(n), 0) FROM webhook_refusal`)
	forged := []string{
		"", "nonsense", "t=,v1=", strings.Replace(good, "v1=", "v2=", 1),
		sign("another secret", body, time.Now()),
		sign(webhookSecret, body+" ", time.Now()),
		sign(webhookSecret, body, time.Now().Add(-6*time.Minute)),
		sign(webhookSecret, body, time.Now().Add(6*time.Minute)),
		"t=9223372036854775807," + strings.TrimPrefix(good, at),
		at + "v1=" + strings.Repeat("0", 64),
	}
	for _, s := range forged {
		h.notify("sandbox", body, s).problem(401, "bad-signature")
	}
	require.Equal(t, len(forged), h.count(`SELECT COALESCE(SUM(n), 0) FROM webhook_refusal`)-before)
	require.Zero(t, h.payments())
	require.Zero(t, h.count(`SELECT COUNT(*) FROM suspense WHERE org_id = ?`, h.OrgID))
	require.Zero(t, h.count(`SELECT COUNT(*) FROM audit WHERE org_id = ? AND action LIKE '%payment%'`, h.OrgID))

	unset := newHarness(t, func(d *api.Deps) {
		d.Noticing = map[string]checkout.Provider{"sandbox": &payprovider.Sandbox{Books: d.Store.(*store.Store), Clock: d.Clock}}
	})
	unset.notify("sandbox", body, sign("", body, time.Now())).problem(401, "bad-signature")
	twoKeys := good + ",v1=" + strings.Repeat("0", 64)
	h.notify("sandbox", body, twoKeys).ok(204, nil)
}

func TestNoticesThatAreRefused(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	signed := func(body string) answered { return h.notify("sandbox", body, sign(webhookSecret, body, time.Now())) }
	for _, body := range []string{"{", "[]", `"text"`, "null", `{"amount_fen": "x"}`, `{"amount_fen": 1.5}`, `{"paid_at": "yesterday"}`, `{} {}`, "\x00"} {
		signed(body).problem(400, "malformed-body")
	}
	signed(h.noticeBody(map[string]any{"external_no": "wx-3", "unit_id": hh.Unit, "amount_fen": -1})).problem(422, "amount-not-positive")
	signed(h.noticeBody(map[string]any{"unit_id": hh.Unit})).problem(422, "external-no-malformed")
	body := h.noticeBody(map[string]any{"external_no": "wx-4", "unit_id": hh.Unit})
	h.notify("nobody", body, sign(webhookSecret, body, time.Now())).problem(404, "provider-unknown")
	large := h.noticeBody(map[string]any{"external_no": "wx-5", "note": strings.Repeat("x", 64<<10)})
	signed(large).problem(413, "too-large")
	require.Zero(t, h.payments())
	h.sound()
}

func TestANoticeForNobodyWaitsUntilItIsMatched(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	for i, who := range []map[string]any{{"unit_id": store.NewID()}, {"debtor_id": store.NewID()}, {}, {"unit_id": "3栋101"}} {
		who["external_no"] = fmt.Sprintf("wx-s%d", i)
		body := h.noticeBody(who)
		for range 2 {
			h.notify("sandbox", body, sign(webhookSecret, body, time.Now())).ok(204, nil)
		}
	}
	require.Zero(t, h.payments())
	var list page.Of[money.SuspenseItem]
	h.do(call{Method: "GET", Path: "/suspense?status=open", Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 4)
	h.sound()

	match := call{Method: "POST", Path: "/suspense/" + list.Items[0].ID + "/match", Role: access.Cashier, Key: "auto", Body: map[string]string{"unit_id": hh.Unit}}
	var p money.Payment
	h.do(match).ok(200, &p)
	require.Equal(t, []money.Allocation{{BillID: hh.Bill, PrincipalFen: 10000}}, p.Allocations)
	h.do(match).problem(409, "already-matched")
	match.Path = "/suspense/" + store.NewID() + "/match"
	h.do(match).problem(404, "suspense-not-found")
	h.do(call{Method: "GET", Path: "/suspense?status=open", Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 3)
	h.sound()
}
