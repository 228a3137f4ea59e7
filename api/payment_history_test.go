package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/audit"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

// resident signs in somebody who lives in a household.
func (h *harness) resident(personID string) {
	h.t.Helper()
	delete(h.tokens, access.Owner)
	h.token(access.Owner)
	_, err := h.DB.ExecContext(h.t.Context(), `UPDATE app_user SET person_id = ? WHERE org_id = ? AND id = (SELECT user_id FROM role_grant WHERE org_id = ? AND role = 'owner' ORDER BY id DESC LIMIT 1)`,
		personID, h.OrgID, h.OrgID)
	require.NoError(h.t, err)
}

func TestAPaymentHistoryIsReadWithAReasonAndKept(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	var first, second money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(hh.Unit, 10000, "H-1")}).ok(201, &first)
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(hh.Unit, 500, "H-2")}).ok(201, &second)
	path := "/units/" + hh.Unit + "/payment-history"
	for role, status := range map[access.Role]int{access.CompanyFinance: 200, access.CommunityManager: 200, access.Cashier: 200, access.Steward: 403, access.Worker: 403,
		access.Vendor: 403, access.Dispatcher: 403, access.TeamLeader: 403, access.Owner: 403, access.Family: 403} {
		a := h.do(call{Method: "GET", Path: path + "?reason=call", Role: role})
		if status == 403 {
			a.problem(403, "forbidden")
			continue
		}
		var list page.Of[money.Payment]
		a.ok(200, &list)
		require.Len(t, list.Items, 2)
		require.Equal(t, []string{second.ID, first.ID}, []string{list.Items[0].ID, list.Items[1].ID})
	}
	h.do(call{Method: "GET", Path: path, Role: access.Cashier}).problem(422, "reason-needed")
	h.do(call{Method: "GET", Path: path + "?reason=%20", Role: access.Cashier}).problem(422, "reason-needed")
	h.do(call{Method: "GET", Path: path + "?reason=" + strings.Repeat("x", 201), Role: access.Cashier}).problem(422, "reason-too-long")
	h.do(call{Method: "GET", Path: path + "?reason=x&limit=-1", Role: access.Cashier}).problem(400, "invalid-parameter")
	h.do(call{Method: "GET", Path: "/units/" + store.NewID() + "/payment-history?reason=x", Role: access.Cashier}).problem(404, "unit-not-found")
	elsewhere := h.signIn(access.Cashier, access.LevelCommunity, insertCommunity(t, h.Env, "别的小区"))
	h.do(call{Method: "GET", Path: path + "?reason=x", Headers: map[string]string{"Authorization": "Bearer " + elsewhere}}).problem(403, "forbidden")

	var list page.Of[money.Payment]
	h.do(call{Method: "GET", Path: path + "?reason=x&limit=1", Role: access.Cashier}).ok(200, &list)
	var rest page.Of[money.Payment]
	h.do(call{Method: "GET", Path: path + "?reason=x&limit=1&cursor=" + list.NextCursor, Role: access.Cashier}).ok(200, &rest)
	require.Equal(t, first.ID, rest.Items[0].ID)
	require.Empty(t, rest.NextCursor)

	var trail page.Of[audit.Entry]
	h.do(call{Method: "GET", Path: "/audit?limit=100&subject=" + hh.Unit + "&action=read-payment-history", Role: access.Auditor}).ok(200, &trail)
	require.Len(t, trail.Items, 5, "three roles, and two pages; nothing that was refused")
	require.Equal(t, "x", trail.Items[0].Why)
	h.do(call{Method: "GET", Path: "/audit?limit=100&subject=" + hh.Unit + "&action=refuse-payment-history", Role: access.Auditor}).ok(200, &trail)
	require.Len(t, trail.Items, 8)
}

// A resident's grant reaches the community, and shows nothing there but the own household's money.
func TestAResidentSeesNothingOfTheNeighbours(t *testing.T) {
	h := newHarness(t, withPrinter)
	own, next := h.household(), h.household()
	h.resident(own.Owner)
	var p money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(next.Unit, 100, "N-1")}).ok(201, &p)
	var mine money.Payment
	h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: h.payBody(own.Unit, 100, "N-2")}).ok(201, &mine)
	for path, status := range map[string]int{
		"/units/" + next.Unit + "/account": 403, "/debtors/" + next.Owner + "/account": 403, "/debtors/" + next.Owner + "/statement": 403,
		"/units/" + next.Unit + "/payment-history?reason=x": 403, "/bills/" + next.Bill: 404, "/bills/" + next.Bill + "/corrections": 404,
		"/payments/" + p.ID: 404, "/receipts/" + p.ReceiptNo: 404, "/units/" + next.Unit: 404, "/units/" + next.Unit + "/changes": 404,
		"/staff?community_id=" + h.community: 403, "/equipment?community_id=" + h.community: 403, "/communities/" + h.community + "/go-live": 403,
		"/units/" + own.Unit + "/account": 200, "/debtors/" + own.Owner + "/account": 200, "/debtors/" + own.Owner + "/statement": 200, "/bills/" + own.Bill: 200,
		"/units/" + own.Unit + "/payment-history": 200, "/receipts/" + mine.ReceiptNo: 200, "/fee-items": 200, "/fee-items?community_id=" + h.community: 200,
	} {
		a := h.do(call{Method: "GET", Path: path, Role: access.Owner})
		require.Equal(t, status, a.Status, "%s: %s", path, a)
	}
	h.do(call{Method: "GET", Path: "/receipts/" + p.ReceiptNo, Role: access.Owner}).problem(404, "receipt-not-found")
	h.do(call{Method: "GET", Path: "/receipts/999-00000001", Role: access.Owner}).problem(404, "receipt-not-found")
	for _, path := range []string{"/bills", "/payments"} {
		var list page.Of[struct {
			DebtorID string `json:"debtor_id"`
		}]
		h.do(call{Method: "GET", Path: path + "?community_id=" + h.community, Role: access.Owner}).ok(200, &list)
		require.Len(t, list.Items, 1)
		require.Equal(t, own.Owner, list.Items[0].DebtorID)
	}
	pdf := map[string]string{"Accept": "application/pdf"}
	require.Equal(t, 200, h.do(call{Method: "GET", Path: "/receipts/" + mine.ReceiptNo, Role: access.Owner, Headers: pdf}).Status)
}

func TestWhatSomeoneElsesCommunityKeepsIsNotTold(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	elsewhere := insertCommunity(t, h.Env, "别的小区")
	there := h.signIn(access.CommunityManager, access.LevelCommunity, elsewhere)
	layout := "/communities/" + h.community + "/receipt-layout"
	h.do(call{Method: "GET", Path: layout, Role: access.Cashier}).ok(200, nil)
	h.do(call{Method: "GET", Path: layout, Headers: map[string]string{"Authorization": "Bearer " + there}}).problem(403, "forbidden")
	h.do(call{Method: "GET", Path: "/communities/" + store.NewID() + "/receipt-layout", Role: access.Admin}).problem(404, "unknown-community")

	var st money.Statement
	h.do(call{Method: "GET", Path: "/debtors/" + hh.Owner + "/statement", Role: access.Auditor}).ok(200, &st)
	require.Equal(t, "业*", st.Debtor, "an auditor may not see people")

	var items page.Of[money.FeeItem]
	h.do(call{Method: "GET", Path: "/fee-items", Role: access.Cashier}).ok(200, &items)
	require.Len(t, items.Items, 1)
	h.do(call{Method: "GET", Path: "/fee-items", Headers: map[string]string{"Authorization": "Bearer " + there}}).ok(200, &items)
	require.Empty(t, items.Items)
}
