package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
)

// TestAStatementAndAClosingOnPaper: both are given as PDF to those who may read them, never kept on the way, and each paper
// that goes out is in the audit log. Reading the figures is not.
func TestAStatementAndAClosingOnPaper(t *testing.T) {
	h := newHarness(t, withPrinter)
	hh := h.household()
	var debtor string
	require.NoError(t, h.DB.GetContext(t.Context(), &debtor, `SELECT debtor_id FROM bill WHERE org_id = ? AND id = ?`, h.OrgID, hh.Bill))
	var closed money.Closing
	h.closing(access.Cashier, map[string]any{"community_id": h.community, "day": calendar.DateOf(h.Clock.Now())}).ok(http.StatusCreated, &closed)
	for _, c := range []struct {
		path, audited string
		mayNot        access.Role
		code          string
	}{
		{"/debtors/" + debtor + "/statement", "export-statement", access.Worker, "forbidden"},
		{"/closings/" + closed.ID, "export-closing", access.Steward, "forbidden"},
	} {
		exports := func() (n int) {
			require.NoError(t, h.DB.GetContext(t.Context(), &n, `SELECT COUNT(*) FROM audit WHERE org_id = ? AND action = ?`, h.OrgID, c.audited))
			return n
		}
		h.do(call{Path: c.path, Role: access.CompanyFinance}).ok(http.StatusOK, nil)
		require.Zero(t, exports())
		pdf := map[string]string{"Accept": "application/pdf"}
		h.do(call{Path: c.path, Role: c.mayNot, Headers: pdf}).problem(http.StatusForbidden, c.code)
		h.do(call{Path: c.path, Role: access.CompanyFinance, Headers: map[string]string{"Accept": "text/csv"}}).problem(http.StatusNotAcceptable, "not-acceptable")
		require.Zero(t, exports())
		a := h.do(call{Path: c.path, Role: access.CompanyFinance, Headers: pdf})
		require.Equal(t, http.StatusOK, a.Status, a)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.Contains(t, a.Header.Get("Content-Disposition"), ".pdf")
		require.True(t, bytes.HasPrefix(a.Body, []byte("%PDF-")))
		require.Equal(t, 1, exports())
	}
}
