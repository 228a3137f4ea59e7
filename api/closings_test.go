package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/store"
)

func (h *harness) closing(role access.Role, body map[string]any) answered {
	return h.do(call{Method: http.MethodPost, Path: "/closings", Role: role, Key: "auto", Body: body})
}

func TestWhoMayClose(t *testing.T) {
	h := newHarness(t)
	today := calendar.DateOf(h.Clock.Now())
	other := insertCommunity(t, h.Env, "别的小区")
	for _, role := range []access.Role{access.Steward, access.Auditor, access.RegionManager, access.Worker, access.Owner, access.Dispatcher} {
		h.closing(role, map[string]any{"community_id": h.community, "day": today}).problem(http.StatusForbidden, "forbidden")
	}
	h.closing(access.Cashier, map[string]any{"community_id": other, "day": today}).problem(http.StatusForbidden, "forbidden")
	h.closing(access.Cashier, map[string]any{"community_id": h.community, "month": "2025-01"}).problem(http.StatusForbidden, "forbidden")
	h.do(call{Method: http.MethodPost, Path: "/closings", Role: access.Cashier, Body: map[string]any{"community_id": h.community, "day": today}}).
		problem(http.StatusBadRequest, "idempotency-key-required")

	var closed money.Closing
	h.closing(access.Cashier, map[string]any{"community_id": h.community, "day": today, "counted_fen": 0}).ok(http.StatusCreated, &closed)
	require.Equal(t, today, closed.Day)
	require.Zero(t, *closed.DifferenceFen)
	again := h.closing(access.CommunityManager, map[string]any{"community_id": h.community, "day": today}).problem(http.StatusConflict, "already-closed")
	require.Equal(t, closed.ID, again["closing_id"])

	h.do(call{Path: "/closings/" + closed.ID, Role: access.Auditor}).ok(http.StatusOK, &closed)
	h.do(call{Path: "/closings/" + closed.ID, Role: access.Steward}).problem(http.StatusForbidden, "forbidden")
	h.do(call{Path: "/closings/" + other, Role: access.Cashier}).problem(http.StatusNotFound, "closing-not-found")
	var list struct{ Items []money.Closing }
	h.do(call{Path: "/closings?community_id=" + h.community, Role: access.Cashier}).ok(http.StatusOK, &list)
	require.Len(t, list.Items, 1)
}

func TestBadClosings(t *testing.T) {
	h := newHarness(t)
	today := calendar.DateOf(h.Clock.Now())
	for _, c := range []struct {
		change map[string]any
		status int
		code   string
	}{
		{map[string]any{}, http.StatusUnprocessableEntity, "day-or-month-needed"},
		{map[string]any{"day": today, "month": "2025-01"}, http.StatusUnprocessableEntity, "day-or-month-needed"},
		{map[string]any{"day": today.AddDays(1)}, http.StatusUnprocessableEntity, "day-in-future"},
		{map[string]any{"month": today.String()[:7]}, http.StatusUnprocessableEntity, "month-not-over"},
		{map[string]any{"month": "2025-1"}, http.StatusUnprocessableEntity, "month-malformed"},
		{map[string]any{"day": today, "counted_fen": -5}, http.StatusUnprocessableEntity, "counted-malformed"},
		{map[string]any{"day": today, "counted": []map[string]any{{"channel": "现金", "counted_fen": 5}}}, http.StatusUnprocessableEntity, "counted-malformed"},
	} {
		body := map[string]any{"community_id": h.community}
		for k, v := range c.change {
			body[k] = v
		}
		p := h.closing(access.CompanyFinance, body).problem(c.status, c.code)
		require.NotEmpty(t, p["errors"], c.code)
	}
	h.closing(access.CompanyFinance, map[string]any{"day": today}).problem(http.StatusUnprocessableEntity, "invalid-field")
}

// TestADayWithATransferBalances: 1,000.00 in cash turn out to be another unit's. The drawer still holds them, and the day
// closes without a difference.
func TestADayWithATransferBalances(t *testing.T) {
	h := reportHarness(t)
	var unit, person, second string
	require.NoError(t, h.DB.GetContext(t.Context(), &unit, `SELECT unit_id FROM bill WHERE org_id = ? LIMIT 1`, h.OrgID))
	require.NoError(t, h.DB.GetContext(t.Context(), &person, `SELECT debtor_id FROM bill WHERE org_id = ? LIMIT 1`, h.OrgID))
	second = h.secondUnit(person)
	var paid struct {
		ID        string
		ReceiptNo string `json:"receipt_no"`
	}
	h.do(call{Method: http.MethodPost, Path: "/payments", Role: access.Cashier, Key: "auto", Body: map[string]any{
		"unit_id": unit, "amount_fen": 100_000, "method": "cash", "channel": "counter", "external_no": "c-1"}}).ok(http.StatusCreated, &paid)
	h.do(call{Method: http.MethodPost, Path: "/payments/" + paid.ID + "/transfer", Role: access.Cashier, Key: "auto",
		Body: map[string]any{"reason": "记错房号", "unit_id": second}}).ok(http.StatusOK, nil)

	var c money.Closing
	h.closing(access.Cashier, map[string]any{"community_id": h.community, "day": calendar.DateOf(h.Clock.Now()), "counted_fen": 110_000}).ok(http.StatusCreated, &c)
	require.Len(t, c.Channels, 1)
	require.EqualValues(t, 110_000, c.Channels[0].ExpectedFen)
	require.Zero(t, *c.Channels[0].DifferenceFen)
	require.Equal(t, []int{3, 1, 3, 1}, []int{c.Payments, c.Reversals, c.ReceiptsIssued, c.ReceiptsVoid}, "the void receipt is kept")

	late := map[string]any{"unit_id": unit, "amount_fen": 100, "method": "cash", "channel": "counter", "external_no": "c-2", "paid_at": h.Clock.Now()}
	p := h.do(call{Method: http.MethodPost, Path: "/payments", Role: access.Cashier, Key: "auto", Body: late}).problem(http.StatusUnprocessableEntity, "day-closed")
	require.Equal(t, "paid_at", p["errors"].([]any)[0].(map[string]any)["location"])
	delete(late, "paid_at")
	h.do(call{Method: http.MethodPost, Path: "/payments", Role: access.Cashier, Key: "auto", Body: late}).ok(http.StatusCreated, nil)
	h.Clock.Set(calendar.DateOf(h.Clock.Now()).AddDays(1).At(9, 0).UTC())
	h.closing(access.Cashier, map[string]any{"community_id": h.community, "day": calendar.DateOf(h.Clock.Now())}).ok(http.StatusCreated, &c)
	require.EqualValues(t, 100, c.ExpectedFen, "what is taken after the closing belongs to the next day")
}

func TestOpeningBalancesOverHTTP(t *testing.T) {
	h := reportHarness(t)
	_, err := h.DB.ExecContext(t.Context(), `UPDATE bill SET source_kind = 'import' WHERE org_id = ?`, h.OrgID)
	require.NoError(t, err)
	path := "/communities/" + h.community + "/opening-balances"
	var o money.OpeningBalances
	h.do(call{Path: path, Role: access.CommunityManager}).ok(http.StatusOK, &o)
	require.EqualValues(t, 25_060, o.PrincipalFen)
	sign := func(role access.Role, principal int64) answered {
		return h.do(call{Method: http.MethodPost, Path: path + "/sign-off", Role: role, Key: "auto", Body: map[string]any{"principal_fen": principal, "advance_fen": 0}})
	}
	sign(access.Cashier, 25_060).problem(http.StatusForbidden, "forbidden")
	changed := sign(access.CommunityManager, 25_000).problem(http.StatusConflict, "opening-balances-changed")
	require.EqualValues(t, 25_060, changed["present"].(map[string]any)["principal_fen"])
	sign(access.CommunityManager, 25_060).ok(http.StatusOK, &o)
	require.NotNil(t, o.SignOff)
	var g struct {
		SignedOff bool `json:"signed_off"`
	}
	h.do(call{Path: "/communities/" + h.community + "/go-live", Role: access.CommunityManager}).ok(http.StatusOK, &g)
	require.True(t, g.SignedOff)
	sign(access.CompanyFinance, 25_060).problem(http.StatusConflict, "already-signed-off")
}

// secondUnit gives a debtor another unit of the community.
func (h *harness) secondUnit(person string) string {
	h.t.Helper()
	id := store.NewID()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,?,'102','1栋102',?)`, []any{h.OrgID, id, h.community, store.NewID(), id, h.Clock.Now()}},
		{`INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`, []any{h.OrgID, store.NewID(), id, person, h.Clock.Now()}},
	} {
		_, err := h.DB.ExecContext(h.t.Context(), s.query, s.args...)
		require.NoError(h.t, err)
	}
	return id
}
