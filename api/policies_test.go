package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/store"
)

const threeStages = `{"name":"三步","stages":[
	{"key":"first","offset_days":1,"offset_from":"due","action":"message","channels":["sms"],"template":"{{name}}：{{amount}}"},
	{"key":"second","offset_days":3,"offset_from":"previous","action":"message","channels":["sms","mail"],"template":"{{name}}：{{amount}}","min_amount_fen":100},
	{"key":"legal","offset_days":90,"offset_from":"due","action":"legal"}],
	"min_gap_days":1,"max_touches_per_week":3,"quiet_hours":{"from":"21:00","to":"09:00"}}`

type policyBody struct {
	ID        string           `json:"id"`
	VersionID string           `json:"version_id"`
	Version   int              `json:"version"`
	Stages    []map[string]any `json:"stages"`
}

func TestPoliciesOverHTTP(t *testing.T) {
	h := newHarness(t)
	h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.CommunityManager, Body: threeStages}).problem(400, "idempotency-key-required")
	key := store.NewID()
	first := h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.CommunityManager, Key: key, Body: threeStages})
	var made policyBody
	first.ok(201, &made)
	require.Equal(t, 1, made.Version)
	require.Len(t, made.Stages, 3)
	require.Equal(t, true, made.Stages[2]["needs_approval"], "legal steps wait for a person")
	again := h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.CommunityManager, Key: key, Body: threeStages})
	require.JSONEq(t, string(first.Body), string(again.Body))

	var next policyBody
	h.do(call{Method: "POST", Path: "/dunning-policies/" + made.ID + "/versions", Role: access.CommunityManager, Key: "auto", Body: threeStages}).ok(201, &next)
	require.Equal(t, made.ID, next.ID)
	require.Equal(t, 2, next.Version)
	require.NotEqual(t, made.VersionID, next.VersionID)
	h.do(call{Method: "POST", Path: "/dunning-policies/" + made.ID + "/versions", Role: access.CommunityManager, Key: "auto", Body: threeStages,
		Headers: map[string]string{"If-Match": `"1"`}}).problem(412, "stale-version")

	var list struct {
		Items []policyBody `json:"items"`
	}
	h.do(call{Method: "GET", Path: "/dunning-policies", Role: access.Steward}).ok(200, &list)
	require.Len(t, list.Items, 1)
	require.Equal(t, next.VersionID, list.Items[0].VersionID)
	h.do(call{Method: "GET", Path: "/dunning-policies", Role: access.Worker}).problem(403, "forbidden")
	h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.Steward, Key: "auto", Body: threeStages}).problem(403, "forbidden")
}

func TestRefusedPolicyPointsAtItsFields(t *testing.T) {
	h := newHarness(t)
	a := h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.Admin, Key: "auto",
		Body: `{"name":"坏","stages":[{"key":"a","action":"cut_power"},{"key":"a","action":"message","channels":["sms"],"template":"{{secret}}"}]}`})
	p := a.problem(422, "forbidden-action")
	require.Contains(t, p["detail"], "民法典")
	locations := []any{}
	for _, e := range p["errors"].([]any) {
		locations = append(locations, e.(map[string]any)["location"])
	}
	require.ElementsMatch(t, []any{"stages[0].action", "stages[1].template", "stages[1].key"}, locations)
}

func TestCalendarGoLiveAndPreviewOverHTTP(t *testing.T) {
	h := newHarness(t)
	require.NoError(t, h.Store.SeedHolidays(t.Context(), h.OrgID))
	path := "/communities/" + h.community + "/calendar"
	a := h.do(call{Method: "GET", Path: path, Role: access.Steward})
	var sheet map[string]any
	a.ok(200, &sheet)
	require.Equal(t, `"1"`, a.Header.Get("ETag"))
	sheet["quiet_hours"] = map[string]string{"from": "20:00", "to": "09:30"}
	body, err := json.Marshal(sheet)
	require.NoError(t, err)
	h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: body}).ok(200, &sheet)
	require.Equal(t, map[string]any{"from": "20:00", "to": "09:30"}, sheet["quiet_hours"])
	h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: body}).problem(412, "stale-version")
	h.do(call{Method: "PUT", Path: path, Role: access.CommunityManager, Body: `{"quiet_hours":{"from":"09:00","to":"08:30"}}`}).problem(422, "quiet-hours")
	h.do(call{Method: "PUT", Path: path, Role: access.Steward, Body: `{}`}).problem(403, "forbidden")

	live := "/communities/" + h.community + "/go-live"
	var g map[string]any
	h.do(call{Method: "PUT", Path: live, Role: access.CommunityManager, Body: `{"guard":true,"test_phones":["13800000001"],"signed_off":false}`}).ok(200, &g)
	require.Equal(t, true, g["guard"])
	h.do(call{Method: "GET", Path: live, Role: access.CommunityManager}).ok(200, &g)
	require.Equal(t, []any{"13800000001"}, g["test_phones"])

	var made policyBody
	h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.CommunityManager, Key: "auto", Body: threeStages}).ok(201, &made)
	var p map[string]any
	h.do(call{Method: "POST", Path: "/campaigns/preview", Role: access.CommunityManager, Body: map[string]any{"community_ids": []string{h.community}, "policy_id": made.ID}}).ok(200, &p)
	require.EqualValues(t, 0, p["households"])
	require.Equal(t, []any{}, p["schedule"])
	require.Equal(t, []any{}, p["excluded"])
	var items map[string]any
	h.do(call{Method: "GET", Path: "/campaigns/previews/" + p["preview_id"].(string) + "/items", Role: access.CommunityManager}).ok(200, &items)
	require.Equal(t, []any{}, items["items"])
	h.do(call{Method: "POST", Path: "/campaigns/preview", Role: access.CommunityManager, Body: map[string]any{"community_ids": []string{"x"}, "policy_id": made.ID}}).problem(422, "unknown-community")
	h.do(call{Method: "POST", Path: "/debtors/" + store.NewID() + "/flags", Role: access.CommunityManager, Key: "auto", Body: `{"flag":"hold","reason":"住院"}`}).problem(404, "unknown-debtor")
}
