package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
)

func TestEveryListEndsWithACursorAndRefusesAForeignOne(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"/communities", "/units", "/bills", "/payments", "/suspense", "/imports", "/dunning-policies", "/campaigns",
		"/messages", "/tasks", "/users", "/audit"} {
		var p map[string]json.RawMessage
		h.do(call{Method: "GET", Path: path + "?limit=500", Role: access.Admin}).ok(200, &p)
		require.Contains(t, p, "items", path)
		require.Equal(t, "null", string(p["next_cursor"]), path)
		h.do(call{Method: "GET", Path: path + "?cursor=garbage!", Role: access.Admin}).problem(400, "invalid-cursor")
	}
}

// A client that sends its whole body before it reads must find the refusal, not a connection that was reset under it.
func TestABodyOverTheLimitIsAnsweredToAClientThatSendsFirst(t *testing.T) {
	h := newHarness(t)
	server := httptest.NewServer(h.server.Handler())
	defer server.Close()
	body := bytes.Repeat([]byte(" "), 32<<20)
	for name, framing := range map[string]string{"with its length": fmt.Sprintf("Content-Length: %d", len(body)), "in chunks": "Transfer-Encoding: chunked"} {
		t.Run(name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			_, err = fmt.Fprintf(conn, "POST /api/v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n",
				h.token(access.Admin), framing)
			require.NoError(t, err)
			if framing == "Transfer-Encoding: chunked" {
				_, err = fmt.Fprintf(conn, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
			} else {
				_, err = conn.Write(body)
			}
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer func() { _ = answer.Body.Close() }()
			require.Equal(t, 413, answer.StatusCode)
			require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
		})
	}
}

func TestABodyThatCannotBeReadIsTheSendersFault(t *testing.T) {
	h := newHarness(t)
	server := httptest.NewServer(h.server.Handler())
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /api/v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nAuthorization: Bearer %s\r\n"+
		"Transfer-Encoding: chunked\r\n\r\nno length\r\n{}", h.token(access.Admin))
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, 400, answer.StatusCode)
}
