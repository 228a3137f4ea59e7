package api_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/page"
	"steward/store"
)

// keepLedgers puts one entry of each ledger into a community.
func keepLedgers(h *harness, communityID string) (unitID string) {
	h.t.Helper()
	id := store.NewID
	k, now := h.Keys, h.Clock.Now()
	building, unit, meter, item := id(), id(), id(), id()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO building (org_id, id, community_id, name, name_key) VALUES (?,?,?,'1栋','1')`, []any{h.OrgID, building, communityID}},
		{`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,'1--101','101','1栋101',?)`, []any{h.OrgID, unit, communityID, building, now}},
		{`INSERT INTO fee_item (org_id, id, community_id, name, name_key) VALUES (?,?,?,'水费','水费')`, []any{h.OrgID, item, communityID}},
		{`INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, prepaid, from_on, created_by, created_at) VALUES (?,?,?,1,'metered','{"price_yuan":"3.45"}',TRUE,'2026-01-01',?,?)`,
			[]any{h.OrgID, id(), item, access.SystemActorID, now}},
		{`INSERT INTO meter (org_id, id, community_id, unit_id, kind, serial, serial_key, fee_item_id, created_at) VALUES (?,?,?,?,'water','W1','w1',?,?)`, []any{h.OrgID, meter, communityID, unit, item, now}},
		{`INSERT INTO meter_reading (org_id, id, meter_id, read_on, reading, source_kind, created_at) VALUES (?,?,?,'2026-01-31',100.5,'import',?)`, []any{h.OrgID, id(), meter, now}},
		{`INSERT INTO equipment (org_id, id, community_id, code, code_key, name, location, inspect_by, created_at) VALUES (?,?,?,'DT-01','dt-01','客梯','1栋100%','2026-12-31',?)`, []any{h.OrgID, id(), communityID, now}},
		{`INSERT INTO staff (org_id, id, community_id, identity_bidx, name_enc, name_bidx, phone_enc, post, role, created_at) VALUES (?,?,?,?,?,?,?,'维修工','worker',?)`,
			[]any{h.OrgID, id(), communityID, k.Index("x", communityID), k.Seal("测试师傅"), k.Index("n", "x"), k.Seal("13800000001"), now}},
	} {
		_, err := h.DB.ExecContext(h.t.Context(), s.query, s.args...)
		require.NoError(h.t, err)
	}
	return unit
}

func TestLedgersAreListedForThoseWhoWorkThere(t *testing.T) {
	h := newHarness(t)
	unit := keepLedgers(h, h.community)
	elsewhere := insertCommunity(t, h.Env, "别的小区")
	keepLedgers(h, elsewhere)
	works := []access.Role{access.Admin, access.CompanyFinance, access.RegionManager, access.CommunityManager, access.TeamLeader, access.Cashier, access.Steward, access.Dispatcher, access.Worker, access.Auditor}
	lives := []access.Role{access.Owner, access.Family, access.Tenant}
	for _, role := range access.Roles {
		t.Run(string(role), func(t *testing.T) {
			h := *h
			h.t = t
			at := func(path, communityID string) answered {
				if communityID != "" {
					path += "?community_id=" + communityID
				}
				return h.do(call{Method: "GET", Path: path, Role: role})
			}
			paths := []string{"/meter-readings", "/equipment", "/staff"}
			if !slices.Contains(works, role) {
				for _, path := range paths[1:] {
					at(path, "").problem(403, "forbidden")
					at(path, h.community).problem(403, "forbidden")
				}
				if slices.Contains(lives, role) {
					var none page.Of[estate.MeterReading]
					at("/meter-readings", "").ok(200, &none)
					require.Empty(t, none.Items, "nobody's own unit")
				} else {
					at("/meter-readings", "").problem(403, "forbidden")
				}
				at("/fee-items", h.community).problem(403, "forbidden")
				return
			}
			rows := 1
			if levelOf(role) == access.LevelCompany {
				rows = 2
			} else {
				at("/equipment", elsewhere).problem(403, "forbidden")
				at("/staff", elsewhere).problem(403, "forbidden")
			}
			var readings page.Of[estate.MeterReading]
			at("/meter-readings", "").ok(200, &readings)
			require.Len(t, readings.Items, rows)
			h.do(call{Method: "GET", Path: "/meter-readings?unit_id=" + unit, Role: role}).ok(200, &readings)
			require.Equal(t, []string{"W1", "100.500", "1栋101", "水费", "2026-01-31"},
				[]string{readings.Items[0].Serial, readings.Items[0].Reading, readings.Items[0].Unit, readings.Items[0].FeeItem, readings.Items[0].ReadOn.String()})

			var equipment page.Of[estate.Equipment]
			at("/equipment", "").ok(200, &equipment)
			require.Len(t, equipment.Items, rows)
			h.do(call{Method: "GET", Path: "/equipment?q=100%25&community_id=" + h.community, Role: role}).ok(200, &equipment)
			require.Equal(t, calendar.Date{Year: 2026, Month: 12, Day: 31}, *equipment.Items[0].InspectBy)
			h.do(call{Method: "GET", Path: "/equipment?q=5%25", Role: role}).ok(200, &equipment)
			require.Empty(t, equipment.Items)

			var staff page.Of[estate.Staff]
			at("/staff", h.community).ok(200, &staff)
			phone := "13800000001"
			if role == access.Worker || role == access.Auditor {
				phone = "138****0001"
			}
			require.Equal(t, []string{"测试师傅", phone, "worker"}, []string{staff.Items[0].Name, staff.Items[0].Phone, staff.Items[0].Role})

			var items page.Of[money.FeeItem]
			at("/fee-items", h.community).ok(200, &items)
			require.True(t, items.Items[0].Prepaid)
			require.Equal(t, "2026-01-01", items.Items[0].FromOn.String())
			require.JSONEq(t, `{"price_yuan":"3.45"}`, string(items.Items[0].Parameters))
		})
	}
}

func TestAResidentSeesTheReadingsOfTheOwnUnit(t *testing.T) {
	h := newHarness(t)
	unit := keepLedgers(h, h.community)
	token := h.signIn(access.Owner, access.LevelOwn, "")
	person := store.NewID()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO person (org_id, id, identity_bidx, name_enc, name_bidx, created_at) VALUES (?,?,?,?,?,?)`,
			[]any{h.OrgID, person, h.Keys.Index("i", "x"), h.Keys.Seal("测试甲"), h.Keys.Index("n", "x"), h.Clock.Now()}},
		{`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`, []any{h.OrgID, store.NewID(), unit, person, h.Clock.Now()}},
		{`UPDATE app_user SET person_id = ? WHERE org_id = ?`, []any{person, h.OrgID}},
	} {
		_, err := h.DB.ExecContext(t.Context(), s.query, s.args...)
		require.NoError(t, err)
	}
	other := insertCommunity(t, h.Env, "别的小区")
	keepLedgers(h, other)
	var readings page.Of[estate.MeterReading]
	h.do(call{Method: "GET", Path: "/meter-readings", Headers: map[string]string{"Authorization": "Bearer " + token}}).ok(200, &readings)
	require.Len(t, readings.Items, 1)
	require.Equal(t, unit, readings.Items[0].UnitID)
}
