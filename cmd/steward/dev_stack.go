package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"steward/devstack"
	"steward/domain/clock"
	"steward/store"
)

// How long each part may take to come up, and to stop in good order before it is ended by force.
const (
	serverLimit  = 3 * time.Minute
	migrateLimit = 10 * time.Minute
	readyLimit   = 2 * time.Minute
	demoLimit    = 5 * time.Minute

	apiGrace      = 20 * time.Second
	workerGrace   = 30 * time.Second
	temporalGrace = 10 * time.Second
	mysqlGrace    = 30 * time.Second

	devConns = 3
)

// devStack is the running system. Its four keepers restart what dies; every restart rewrites dev.json.
type devStack struct {
	devSettings
	say           *devOutput
	instance      string // names the API of this run
	dataKey       string
	webhookSecret string

	mysql, temporal, api, worker *devstack.Keeper
	anchor                       clock.Anchor
	backgroundCtx                context.Context
	endBackground                context.CancelFunc
	background                   sync.WaitGroup

	mu        sync.Mutex
	db        *sqlx.DB // dev's own pool: clock and schema
	file      devFile  // what dev.json says, once published
	published bool
	falls     map[string]int // how often a child has ended during the start
	lastFall  error
}

// start brings everything up; on an error the caller stops what is already there.
func (d *devStack) start(ctx context.Context) error {
	if err := removeIfThere(d.devFile()); err != nil {
		return err
	}
	for _, dir := range []string{d.logDir(), d.dir + "/run"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return folderProblem(dir, err)
		}
	}
	var err error
	if d.dataKey, d.webhookSecret, err = d.keys(); err != nil {
		return err
	}
	d.falls = map[string]int{}
	d.file = devFile{BaseURL: d.baseURL, Speed: d.speed, WebhookSecret: d.webhookSecret, Logins: map[string]devLogin{}}
	if err := d.startServers(ctx); err != nil {
		return err
	}
	if err := d.prepareDatabase(ctx); err != nil {
		return err
	}
	if err := d.startProcesses(ctx); err != nil {
		return err
	}
	if err := d.fill(ctx); err != nil {
		return err
	}
	if err := d.publish(); err != nil {
		return err
	}
	d.inBackground(d.watchDisk)
	d.inBackground(d.renewTokens)
	return nil
}

// startServers starts MariaDB and Temporal side by side.
func (d *devStack) startServers(ctx context.Context) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		step := d.say.step("数据库 / MariaDB")
		p, err := d.startMySQL(ctx)
		if err != nil {
			return step.failed(err)
		}
		d.keep(&d.mysql, "mysql", mysqlGrace, d.startMySQL, func(pid int) { d.file.PIDs.MySQL = pid }, p)
		step.done()
		return nil
	})
	both.Go(func() error {
		step := d.say.step("流程引擎 / Temporal")
		p, err := d.startTemporal(ctx)
		if err != nil {
			return step.failed(err)
		}
		d.keep(&d.temporal, "temporal", temporalGrace, d.startTemporal, func(pid int) { d.file.PIDs.Temporal = pid }, p)
		step.done()
		return nil
	})
	return both.Wait()
}

func (d *devStack) startMySQL(ctx context.Context) (*devstack.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, serverLimit)
	defer cancel()
	m, err := devstack.StartMariaDB(ctx, devstack.MariaDBOptions{Dir: d.mysqlDir(), Progress: d.say.progress})
	if err != nil {
		return nil, err
	}
	if d.moved(func(f *devFile) bool {
		old := f.MySQLDSN
		f.MySQLDSN = m.DSN()
		return old != "" && old != f.MySQLDSN
	}) {
		db, err := store.Open(ctx, m.DSN(), devConns)
		if err != nil {
			m.Kill()
			return nil, err
		}
		d.usePool(db)
	}
	return m.Process, nil
}

func (d *devStack) startTemporal(ctx context.Context) (*devstack.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, serverLimit)
	defer cancel()
	t, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: d.temporalDir(), Progress: d.say.progress})
	if err != nil {
		return nil, err
	}
	d.moved(func(f *devFile) bool {
		old := f.TemporalAddress
		f.TemporalAddress, f.TemporalUI = t.Address(), t.UI()
		return old != "" && old != f.TemporalAddress
	})
	return t.Process, nil
}

// moved notes a server's address; when a restart has changed it, API and worker are started again with the new one.
func (d *devStack) moved(note func(*devFile) bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !note(&d.file) {
		return false
	}
	for _, k := range []*devstack.Keeper{d.api, d.worker} {
		if k != nil {
			k.Restart()
		}
	}
	return true
}

// prepareDatabase brings the schema up and sets business time going.
func (d *devStack) prepareDatabase(ctx context.Context) error {
	step := d.say.step("数据库结构 / schema")
	db, err := store.Open(ctx, d.file.MySQLDSN, devConns)
	if err != nil {
		return step.failed(err)
	}
	d.usePool(db)
	if err := store.CheckRestored(ctx, db, true); err != nil {
		return step.failed(err)
	}
	dropped, err := store.DropUnfinishedFirstMigration(ctx, db)
	if err != nil {
		return step.failed(err)
	}
	if dropped {
		d.say.progress("上次建表中断，重新建立 / the first migration was cut off and is made anew")
	}
	if err := d.runOnce(ctx, "migrate", migrateLimit); err != nil {
		return step.failed(err)
	}
	step.done()
	if d.anchor, err = store.StartClock(ctx, db, d.at, d.speed); err != nil {
		return clockProblem(err)
	}
	d.inBackground(func(ctx context.Context) { store.KeepClock(ctx, d.pool) })
	return d.reconcileRestored(ctx, db)
}

// reconcileRestored compares a database that was restored from a backup with Temporal before anything works on it.
func (d *devStack) reconcileRestored(ctx context.Context, db *sqlx.DB) error {
	mark, err := store.PendingRestore(ctx, db)
	if err != nil || mark == nil {
		return err
	}
	step := d.say.step("核对恢复的数据 / reconciling " + mark.BackupName)
	c, err := d.selfCommand("reconcile")
	if err != nil {
		return step.failed(err)
	}
	p, err := devstack.Start(c)
	if err != nil {
		return step.failed(err)
	}
	failed := p.Wait(ctx, migrateLimit, d.say.progress) // it also fails where it leaves something for a person
	report := p.LogTail(reconcileLines)
	if mark, err = store.PendingRestore(ctx, db); err != nil || mark != nil {
		return step.failed(fmt.Errorf("steward reconcile: %w\n%s", errors.Join(failed, err), report))
	}
	step.done()
	d.say.line(report)
	return nil
}

// reconcileLines is how much of a reconciliation's report the terminal shows.
const reconcileLines = 60

func (d *devStack) pool() *sqlx.DB {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.db
}

func (d *devStack) usePool(db *sqlx.DB) {
	d.mu.Lock()
	old := d.db
	d.db = db
	d.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
}

// inBackground runs work until the stack stops.
func (d *devStack) inBackground(work func(context.Context)) {
	if d.endBackground == nil {
		d.backgroundCtx, d.endBackground = context.WithCancel(context.Background())
	}
	d.background.Go(func() { work(d.backgroundCtx) })
}

// startProcesses starts API and worker and waits until the API can serve.
func (d *devStack) startProcesses(ctx context.Context) error {
	step := d.say.step("接口与后台进程 / API and worker")
	d.keep(&d.api, "api", apiGrace, d.startAPI, func(pid int) { d.file.PIDs.API = pid }, nil)
	d.keep(&d.worker, "worker", workerGrace, d.startWorker, func(pid int) { d.file.PIDs.Worker = pid }, nil)
	if err := d.waitReady(ctx); err != nil {
		return step.failed(err)
	}
	step.done()
	return nil
}

func (d *devStack) startAPI(context.Context) (*devstack.Process, error) {
	return d.startSelf("api", "--listen", d.listen, "--dev")
}

func (d *devStack) startWorker(context.Context) (*devstack.Process, error) {
	return d.startSelf("worker")
}

// startSelf runs this program again. The key file on the command line is also the proof that a leftover is ours.
func (d *devStack) startSelf(command string, args ...string) (*devstack.Process, error) {
	c, err := d.selfCommand(command, args...)
	if err != nil {
		return nil, err
	}
	c.PIDFile = d.pidFile(command)
	return devstack.Start(c)
}

func (d *devStack) selfCommand(command string, args ...string) (devstack.Command, error) {
	self, err := os.Executable()
	if err != nil {
		return devstack.Command{}, fmt.Errorf("find this program: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return devstack.Command{
		Name: command, Path: self, Args: append([]string{command, "--data-key-file", d.keyFile()}, args...),
		LogFile: d.logFile(command),
		Env: childEnv(os.Environ(), map[string]string{
			"STEWARD_MYSQL_DSN": d.file.MySQLDSN, "STEWARD_WEBHOOK_SECRET": d.webhookSecret, "STEWARD_DEV": "1", "STEWARD_PUBLIC_URL": d.baseURL,
			"STEWARD_URL": d.baseURL, "STEWARD_INSTANCE": d.instance, "STEWARD_WATCH_FOLDER": d.dir, "TEMPORAL_ADDRESS": d.file.TemporalAddress, "TEMPORAL_NAMESPACE": "default",
		}),
	}, nil
}

// runOnce runs a command of this program to its end.
func (d *devStack) runOnce(ctx context.Context, command string, limit time.Duration) error {
	c, err := d.selfCommand(command)
	if err != nil {
		return err
	}
	p, err := devstack.Start(c)
	if err != nil {
		return err
	}
	if err := p.Wait(ctx, limit, d.say.progress); err != nil {
		return fmt.Errorf("steward %s: %w\n%s", command, err, p.LogTail(12))
	}
	return nil
}

// keep puts a keeper in its place. note is called with mu held.
func (d *devStack) keep(place **devstack.Keeper, name string, grace time.Duration, start func(context.Context) (*devstack.Process, error), note func(pid int), first *devstack.Process) {
	k := &devstack.Keeper{
		Name: name, Grace: grace, Start: start,
		Running: func(pid int) {
			d.mu.Lock()
			defer d.mu.Unlock()
			note(pid)
			if d.published {
				d.say.line(fmt.Sprintf("%s 已重新启动，进程号 %d / started again, process %d", name, pid, pid))
				d.writeFile()
			}
		},
		Fell: func(why error, tail string, next time.Duration) {
			d.say.fell(name, why, tail, d.logFile(name), next)
			d.mu.Lock()
			defer d.mu.Unlock()
			d.falls[name]++
			if why == nil {
				why = errors.New("it ended by itself")
			}
			d.lastFall = fmt.Errorf("%s does not stay up: %w\n%s", name, why, tail)
		},
	}
	k.Keep(first)
	d.mu.Lock()
	defer d.mu.Unlock()
	*place = k
}

// publish writes dev.json: from here on others may work with the system.
func (d *devStack) publish() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.published = true
	return d.file.write(d.devFile())
}

// writeFile is called with mu held; a full disk is said and does not stop the system.
func (d *devStack) writeFile() {
	if err := d.file.write(d.devFile()); err != nil {
		d.say.line(err.Error())
	}
}

// stop ends everything in order: API, worker, then the clock stands, then Temporal and MariaDB.
func (d *devStack) stop() {
	_ = removeIfThere(d.devFile())
	d.mu.Lock()
	d.published = false
	d.mu.Unlock()
	for _, k := range []*devstack.Keeper{d.api, d.worker} {
		d.stopKeeper(k)
	}
	if d.endBackground != nil {
		d.endBackground()
		d.background.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := store.FreezeClock(ctx, d.pool()); err != nil {
			d.say.line(err.Error())
		}
	}
	d.usePool(nil)
	for _, k := range []*devstack.Keeper{d.temporal, d.mysql} {
		d.stopKeeper(k)
	}
}

func (d *devStack) stopKeeper(k *devstack.Keeper) {
	if k == nil {
		return
	}
	began := time.Now()
	k.Stop()
	d.say.stopped(k.Name, time.Since(began))
}
