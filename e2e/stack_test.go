// Package e2e_test runs the whole system as a user would: `steward dev` with its own database, Temporal, API and worker,
// at high clock speed, driven over HTTP and hurt with kill -9.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"steward/store"
)

const (
	binary     = "../.steward/bin/steward"
	startLimit = 3 * time.Minute
	stopLimit  = 2 * time.Minute
)

// devFile is dev.json as the HTTP contract describes it.
type devFile struct {
	BaseURL         string  `json:"base_url"`
	MySQLDSN        string  `json:"mysql_dsn"`
	TemporalAddress string  `json:"temporal_address"`
	Speed           float64 `json:"speed"`
	PIDs            struct {
		API      int `json:"api"`
		Worker   int `json:"worker"`
		MySQL    int `json:"mysql"`
		Temporal int `json:"temporal"`
	} `json:"pids"`
	WebhookSecret string `json:"webhook_secret"`
	Logins        map[string]struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		Token    string `json:"token"`
	} `json:"logins"`
}

// stack is one running system.
type stack struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	http *http.Client
	role string
	keys int
}

// startDev starts `steward dev` on a folder and a free port and waits for dev.json. The test ends it.
func startDev(t *testing.T, dir string, args ...string) *stack {
	t.Helper()
	path, err := filepath.Abs(binary)
	require.NoError(t, err)
	require.FileExists(t, path, "build it first: make build")
	args = append([]string{"dev", "--listen", "127.0.0.1:0", "--data", dir, "--demo=false"}, args...)
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = cmd.Stdout
	require.NoError(t, cmd.Start())
	s := &stack{t: t, dir: dir, cmd: cmd, http: &http.Client{Timeout: 30 * time.Second}, role: "admin"}
	printed := make(chan string, 1)
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
		}
		printed <- all.String()
	}()
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("steward dev printed:\n%s", <-printed)
		}
	})
	require.Eventually(t, func() bool { _, err := s.read(); return err == nil }, startLimit, 200*time.Millisecond, "dev.json does not appear")
	return s
}

// stop ends dev as Ctrl-C does; it does nothing the second time.
func (s *stack) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopLimit):
		_ = s.cmd.Process.Kill()
		<-done
		s.t.Error("steward dev did not stop in time")
	}
}

func (s *stack) read() (devFile, error) {
	var f devFile
	b, err := os.ReadFile(filepath.Join(s.dir, "dev.json"))
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(b, &f)
}

func (s *stack) dev() devFile {
	s.t.Helper()
	f, err := s.read()
	require.NoError(s.t, err)
	return f
}

// db opens the system's database to look at what the API does not show; it is never written to.
func (s *stack) db() *sqlx.DB {
	s.t.Helper()
	var db *sqlx.DB
	require.Eventually(s.t, func() bool {
		var err error
		db, err = store.Open(context.Background(), s.dev().MySQLDSN, 4)
		return err == nil
	}, startLimit, 200*time.Millisecond)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// kill ends one process without any warning.
func (s *stack) kill(pid int) {
	s.t.Helper()
	require.Positive(s.t, pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// answer is what a call came to.
type answer struct {
	status int
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	require.NoErrorf(t, json.Unmarshal(a.body, v), "%s", a.body)
}

// try makes one call with a key of its own; err is set when no answer came.
func (s *stack) try(method, path, key string, body any) (answer, error) {
	f, err := s.read()
	if err != nil {
		return answer{}, err
	}
	return s.tryAt(f.BaseURL, method, path, key, body)
}

// tryAt is try at the API of this address.
func (s *stack) tryAt(baseURL, method, path, key string, body any) (answer, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		payload = bytes.NewReader(b)
	}
	f, err := s.read()
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(method, baseURL+"/api/v1"+path, payload)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+f.Logins[s.role].Token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := s.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, b}, err
}

// call repeats a call with the same key while the system is away, as the contract allows, and expects this status.
func (s *stack) call(method, path string, body any, want ...int) answer {
	s.t.Helper()
	s.keys++
	key := fmt.Sprintf("e2e-%d-%d", os.Getpid(), s.keys)
	var last answer
	var lastErr error
	deadline := time.Now().Add(startLimit)
	for time.Now().Before(deadline) {
		last, lastErr = s.try(method, path, key, body)
		if lastErr == nil && last.status < 500 && last.status != http.StatusTooManyRequests && !bytes.Contains(last.body, []byte(`"in-progress"`)) {
			require.Containsf(s.t, want, last.status, "%s %s: %s", method, path, last.body)
			return last
		}
		time.Sleep(100 * time.Millisecond)
	}
	require.FailNowf(s.t, "no answer", "%s %s: %v %d %s", method, path, lastErr, last.status, last.body)
	return last
}

// importFile uploads a file and waits until its import has ended; options are more fields of the form, "name=value".
func (s *stack) importFile(kind, community, name string, content []byte, options ...string) importState {
	s.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, field := range append([]string{"kind=" + kind, "community=" + community}, options...) {
		name, value, _ := strings.Cut(field, "=")
		require.NoError(s.t, w.WriteField(name, value))
	}
	part, err := w.CreateFormFile("file", name)
	require.NoError(s.t, err)
	_, err = part.Write(content)
	require.NoError(s.t, err)
	require.NoError(s.t, w.Close())
	f := s.dev()
	req, err := http.NewRequest(http.MethodPost, f.BaseURL+"/api/v1/imports", &form)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+f.Logins[s.role].Token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	s.keys++
	req.Header.Set("Idempotency-Key", fmt.Sprintf("e2e-import-%d-%d", os.Getpid(), s.keys))
	res, err := s.http.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Equalf(s.t, http.StatusAccepted, res.StatusCode, "%s", b)
	var started struct {
		ID string `json:"id"`
	}
	require.NoError(s.t, json.Unmarshal(b, &started))
	var state importState
	require.Eventually(s.t, func() bool {
		s.call(http.MethodGet, "/imports/"+started.ID, nil, 200).into(s.t, &state)
		return state.Status != "running"
	}, startLimit, 100*time.Millisecond)
	return state
}

type importState struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Rows      int             `json:"rows"`
	Created   int             `json:"created"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Rejected  int             `json:"rejected"`
	Problems  []importProblem `json:"problems"`
}

type importProblem struct {
	Row     int    `json:"row"`
	Column  string `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
