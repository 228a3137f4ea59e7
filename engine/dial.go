// Package engine is the typed door to Temporal: dialing, sealing, starting and waking processes, the relay that delivers
// what MySQL has committed, and the reconciliation of both stores.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdkotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// Options say where Temporal is. What is empty comes from Temporal's own environment configuration (TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_..., a profile in a file). Traces and metrics go to the global
// OpenTelemetry providers, which are set before Dial.
type Options struct {
	Address   string
	Namespace string
	APIKey    string // where Temporal asks for one; it also turns TLS on
	Secret    []byte // the data key, 32 bytes
	Logger    *slog.Logger
	Timeout   time.Duration // of the first connection, 10 s unless set
}

const dialPause = 500 * time.Millisecond

// Dial connects, trying again until the timeout: Temporal may come up later than its workers. The error names the address
// and what to look at.
func Dial(ctx context.Context, o Options) (client.Client, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	for {
		c, err := client.DialContext(ctx, options)
		if err == nil {
			return c, nil
		}
		o.log().Debug("Temporal does not answer yet", "address", options.HostPort, "error", err)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("reach Temporal at %s (namespace %s; set by --temporal-address or TEMPORAL_ADDRESS): %w", options.HostPort, options.Namespace, err)
		case <-time.After(dialPause):
		}
	}
}

func (o Options) log() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

// DialLazily gives a client that connects when it is first used, for processes that must start while Temporal is away.
func DialLazily(o Options) (client.Client, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to Temporal: %w", err)
	}
	return c, nil
}

// NamespaceInUse gives the namespace that Dial works in.
func (o Options) NamespaceInUse() (string, error) {
	options, err := clientOptions(o)
	return options.Namespace, err
}

func clientOptions(o Options) (client.Options, error) {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
	if err != nil {
		return client.Options{}, fmt.Errorf("read Temporal's environment configuration: %w", err)
	}
	if o.APIKey != "" {
		profile.APIKey = o.APIKey
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return options, fmt.Errorf("read Temporal's environment configuration: %w", err)
	}
	if o.Address != "" {
		options.HostPort = o.Address
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if o.Namespace != "" {
		options.Namespace = o.Namespace
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	codec, err := NewCodec(o.Secret)
	if err != nil {
		return options, err
	}
	tracing, err := sdkotel.NewTracingInterceptor(sdkotel.TracerOptions{AllowInvalidParentSpans: true})
	if err != nil {
		return options, fmt.Errorf("prepare tracing: %w", err)
	}
	options.DataConverter = codec.DataConverter()
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
	options.Interceptors = []interceptor.ClientInterceptor{tracing}
	options.MetricsHandler = sdkotel.NewMetricsHandler(sdkotel.MetricsHandlerOptions{
		OnError:              func(err error) { o.log().Warn("metric not recorded", "error", err) },
		UseMonotonicCounters: true,
	})
	options.Logger = sdklog.NewStructuredLogger(o.log())
	return options, nil
}
