package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/store"
)

type sessionBody struct {
	Token     string      `json:"token"`
	ExpiresAt time.Time   `json:"expires_at"`
	User      access.User `json:"user"`
}

func (h *harness) newUser(roles ...access.RoleGrant) (login, password string) {
	h.t.Helper()
	login, password = "user-"+strings.ToLower(store.NewID()), "correct horse battery"
	_, err := h.Store.CreateUser(h.t.Context(), h.Scope, access.NewUser{Login: login, Name: "测试员", Password: password, Roles: roles})
	require.NoError(h.t, err)
	return login, password
}

func TestSigningInAndOut(t *testing.T) {
	h := newHarness(t)
	login, password := h.newUser(access.RoleGrant{Role: access.Cashier, Scope: access.GrantArea{Level: access.LevelCommunity, ID: h.community}})

	a := h.do(call{Method: "POST", Path: "/session", Body: map[string]string{"login": login, "password": password}})
	var session sessionBody
	a.ok(200, &session)
	require.Equal(t, login, session.User.Login)
	require.WithinDuration(t, time.Now().Add(12*time.Hour), session.ExpiresAt, time.Minute)
	cookie := (&http.Response{Header: a.Header}).Cookies()[0]
	require.Equal(t, session.Token, cookie.Value)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)

	bearer := map[string]string{"Authorization": "Bearer " + session.Token}
	var me struct {
		Roles  []string `json:"roles"`
		Grants []struct {
			CommunityIDs []string `json:"community_ids"`
			Money        string   `json:"money"`
		} `json:"grants"`
	}
	h.do(call{Method: "GET", Path: "/me", Headers: bearer}).ok(200, &me)
	require.Equal(t, []string{"cashier"}, me.Roles)
	require.Equal(t, []string{h.community}, me.Grants[0].CommunityIDs)
	require.Equal(t, "detail", me.Grants[0].Money)

	// The cookie reads, and only reads.
	withCookie := map[string]string{"Cookie": cookie.Name + "=" + cookie.Value}
	h.do(call{Method: "GET", Path: "/me", Headers: withCookie}).ok(200, nil)
	h.do(call{Method: "DELETE", Path: "/session", Headers: withCookie}).problem(401, "signed-out")

	out := h.do(call{Method: "DELETE", Path: "/session", Headers: bearer})
	out.ok(204, nil)
	require.Negative(t, (&http.Response{Header: out.Header}).Cookies()[0].Expires.Compare(time.Now()))
	h.do(call{Method: "GET", Path: "/me", Headers: bearer}).problem(401, "signed-out")
	h.do(call{Method: "GET", Path: "/me", Headers: withCookie}).problem(401, "signed-out")
}

func TestSigningInIsRefusedAlike(t *testing.T) {
	h := newHarness(t)
	login, password := h.newUser()
	_, err := h.DB.ExecContext(t.Context(), `UPDATE app_user SET disabled_at = ? WHERE login = ?`, h.Clock.Now(), login)
	require.NoError(t, err)
	known, _ := h.newUser()
	for name, body := range map[string]map[string]string{
		"unknown":       {"login": "nobody-at-all", "password": password},
		"not ascii":     {"login": "业主", "password": password},
		"wrong":         {"login": known, "password": "wrong"},
		"disabled user": {"login": login, "password": password},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(call{Method: "POST", Path: "/session", Body: body})
			a.problem(401, "bad-credentials")
			require.Empty(t, a.Header.Get("Set-Cookie"))
			require.NotContains(t, string(a.Body), body["password"])
		})
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	h := newHarness(t)
	login, password := h.newUser()
	attempt := func(password, from string) answered {
		r := h.request(call{Method: "POST", Path: "/session", Body: map[string]string{"login": login, "password": password}})
		r.RemoteAddr = from + ":1234"
		w := httptest.NewRecorder()
		h.server.Handler().ServeHTTP(w, r)
		return answered{t: t, Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
	}
	for range 10 {
		attempt("wrong", "192.0.2.7").problem(401, "bad-credentials")
	}
	a := attempt(password, "192.0.2.7")
	a.problem(429, "too-many-attempts")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	attempt(password, "192.0.2.8").ok(200, nil) // someone else's guesses do not lock the owner out
}

func TestGrantsCountAtOnce(t *testing.T) {
	h := newHarness(t)
	token := h.token(access.Cashier)
	_, err := h.DB.ExecContext(t.Context(), `DELETE g FROM role_grant g WHERE g.org_id = ? AND g.role = 'cashier'`, h.OrgID)
	require.NoError(t, err)
	var me struct {
		Roles []string `json:"roles"`
	}
	h.do(call{Method: "GET", Path: "/me", Headers: map[string]string{"Authorization": "Bearer " + token}}).ok(200, &me)
	require.Empty(t, me.Roles)

	_, err = h.DB.ExecContext(t.Context(), `UPDATE session SET expires_at = ? WHERE org_id = ?`, time.Now().UTC().Add(-time.Second), h.OrgID)
	require.NoError(t, err)
	h.do(call{Method: "GET", Path: "/me", Role: access.Cashier}).problem(401, "signed-out")
}
