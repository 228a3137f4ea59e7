package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
	"steward/store"
)

func TestStatementByAPI(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	path := "/debtors/" + hh.Owner + "/statement"
	for role, status := range map[access.Role]int{access.Admin: 200, access.CompanyFinance: 200, access.CommunityManager: 200, access.Cashier: 200,
		access.Steward: 403, access.Worker: 403, access.Dispatcher: 403, access.Owner: 403} {
		got := h.do(call{Method: "GET", Path: path, Role: role})
		if status == 403 {
			got.problem(403, "forbidden")
			continue
		}
		var st money.Statement
		got.ok(200, &st)
		require.Equal(t, hh.Owner, st.DebtorID)
		require.NotEmpty(t, st.Debtor)
		require.Equal(t, h.community, st.CommunityID)
		require.Len(t, st.Bills, 1)
		require.Equal(t, st.PrincipalFen, st.Bills[0].UnpaidFen)
		require.Nil(t, st.Versions)
	}
	var both money.Statement
	h.do(call{Method: "GET", Path: path + "?versions=both&community_id=" + h.community, Role: access.Cashier}).ok(200, &both)
	require.Len(t, both.Versions, 2)
	for query, want := range map[string]string{"?versions=three": "invalid-parameter", "?as_of=yesterday": "invalid-parameter", "?community_id=" + store.NewID(): "community-not-found"} {
		got := h.do(call{Method: "GET", Path: path + query, Role: access.Cashier})
		require.Contains(t, []int{400, 404, 422}, got.Status)
		require.Contains(t, string(got.Body), want, query)
	}
	h.do(call{Method: "GET", Path: "/debtors/" + store.NewID() + "/statement", Role: access.Cashier}).problem(404, "debtor-not-found")
}

func TestAccountsAndBillsOfAPastDayByAPI(t *testing.T) {
	h := newHarness(t)
	hh := h.household()
	var a money.AccountView
	h.do(call{Method: "GET", Path: "/debtors/" + hh.Owner + "/account?as_of=2026-03-01&known_on=2020-01-01", Role: access.Cashier}).ok(200, &a)
	require.Zero(t, *a.PrincipalFen, "nothing was known then")
	require.Empty(t, a.Bills)
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill + "?as_of=2020-01-01", Role: access.Cashier}).problem(404, "bill-not-found")
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill + "?known_on=soon", Role: access.Cashier}).problem(400, "invalid-parameter")
	var b money.Bill
	h.do(call{Method: "GET", Path: "/bills/" + hh.Bill, Role: access.Cashier}).ok(200, &b)
	require.Equal(t, b.UnpaidFen, b.PayableFen)
}
