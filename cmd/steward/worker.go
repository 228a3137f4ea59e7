package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"

	"steward/activities"
	"steward/domain/dunning"
	"steward/engine"
	"steward/notify"
	"steward/spreadsheet"
	"steward/store"
	"steward/telemetry"
	"steward/worker"
)

// WorkerCmd works on processes: it advances cohorts, sends messages, applies imports, and relays what the API commits.
type WorkerCmd struct {
	Database
	Logging
	TemporalAt
	Watched
	Channels
	OnlinePayments
	MetricsListen string        `help:"Where to serve /healthz, /readyz and /metrics; nowhere when left out." env:"STEWARD_WORKER_LISTEN" placeholder:"HOST:PORT"`
	BuildID       string        `help:"Release for Temporal's worker versioning; left out, the worker is unversioned." env:"STEWARD_BUILD_ID"`
	TemporalWait  time.Duration `help:"How long a start waits for Temporal." default:"1m"`
	Dev           bool          `help:"Allow turned time and send to the sandbox." env:"STEWARD_DEV"`
}

// Channels say which provider serves which channel. In dev the sandbox serves those that have none.
type Channels struct {
	SMTPHost     string `help:"Mail server; mail is off without one." env:"STEWARD_SMTP_HOST"`
	SMTPPort     int    `help:"Port of the mail server." env:"STEWARD_SMTP_PORT" default:"587"`
	SMTPTLS      string `name:"smtp-tls" help:"required, opportunistic, implicit or none." env:"STEWARD_SMTP_TLS" enum:"required,opportunistic,implicit,none" default:"required"`
	SMTPUser     string `help:"Login at the mail server." env:"STEWARD_SMTP_USER"`
	SMTPPassword string `help:"Password at the mail server." env:"STEWARD_SMTP_PASSWORD"`
	SMTPFile     string `name:"smtp-password-file" help:"File that holds the password." env:"STEWARD_SMTP_PASSWORD_FILE" secret:"smtp-password" placeholder:"FILE"`
	SMTPFrom     string `help:"Sender address." env:"STEWARD_SMTP_FROM"`
	SMTPRate     int    `help:"Mails a second at most, 0 for no limit of this server." env:"STEWARD_SMTP_PER_SECOND"`
	SandboxBatch int    `help:"Messages that one call to the sandbox's app channel carries." hidden:"" default:"100"`
}

// probeTimeout is how long a probe waits for what does not answer.
const probeTimeout = 3 * time.Second

// smtpLimit is longer than one mail needs: a call carries several.
const smtpLimit = 30 * time.Second

// registry gives each channel its provider; one that has none fails its messages, so that the next channel is tried.
func (c Channels) registry(phones notify.Phones, dev bool) (*notify.Registry, error) {
	r := notify.NewRegistry()
	if dev {
		for _, ch := range notify.AllChannels {
			batch := 1
			if ch == dunning.App {
				batch = c.SandboxBatch
			}
			r.Use(ch, notify.Setting{Provider: notify.NewSandbox(phones, string(ch), batch)})
		}
	}
	if c.SMTPHost != "" {
		mail, err := notify.NewSMTP(notify.SMTPSetting{
			Host: c.SMTPHost, Port: c.SMTPPort, TLS: c.SMTPTLS, User: c.SMTPUser, Password: c.SMTPPassword, From: c.SMTPFrom, Timeout: smtpLimit,
		})
		if err != nil {
			return nil, err
		}
		r.Use(dunning.Mail, notify.Setting{Provider: mail, PerSecond: c.SMTPRate, Timeout: smtpLimit})
	}
	for _, ch := range notify.AllChannels {
		if _, err := r.For(ch); err != nil {
			r.Use(ch, notify.Setting{Provider: notify.Absent{}})
		}
	}
	return r, nil
}

// tidiness is how much the heap grows between collections, in percent: a file of 100,000 rows leaves much behind, and a worker
// should stay under 300 MB with it.
const tidiness = 50

// Run works until the context ends; steps in flight may then end, for up to worker.StopTimeout.
func (c *WorkerCmd) Run(ctx context.Context) error {
	log := c.logger("worker")
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(tidiness)
	}
	running, err := telemetry.Start(ctx, "worker", buildVersion())
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
	providers, err := c.registry(d.store, c.Dev)
	if err != nil {
		return err
	}
	temporal, err := engine.Dial(ctx, engine.Options{
		Address: c.TemporalAddress, Namespace: c.TemporalNamespace, APIKey: c.APIKey, Secret: d.secret, Logger: log, Timeout: c.TemporalWait,
	})
	if err != nil {
		return err
	}
	defer temporal.Close()
	return c.work(ctx, d, temporal, providers, running, log)
}

func (c *WorkerCmd) work(ctx context.Context, d *database, temporal client.Client, providers *notify.Registry, running *telemetry.Running, log *slog.Logger) error {
	door := engine.New(temporal)
	if err := c.watch(running, d, door, log); err != nil {
		return err
	}
	relay, err := engine.NewRelay(d.store, door, d.clock, log)
	if err != nil {
		return err
	}
	standby, err := newStandby(c.BuildID, running.Registry)
	if err != nil {
		return err
	}
	stopServing, err := c.serve(ctx, d, door, standby, running, log)
	if err != nil {
		return err
	}
	defer stopServing()
	background, end := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer end()
	beside.Go(func() { relay.Run(background) })
	beside.Go(func() { standby.watch(background, door, log) })
	beside.Go(func() {
		door.EnsureSenders(background, providers.Channels(), func(err error) { log.Warn("senders not started", slog.Any("error", err)) })
	})
	log.Info("working", slog.Any("channels", providers.Channels()), slog.Bool("dev", c.Dev))
	steps := workerSteps(d, door, providers, c.Dev)
	steps.Checkout = c.steps(d, c.Dev)
	if c.PublicURL == "" {
		log.Warn("links in messages are paths that nobody can open: set STEWARD_PUBLIC_URL")
	}
	err = worker.Run(ctx, temporal, steps, worker.Options{DatabaseConns: c.MaxConns, BuildID: c.BuildID})
	log.Info("stopped")
	return err
}

// workerSteps fills the ports of every activity.
func workerSteps(d *database, door *engine.Engine, providers *notify.Registry, dev bool) worker.Steps {
	return worker.Steps{
		Collections: &activities.Collections{Cases: d.store, Progress: d.store, Processes: door, Decide: dunning.Step, Clock: d.clock},
		Sending:     &activities.Sending{Outbox: d.store, Settings: d.store, Providers: providers},
		Importing:   &activities.Importing{Store: d.store, Sheets: spreadsheet.New(), Clock: d.clock, GuardNewCommunities: !dev},
		Billing:     &activities.Billing{Runs: d.store, Clock: d.clock},
		Approvals:   &activities.Approvals{Store: d.store, Clock: d.clock},
	}
}

// serve answers probes and metrics, if the worker listens at all.
func (c *WorkerCmd) serve(ctx context.Context, d *database, door *engine.Engine, standby *standbyState, running *telemetry.Running, log *slog.Logger) (stop func(), err error) {
	if c.MetricsListen == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.MetricsListen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", c.MetricsListen, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
		defer cancel()
		if err := readiness(ctx, d, door); err != nil {
			log.WarnContext(r.Context(), "not ready", slog.Any("error", err))
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, cmp.Or(standby.words(), "ready"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(running.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("probes can't be served", slog.Any("error", err))
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}, nil
}
