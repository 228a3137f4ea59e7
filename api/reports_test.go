package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"steward/api"
	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/report"
	"steward/spreadsheet"
	"steward/store"
)

const xlsxAccept = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// reportHarness is a community with a bill of 250.60 of which 100.00 is paid, by an owner whose name looks like a formula.
func reportHarness(t *testing.T) *harness {
	h := newHarness(t, func(d *api.Deps) { d.Sheets = spreadsheet.New() })
	unit, person := store.NewID(), store.NewID()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,?,'101','1栋101',?)`, []any{h.OrgID, unit, h.community, store.NewID(), unit, h.Clock.Now()}},
		{`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, created_at) VALUES (?,?,?,?,?,?)`,
			[]any{h.OrgID, person, h.Keys.Index("identity", person), h.Keys.Seal("=1+1"), h.Keys.Index("name", person), h.Clock.Now()}},
		{`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`, []any{h.OrgID, store.NewID(), unit, person, h.Clock.Now()}},
	} {
		_, err := h.DB.ExecContext(t.Context(), s.query, s.args...)
		require.NoError(t, err)
	}
	today := h.Clock.Now()
	issued, err := h.Store.IssueBills(t.Context(), h.Scope, []money.NewBill{{CommunityID: h.community, UnitID: unit, DebtorID: person, FeeItem: "物业费",
		Period: "2026-01", DueOn: calendar.DateOf(today), AmountFen: 25_060}}, money.Source{Kind: money.FromBilling})
	require.NoError(t, err)
	require.Equal(t, 1, issued.Created)
	h.do(call{Method: http.MethodPost, Path: "/payments", Role: access.Cashier, Key: "auto", Body: map[string]any{
		"unit_id": unit, "amount_fen": 10_000, "method": "cash", "channel": "counter", "external_no": "r-1"}}).ok(http.StatusCreated, nil)
	return h
}

func TestReportsAsJSON(t *testing.T) {
	h := reportHarness(t)
	figures := func(name report.Name) map[string]any {
		var r struct {
			Name     string
			Figures  map[string]any
			Sections []report.Section
			CutOff   string `json:"cut_off"`
		}
		h.do(call{Path: "/reports/" + string(name) + "?community_id=" + h.community, Role: access.CompanyFinance}).ok(http.StatusOK, &r)
		require.Equal(t, string(name), r.Name)
		require.NotEmpty(t, r.CutOff)
		require.NotEmpty(t, r.Sections)
		return r.Figures
	}
	require.EqualValues(t, 10_000, figures(report.Takings)["net_fen"])
	require.EqualValues(t, 15_060, figures(report.ArrearsAge)["total_fen"])
	require.Equal(t, "0.3990", figures(report.CollectionRate)["rate"])
	require.EqualValues(t, 0, figures(report.Advances)["amount_fen"])
	require.EqualValues(t, 0, figures(report.Deposits)["amount_fen"])
	require.Equal(t, "0.0000", figures(report.OnlineShare)["share_by_amount"])
}

func TestAReportAsAFileHoldsNumbersAndNoFormulas(t *testing.T) {
	h := reportHarness(t)
	a := h.do(call{Path: "/reports/arrears-age?community_id=" + h.community, Role: access.CommunityManager, Headers: map[string]string{"Accept": xlsxAccept}})
	a.ok(http.StatusOK, nil)
	require.Equal(t, xlsxAccept, a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	f, err := excelize.OpenReader(bytes.NewReader(a.Body))
	require.NoError(t, err)
	require.Equal(t, []string{"按收费项目", "按缴费人"}, f.GetSheetList())
	rows, err := f.GetRows("按缴费人", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	head := rows[len(rows)-3]
	require.Equal(t, "缴费人", head[0])
	require.Equal(t, "'=1+1", rows[len(rows)-2][0])
	require.Equal(t, "150.6", rows[len(rows)-2][len(head)-1])
	require.Equal(t, "合计", rows[len(rows)-1][0])

	masked := h.do(call{Path: "/reports/arrears-age?community_id=" + h.community, Role: access.Auditor})
	masked.ok(http.StatusOK, nil)
	require.NotContains(t, string(masked.Body), "1+1")
	var exports int
	require.NoError(t, h.DB.GetContext(t.Context(), &exports, `SELECT COUNT(*) FROM audit WHERE org_id = ? AND action = 'export-report'`, h.OrgID))
	require.Equal(t, 1, exports)
}

func TestReportsAreRefused(t *testing.T) {
	h := reportHarness(t)
	other := insertCommunity(t, h.Env, "别的小区")
	path := "/reports/takings?community_id=" + h.community
	for _, role := range []access.Role{access.Steward, access.Worker, access.Dispatcher, access.Owner, access.Tenant, access.Family, access.TeamLeader} {
		h.do(call{Path: path, Role: role}).problem(http.StatusForbidden, "forbidden")
	}
	h.do(call{Path: path}).problem(http.StatusUnauthorized, "signed-out")
	h.do(call{Path: "/reports/takings?community_id=" + other, Role: access.Cashier}).problem(http.StatusForbidden, "forbidden")
	unknown := h.do(call{Path: strings.Replace(path, "takings", "gossip", 1), Role: access.Cashier}).problem(http.StatusNotFound, "report-unknown")
	require.Contains(t, unknown["names"], "takings")
	h.do(call{Path: "/reports/takings", Role: access.Cashier}).problem(http.StatusUnprocessableEntity, "community-needed")
	h.do(call{Path: path + "&from=2026-02-02&to=2026-02-01", Role: access.Cashier}).problem(http.StatusUnprocessableEntity, "range-malformed")
	h.do(call{Path: path + "&from=2020-02-02&to=2026-02-01", Role: access.Cashier}).problem(http.StatusUnprocessableEntity, "range-too-long")
	h.do(call{Path: path, Role: access.Cashier, Headers: map[string]string{"Accept": "application/pdf"}}).problem(http.StatusNotAcceptable, "not-acceptable")
}
