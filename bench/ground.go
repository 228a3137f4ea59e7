package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"go.temporal.io/sdk/client"

	"steward/activities"
	"steward/devstack"
	"steward/domain/access"
	"steward/domain/dunning"
	"steward/engine"
	"steward/notify"
	"steward/store"
	"steward/worker"
)

// connections is what a worker in production opens by default.
const connections = 20

// ground is the servers, and one organization with its rules.
type ground struct {
	dir      string
	remove   bool
	mysql    *devstack.MariaDB
	temporal *devstack.Temporal
	db       *sqlx.DB
	clock    *store.Clock
	store    *store.Store
	keys     *store.KeyRing
	client   client.Client
	orgID    string
	scope    access.Scope
	made     int // communities so far
}

func openGround(ctx context.Context, dir string) (*ground, error) {
	g := &ground{dir: dir}
	if dir == "" {
		tmp, err := os.MkdirTemp("", "steward-bench-")
		if err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		g.dir, g.remove = tmp, true
	}
	if err := g.open(ctx); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *ground) open(ctx context.Context) (err error) {
	if g.mysql, err = devstack.StartMariaDB(ctx, devstack.MariaDBOptions{Dir: filepath.Join(g.dir, "mysql")}); err != nil {
		return err
	}
	if g.temporal, err = devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: filepath.Join(g.dir, "temporal"), Headless: true}); err != nil {
		return err
	}
	if g.db, err = store.Open(ctx, g.mysql.DSN(), connections); err != nil {
		return err
	}
	if err = store.Migrate(ctx, g.db); err != nil {
		return err
	}
	if _, err = store.StartClock(ctx, g.db, time.Time{}, 1); err != nil {
		return err
	}
	if g.clock, err = store.OpenClock(ctx, g.db); err != nil {
		return err
	}
	secret := sha256.Sum256([]byte("a key for measuring"))
	if g.keys, err = store.NewKeyRing(secret[:]); err != nil {
		return err
	}
	g.store = store.New(g.db, g.keys, g.clock)
	if g.orgID, err = g.store.EnsureOrganization(ctx, "bench"); err != nil {
		return err
	}
	g.scope = access.ForSystem(g.orgID)
	if err = g.store.SeedHolidays(ctx, g.orgID); err != nil {
		return err
	}
	g.client, err = engine.Dial(ctx, engine.Options{
		Address: g.temporal.Address(), Namespace: "default", Secret: secret[:], Logger: slog.New(slog.DiscardHandler), Timeout: time.Minute,
	})
	return err
}

func (g *ground) close() {
	if g.client != nil {
		g.client.Close()
	}
	if g.clock != nil {
		g.clock.Close()
	}
	if g.db != nil {
		_ = g.db.Close()
	}
	if g.temporal != nil {
		g.temporal.Process.Stop(10 * time.Second)
	}
	if g.mysql != nil {
		g.mysql.Stop()
	}
	if g.remove {
		_ = os.RemoveAll(g.dir)
	}
}

func (g *ground) mariaDBVersion(ctx context.Context) string {
	var v string
	_ = g.db.GetContext(ctx, &v, `SELECT VERSION()`)
	return v
}

// work runs the worker and the relay as production does, without senders unless channels are named.
func (g *ground) work(ctx context.Context, channels ...dunning.Channel) (stop func() error, err error) {
	door := engine.New(g.client)
	relay, err := engine.NewRelay(g.store, door, g.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	providers := notify.NewRegistry()
	for _, ch := range channels {
		batch := 1
		if ch == dunning.App {
			batch = 100
		}
		providers.Use(ch, notify.Setting{Provider: notify.NewSandbox(g.store, string(ch), batch)})
	}
	steps := worker.Steps{
		Collections: &activities.Collections{Cases: g.store, Progress: g.store, Processes: door, Decide: dunning.Step, Clock: g.clock},
		Sending:     &activities.Sending{Outbox: g.store, Settings: g.store, Providers: providers},
		Importing:   &activities.Importing{},
		Billing:     &activities.Billing{Runs: g.store, Clock: g.clock},
	}
	ctx, end := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { relay.Run(ctx) })
	beside.Go(func() {
		door.EnsureSenders(ctx, providers.Channels(), func(err error) { slog.Error("senders not started", "error", err) })
	})
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx, g.client, steps, worker.Options{DatabaseConns: connections}) }()
	return func() error {
		end()
		beside.Wait()
		return <-ended
	}, nil
}

// turn moves business time on and sets its speed.
func (g *ground) turn(ctx context.Context, at time.Time, speed float64) error {
	return g.store.SetClock(ctx, g.scope, at, speed)
}

// poll asks until done says so.
func poll(ctx context.Context, limit, every time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("the run did not end in time")
		case <-time.After(every):
		}
	}
}
