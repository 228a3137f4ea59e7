package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// TemporalOptions say where a private Temporal dev server lives.
type TemporalOptions struct {
	Dir      string       // holds the database file, log, PID file and ports
	Program  string       // "": the pinned one beside this program or in the source folder's .steward/bin, else PATH
	Headless bool         // without the web UI
	Dynamic  []string     // more dynamic configuration, KEY=JSON
	Progress func(string) // hears about long steps; nil: nobody
}

// Temporal is a running private server with its "default" namespace.
type Temporal struct {
	*Process
	port   int
	uiPort int // 0 when headless
}

// shortTimers lowers the floor of timers, which is a second, so that turned time does not wait for it.
const shortTimers = `history.timerProcessorMaxTimeShift="20ms"`

// StartTemporal ends what a crash has left and starts the server; it returns when the namespace answers. Workflows
// survive restarts in a SQLite file; a file that was never ready is made anew.
func StartTemporal(ctx context.Context, o TemporalOptions) (*Temporal, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	o.Dir = dir
	if o.Program == "" {
		if o.Program, err = findTemporal(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, wrapFileError(o.Dir, "make the folder of Temporal", err)
	}
	ended, err := EndLeftover(o.pidFile(), o.database())
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	if ended {
		o.Progress("结束了上次遗留的 Temporal 进程 / ended a Temporal left by an earlier run")
	}
	if err := o.dropUnready(); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		t, err := o.launch(ctx)
		if err == nil || attempt == startAttempts || !portTaken(err) {
			return t, err
		}
	}
}

func (o TemporalOptions) database() string   { return filepath.Join(o.Dir, "temporal.db") }
func (o TemporalOptions) pidFile() string    { return filepath.Join(o.Dir, "temporal.pid") }
func (o TemporalOptions) readyFile() string  { return filepath.Join(o.Dir, "ready") }
func (o TemporalOptions) portFile() string   { return filepath.Join(o.Dir, "port") }
func (o TemporalOptions) uiPortFile() string { return filepath.Join(o.Dir, "ui-port") }

// dropUnready throws away a database file whose first start never got as far as answering.
func (o TemporalOptions) dropUnready() error {
	if _, err := os.Stat(o.readyFile()); err == nil {
		return nil
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(o.database() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return wrapFileError(o.Dir, "clear an unfinished database of Temporal", err)
		}
	}
	return nil
}

// AdoptTemporal keeps a database file that a restore has put into the folder from being taken for one whose first start
// was cut off.
func AdoptTemporal(dir string) error {
	o := TemporalOptions{Dir: dir}
	if err := WriteFileAtomic(o.readyFile(), nil, 0o600); err != nil {
		return wrapFileError(dir, "keep the restored database of Temporal", err)
	}
	return nil
}

func (o TemporalOptions) launch(ctx context.Context) (*Temporal, error) {
	t := &Temporal{}
	var err error
	if t.port, err = keptPort(o.portFile()); err != nil {
		return nil, err
	}
	args := o.args(t.port)
	if o.Headless {
		args = append(args, "--headless")
	} else {
		if t.uiPort, err = keptPort(o.uiPortFile()); err != nil {
			return nil, err
		}
		args = append(args, "--ui-port", strconv.Itoa(t.uiPort))
	}
	t.Process, err = Start(Command{
		Name: "Temporal", Path: o.Program, Args: args, PIDFile: o.pidFile(), LogFile: filepath.Join(o.Dir, "temporal.log"),
	})
	if err != nil {
		return nil, err
	}
	if err := t.waitReady(ctx, t.ping, o.Progress); err != nil {
		t.Kill()
		return nil, o.explain(err)
	}
	if err := o.remember(t); err != nil {
		t.Kill()
		return nil, wrapFileError(o.Dir, "remember the ports of Temporal", err)
	}
	return t, nil
}

func (o TemporalOptions) args(port int) []string {
	args := []string{
		"server", "start-dev", "--db-filename", o.database(),
		"--ip", "127.0.0.1", "--port", strconv.Itoa(port),
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1",
		"--dynamic-config-value", shortTimers,
		"--log-level", "warn", "--log-format", "json", "--color", "never", "--disable-config-env", "--disable-config-file",
	}
	for _, value := range o.Dynamic {
		args = append(args, "--dynamic-config-value", value)
	}
	return args
}

func (o TemporalOptions) remember(t *Temporal) error {
	err := WriteFileAtomic(o.portFile(), []byte(strconv.Itoa(t.port)), 0o600)
	if t.uiPort != 0 {
		err = errors.Join(err, WriteFileAtomic(o.uiPortFile(), []byte(strconv.Itoa(t.uiPort)), 0o600))
	}
	return errors.Join(err, WriteFileAtomic(o.readyFile(), nil, 0o600))
}

func (o TemporalOptions) explain(err error) error {
	var exited *exitedError
	if !errors.As(err, &exited) {
		return fmt.Errorf("start Temporal: %w", err)
	}
	tail := strings.ToLower(exited.tail)
	switch {
	case diskFull(err, tail):
		return DiskFullProblem(o.Dir, exited.err, exited.lastWords())
	case strings.Contains(tail, "malformed"), strings.Contains(tail, "not a database"), strings.Contains(tail, "no such table"):
		return &Problem{
			Code:  "data-folder-damaged",
			Zh:    fmt.Sprintf("Temporal 的数据文件 %s 已损坏。", o.database()),
			En:    fmt.Sprintf("Temporal's database file %s is damaged.", o.database()),
			FixZh: "请先备份，再运行 make clean-state 重新开始；或删除该文件后用 steward reconcile 从数据库重建流程。",
			FixEn: "Keep a copy, then run make clean-state and start again; or remove the file and rebuild the processes with steward reconcile.",
			Cause: exited.err, Detail: exited.lastWords(),
		}
	}
	return fmt.Errorf("start Temporal: %w", err)
}

// Address is the front end's host:port.
func (t *Temporal) Address() string { return loopback(t.port) }

// UI is the address of the web UI, "" when headless.
func (t *Temporal) UI() string {
	if t.uiPort == 0 {
		return ""
	}
	return "http://" + loopback(t.uiPort)
}

// Stop shuts the server down in good order, by force after ten seconds.
func (t *Temporal) Stop() { t.Process.Stop(10 * time.Second) }

func (t *Temporal) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: t.Address(), Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	return err
}

// findTemporal prefers the pinned program: beside this one, then in .steward/bin of the source folder that holds the
// working folder, then PATH.
func findTemporal() (string, error) {
	var places []string
	if self, err := os.Executable(); err == nil {
		places = append(places, filepath.Dir(self))
	}
	if here, err := os.Getwd(); err == nil {
		for dir := here; ; dir = filepath.Dir(dir) {
			places = append(places, filepath.Join(dir, ".steward", "bin"))
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	for _, place := range places {
		if path, err := exec.LookPath(filepath.Join(place, "temporal")); err == nil {
			return path, nil
		}
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, nil
	}
	return "", &Problem{
		Code: "program-missing",
		Zh:   "找不到 Temporal 命令行程序。", En: "The Temporal CLI is not installed.",
		FixZh: "请在源码目录运行 make setup。", FixEn: "Run make setup in the source folder.",
	}
}
