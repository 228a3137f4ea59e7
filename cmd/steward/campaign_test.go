package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeAPI answers the operations that the campaign command uses and remembers the commands.
type fakeAPI struct {
	mu      sync.Mutex
	keys    []string
	bodies  []campaignRequest
	lost    int // answers 503 this many times before it starts the campaign
	looked  int
	tokens  map[string]bool
	finally string
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[r.Header.Get("Authorization")] = true
	answer := func(status int, body string) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /api/v1/communities":
		if r.URL.Query().Get("cursor") == "" {
			answer(200, `{"items":[{"id":"c1","name":"一号小区"}],"next_cursor":"c1"}`)
			return
		}
		answer(200, `{"items":[{"id":"c2","name":"二号小区"}]}`)
	case "GET /api/v1/dunning-policies":
		answer(200, `{"items":[{"id":"p1","name":"标准催缴策略"}]}`)
	case "POST /api/v1/campaigns/preview":
		answer(200, `{"preview_id":"v1","households":3,"amount_fen":12345,"schedule":[{"stage":"notice","date":"2026-03-10","touches":3,"cost_fen":15}],"excluded":[{"reason":"hold","households":1}]}`)
	case "POST /api/v1/campaigns":
		var body campaignRequest
		_ = json.NewDecoder(r.Body).Decode(&body)
		f.keys, f.bodies = append(f.keys, r.Header.Get("Idempotency-Key")), append(f.bodies, body)
		if f.lost--; f.lost >= 0 {
			answer(503, `{"status":503,"code":"outcome-unknown","detail":"请重试"}`)
			return
		}
		answer(201, `{"id":"k1","status":"running"}`)
	case "GET /api/v1/campaigns/k1":
		status := "running"
		if f.looked++; f.looked > 2 {
			status = f.finally
		}
		answer(200, `{"id":"k1","name":"春季","status":"`+status+`","households":3,"stages":[{"key":"notice","due":3,"sent":2}]}`)
	default:
		answer(404, `{"status":404,"code":"not-found","detail":"没有这个地址","request_id":"r1"}`)
	}
}

func fakeRemote(t *testing.T, f *fakeAPI) Remote {
	t.Helper()
	f.tokens, f.finally = map[string]bool{}, "finished"
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	content, err := json.Marshal(devFile{BaseURL: server.URL, Logins: map[string]devLogin{"community_manager": {Token: "of the manager"}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dev.json"), content, 0o600))
	return Remote{Data: dir, As: "community_manager"}
}

func TestACampaignIsStartedOnceAlthoughAnAnswerIsLost(t *testing.T) {
	f := &fakeAPI{lost: 1}
	start := CampaignStartCmd{Remote: fakeRemote(t, f), Community: []string{"二号小区"}, Watch: true}
	require.NoError(t, start.Run(t.Context()))
	require.Len(t, f.keys, 2)
	require.NotEmpty(t, f.keys[0])
	require.Equal(t, f.keys[0], f.keys[1], "the same command under the same key")
	require.Equal(t, campaignRequest{CommunityIDs: []string{"c2"}, PolicyID: "p1", Name: "二号小区 催缴", PreviewID: "v1"}, f.bodies[0])
	require.Equal(t, map[string]bool{"Bearer of the manager": true}, f.tokens)
	require.Equal(t, 3, f.looked, "watched until it was over")
}

func TestACampaignOverAnUnknownCommunityIsNotStarted(t *testing.T) {
	f := &fakeAPI{}
	start := CampaignStartCmd{Remote: fakeRemote(t, f), Community: []string{"三号小区"}}
	require.ErrorContains(t, start.Run(t.Context()), "一号小区, 二号小区")
	require.Empty(t, f.keys)
}

func TestStatusTellsWhyNot(t *testing.T) {
	status := CampaignStatusCmd{Remote: fakeRemote(t, &fakeAPI{}), ID: "gone"}
	require.ErrorContains(t, status.Run(t.Context()), "没有这个地址 (not-found, r1)")
	require.ErrorContains(t, (&CampaignStatusCmd{Remote: Remote{Data: t.TempDir()}}).Run(t.Context()), "steward dev")
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	f := &fakeAPI{}
	remote := fakeRemote(t, f)
	f.finally = "running"
	api, err := remote.client()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, watchCampaign(ctx, api, "k1", 1))
}

func TestMoneyIsShownInYuan(t *testing.T) {
	for fen, want := range map[int64]string{0: "0.00", 5: "0.05", 12345: "123.45", -7: "-0.07"} {
		require.Equal(t, want, yuan(fen))
	}
}

func TestTheDataKeyIsRead(t *testing.T) {
	good := "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
	secret, err := Database{DataKey: good}.secret()
	require.NoError(t, err)
	require.Len(t, secret, 32)
	for name, d := range map[string]Database{"none": {}, "short": {DataKey: "abcd"}, "not hex": {DataKey: good[:63] + "g"}} {
		_, err := d.secret()
		require.Error(t, err, name)
	}
}
