package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"steward/telemetry"
)

func TestMetricsOfBothKindsAreShown(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	running, err := telemetry.Start(t.Context(), "test", "v0")
	require.NoError(t, err)
	counter, err := otel.Meter("steward/test").Int64Counter("steward_touches")
	require.NoError(t, err)
	counter.Add(t.Context(), 3)

	answer := httptest.NewRecorder()
	promhttp.HandlerFor(running.Registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Contains(t, answer.Body.String(), "steward_touches_total 3")
	require.Contains(t, answer.Body.String(), "go_goroutines")
	require.NoError(t, running.Stop(t.Context()))
}

func TestTracesAreSentWhereAnEndpointIsSet(t *testing.T) {
	received := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case received <- r.URL.Path:
		default:
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	running, err := telemetry.Start(t.Context(), "test", "v0")
	require.NoError(t, err)
	_, span := otel.Tracer("steward/test").Start(t.Context(), "pay")
	span.End()
	require.NoError(t, running.Stop(t.Context()))
	require.Equal(t, "/v1/traces", <-received)
}

func TestLogsAreJSONUnlessForPeople(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, "json", slog.LevelInfo)
	log.Debug("not shown")
	log.Info("paid", slog.Int("amount_fen", 100))
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	require.Equal(t, "paid", record["msg"])
	require.EqualValues(t, 100, record["amount_fen"])

	out.Reset()
	telemetry.NewLogger(&out, "text", slog.LevelDebug).Debug("shown")
	require.Contains(t, out.String(), "level=DEBUG msg=shown")
}

func TestTemporalsLatenciesAreToldInSeconds(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	running, err := telemetry.Start(t.Context(), "test", "v0")
	require.NoError(t, err)
	latency, err := otel.Meter("temporal-sdk-go").Float64Histogram("temporal_request_latency", metric.WithUnit("s"))
	require.NoError(t, err)
	latency.Record(t.Context(), 0.02)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(running.Registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Contains(t, answer.Body.String(), `temporal_request_latency_seconds_bucket{le="0.025"} 1`)
	require.NoError(t, running.Stop(t.Context()))
}
