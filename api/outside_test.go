package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/page"
	"steward/domain/sandbox"
)

func (h *harness) outside(path string) answered {
	return h.do(call{Method: "GET", Path: path, Headers: map[string]string{"Raw-Path": "yes"}})
}

func TestProbes(t *testing.T) {
	missing := errors.New("dial tcp 10.0.0.7:7233: connection refused")
	h := newHarness(t, func(d *api.Deps) {
		d.Ready = func(context.Context) error { return missing }
	})
	h.outside("/healthz").ok(200, nil)
	a := h.outside("/readyz")
	a.problem(503, "not-ready")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.NotContains(t, string(a.Body), "10.0.0.7")
	missing = nil
	h.outside("/readyz").ok(200, nil)
	h.do(call{Method: "GET", Path: "/me", Role: access.Admin}).ok(200, nil)
	metrics := h.outside("/metrics")
	metrics.ok(200, nil)
	require.Contains(t, string(metrics.Body), `steward_http_request_seconds_count{method="GET",route="/api/v1/me",status="200"} 1`)
}

func TestTheDescriptionIsServed(t *testing.T) {
	h := newHarness(t)
	var description struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	h.outside("/openapi.json").ok(200, &description)
	require.Equal(t, "3.1.0", description.OpenAPI)
	require.Contains(t, description.Paths, "/api/v1/session")
	docs := h.outside("/docs")
	docs.ok(200, nil)
	require.Contains(t, string(docs.Body), "/api/v1/users/{id}/roles")
	require.NotContains(t, string(docs.Body), "<script", "nothing is loaded from outside")
}

func TestThePageIsServed(t *testing.T) {
	h := newHarness(t, func(d *api.Deps) {
		d.Console = fstest.MapFS{
			"index.html":         {Data: []byte("<html>the page</html>")},
			"assets/main-1a.js":  {Data: []byte("page()")},
			".keep":              {Data: []byte("")},
			"assets/.hidden.txt": {Data: []byte("secret")},
		}
	})
	for _, path := range []string{"/", "/campaigns/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/index.html/.."} {
		a := h.outside(path)
		a.ok(200, nil)
		require.Equal(t, "<html>the page</html>", string(a.Body), path)
		require.Equal(t, "no-cache", a.Header.Get("Cache-Control"))
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'self'")
	}
	script := h.outside("/assets/main-1a.js")
	script.ok(200, nil)
	require.Equal(t, "page()", string(script.Body))
	require.Contains(t, script.Header.Get("Cache-Control"), "immutable")
	for _, path := range []string{"/assets/gone.js", "/.keep", "/assets/.hidden.txt", "/api/v2/me", "/../../etc/passwd.txt"} {
		h.outside(path).problem(404, "not-found")
	}
}

func TestTheSandboxIsSteered(t *testing.T) {
	h := newHarness(t)
	channel := "t" + h.OrgID[7:20]
	var state api.SandboxState
	h.do(call{Method: "GET", Path: "/dev/sandbox/" + channel, Role: access.Admin}).ok(200, &state)
	require.Equal(t, api.SandboxState{Mode: sandbox.OK, Dedupe: true, ByRecipient: map[string]int64{}}, state)

	twice := []sandbox.Delivery{{Key: "a", To: "13800000001", Text: "一"}, {Key: "b", To: "13800000002", Text: "二"}}
	require.NoError(t, h.Store.SandboxDeliver(t.Context(), channel, true, twice))
	require.NoError(t, h.Store.SandboxDeliver(t.Context(), channel, true, append(twice, sandbox.Delivery{Key: "c", To: "13800000001", Text: "三"})))
	h.do(call{Method: "GET", Path: "/dev/sandbox/" + channel, Role: access.Admin}).ok(200, &state)
	require.EqualValues(t, 3, state.Received)
	require.EqualValues(t, 0, state.Duplicates)
	require.EqualValues(t, 2, state.Repeats)
	require.Equal(t, map[string]int64{"13800000001": 2, "13800000002": 1}, state.ByRecipient)

	h.do(call{Method: "PUT", Path: "/dev/sandbox/" + channel, Role: access.Admin, Body: `{"mode":"late","dedupe":false,"delay_ms":250}`}).ok(200, &state)
	require.Equal(t, sandbox.Late, state.Mode)
	behaviour, err := h.Store.SandboxChannel(t.Context(), channel)
	require.NoError(t, err)
	require.Equal(t, sandbox.Channel{Mode: sandbox.Late, Dedupe: false, Delay: 250 * time.Millisecond}, behaviour)
	require.NoError(t, h.Store.SandboxDeliver(t.Context(), channel, false, twice[:1]))
	h.do(call{Method: "PUT", Path: "/dev/sandbox/" + channel, Role: access.Admin, Body: `{"mode":"ok"}`}).ok(200, &state)
	require.False(t, state.Dedupe, "what is left out stays as it is")
	require.EqualValues(t, 4, state.Received)
	require.EqualValues(t, 1, state.Duplicates)

	var phone page.Of[sandbox.Received]
	h.do(call{Method: "GET", Path: "/dev/sandbox/" + channel + "/messages?recipient=13800000001&limit=2", Role: access.Admin}).ok(200, &phone)
	require.Equal(t, []string{"一", "三"}, []string{phone.Items[0].Text, phone.Items[1].Text})
	require.True(t, phone.Items[0].Repeated)
	require.NotEmpty(t, phone.NextCursor)

	h.do(call{Method: "PUT", Path: "/dev/sandbox/" + channel, Role: access.Admin, Body: `{"mode":"explode"}`}).problem(422, "invalid-field")
	h.do(call{Method: "PUT", Path: "/dev/sandbox/" + channel, Role: access.Worker, Body: `{"mode":"ok"}`}).problem(403, "forbidden")
}

func TestTheClockIsShown(t *testing.T) {
	h := newHarness(t)
	var reading api.ClockReading
	h.do(call{Method: "GET", Path: "/clock", Role: access.Worker}).ok(200, &reading)
	require.True(t, reading.Now.Equal(h.Clock.Now()))
	require.EqualValues(t, 1, reading.Speed)
	h.do(call{Method: "PUT", Path: "/dev/clock", Role: access.Admin, Body: `{}`}).problem(422, "invalid-field")
	h.do(call{Method: "PUT", Path: "/dev/clock", Role: access.Admin, Body: `{"now":"tomorrow"}`}).problem(422, "invalid-field")
	h.do(call{Method: "PUT", Path: "/dev/clock", Role: access.Worker, Body: `{"speed":60}`}).problem(403, "forbidden")
}

// brokenStore is a database that goes away at the first command.
type brokenStore struct {
	api.Store
	err error
}

func (b brokenStore) CreateUser(context.Context, access.Scope, access.NewUser) (access.User, error) {
	return access.User{}, b.err
}

func TestLostDatabasesAndFaults(t *testing.T) {
	lost := &brokenStore{err: mysql.ErrInvalidConn}
	h := newHarness(t, func(d *api.Deps) {
		lost.Store = d.Store
		d.Store = lost
	})
	create := call{Method: "POST", Path: "/users", Role: access.Admin, Key: "once more", Body: newUserBody(freshLogin())}
	a := h.do(create)
	a.problem(503, "outcome-unknown")
	require.NotEmpty(t, a.Header.Get("Retry-After"))

	lost.err = errors.New("Error 1064: You have an error in your SQL syntax")
	a = h.do(create)
	p := a.problem(500, "internal")
	require.NotContains(t, string(a.Body), "1064")
	require.NotEmpty(t, p["request_id"])

	lost.err = fmt.Errorf("create user: %w", &mysql.MySQLError{Number: 1366, Message: "Incorrect string value"})
	a = h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "auto", Body: newUserBody(freshLogin())})
	a.problem(422, "invalid-field")
	require.NotContains(t, string(a.Body), "Incorrect")

	panicking := newHarness(t, func(d *api.Deps) { d.Store = panicStore{d.Store} })
	a = panicking.do(create)
	a.problem(500, "internal")
	require.NotContains(t, string(a.Body), "nil map")
	var state string
	require.NoError(t, panicking.DB.GetContext(t.Context(), &state, `SELECT status FROM request WHERE org_id = ?`, panicking.OrgID))
	require.Equal(t, "open", state, "the same key may try again at once")
	require.True(t, json.Valid(a.Body))
}

type panicStore struct{ api.Store }

func (panicStore) CreateUser(context.Context, access.Scope, access.NewUser) (access.User, error) {
	panic("assignment to entry in nil map")
}
