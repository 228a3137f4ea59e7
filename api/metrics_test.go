package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"steward/api"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/store"
	"steward/telemetry"
)

// withoutDatabase is an API whose database nobody listens for.
func withoutDatabase(t *testing.T) http.Handler {
	t.Helper()
	db, err := sqlx.Open("mysql", "x:y@tcp(127.0.0.1:1)/steward")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	keys, err := store.NewKeyRing([]byte("a key for tests, thirty-two long"))
	require.NoError(t, err)
	now := clock.Fixed(time.Now())
	away := store.New(db, keys, now)
	registry := prometheus.NewRegistry()
	registry.MustRegister(telemetry.NewFigures(telemetry.Sources{
		Figures: away.Figures, Settled: away.SettledMessages, ClockSkew: away.ClockSkew, Pool: db.Stats, Faults: store.Faults, Clock: now, Version: "v1",
	}))
	server, err := api.New(api.Deps{
		Store: away, Clock: now, Metrics: registry, MetricsInto: registry, Ready: func(ctx context.Context) error { return db.PingContext(ctx) },
		Organization: away.SoleOrganization, Unavailable: store.Unavailable, BadValue: store.BadValue,
	})
	require.NoError(t, err)
	return server.Handler()
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Authorization", "Bearer some-token-of-before")
	h.ServeHTTP(answer, request)
	return answer
}

func TestMetricsAreServedWhileTheDatabaseIsAway(t *testing.T) {
	h := withoutDatabase(t)
	refused := get(h, "/api/v1/campaigns")
	require.Equal(t, http.StatusServiceUnavailable, refused.Code)
	require.NotEmpty(t, refused.Header().Get("Retry-After"))

	answer := get(h, "/metrics")
	require.Equal(t, http.StatusOK, answer.Code)
	body := answer.Body.String()
	for _, line := range []string{
		"steward_figures_up 0\n", "steward_database_up 0\n", `steward_collect_errors_total{part="figures"} 1`, `steward_build_info{version="v1"} 1`,
		`steward_http_request_seconds_count{method="GET",route="/api/v1/campaigns",status="503"} 1`,
	} {
		require.Contains(t, body, line)
	}
	require.NotContains(t, body, "steward_messages_due")
	require.NotContains(t, body, "127.0.0.1:1", "nothing of the cause is shown to who may not sign in")
}

func TestACallerAddsNoSeriesToTheMetrics(t *testing.T) {
	reader := metric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	h := withoutDatabase(t)
	for i := range 20 {
		for _, path := range []string{"/healthz", "/api/v1/campaigns", fmt.Sprintf("/made-up/%d", i)} {
			request := httptest.NewRequest(fmt.Sprintf("MADEUP%d", i), path, nil)
			request.Host = fmt.Sprintf("made-up-%d.example:%d", i, 1000+i)
			h.ServeHTTP(httptest.NewRecorder(), request)
		}
	}
	body := get(h, "/metrics").Body.String()
	require.NotContains(t, strings.ToLower(body), "madeup")
	require.NotContains(t, body, "made-up")
	require.Contains(t, body, `steward_http_request_seconds_count{method="other",route="other",status="404"} 20`)

	var measured metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &measured))
	require.Empty(t, measured.ScopeMetrics, "requests are measured once, by route template")
}

// hanging is a database that takes every question and answers none.
type hanging struct{ api.Store }

func (hanging) SessionScope(ctx context.Context, _ string) (access.Scope, bool, error) {
	<-ctx.Done()
	return access.Scope{}, false, ctx.Err()
}

func TestAReadDoesNotHangWithTheDatabase(t *testing.T) {
	server, err := api.New(api.Deps{
		Store: hanging{}, Clock: clock.Fixed(time.Now()), Ready: func(context.Context) error { return nil },
		Organization: func(context.Context) (string, error) { return "", nil }, Unavailable: store.Unavailable, BadValue: store.BadValue,
		ReadWithin: time.Millisecond,
	})
	require.NoError(t, err)
	answer := get(server.Handler(), "/api/v1/campaigns")
	require.Equal(t, http.StatusServiceUnavailable, answer.Code)
	require.NotEmpty(t, answer.Header().Get("Retry-After"))
	require.Contains(t, answer.Body.String(), `"unavailable"`)
}
