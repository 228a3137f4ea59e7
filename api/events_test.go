package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/store"
)

// live serves the harness over a real connection, with its event streams fed.
func (h *harness) live() *httptest.Server {
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.server.Run(ctx)
	}()
	server := httptest.NewServer(h.server.Handler())
	h.t.Cleanup(func() {
		h.server.Drain()
		server.Close()
		cancel()
		<-done
	})
	return server
}

// change puts a numbered row on the feed, as the relay would.
func (h *harness) change(kind, communityID string) (id string, seq int64) {
	h.t.Helper()
	id = store.NewID()
	var community any
	if communityID != "" {
		community = communityID
	}
	_, err := h.DB.ExecContext(h.t.Context(), `INSERT INTO change_feed (org_id, seq, kind, subject_id, community_id, at)
		SELECT ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ? FROM change_feed`, h.OrgID, kind, id, community, h.Clock.Now())
	require.NoError(h.t, err)
	require.NoError(h.t, h.DB.GetContext(h.t.Context(), &seq, `SELECT MAX(seq) FROM change_feed`))
	return id, seq
}

// listener is one open stream.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
}

func (h *harness) listen(server *httptest.Server, role access.Role, headers map[string]string) *listener {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute) // only so that a broken stream fails the test instead of hanging it
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/events", nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+h.token(role))
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	answer, err := server.Client().Do(r)
	require.NoError(h.t, err)
	l := &listener{t: h.t, lines: bufio.NewScanner(answer.Body), close: func() { cancel(); _ = answer.Body.Close() }}
	h.t.Cleanup(l.close)
	require.Equal(h.t, 200, answer.StatusCode)
	require.Equal(h.t, "text/event-stream; charset=utf-8", answer.Header.Get("Content-Type"))
	require.True(h.t, l.lines.Scan())
	require.Equal(h.t, "retry: 2000", l.lines.Text())
	return l
}

type event struct{ id, kind, data string }

// next gives the next event that a client would see.
func (l *listener) next() event {
	l.t.Helper()
	var e event
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.data != "" {
				return e
			}
			e = event{id: e.id}
		}
	}
	l.t.Fatalf("the stream ended: %v", l.lines.Err())
	return e
}

func TestEventsReachThoseWhoMaySeeThem(t *testing.T) {
	h := newHarness(t)
	elsewhere := insertCommunity(t, h.Env, "别处小区")
	server := h.live()
	manager := h.listen(server, access.CommunityManager, nil)
	finance := h.listen(server, access.CompanyFinance, nil)
	cashier := h.listen(server, access.Cashier, nil)

	hidden, _ := h.change("campaign", elsewhere)
	campaign, seq := h.change("campaign", h.community)
	e := manager.next()
	require.Equal(t, "campaign", e.kind)
	require.Equal(t, fmt.Sprint(seq), e.id)
	require.Contains(t, e.data, campaign)
	require.Contains(t, e.data, h.community)
	require.Contains(t, finance.next().data, hidden)
	require.Contains(t, finance.next().data, campaign)

	payment, _ := h.change("payment", h.community)
	require.Contains(t, cashier.next().data, payment, "a cashier sees payments, not campaigns")

	// A campaign over several communities names none, and concerns those it runs in.
	several := store.NewID()
	_, err := h.DB.ExecContext(t.Context(), `INSERT INTO campaign_community (org_id, campaign_id, community_id) VALUES (?,?,?)`, h.OrgID, several, elsewhere)
	require.NoError(t, err)
	_, err = h.DB.ExecContext(t.Context(), `INSERT INTO change_feed (org_id, seq, kind, subject_id, at) SELECT ?, MAX(seq) + 1, 'campaign', ?, ? FROM change_feed`, h.OrgID, several, h.Clock.Now())
	require.NoError(t, err)
	last, _ := h.change("campaign", h.community)
	require.Contains(t, manager.next().data, payment)
	require.Contains(t, manager.next().data, last)
}

func TestEventsResume(t *testing.T) {
	h := newHarness(t)
	server := h.live()
	_, first := h.change("campaign", h.community)
	second, _ := h.change("campaign", h.community)
	third, _ := h.change("campaign", h.community)
	resumed := h.listen(server, access.CommunityManager, map[string]string{"Last-Event-ID": fmt.Sprint(first)})
	require.Contains(t, resumed.next().data, second)
	require.Contains(t, resumed.next().data, third)

	_, err := h.DB.ExecContext(t.Context(), `DELETE FROM change_feed WHERE seq <= ?`, first+1)
	require.NoError(t, err)
	for _, gone := range []string{fmt.Sprint(first - 1), "999999999", "never given"} {
		l := h.listen(server, access.CommunityManager, map[string]string{"Last-Event-ID": gone})
		e := l.next()
		require.Equal(t, "reset", e.kind)
		fresh, _ := h.change("campaign", h.community)
		require.Contains(t, l.next().data, fresh, "a reset stream goes on with what is new")
	}
}

func TestAStreamEndsWithTheServer(t *testing.T) {
	h := newHarness(t)
	server := h.live()
	l := h.listen(server, access.CommunityManager, nil)
	h.server.Drain()
	for l.lines.Scan() {
		require.NotContains(t, l.lines.Text(), "data")
	}
	require.NoError(t, l.lines.Err())
	h.do(call{Method: "GET", Path: "/events", Role: access.CommunityManager}).problem(503, "unavailable")
}

func TestStreamsOfOneCallerAreBounded(t *testing.T) {
	h := newHarness(t)
	server := h.live()
	var open []*listener
	for range 20 {
		open = append(open, h.listen(server, access.CommunityManager, nil))
	}
	a := h.do(call{Method: "GET", Path: "/events", Role: access.CommunityManager})
	a.problem(429, "too-many-streams")
	require.Equal(t, "10", a.Header.Get("Retry-After"))
	h.listen(server, access.CompanyFinance, nil)
	require.Len(t, open, 20)
}
