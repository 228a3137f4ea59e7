package api_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/store"
)

// campaignHarness has a policy of messages and a household that owes.
func campaignHarness(t *testing.T) (h *harness, request map[string]any, home household) {
	h = newHarness(t)
	home = h.household()
	phone := "13800001234"
	_, err := h.DB.ExecContext(t.Context(), `UPDATE person SET phone_enc = ?, phone_bidx = ? WHERE org_id = ?`, h.Keys.Seal(phone), h.Keys.Index("phone", phone), h.OrgID)
	require.NoError(t, err)
	_, err = h.DB.ExecContext(t.Context(), `UPDATE bill SET due_on = '2026-02-01' WHERE org_id = ?`, h.OrgID)
	require.NoError(t, err)
	var made policyBody
	h.do(call{Method: "POST", Path: "/dunning-policies", Role: access.CommunityManager, Key: "auto", Body: threeStages}).ok(201, &made)
	return h, map[string]any{"name": "三月催缴", "community_ids": []string{h.community}, "policy_id": made.ID, "filter": map[string]any{}}, home
}

func with(body map[string]any, key string, value any) map[string]any {
	out := map[string]any{}
	for k, v := range body {
		out[k] = v
	}
	out[key] = value
	return out
}

type campaignBody struct {
	ID         string                `json:"id"`
	WorkflowID string                `json:"workflow_id"`
	Status     string                `json:"status"`
	Households int                   `json:"households"`
	Open       int                   `json:"open"`
	Paid       int                   `json:"paid"`
	Held       int                   `json:"held"`
	Stages     []dunning.StageFunnel `json:"stages"`
}

func (h *harness) start(body map[string]any) campaignBody {
	h.t.Helper()
	var c campaignBody
	h.do(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: "auto", Body: body}).ok(201, &c)
	_, err := h.Store.SelectCases(h.t.Context(), h.Scope, c.ID, dunning.Step, func() {})
	require.NoError(h.t, err)
	_, err = h.Store.Advance(h.t.Context(), h.Scope, c.ID, 0, dunning.Step)
	require.NoError(h.t, err)
	return c
}

func (h *harness) post(path string, body any, into any) {
	h.t.Helper()
	h.do(call{Method: "POST", Path: path, Role: access.CommunityManager, Key: "auto", Body: body}).ok(200, into)
}

func (h *harness) get(path string, into any) {
	h.t.Helper()
	h.do(call{Method: "GET", Path: path, Role: access.CommunityManager}).ok(200, into)
}

func TestCampaignOverHTTP(t *testing.T) {
	h, request, _ := campaignHarness(t)
	c := h.start(request)
	require.Equal(t, "campaign/"+c.ID, c.WorkflowID)
	require.Equal(t, "running", c.Status)
	h.get("/campaigns/"+c.ID, &c)
	require.Equal(t, []int{1, 1}, []int{c.Households, c.Open})
	require.Len(t, c.Stages, 3)
	var list struct {
		Items []map[string]any `json:"items"`
	}
	h.get("/campaigns", &list)
	require.Len(t, list.Items, 1)
	h.get("/campaigns/"+c.ID+"/cases?status=open", &list)
	require.Len(t, list.Items, 1)
	item := list.Items[0]
	for _, field := range []string{"id", "debtor_id", "unit_ids", "household", "status", "stage", "next_at", "arrears_fen", "version"} {
		require.Contains(t, item, field)
	}
	id := item["id"].(string)
	h.get("/campaigns/"+c.ID+"/cases?status=held", &list)
	require.Empty(t, list.Items)
	h.get("/messages?case_id="+id, &list)
	require.Len(t, list.Items, 1)
	for _, field := range []string{"id", "case_id", "stage", "channel", "to", "text", "text_sha256", "status", "provider_id", "sent_at", "receipt_at", "why"} {
		require.Contains(t, list.Items[0], field)
	}

	var detail map[string]any
	h.post("/cases/"+id+"/hold", map[string]any{"reason": "客户出差"}, &detail)
	require.Equal(t, "held", detail["status"])
	require.Len(t, detail["holds"], 1)
	h.post("/cases/"+id+"/release", map[string]any{}, &detail)
	require.Equal(t, "open", detail["status"])
	h.post("/cases/"+id+"/promise", map[string]any{"amount_fen": 100, "date": "2026-03-20"}, &detail)
	require.Equal(t, "held", detail["status"])
	entries := detail["timeline"].([]any)
	for _, field := range []string{"at", "kind", "what", "why", "who"} {
		require.Contains(t, entries[0], field)
	}
	h.post("/campaigns/"+c.ID+"/pause", map[string]any{"reason": "开会"}, &c)
	require.Equal(t, []any{"paused", 1}, []any{c.Status, c.Held})
	h.post("/campaigns/"+c.ID+"/resume", map[string]any{}, &c)
	require.Equal(t, "running", c.Status)
	var result struct {
		Done    int                 `json:"done"`
		Refused []map[string]string `json:"refused"`
	}
	h.post("/campaigns/"+c.ID+"/cases/exclude", map[string]any{"case_ids": []string{id, store.NewID()}, "reason": "移出"}, &result)
	require.Equal(t, 1, result.Done)
	require.Equal(t, "case-not-found", result.Refused[0]["code"])
	h.post("/campaigns/"+c.ID+"/cancel", map[string]any{"reason": "结束"}, &c)
	require.Equal(t, "cancelled", c.Status)
}

func TestRefusedCampaigns(t *testing.T) {
	h, request, _ := campaignHarness(t)
	post := func(body map[string]any, key string) answered {
		return h.do(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: key, Body: body})
	}
	post(request, "").problem(400, "idempotency-key-required")
	post(with(request, "community_ids", []string{store.NewID()}), "auto").problem(422, "unknown-community")
	post(with(request, "community_ids", []string{}), "auto").problem(422, "unknown-community")
	post(with(request, "policy_id", store.NewID()), "auto").problem(422, "unknown-policy")
	post(with(request, "from_stage", "没有"), "auto").problem(422, "unknown-stage")
	post(with(request, "name", strings.Repeat("长", 81)), "auto").problem(422, "invalid-field")
	post(with(request, "preview_id", store.NewID()), "auto").problem(422, "unknown-preview")
	h.do(call{Method: "POST", Path: "/campaigns", Role: access.Steward, Key: "auto", Body: request}).problem(403, "forbidden")
	h.do(call{Method: "GET", Path: "/campaigns/" + store.NewID(), Role: access.CommunityManager}).problem(404, "campaign-not-found")
	h.do(call{Method: "GET", Path: "/campaigns/三月", Role: access.CommunityManager}).problem(404, "not-found")
	h.do(call{Method: "GET", Path: "/cases/" + store.NewID(), Role: access.CommunityManager}).problem(404, "case-not-found")
	require.Zero(t, h.count(`SELECT COUNT(*) FROM campaign WHERE org_id = ?`, h.OrgID), "nothing is half written")
	c := h.start(request)
	p := post(request, "auto").problem(409, "campaign-already-running")
	require.Equal(t, c.ID, p["campaign_id"])
}

func TestTwoManagersStartTheSameCampaign(t *testing.T) {
	h, request, _ := campaignHarness(t)
	h.token(access.CommunityManager)
	statuses := make([]int, 4)
	var wg sync.WaitGroup
	for i := range statuses {
		r := h.request(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: "auto", Body: request})
		wg.Go(func() {
			w := newRecorder()
			h.server.Handler().ServeHTTP(w, r)
			statuses[i] = w.Code
		})
	}
	wg.Wait()
	require.ElementsMatch(t, []int{201, 409, 409, 409}, statuses)
	require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM campaign WHERE org_id = ?`, h.OrgID))
	require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM delivery WHERE org_id = ? AND kind = 'start-campaign'`, h.OrgID))
}

func TestAChangedPreviewIsRefusedWithTheDifference(t *testing.T) {
	h, request, home := campaignHarness(t)
	var preview struct {
		ID         string `json:"preview_id"`
		Households int    `json:"households"`
	}
	h.post("/campaigns/preview", request, &preview)
	require.Equal(t, 1, preview.Households)
	h.do(call{Method: "POST", Path: "/payments", Role: access.CommunityManager, Key: "auto", Body: h.payBody(home.Unit, 100, "p-1")}).ok(201, nil)
	body := with(request, "preview_id", preview.ID)
	p := h.do(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: "auto", Body: body}).problem(409, "preview-changed")
	difference, err := json.Marshal(p["difference"])
	require.NoError(t, err)
	require.Contains(t, string(difference), `"changed":1`)
	h.do(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: "auto", Body: with(body, "confirm_changes", true)}).ok(201, nil)
}
