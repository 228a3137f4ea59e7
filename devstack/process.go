package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Command is what to run as a child.
type Command struct {
	Name    string   // for messages: mysql, temporal, api, worker
	Path    string   // the program
	Args    []string // without the program itself
	Env     []string // nil: inherit
	Dir     string   // working folder, "" for the current one
	PIDFile string   // written after the start, removed after the end; "" for none
	LogFile string   // standard output and error are appended; "" discards them
}

// Process is a running child in its own process group.
type Process struct {
	name    string
	cmd     *exec.Cmd
	pidFile string
	logFile string
	logFrom int64 // where this run's part of the log begins
	done    chan struct{}
	err     error // valid once done is closed
}

// The kernel ties a parent-death signal to the thread that forked, so all children are forked on one thread that stays.
var forker struct {
	once sync.Once
	work chan func()
}

func onForkThread(fn func()) {
	forker.once.Do(func() {
		forker.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range forker.work {
				f()
			}
		}()
	})
	ran := make(chan struct{})
	forker.work <- func() { defer close(ran); fn() }
	<-ran
}

const logSizeLimit = 16 << 20

// Start runs a child. It is up when Start returns, but not yet ready to serve.
func Start(c Command) (*Process, error) {
	cmd := exec.CommandContext(context.Background(), c.Path, c.Args...) // lives until Stop or Kill
	cmd.Env, cmd.Dir, cmd.SysProcAttr = c.Env, c.Dir, childAttributes()
	var logFrom int64
	if c.LogFile != "" {
		log, err := openLog(c.LogFile)
		if err != nil {
			return nil, wrapFileError(filepath.Dir(c.LogFile), "open the log of "+c.Name, err)
		}
		defer func() { _ = log.Close() }()
		if info, err := log.Stat(); err == nil {
			logFrom = info.Size()
		}
		cmd.Stdout, cmd.Stderr = log, log
	}
	var err error
	onForkThread(func() { err = cmd.Start() })
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p := &Process{name: c.Name, cmd: cmd, pidFile: c.PIDFile, logFile: c.LogFile, logFrom: logFrom, done: make(chan struct{})}
	go p.reap()
	if c.PIDFile != "" {
		if err := WriteFileAtomic(c.PIDFile, []byte(strconv.Itoa(p.PID())+"\n"), 0o600); err != nil {
			p.Kill()
			return nil, wrapFileError(filepath.Dir(c.PIDFile), "write the PID file of "+c.Name, err)
		}
	}
	return p, nil
}

func (p *Process) reap() {
	p.err = p.cmd.Wait()
	if p.pidFile != "" {
		_ = os.Remove(p.pidFile)
	}
	close(p.done)
}

// PID is the child's process number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the child ended; nil while it runs and after a clean exit.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Stop asks the child's group to end, and ends it by force when grace has passed.
func (p *Process) Stop(grace time.Duration) {
	_ = syscall.Kill(-p.PID(), syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Kill()
	}
}

// Kill ends the child's group at once and waits for it.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	<-p.done
}

// LogTail gives the last lines that the child has logged.
func (p *Process) LogTail(lines int) string { return fileTail(p.logFile, p.logFrom, lines) }

// Wait waits for a child that does one thing, and ends it when ctx or the limit is over. progress hears how long it has
// been every five seconds.
func (p *Process) Wait(ctx context.Context, limit time.Duration, progress func(string)) error {
	began := time.Now()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			p.Stop(waitGrace)
			return context.Cause(ctx)
		case <-end.C:
			p.Stop(waitGrace)
			return fmt.Errorf("%s has not ended within %s", p.name, limit)
		case <-tick.C:
			progress(fmt.Sprintf("%s ... %d s", p.name, int(time.Since(began).Seconds())))
		}
	}
}

const (
	progressEvery = 5 * time.Second
	waitGrace     = 5 * time.Second
)

// waitReady asks probe again and again until it succeeds, the child ends or ctx is over; progress hears how long it has
// been every five seconds.
func (p *Process) waitReady(ctx context.Context, probe func(context.Context) error, progress func(string)) error {
	began := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	nextWord := progressEvery
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return &exitedError{name: p.name, err: p.err, tail: p.LogTail(40)}
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (last answer: %w)", p.name, context.Cause(ctx), err)
		case <-tick.C:
		}
		if since := time.Since(began); since > nextWord {
			progress(fmt.Sprintf("%s ... %d s", p.name, int(since.Seconds())))
			nextWord += progressEvery
		}
	}
}

// exitedError says that a server ended before it was ready, with its last words.
type exitedError struct {
	name string
	err  error
	tail string
}

func (e *exitedError) Error() string {
	return fmt.Sprintf("%s ended before it was ready (%v):\n%s", e.name, e.err, e.lastWords())
}

// lastWords are the complaints among the last lines, or else the last lines.
func (e *exitedError) lastWords() string {
	lines := strings.Split(e.tail, "\n")
	var complaints []string
	for _, line := range lines {
		if low := strings.ToLower(line); strings.Contains(low, "error") || strings.Contains(low, "fatal") {
			complaints = append(complaints, line)
		}
	}
	if len(complaints) == 0 {
		complaints = lines
	}
	return strings.Join(complaints[max(0, len(complaints)-8):], "\n")
}

func (e *exitedError) Unwrap() error { return e.err }

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logSizeLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

func fileTail(path string, from int64, lines int) string {
	if path == "" {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	const most = 16 << 10
	if info, err := f.Stat(); err == nil {
		from = max(from, info.Size()-most)
	}
	b, _ := io.ReadAll(io.NewSectionReader(f, from, most))
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// WriteFileAtomic replaces a file in one step: a reader sees the old content or the new one.
func WriteFileAtomic(path string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
