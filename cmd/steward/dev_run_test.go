package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"steward/store"
)

// asProgramEnv makes the test binary be the program; dev then also runs its children from the test binary.
const asProgramEnv = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgramEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// runningDev is a `steward dev` of its own.
type runningDev struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	out  safeBuffer
	done chan struct{}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func startDev(t *testing.T, dir string, args ...string) *runningDev {
	t.Helper()
	d := &runningDev{t: t, dir: dir, done: make(chan struct{})}
	d.cmd = exec.Command(os.Args[0], append([]string{"dev", "--data", dir, "--listen", "127.0.0.1:0", "--demo=false"}, args...)...)
	d.cmd.Env = append(os.Environ(), asProgramEnv+"=1")
	d.cmd.Stdout, d.cmd.Stderr = &d.out, &d.out
	require.NoError(t, d.cmd.Start())
	go func() { defer close(d.done); _ = d.cmd.Wait() }()
	t.Cleanup(func() { _ = d.cmd.Process.Kill(); <-d.done })
	return d
}

func (d *runningDev) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// file waits until dev.json is there and fits.
func (d *runningDev) file(fits func(devFile) bool) devFile {
	d.t.Helper()
	var file devFile
	require.Eventually(d.t, func() bool { // not on this goroutine: it may not end the test
		content, err := os.ReadFile(filepath.Join(d.dir, "dev.json"))
		file = devFile{}
		return d.ended() || (err == nil && json.Unmarshal(content, &file) == nil && fits(file))
	}, 2*time.Minute, 20*time.Millisecond, "dev.json; so far:\n%s", &d.out)
	require.False(d.t, d.ended(), "dev ended:\n%s", &d.out)
	return file
}

func anyFile(devFile) bool { return true }

func answers(t *testing.T, f devFile) {
	t.Helper()
	require.Eventually(t, func() bool { return getOK(t.Context(), f.BaseURL+"/readyz", "") == nil }, time.Minute, 50*time.Millisecond)
}

func requireGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 30*time.Second, 20*time.Millisecond, "process %d lives on", pid)
	}
}

func (d *runningDev) signal(s syscall.Signal) {
	d.t.Helper()
	require.NoError(d.t, d.cmd.Process.Signal(s))
	select {
	case <-d.done:
	case <-time.After(time.Minute):
		d.t.Fatalf("dev does not end:\n%s", d.out.String())
	}
}

func TestDevFromFirstStartToCrashAndBack(t *testing.T) {
	dir := t.TempDir()
	dev := startDev(t, dir, "--speed", "60", "--at", "2026-03-09T10:00")
	first := dev.file(anyFile)
	require.Len(t, first.Logins, len(demoUsers))
	answers(t, first)
	require.Contains(t, businessTime(t, first), "2026-03-09T10:")

	second := startDev(t, dir)
	<-second.done
	require.Equal(t, 1, second.cmd.ProcessState.ExitCode())
	require.Contains(t, second.out.String(), "Another steward dev")
	require.FileExists(t, filepath.Join(dir, "dev.json"), "the first one's file stays")

	t.Run("what dies is started again", func(t *testing.T) {
		for name, pid := range map[string]func(devFile) int{
			"api": func(f devFile) int { return f.PIDs.API }, "worker": func(f devFile) int { return f.PIDs.Worker },
			"mysql": func(f devFile) int { return f.PIDs.MySQL }, "temporal": func(f devFile) int { return f.PIDs.Temporal },
		} {
			old := pid(dev.file(anyFile))
			require.NoError(t, syscall.Kill(old, syscall.SIGKILL), name)
			again := dev.file(func(f devFile) bool { return pid(f) != old })
			require.Equal(t, first.MySQLDSN, again.MySQLDSN)
			require.Equal(t, first.TemporalAddress, again.TemporalAddress)
			answers(t, again)
		}
	})

	t.Run("a database whose port is taken moves, and time goes on", func(t *testing.T) {
		old := dev.file(anyFile)
		address, err := mysql.ParseDSN(old.MySQLDSN)
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(old.PIDs.MySQL, syscall.SIGKILL))
		var taken net.Listener
		require.Eventually(t, func() bool { taken, err = net.Listen("tcp", address.Addr); return err == nil }, time.Minute, time.Millisecond)
		defer func() { _ = taken.Close() }()
		moved := dev.file(func(f devFile) bool { return f.MySQLDSN != old.MySQLDSN && f.PIDs.MySQL != old.PIDs.MySQL })
		answers(t, moved)
		seen := timeKept(t, moved)
		require.Eventually(t, func() bool { return timeKept(t, moved).After(seen) }, time.Minute, 20*time.Millisecond)
	})

	last := dev.file(anyFile)
	dev.signal(syscall.SIGKILL)
	if runtime.GOOS == "linux" {
		requireGone(t, last.PIDs.API, last.PIDs.Worker, last.PIDs.Temporal, last.PIDs.MySQL)
	}

	dev = startDev(t, dir)
	back := dev.file(func(f devFile) bool { return f.PIDs != last.PIDs })
	answers(t, back)
	require.Contains(t, businessTime(t, back), "2026-03-09T1", "time goes on from where it stood")
	require.InDelta(t, 1, back.Speed, 0)

	require.NoError(t, dev.cmd.Process.Signal(syscall.SIGINT), "sent to a group, it comes twice")
	dev.signal(syscall.SIGINT)
	require.Equal(t, 0, dev.cmd.ProcessState.ExitCode(), dev.out.String())
	requireGone(t, back.PIDs.API, back.PIDs.Worker, back.PIDs.Temporal, back.PIDs.MySQL)
	require.NoFileExists(t, filepath.Join(dir, "dev.json"))
	order := dev.out.String()
	for _, pair := range [][2]string{{"api 已停止", "worker 已停止"}, {"worker 已停止", "temporal 已停止"}, {"temporal 已停止", "mysql 已停止"}} {
		require.Less(t, strings.Index(order, pair[0]), strings.Index(order, pair[1]), order)
	}

	backwards := startDev(t, dir, "--at", "2026-03-01")
	<-backwards.done
	require.Equal(t, 1, backwards.cmd.ProcessState.ExitCode())
	require.Contains(t, backwards.out.String(), "--at")
}

// timeKept is where time would go on after a crash.
func timeKept(t *testing.T, f devFile) time.Time {
	t.Helper()
	db, err := store.Open(t.Context(), f.MySQLDSN, 1)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	var at time.Time
	require.NoError(t, db.GetContext(t.Context(), &at, "SELECT seen_business_at FROM business_clock"))
	return at
}

func businessTime(t *testing.T, f devFile) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.BaseURL+"/api/v1/clock", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+f.Logins["admin"].Token)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	var reading struct{ Now string }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&reading))
	return reading.Now
}
