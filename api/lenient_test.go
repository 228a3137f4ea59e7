package api_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/money"
)

// What the contract leaves open is taken as a reasonable client sends it.
func TestCommandsTakeWhatTheContractLeavesOpen(t *testing.T) {
	h, request, _ := campaignHarness(t)
	delete(request, "name")
	var c struct {
		ID, Name, Status string
	}
	h.do(call{Method: "POST", Path: "/campaigns", Role: access.CommunityManager, Key: "auto", Body: request}).ok(201, &c)
	require.Contains(t, c.Name, calendar.DateOf(h.Clock.Now()).String())
	_, err := h.Store.SelectCases(t.Context(), h.Scope, c.ID, dunning.Step, func() {})
	require.NoError(t, err)

	bare := func(path string) answered {
		return h.do(call{Method: "POST", Path: path, Role: access.CommunityManager, Key: "auto"})
	}
	bare("/campaigns/"+c.ID+"/pause").ok(200, &c)
	require.Equal(t, "paused", c.Status)
	bare("/campaigns/"+c.ID+"/resume").ok(200, &c)
	require.Equal(t, "running", c.Status)

	var cases struct{ Items []dunning.Case }
	h.get("/campaigns/"+c.ID+"/cases", &cases)
	require.Len(t, cases.Items, 1)
	id := cases.Items[0].ID
	hold := func(until any) answered {
		return h.do(call{Method: "POST", Path: "/cases/" + id + "/hold", Role: access.CommunityManager, Key: "auto", Body: map[string]any{"reason": "出差", "until": until}})
	}
	day := calendar.DateOf(h.Clock.Now()).AddDays(3)
	end := day.AddDays(1).At(0, 0)
	for _, until := range []any{day.String(), end.Format(time.RFC3339), end.UTC().Format(time.RFC3339)} {
		var held dunning.CaseDetail
		hold(until).ok(200, &held)
		require.Len(t, held.Holds, 1)
		require.True(t, end.Equal(*held.Holds[0].Until), "a day counts to its end")
		bare("/cases/"+id+"/release").ok(200, nil)
	}
	hold("下周").problem(422, "invalid-field")
	hold(nil).ok(200, nil)
	h.do(call{Method: "POST", Path: "/campaigns/" + c.ID + "/cases/release", Role: access.CommunityManager, Key: "auto",
		Body: map[string]any{"reason": "批量"}}).problem(422, "cases-needed")
	bare("/cases/"+id+"/hold").problem(400, "malformed-body")
}

func TestAFlagEndsOnADay(t *testing.T) {
	h, _, home := campaignHarness(t)
	day := calendar.DateOf(h.Clock.Now()).AddDays(3)
	for _, until := range []any{day.String(), day.At(9, 0).Format(time.RFC3339)} {
		var flag struct{ Until string }
		h.do(call{Method: "POST", Path: "/debtors/" + home.Owner + "/flags", Role: access.CommunityManager, Key: "auto",
			Body: map[string]any{"flag": "hold", "reason": "住院", "until": until}}).ok(201, &flag)
		require.Equal(t, day.String(), flag.Until)
	}
}

func TestAMethodOfPaymentIsTakenInAnyCase(t *testing.T) {
	h := newHarness(t)
	home := h.household()
	for i, method := range []string{"WeChat", "CASH", "bank-transfer"} {
		body := h.payBody(home.Unit, 100, "M-"+strconv.Itoa(i))
		body["method"] = method
		var p money.Payment
		h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body}).ok(201, &p)
		require.Equal(t, strings.ToLower(method), p.Method)
	}
	body := h.payBody(home.Unit, 100, "M-9")
	body["paid_at"] = "2099-01-01T00:00:00+08:00"
	a := h.do(call{Method: "POST", Path: "/payments", Role: access.Cashier, Key: "auto", Body: body})
	a.problem(422, "paid-in-future")
	require.Contains(t, string(a.Body), `"value":"2099-01-01T00:00:00+08:00"`, "an instant is repeated as the contract writes it")
}
