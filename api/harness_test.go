package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/checkout"
	"steward/payprovider"
	"steward/store"
	"steward/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// harness is a whole API over a real store, in an organization of its own.
type harness struct {
	*storetest.Env
	t         *testing.T
	server    *api.Server
	community string // one that the roles of communities work in
	tokens    map[access.Role]string
}

func newHarness(t *testing.T, change ...func(*api.Deps)) *harness {
	t.Helper()
	env := storetest.New(t)
	deps := api.Deps{
		Store: env.Store, Clock: env.Clock, Dev: true, Version: "test", Noticing: map[string]checkout.Provider{"sandbox": &payprovider.Sandbox{Books: env.Store, Clock: env.Clock, Secret: webhookSecret}},
		Ready:       func(context.Context) error { return nil },
		Unavailable: store.Unavailable, BadValue: store.BadValue,
		Organization: func(context.Context) (string, error) { return env.OrgID, nil },
	}
	for _, c := range change {
		c(&deps)
	}
	server, err := api.New(deps)
	require.NoError(t, err)
	return &harness{Env: env, t: t, server: server, community: insertCommunity(t, env, "测试小区"), tokens: map[access.Role]string{}}
}

func insertCommunity(t *testing.T, env *storetest.Env, name string) string {
	t.Helper()
	id := store.NewID()
	_, err := env.DB.ExecContext(t.Context(), `INSERT INTO community (org_id, id, name, name_key, created_at) VALUES (?,?,?,?,?)`, env.OrgID, id, name, name, env.Clock.Now())
	require.NoError(t, err)
	return id
}

// levelOf is where a role usually works.
func levelOf(r access.Role) access.Level {
	switch r {
	case access.Admin, access.CompanyFinance, access.Auditor, access.RegionManager:
		return access.LevelCompany
	case access.Owner, access.Family, access.Tenant:
		return access.LevelOwn
	}
	return access.LevelCommunity
}

// token signs a user of the role in, made on first use, without the cost of a password.
func (h *harness) token(r access.Role) string {
	h.t.Helper()
	if h.tokens[r] == "" {
		h.tokens[r] = h.signIn(r, levelOf(r), h.community)
	}
	return h.tokens[r]
}

func (h *harness) signIn(r access.Role, level access.Level, communityID string) string {
	h.t.Helper()
	userID, token := store.NewID(), "token-"+store.NewID()
	sum := sha256.Sum256([]byte(token))
	now := time.Now().UTC()
	var scopeID any
	if level == access.LevelCommunity {
		scopeID = communityID
	}
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO app_user (org_id, id, login, name, password_hash, created_at) VALUES (?,?,?,?,'-',?)`, []any{h.OrgID, userID, userID, string(r), now}},
		{`INSERT INTO role_grant (org_id, id, user_id, role, level, scope_id, money, granted_at) VALUES (?,?,?,?,?,?,?,?)`,
			[]any{h.OrgID, store.NewID(), userID, string(r), string(level), scopeID, string(access.UsualMoney(r)), now}},
		{`INSERT INTO session (token_sha256, org_id, user_id, created_at, expires_at) VALUES (?,?,?,?,?)`, []any{sum[:], h.OrgID, userID, now, now.Add(time.Hour)}},
	} {
		_, err := h.DB.ExecContext(h.t.Context(), s.query, s.args...)
		require.NoError(h.t, err)
	}
	return token
}

func noDev(d *api.Deps) { d.Dev = false }

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// call is one request; Body may be a string, bytes or anything that becomes JSON.
type call struct {
	Method, Path string
	Role         access.Role // "" is nobody
	Body         any
	Key          string // Idempotency-Key; "auto" makes one
	Headers      map[string]string
}

func (h *harness) request(c call) *http.Request {
	h.t.Helper()
	var body []byte
	switch b := c.Body.(type) {
	case nil:
	case string:
		body = []byte(b)
	case []byte:
		body = b
	default:
		var err error
		body, err = json.Marshal(b)
		require.NoError(h.t, err)
	}
	path := c.Path
	if !strings.HasPrefix(path, "/api/v1") && c.Headers["Raw-Path"] == "" {
		path = "/api/v1" + path
	}
	r := httptest.NewRequestWithContext(h.t.Context(), c.Method, path, bytes.NewReader(body))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Role != "" {
		r.Header.Set("Authorization", "Bearer "+h.token(c.Role))
	}
	switch c.Key {
	case "":
	case "auto":
		r.Header.Set("Idempotency-Key", store.NewID())
	default:
		r.Header.Set("Idempotency-Key", c.Key)
	}
	for k, v := range c.Headers {
		r.Header.Set(k, v)
	}
	return r
}

// answered is what came back.
type answered struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   []byte
}

func (h *harness) do(c call) answered {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, h.request(c))
	return answered{t: h.t, Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
}

// problem checks that the answer is a problem of this status and code, and gives its members.
func (a answered) problem(status int, code string) map[string]any {
	a.t.Helper()
	require.Equalf(a.t, status, a.Status, "%s", a.Body)
	require.Equal(a.t, "application/problem+json", a.Header.Get("Content-Type"))
	var p map[string]any
	require.NoError(a.t, json.Unmarshal(a.Body, &p))
	require.Equalf(a.t, code, p["code"], "%s", a.Body)
	require.EqualValues(a.t, status, p["status"])
	require.NotEmpty(a.t, p["detail"])
	require.Equal(a.t, a.Header.Get("X-Request-Id"), p["request_id"])
	return p
}

// ok checks the status and reads the body.
func (a answered) ok(status int, into any) {
	a.t.Helper()
	require.Equalf(a.t, status, a.Status, "%s", a.Body)
	if into != nil {
		require.NoErrorf(a.t, json.Unmarshal(a.Body, into), "%s", a.Body)
	}
}

func (a answered) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }
