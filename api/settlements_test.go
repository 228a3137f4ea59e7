package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/money"
)

func TestFeeItemsAreAgreedByAPI(t *testing.T) {
	h := newHarness(t)
	h.household()
	var item money.FeeItem
	post := func(path string, role access.Role, body any) answered {
		return h.do(call{Method: "POST", Path: path, Role: role, Key: "auto", Body: body})
	}
	terms := func(formula string, parameters map[string]any) map[string]any {
		return map[string]any{"community_id": h.community, "name": "停车服务费", "formula": formula, "parameters": parameters, "from": "2020-01-01"}
	}
	for _, c := range []struct {
		formula    string
		parameters map[string]any
		code, at   string
	}{
		{"expression", map[string]any{"expression": "area * 2"}, "unknown-variable", "parameters.expression"},
		{"expression", map[string]any{"expression": "10 / usage"}, "division-by-zero", "parameters.expression"},
		{"expression", map[string]any{"expression": "usage > 1"}, "expression-not-a-number", "parameters.expression"},
		{"built_area", map[string]any{}, "price-needed", "parameters.price_yuan"},
	} {
		p := post("/fee-items", access.CommunityManager, terms(c.formula, c.parameters)).problem(422, c.code)
		require.Equal(t, c.at, location(p))
	}
	post("/fee-items", access.CommunityManager, terms("fixed", map[string]any{"extra_yuan": "88"})).ok(201, &item)

	version := map[string]any{"formula": "fixed", "parameters": map[string]any{"extra_yuan": "99"}, "from": "2020-01-01"}
	p := post("/fee-items/"+item.ID+"/versions", access.CommunityManager, version).problem(422, "version-overlaps")
	require.Equal(t, "from", location(p))
	post("/fee-items/"+item.ID+"/versions", access.Cashier, version).problem(403, "forbidden")
	h.do(call{Method: "POST", Path: "/fee-items/" + item.ID + "/versions", Role: access.CommunityManager, Body: version}).problem(400, "idempotency-key-required")
	version["from"] = "2031-01-01"
	var detail money.FeeItemDetail
	post("/fee-items/"+item.ID+"/versions", access.CommunityManager, version).ok(201, &detail)
	require.Len(t, detail.Versions, 2)
	h.do(call{Method: "GET", Path: "/fee-items/" + item.ID, Role: access.Cashier}).ok(200, nil)
	h.do(call{Method: "GET", Path: "/fee-items/" + item.ID, Role: access.Owner}).problem(404, "fee-item-not-found")
	h.do(call{Method: "GET", Path: "/fee-items/none", Role: access.CommunityManager}).problem(404, "fee-item-not-found")

	at := "/communities/" + h.community + "/settlements"
	rules := map[string]any{"first_day": "2026-01-01", "late_fee": map[string]any{"enabled": true, "rates": []map[string]any{{"from": "2020-01-01", "daily": "0.0005"}}}}
	var nested money.SettlementVersion
	post(at, access.CommunityManager, map[string]any{"rules": rules, "note": "如答复之形"}).ok(201, &nested)
	require.True(t, nested.Rules.LateFee.Enabled, "rules in the shape of the answer count")
	require.Equal(t, "如答复之形", nested.Note)
	post(at+"/"+nested.ID+"/withdraw", access.CommunityManager, map[string]any{"reason": "试"}).ok(200, nil)
	require.Equal(t, "rules", location(post(at, access.CommunityManager, map[string]any{"rules": rules, "bill_day": 3}).problem(422, "rules-twice")))
	post(at, access.Cashier, map[string]any{}).problem(403, "forbidden")
	post(at, access.CommunityManager, map[string]any{"fee_item_version_ids": []string{"nothing"}}).problem(422, "fee-item-version-unknown")
	var v money.SettlementVersion
	post(at, access.CommunityManager, map[string]any{}).ok(201, &v)
	post(at+"/"+v.ID+"/sign", access.CommunityManager, map[string]any{"signed_names": "张某"}).problem(403, "maker-is-checker")
	post(at+"/"+v.ID+"/sign", access.CompanyFinance, map[string]any{"signed_names": ""}).problem(422, "signed-names-needed")
	post(at+"/"+v.ID+"/sign", access.CompanyFinance, map[string]any{"signed_names": "张某"}).ok(200, &v)
	require.True(t, v.InForce)
	post(at+"/"+v.ID+"/withdraw", access.CompanyFinance, map[string]any{"reason": "写错了"}).problem(409, "not-allowed-in-state")
	h.do(call{Method: "GET", Path: at, Role: access.Owner}).problem(403, "forbidden")
}

// location is the first field that a problem points at.
func location(p map[string]any) any {
	first, _ := p["errors"].([]any)[0].(map[string]any)
	return first["location"]
}
