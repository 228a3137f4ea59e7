// Package telemetry sets up what a process tells about itself: structured logs, metrics for Prometheus, and traces where
// an OTLP endpoint is configured by OpenTelemetry's standard environment.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// NewLogger writes records of at least the level as JSON, or as text for people.
func NewLogger(out io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

// latencies gives Temporal's histograms bounds in seconds, which is their unit; the default ones are for milliseconds.
var latencies = metric.NewView(metric.Instrument{Name: "temporal_*", Kind: metric.InstrumentKindHistogram},
	metric.Stream{Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: []float64{.005, .025, .1, .5, 1, 5, 10, 60}}})

// Running is the telemetry of this process.
type Running struct {
	Registry *prometheus.Registry // everything that /metrics shows, OpenTelemetry's instruments included
	traces   *trace.TracerProvider
	metrics  *metric.MeterProvider
}

// Start sets the global OpenTelemetry providers. Traces are exported only when OTEL_EXPORTER_OTLP_ENDPOINT or
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set; an endpoint that is away loses traces and nothing else.
func Start(ctx context.Context, process, version string) (*Running, error) {
	r := &Running{Registry: prometheus.NewRegistry()}
	r.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	who := resource.NewSchemaless(attribute.String("service.name", "steward-"+process), attribute.String("service.version", version))

	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(r.Registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("start metrics: %w", err)
	}
	r.metrics = metric.NewMeterProvider(metric.WithReader(exporter), metric.WithResource(who), metric.WithView(latencies))
	otel.SetMeterProvider(r.metrics)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))

	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return r, nil
	}
	traces, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("start traces: %w", err)
	}
	r.traces = trace.NewTracerProvider(trace.WithBatcher(traces), trace.WithResource(who))
	otel.SetTracerProvider(r.traces)
	return r, nil
}

// Stop sends what is still buffered.
func (r *Running) Stop(ctx context.Context) error {
	var errs []error
	if r.traces != nil {
		errs = append(errs, r.traces.Shutdown(ctx))
	}
	errs = append(errs, r.metrics.Shutdown(ctx))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop telemetry: %w", err)
	}
	return nil
}
