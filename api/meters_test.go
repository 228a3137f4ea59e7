package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/store"
)

func (h *harness) insertUnit() string {
	h.t.Helper()
	id, building := store.NewID(), store.NewID()
	_, err := h.DB.ExecContext(h.t.Context(), `INSERT INTO building (org_id, id, community_id, name, name_key) VALUES (?,?,?,'3栋','3')`, h.OrgID, building, h.community)
	require.NoError(h.t, err)
	_, err = h.DB.ExecContext(h.t.Context(), `INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, built_area_m2, created_at) VALUES (?,?,?,?,?,?,?,80,?)`,
		h.OrgID, id, h.community, building, "3-2-1501", "1501", "3栋2单元1501", h.Clock.Now())
	require.NoError(h.t, err)
	return id
}

func (h *harness) command(role access.Role, path string, body any) answered {
	h.t.Helper()
	return h.do(call{Method: "POST", Path: path, Role: role, Key: "auto", Body: body})
}

type m = map[string]any

func TestReadingsByRoleAndBadInput(t *testing.T) {
	h := newHarness(t)
	unit, today := h.insertUnit(), calendar.DateOf(h.Clock.Now())
	var meter struct{ ID string }
	h.command(access.CommunityManager, "/meters", m{"community_id": h.community, "unit_id": unit, "kind": "water", "serial": "W1"}).ok(201, &meter)
	h.command(access.CommunityManager, "/meters", m{"community_id": h.community, "unit_id": unit, "kind": "water", "serial": "w1"}).problem(409, "meter-exists")
	h.command(access.CommunityManager, "/meters", m{"community_id": h.community, "kind": "water"}).problem(422, "meter-name-needed")
	h.command(access.Steward, "/meters", m{"community_id": h.community, "kind": "water", "name": "总表"}).problem(403, "forbidden")

	reading := func(on calendar.Date, value string, more ...any) m {
		body := m{"meter_id": meter.ID, "read_on": on.String(), "reading": value}
		for i := 0; i+1 < len(more); i += 2 {
			body[more[i].(string)] = more[i+1]
		}
		return body
	}
	for _, role := range []access.Role{access.Worker, access.Owner, access.Tenant, access.Auditor, access.Dispatcher} {
		h.command(role, "/meter-readings", reading(today, "1")).problem(403, "forbidden")
	}
	for i, role := range []access.Role{access.Cashier, access.Steward, access.TeamLeader, access.CommunityManager, access.CompanyFinance, access.Admin} {
		h.command(role, "/meter-readings", reading(today.AddDays(i-30), "100")).ok(201, nil)
	}
	h.command(access.Cashier, "/meter-readings", m{"unit_id": unit, "meter_kind": "water", "read_on": today.AddDays(-20).String(), "reading": "101"}).ok(201, nil)
	for code, c := range map[string]struct {
		status int
		body   m
	}{
		"reading-below-last":   {422, reading(today, "100.9")},
		"reading-in-future":    {422, reading(today.AddDays(1), "200")},
		"reading-exists":       {409, reading(today.AddDays(-20), "102")},
		"bad-reading":          {422, reading(today, "viel")},
		"digits-needed":        {422, reading(today, "3", "reset", "rollover")},
		"meter-unknown":        {422, m{"unit_id": unit, "meter_kind": "gas", "read_on": today.String(), "reading": "1"}},
		"meter-needed":         {422, m{"read_on": today.String(), "reading": "1"}},
		"read-on-needed":       {422, m{"meter_id": meter.ID, "reading": "200"}},
		"one-or-several":       {422, m{"readings": []m{}}},
		"invalid-field":        {422, reading(today, "200", "reset", "stolen")},
		"read-on-malformed":    {422, m{"meter_id": meter.ID, "read_on": "1900-01-01", "reading": "1"}},
		"final-reading-needed": {422, reading(today, "3", "reset", "replaced")},
	} {
		t.Run(code, func(t *testing.T) {
			h := *h
			h.t = t
			p := h.command(access.Cashier, "/meter-readings", c.body).problem(c.status, code)
			require.NotEmpty(t, p["errors"], "the field is named")
		})
	}
	p := h.command(access.Cashier, "/meter-readings", reading(today, "100.9")).problem(422, "reading-below-last")
	require.Equal(t, "101", p["last_reading"])

	var entered struct {
		Items []struct{ ID, Status, ReviewWhy string }
	}
	h.command(access.Cashier, "/meter-readings", m{"readings": []m{reading(today.AddDays(-1), "9000")}}).ok(201, &entered)
	require.Equal(t, "review", entered.Items[0].Status)
	review := "/meter-readings/" + entered.Items[0].ID + "/review"
	h.command(access.Cashier, review, m{"decision": "accept"}).problem(403, "forbidden")
	h.command(access.CommunityManager, review, m{"decision": "perhaps"}).problem(422, "invalid-field")
	h.command(access.CommunityManager, review, m{"decision": "reject", "note": "看错了"}).ok(200, nil)
	h.command(access.CompanyFinance, review, m{"decision": "accept"}).problem(409, "reading-rejected")
	h.command(access.CompanyFinance, "/meter-readings/01ARZ3NDEKTSV4RRFFQ69G5FAV/review", m{"decision": "accept"}).problem(404, "reading-not-found")
	h.command(access.Admin, "/meter-readings", reading(today.AddDays(-1), "9001")).ok(201, &entered)
	h.command(access.Admin, review, m{"decision": "accept"}).problem(403, "maker-is-checker")

	h.do(call{Method: "PUT", Path: "/communities/" + h.community + "/reading-rules", Role: access.CommunityManager, Body: m{"high_factor": "0.5", "zero_use": true, "periods": 3}}).
		problem(422, "high-factor-malformed")
	h.do(call{Method: "PUT", Path: "/communities/" + h.community + "/reading-rules", Role: access.Cashier, Body: m{"high_factor": "5", "zero_use": true, "periods": 3}}).problem(403, "forbidden")
	h.do(call{Method: "PUT", Path: "/communities/" + h.community + "/reading-rules", Role: access.CommunityManager, Body: m{"high_factor": "5", "zero_use": false, "periods": 3}}).ok(200, nil)
	var rules []struct {
		Rule struct {
			HighFactor string `json:"high_factor"`
		}
	}
	h.do(call{Method: "GET", Path: "/communities/" + h.community + "/reading-rules", Role: access.Cashier}).ok(200, &rules)
	require.Equal(t, "5", rules[0].Rule.HighFactor)
	var meters struct {
		Items []struct{ ID, LastReading string }
	}
	h.do(call{Method: "GET", Path: "/meters?community_id=" + h.community + "&q=3%231501", Role: access.Cashier}).ok(200, &meters)
	require.Len(t, meters.Items, 1)
	h.do(call{Method: "GET", Path: "/meters?community_id=" + h.community, Role: access.Owner}).problem(403, "forbidden")
}

func TestUnitChangesByRoleAndBadInput(t *testing.T) {
	h := newHarness(t)
	unit, today := h.insertUnit(), calendar.DateOf(h.Clock.Now())
	for _, role := range []access.Role{access.Cashier, access.Steward, access.Worker, access.Owner, access.Auditor} {
		h.command(role, "/units/"+unit+"/changes", m{"from": today.String(), "status": "vacant"}).problem(403, "forbidden")
		h.command(role, "/units/"+unit+"/occupancies", m{"role": "owner", "name": "甲", "from": today.String()}).problem(403, "forbidden")
	}
	h.command(access.CommunityManager, "/units/"+unit+"/changes", m{"from": today.String(), "status": "gone"}).problem(422, "invalid-field")
	h.command(access.CommunityManager, "/units/"+unit+"/changes", m{"from": today.String(), "built_area_m2": "0"}).problem(422, "bad-area")
	h.command(access.CommunityManager, "/units/01ARZ3NDEKTSV4RRFFQ69G5FAV/changes", m{"from": today.String(), "status": "vacant"}).problem(404, "not-found")
	h.command(access.CommunityManager, "/units/"+unit+"/changes", m{"from": today.String(), "status": "vacant", "built_area_m2": "81.5"}).ok(201, nil)
	var list struct{ Items []m }
	h.do(call{Method: "GET", Path: "/units/" + unit + "/changes", Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 2)
	h.command(access.CommunityManager, "/units/"+unit+"/occupancies", m{"role": "owner", "name": "甲", "phone": "13800001111", "from": today.String()}).ok(201, nil)
	h.command(access.CommunityManager, "/units/"+unit+"/occupancies", m{"role": "owner", "name": "乙", "from": today.String()}).problem(409, "role-taken")
	h.command(access.CommunityManager, "/units/"+unit+"/occupancies", m{"role": "developer", "name": "乙", "from": today.String()}).problem(422, "invalid-field")
	h.do(call{Method: "GET", Path: "/units/" + unit + "/changes", Role: access.Owner}).problem(404, "not-found")
}

func TestSuspenseByRole(t *testing.T) {
	h := newHarness(t)
	for _, role := range []access.Role{access.Steward, access.Worker, access.Owner, access.Auditor} {
		h.do(call{Method: "GET", Path: "/suspense", Role: role}).problem(403, "forbidden")
		h.do(call{Method: "GET", Path: "/suspense/01ARZ3NDEKTSV4RRFFQ69G5FAV/candidates", Role: role}).problem(403, "forbidden")
		h.command(role, "/suspense/01ARZ3NDEKTSV4RRFFQ69G5FAV/keeper", m{"user_id": ""}).problem(403, "forbidden")
	}
	h.do(call{Method: "GET", Path: "/suspense?keeper=none&community_id=" + h.community, Role: access.Cashier}).ok(200, nil)
	h.do(call{Method: "GET", Path: "/suspense?status=gone", Role: access.Cashier}).problem(400, "invalid-parameter")
	h.do(call{Method: "GET", Path: "/suspense/01ARZ3NDEKTSV4RRFFQ69G5FAV/candidates", Role: access.Cashier}).problem(404, "suspense-not-found")
	h.command(access.Cashier, "/suspense/01ARZ3NDEKTSV4RRFFQ69G5FAV/keeper", m{"user_id": ""}).problem(404, "suspense-not-found")
}
