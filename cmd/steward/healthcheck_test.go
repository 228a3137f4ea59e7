package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealthcheckFailsUnlessTheProbeAnswers200(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/readyz", r.URL.Path)
		w.WriteHeader(status)
	}))
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	ask := func() error {
		return (&HealthcheckCmd{ProbeURL: server.URL + "/readyz", Timeout: time.Minute}).Run(t.Context())
	}
	require.NoError(t, ask())
	status = http.StatusServiceUnavailable
	require.ErrorContains(t, ask(), "503")
	server.Close()
	require.ErrorContains(t, ask(), "refused")
}
