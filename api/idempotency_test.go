package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/store"
)

func newUserBody(login string) map[string]any {
	return map[string]any{"login": login, "name": "张三", "password": "correct horse battery"}
}

func (h *harness) users() int {
	h.t.Helper()
	var n int
	require.NoError(h.t, h.DB.GetContext(h.t.Context(), &n, `SELECT COUNT(*) FROM app_user WHERE org_id = ? AND name = '张三'`, h.OrgID))
	return n
}

func freshLogin() string { return "u-" + strings.ToLower(store.NewID()) }

func TestARepeatedCommandGivesTheFirstAnswer(t *testing.T) {
	h := newHarness(t)
	login := freshLogin()
	create := call{Method: "POST", Path: "/users", Role: access.Admin, Key: "the first", Body: newUserBody(login)}
	first := h.do(create)
	first.ok(201, nil)

	again := h.do(create)
	again.ok(201, nil)
	require.JSONEq(t, string(first.Body), string(again.Body))
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first.Header.Get("Content-Type"), again.Header.Get("Content-Type"))

	reordered := create
	reordered.Body = `{ "password":"correct horse battery",  "name":"张三", "login":"` + login + `" }`
	h.do(reordered).ok(201, nil)

	other := create
	other.Body = newUserBody(freshLogin())
	h.do(other).problem(422, "idempotency-key-reused")
	require.Equal(t, 1, h.users())

	refusedOnce := call{Method: "POST", Path: "/users", Role: access.Admin, Key: "taken", Body: newUserBody(login)}
	a := h.do(refusedOnce)
	a.problem(409, "login-taken")
	b := h.do(refusedOnce)
	require.Equal(t, string(a.Body), string(b.Body), "a refusal is an answer too")
}

func TestKeysBelongToTheirCaller(t *testing.T) {
	h := newHarness(t)
	h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "k", Body: newUserBody(freshLogin())}).ok(201, nil)
	other := h.signIn(access.Admin, access.LevelCompany, "")
	h.do(call{Method: "POST", Path: "/users", Key: "k", Body: newUserBody(freshLogin()), Headers: map[string]string{"Authorization": "Bearer " + other}}).ok(201, nil)
	require.Equal(t, 2, h.users())
}

func TestKeysAreChecked(t *testing.T) {
	h := newHarness(t)
	body := newUserBody(freshLogin())
	h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Body: body}).problem(400, "idempotency-key-required")
	for _, key := range []string{strings.Repeat("k", 129), "键"} {
		h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: key, Body: body}).problem(400, "idempotency-key-invalid")
	}
	require.Zero(t, h.users())
}

func TestManyAtOnceAreOneCommand(t *testing.T) {
	h := newHarness(t)
	h.token(access.Admin)
	body := newUserBody(freshLogin())
	var wg sync.WaitGroup
	answers := make([]answered, 12)
	for i := range answers {
		wg.Go(func() {
			answers[i] = h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "storm", Body: body})
		})
	}
	wg.Wait()
	created := 0
	for _, a := range answers {
		switch a.Status {
		case http.StatusCreated:
			created++
		default:
			a.problem(409, "in-progress")
		}
	}
	require.Positive(t, created)
	require.Equal(t, 1, h.users())
}

func TestADeadRunIsTakenOverWithTheSameID(t *testing.T) {
	h := newHarness(t)
	login := freshLogin()
	create := call{Method: "POST", Path: "/users", Role: access.Admin, Key: "lost", Body: newUserBody(login)}
	h.do(create).ok(201, nil)
	// The process died after the commit and before the answer was kept.
	set := func(lease time.Time) {
		_, err := h.DB.ExecContext(t.Context(), `UPDATE request SET status = 'running', response_body = NULL, lease_until = ? WHERE org_id = ?`, lease, h.OrgID)
		require.NoError(t, err)
	}
	set(time.Now().UTC().Add(time.Minute))
	a := h.do(create)
	a.problem(409, "in-progress")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	set(time.Now().UTC().Add(-time.Second))
	h.do(create).ok(201, nil)
	require.Equal(t, 1, h.users())
}

func TestKeptAnswersAreSealedAndRunOut(t *testing.T) {
	h := newHarness(t)
	create := call{Method: "POST", Path: "/users", Role: access.Admin, Key: "old", Body: newUserBody(freshLogin())}
	h.do(create).ok(201, nil)
	var kept []byte
	require.NoError(t, h.DB.GetContext(t.Context(), &kept, `SELECT response_body FROM request WHERE org_id = ?`, h.OrgID))
	require.NotEmpty(t, kept)
	require.NotContains(t, string(kept), "张三")

	_, err := h.DB.ExecContext(t.Context(), `UPDATE request SET created_at = ? WHERE org_id = ?`, time.Now().UTC().Add(-25*time.Hour), h.OrgID)
	require.NoError(t, err)
	h.do(create).problem(409, "login-taken") // a new command by now

	_, err = h.DB.ExecContext(t.Context(), `UPDATE request SET created_at = ? WHERE org_id = ?`, time.Now().UTC().Add(-25*time.Hour), h.OrgID)
	require.NoError(t, err)
	_, err = h.Store.Purge(t.Context())
	require.NoError(t, err)
	var left int
	require.NoError(t, h.DB.GetContext(t.Context(), &left, `SELECT COUNT(*) FROM request WHERE org_id = ?`, h.OrgID))
	require.Zero(t, left)
}
