package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"steward/domain/access"
)

// operations walks the description of the API, so that a new operation is under these tests from its first day.
func (h *harness) operations() map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range h.server.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete, "PATCH": item.Patch} {
			if o != nil {
				all[method+" "+path] = o
			}
		}
	}
	return all
}

func flagged(o *huma.Operation, flag string) bool { return o.Metadata[flag] == true }

// address fills the parameters of a path with something that can be an id.
func address(path string) string {
	for {
		open := strings.IndexByte(path, '{')
		if open < 0 {
			return path
		}
		path = path[:open] + "01ARZ3NDEKTSV4RRFFQ69G5FAV" + path[strings.IndexByte(path, '}')+1:]
	}
}

func mediaType(o *huma.Operation) string {
	if o.RequestBody == nil {
		return ""
	}
	for kind := range o.RequestBody.Content {
		return kind
	}
	return ""
}

func TestEveryOperationKeepsTheContract(t *testing.T) {
	h := newHarness(t)
	operations := h.operations()
	require.Greater(t, len(operations), 10)
	for name, o := range operations {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			path := address(o.Path)
			require.NotEmpty(t, o.OperationID)
			require.NotEmpty(t, o.Summary)
			require.NotEmpty(t, o.Tags)
			require.True(t, strings.HasPrefix(o.Path, "/api/v1/"), "outside the base")

			if !flagged(o, "public") {
				h.do(call{Method: o.Method, Path: path, Body: "{}"}).problem(401, "signed-out")
				h.do(call{Method: o.Method, Path: path, Body: "{}", Headers: map[string]string{"Authorization": "Bearer nonsense"}}).problem(401, "signed-out")
				h.do(call{Method: o.Method, Path: path, Body: "{}", Headers: map[string]string{"Authorization": "Basic eDp5"}}).problem(401, "signed-out")
			}
			if flagged(o, "idempotent") {
				require.Equal(t, "POST", o.Method)
				h.do(call{Method: o.Method, Path: path, Role: access.Admin, Body: "{}", Headers: kindOf(o)}).problem(400, "idempotency-key-required")
			}
			h.refusesBadBodies(o, path)
		})
	}
}

func kindOf(o *huma.Operation) map[string]string {
	kind := mediaType(o)
	if kind == "multipart/form-data" {
		kind += "; boundary=x"
	}
	return map[string]string{"Content-Type": kind}
}

// refusesBadBodies tries what no operation may accept: no JSON, half of it, another media type, more than the limit.
func (h *harness) refusesBadBodies(o *huma.Operation, path string) {
	h.t.Helper()
	send := func(body any, headers map[string]string) answered {
		return h.do(call{Method: o.Method, Path: path, Role: access.Admin, Key: "auto", Body: body, Headers: headers})
	}
	if o.RequestBody != nil {
		limit := int(o.MaxBodyBytes)
		if limit <= 4<<20 {
			send(bytes.Repeat([]byte(" "), limit+1), kindOf(o)).problem(413, "too-large")
		}
	}
	if mediaType(o) != "application/json" {
		return
	}
	for _, body := range []string{"{", "not json", `{"a":1}}`, "[1,2]", `"text"`, "\x00"} {
		a := send(body, nil)
		require.Containsf(h.t, []int{400, 422}, a.Status, "%q: %s", body, a)
		if body != "[1,2]" && body != `"text"` {
			a.problem(400, "malformed-body")
		}
		require.NotContains(h.t, string(a.Body), "json:", "the parser's words are not for users")
	}
	send("{}", map[string]string{"Content-Type": "text/plain"}).problem(415, "unsupported-media-type")
	if o.RequestBody.Required {
		send("", nil).problem(400, "malformed-body")
	}
}

// Nothing that a program would say about itself may reach a user.
func TestNoAnswerTellsOfTheInside(t *testing.T) {
	h := newHarness(t)
	for name, o := range h.operations() {
		if strings.HasSuffix(o.Path, "/events") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			for _, role := range []access.Role{access.Admin, access.Worker, access.Owner} {
				for _, id := range []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "..%2f..", "%E5%BC%A0", strings.Repeat("9", 300), "1%27%20OR%201=1"} {
					path := strings.ReplaceAll(address(o.Path), "01ARZ3NDEKTSV4RRFFQ69G5FAV", id)
					a := h.do(call{Method: o.Method, Path: path, Role: role, Key: "auto", Body: "{}", Headers: kindOf(o)})
					require.Lessf(t, a.Status, 500, "%s %s: %s", o.Method, path, a)
					for _, word := range []string{"SELECT", "sql:", "Error 1", "goroutine", ".go:", "panic"} {
						require.NotContainsf(t, string(a.Body), word, "%s %s", o.Method, path)
					}
				}
			}
		})
	}
}

func TestAddressesThatAreNotThere(t *testing.T) {
	h := newHarness(t)
	h.do(call{Method: "GET", Path: "/nothing"}).problem(404, "not-found")
	h.do(call{Method: "PATCH", Path: "/me"}).problem(405, "method-not-allowed")
	h.do(call{Method: "GET", Path: "/me/"}).problem(404, "not-found")

	production := newHarness(t, noDev)
	for _, path := range []string{"/dev/sandbox/sms", "/dev/sandbox/sms/messages"} {
		production.do(call{Method: "GET", Path: path, Role: access.Admin}).problem(404, "not-found")
	}
	production.do(call{Method: "PUT", Path: "/dev/clock", Role: access.Admin, Body: "{}"}).problem(404, "not-found")
}

func TestRequestIDs(t *testing.T) {
	h := newHarness(t)
	a := h.do(call{Method: "GET", Path: "/me", Headers: map[string]string{"X-Request-Id": "trace-0123456789"}})
	require.Equal(t, "trace-0123456789", a.problem(401, "signed-out")["request_id"])
	b := h.do(call{Method: "GET", Path: "/me", Headers: map[string]string{"X-Request-Id": "bad id\"<script>"}})
	require.NotContains(t, b.Header.Get("X-Request-Id"), "script")
	require.NotEmpty(t, b.Header.Get("X-Request-Id"))
}

func TestFieldsThatAreWrong(t *testing.T) {
	h := newHarness(t)
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"missing":        {`{"login":"someone","name":"张三"}`, 422, "invalid-field", "body.password"},
		"short password": {`{"login":"someone","name":"张三","password":"short-pw"}`, 422, "invalid-field", "body.password"},
		"wrong type":     {`{"login":7,"name":"张三","password":"correct horse battery"}`, 400, "malformed-body", "body.login"},
		"bad role":       {`{"login":"someone","name":"张三","password":"correct horse battery","roles":[{"role":"king","scope":{"level":"company"}}]}`, 422, "invalid-field", "body.roles[0].role"},
		"null body":      {`null`, 400, "malformed-body", "body"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "auto", Body: c.body})
			p := a.problem(c.status, c.code)
			fields := p["errors"].([]any)
			first := fields[0].(map[string]any)
			require.Equal(t, c.field, first["location"])
			require.NotEmpty(t, first["message"])
			require.NotContains(t, string(a.Body), "short-pw", "a password is never repeated")
			require.NotContains(t, string(a.Body), "张三", "a name is never repeated")
		})
	}
	h.do(call{Method: "GET", Path: "/users?limit=0", Role: access.Admin}).problem(400, "invalid-parameter")
	h.do(call{Method: "GET", Path: "/users?limit=501", Role: access.Admin}).problem(400, "invalid-parameter")
	h.do(call{Method: "GET", Path: "/users?limit=ten", Role: access.Admin}).problem(400, "invalid-parameter")
	h.do(call{Method: "PUT", Path: "/users/x/roles", Role: access.Admin, Body: `{"roles":[]}`, Headers: map[string]string{"If-Match": "abc"}}).problem(400, "invalid-parameter")
	h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "auto",
		Body: `{"login":"` + freshLogin() + `","name":"李四","password":"correct horse battery","favourite":"tea"}`}).ok(201, nil) // unknown members are passed over
}

func TestABodyThatNeverEndsIsCut(t *testing.T) {
	h := newHarness(t)
	r := h.request(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "auto", Body: "{}"})
	r.Body, r.ContentLength = http.NoBody, -1
	r.Body = &endless{}
	w := newRecorder()
	h.server.Handler().ServeHTTP(w, r)
	require.Equal(t, 413, w.Code)
}

type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	if e.n > 64<<20 {
		return 0, fmt.Errorf("read on after the limit: %d bytes", e.n)
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
func (e *endless) Close() error { return nil }

// openToAll are the operations that anyone who is signed in may use.
var openToAll = []string{"me", "sign-out", "read-clock", "events"}

// A role that the permission table names nowhere reads nothing and commands nothing.
func TestARoleWithoutRightsGetsNothing(t *testing.T) {
	h := newHarness(t)
	for name, o := range h.operations() {
		if flagged(o, "public") || slices.Contains(openToAll, o.OperationID) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			c := call{Method: o.Method, Path: address(o.Path), Role: access.Vendor, Key: "auto"}
			if o.RequestBody != nil {
				c.Body, c.Headers = "{}", kindOf(o)
			}
			a := h.do(c)
			require.GreaterOrEqualf(t, a.Status, 400, "%s", a)
			require.Lessf(t, a.Status, 500, "%s", a)
			if o.RequestBody == nil && !wantsParameters(o) {
				a.problem(403, "forbidden")
			}
		})
	}
}

func wantsParameters(o *huma.Operation) bool {
	return slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.Required && p.In != "header" })
}
