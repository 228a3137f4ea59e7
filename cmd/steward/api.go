package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"steward/api"
	"steward/engine"
	"steward/spreadsheet"
	"steward/store"
	"steward/telemetry"
	"steward/web"
)

// APICmd serves the HTTP API and the console.
type APICmd struct {
	Database
	Logging
	TemporalAt
	Watched
	OnlinePayments
	Printing
	Listen         string        `help:"Where to listen." default:"127.0.0.1:8080" env:"STEWARD_LISTEN"`
	WebhookSecret  string        `help:"Secret shared with payment providers; without one every notice is refused." env:"STEWARD_WEBHOOK_SECRET"`
	WebhookFile    string        `name:"webhook-secret-file" help:"File that holds the secret." env:"STEWARD_WEBHOOK_SECRET_FILE" secret:"webhook-secret" placeholder:"FILE"`
	Dev            bool          `help:"Allow turned time, serve the sandbox, and cookies over plain HTTP." env:"STEWARD_DEV"`
	TrustedProxies []string      `help:"Proxies whose X-Forwarded-For is believed." env:"STEWARD_TRUSTED_PROXIES" placeholder:"CIDR"`
	DrainTimeout   time.Duration `help:"How long a stop waits for requests to end." default:"15s"`
	Instance       string        `help:"Name of this process in the answer to /readyz." env:"STEWARD_INSTANCE" hidden:""`
}

// Limits of the HTTP server; bodies have their own, by operation.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	purgeInterval  = time.Minute
)

// Run serves until the context ends, then stops accepting, ends event streams and lets requests finish.
func (c *APICmd) Run(ctx context.Context) error {
	log := c.logger("api")
	running, err := telemetry.Start(ctx, "api", buildVersion())
	if err != nil {
		return err
	}
	defer stopTelemetry(running, log)
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	if !c.Dev {
		if err := store.RefuseTurnedClock(ctx, d.db); err != nil {
			return err
		}
	}
	temporal, err := engine.DialLazily(engine.Options{Address: c.TemporalAddress, Namespace: c.TemporalNamespace, APIKey: c.APIKey, Secret: d.secret, Logger: log})
	if err != nil {
		return err
	}
	defer temporal.Close()
	door := engine.New(temporal)
	if err := c.watch(running, d, door, log); err != nil {
		return err
	}
	server, err := c.server(d, door, running, log)
	if err != nil {
		return err
	}
	return c.serve(ctx, server, d, log)
}

func (c *APICmd) server(d *database, door *engine.Engine, running *telemetry.Running, log *slog.Logger) (*api.Server, error) {
	page, err := fs.Sub(web.Dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("find the page: %w", err)
	}
	deps := api.Deps{
		Store: d.store, Sheets: spreadsheet.New(), Printer: c.press(), Clock: d.clock, Log: log, Console: page, Version: buildVersion(), Dev: c.Dev,
		TrustedProxies: c.TrustedProxies,
		Organization:   d.store.SoleOrganization, Unavailable: store.Unavailable, BadValue: store.BadValue,
		Ready:      func(ctx context.Context) error { return readiness(ctx, d, door) },
		DemoLogins: demoLogins(),
		Metrics:    running.Registry, MetricsInto: running.Registry,
	}
	c.OnlinePayments.serve(&deps, d, c.WebhookSecret, c.Dev, log)
	return api.New(deps)
}

func demoLogins() []api.DemoLogin {
	var logins []api.DemoLogin
	for _, l := range demoUsers {
		logins = append(logins, api.DemoLogin{Role: l.Role, Login: l.Login, Password: l.Password})
	}
	return logins
}

// readiness tells what is missing for this process to serve.
func readiness(ctx context.Context, d *database, door *engine.Engine) error {
	if err := store.CheckSchema(ctx, d.db); err != nil {
		return err
	}
	if err := door.Ping(ctx); err != nil {
		return fmt.Errorf("ask Temporal: %w", err)
	}
	return nil
}

func (c *APICmd) serve(ctx context.Context, handler *api.Server, d *database, log *slog.Logger) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	server := &http.Server{
		Handler: withInstance(handler.Handler(), c.Instance), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	background, endBackground := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { handler.Run(background) })
	work.Go(func() { purge(background, d.store, log) })
	defer work.Wait()
	defer endBackground()

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("serving", slog.String("address", listener.Addr().String()), slog.Bool("dev", c.Dev))
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	handler.Drain()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

const instanceHeader = "Steward-Instance"

// withInstance tells who answers, so that whoever started this process does not take another on the same port for it.
func withInstance(h http.Handler, instance string) http.Handler {
	if instance == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.Header().Set(instanceHeader, instance)
		}
		h.ServeHTTP(w, r)
	})
}

// purge removes expired sessions and kept answers, a bounded batch at a time.
func purge(ctx context.Context, s *store.Store, log *slog.Logger) {
	tick := time.NewTicker(purgeInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.Purge(ctx); err != nil && ctx.Err() == nil {
			log.Warn("old rows could not be removed", slog.Any("error", err))
		}
	}
}

func stopTelemetry(running *telemetry.Running, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := running.Stop(ctx); err != nil {
		log.Warn("last traces were lost", slog.Any("error", err))
	}
}
