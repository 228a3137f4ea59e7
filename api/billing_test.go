package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/page"
	"steward/store"
)

func TestBillingRunsOverHTTP(t *testing.T) {
	h := newHarness(t)
	exec := func(query string, args ...any) {
		_, err := h.DB.ExecContext(t.Context(), query, args...)
		require.NoError(t, err)
	}
	ask := map[string]any{"community_id": h.community, "period": "2026-02"}
	h.do(call{Method: "POST", Path: "/billing-runs/preview", Role: access.CompanyFinance, Body: ask}).problem(422, "settlement-not-signed")

	item, version, settlement, unit, owner, now := store.NewID(), store.NewID(), store.NewID(), store.NewID(), store.NewID(), h.Clock.Now()
	exec(`INSERT INTO fee_item (org_id, id, community_id, name, name_key) VALUES (?,?,?,'物业费','物业费')`, h.OrgID, item, h.community)
	exec(`INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, from_on, created_by, created_at) VALUES (?,?,?,1,'built_area','{"price_yuan":"2.80"}','2020-01-01',?,?)`,
		h.OrgID, version, item, owner, now)
	exec(`INSERT INTO settlement_version (org_id, id, community_id, no, status, from_on, body, examples, proposed_by, proposed_at) VALUES (?,?,?,1,'signed','2026-01-01',?,'[]',?,?)`,
		h.OrgID, settlement, h.community, `{"fee_item_version_ids":["`+version+`"],"first_day":"2026-01-01"}`, owner, now)
	exec(`UPDATE community SET settlement_id = ? WHERE org_id = ? AND id = ?`, settlement, h.OrgID, h.community)
	exec(`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, built_area_m2, created_at) VALUES (?,?,?,?,'1-1-101','101','1栋1单元101','89.50',?)`, h.OrgID, unit, h.community, unit, now)
	exec(`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, created_at) VALUES (?,?,?,?,?,?)`, h.OrgID, owner, h.Keys.Index("identity", owner), h.Keys.Seal("业主"), h.Keys.Index("name", owner), now)
	exec(`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`, h.OrgID, store.NewID(), unit, owner, now)

	var preview billingrun.Preview
	h.do(call{Method: "POST", Path: "/billing-runs/preview", Role: access.CompanyFinance, Body: ask}).ok(200, &preview)
	require.Equal(t, int64(25060), preview.Totals.AmountFen)
	require.NotEmpty(t, preview.Lines[0].Explanation)
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Body: ask}).problem(400, "idempotency-key-required")
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Key: "auto", Body: map[string]any{"community_id": h.community, "period": "2026-2"}}).problem(422, "period-malformed")
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Key: "auto", Body: map[string]any{"community_id": store.NewID(), "period": "2026-02"}}).problem(403, "forbidden")

	var run, again billingrun.Detail
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Key: "once", Body: ask}).ok(201, &run)
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Key: "once", Body: ask}).ok(201, &again)
	require.Equal(t, run.ID, again.ID)
	h.do(call{Method: "POST", Path: "/billing-runs", Role: access.CommunityManager, Key: "auto", Body: ask}).problem(409, "run-open")
	path := "/billing-runs/" + run.ID
	work := func() {
		for more := true; more; {
			done, err := h.Store.AdvanceBillingRun(t.Context(), h.Scope, run.ID)
			require.NoError(t, err)
			more = done.More
		}
	}
	h.do(call{Method: "POST", Path: path + "/approve", Role: access.CompanyFinance, Key: "auto"}).problem(409, "not-allowed-in-state")
	work()
	h.do(call{Method: "POST", Path: path + "/approve", Role: access.CommunityManager, Key: "auto"}).problem(403, "maker-is-checker")
	h.do(call{Method: "POST", Path: path + "/approve", Role: access.CompanyFinance, Key: "auto"}).ok(200, &run)
	require.Equal(t, billingrun.Issuing, run.Status)
	work()
	h.do(call{Method: "GET", Path: path, Role: access.Auditor}).ok(200, &run)
	require.Equal(t, [2]any{billingrun.Issued, 1}, [2]any{run.Status, run.Issued})
	var lines page.Of[billingrun.Line]
	h.do(call{Method: "GET", Path: path + "/lines?only=new", Role: access.Cashier}).ok(200, &lines)
	require.Equal(t, lines.Items[0].ID, lines.Items[0].BillID)
	h.do(call{Method: "GET", Path: path + "/lines?only=everything", Role: access.Cashier}).problem(422, "filter-unknown")
	h.do(call{Method: "POST", Path: path + "/void", Role: access.CommunityManager, Key: "auto", Body: map[string]any{}}).problem(422, "reason-needed")
	h.do(call{Method: "POST", Path: path + "/void", Role: access.CommunityManager, Key: "auto", Body: map[string]any{"reason": "单价录错"}}).ok(202, nil)
	h.do(call{Method: "GET", Path: "/billing-runs/" + store.NewID(), Role: access.Auditor}).problem(404, "billing-run-not-found")
	h.do(call{Method: "GET", Path: "/billing-runs/全", Role: access.Auditor}).problem(404, "not-found")
}

func TestWhoMayBill(t *testing.T) {
	h := newHarness(t)
	sees := map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.CommunityManager: true, access.RegionManager: true, access.Cashier: true, access.Auditor: true}
	bills := map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.CommunityManager: true}
	for _, role := range access.Roles {
		list := h.do(call{Method: "GET", Path: "/billing-runs?community_id=" + h.community, Role: role})
		open := h.do(call{Method: "POST", Path: "/billing-runs", Role: role, Key: "auto", Body: map[string]any{"community_id": h.community, "period": "2026-02"}})
		if sees[role] {
			list.ok(200, nil)
		} else {
			list.problem(403, "forbidden")
		}
		if bills[role] {
			open.problem(422, "settlement-not-signed")
		} else {
			open.problem(403, "forbidden")
		}
	}
}
