package api_test

import (
	"mime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/importing"
	"steward/spreadsheet"
)

func TestTemplatesAreForThoseWhoImport(t *testing.T) {
	h := newHarness(t, withSheets)
	importers := []access.Role{access.Admin, access.CompanyFinance, access.RegionManager, access.CommunityManager}
	for _, role := range access.Roles {
		a := h.do(call{Method: "GET", Path: "/import-templates/roster", Role: role})
		if !slices.Contains(importers, role) {
			a.problem(403, "forbidden")
			continue
		}
		require.Equal(t, 200, a.Status, "%s", a)
		require.Equal(t, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", a.Header.Get("Content-Type"))
		how, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		require.NoError(t, err)
		require.Equal(t, "attachment", how)
		require.Equal(t, "导入模板-房屋业主清册.xlsx", params["filename"])
		require.NoError(t, spreadsheet.New().Check("模板.xlsx", a.Body))
	}
	h.do(call{Method: "GET", Path: "/import-templates/recipes", Role: access.Admin}).problem(400, "unknown-import-kind")
	h.do(call{Method: "GET", Path: "/import-templates/people", Role: access.Admin}).problem(400, "unknown-import-kind")
	for _, kind := range []importing.Kind{importing.Receivables, importing.Payments, importing.FeeItems, importing.MeterReadings, importing.Equipment, importing.Staff} {
		require.Equal(t, 200, h.do(call{Method: "GET", Path: "/import-templates/" + string(kind), Role: access.CommunityManager}).Status)
	}
}
