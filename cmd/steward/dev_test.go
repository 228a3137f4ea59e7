package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/devstack"
	"steward/domain/calendar"
)

func TestAt(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	ten := time.Date(2026, 3, 9, 10, 0, 0, 0, calendar.Shanghai)
	for text, want := range map[string]time.Time{
		"":                          {},
		"2026-03-09":                ten.Add(-10 * time.Hour),
		"2026-03-09T10:00":          ten,
		"2026-03-09 10:00":          ten,
		"2026-03-09T10:00:00":       ten,
		"2026-03-09T10:00:00+08:00": ten,
		"2026-03-09T02:00:00Z":      ten,
	} {
		at, err := parseAt(text, now)
		require.NoError(t, err, text)
		require.True(t, at.Equal(want), "%s is %s", text, at)
	}
	for _, text := range []string{"tomorrow", "2026-13-01", "2026-02-30", "2200-01-01", "1000-01-01", "10:00"} {
		_, err := parseAt(text, now)
		require.Equal(t, "bad-time", devstack.ProblemCode(err), text)
	}
}

func TestListen(t *testing.T) {
	for flag, want := range map[string][2]string{
		"127.0.0.1:8080": {"127.0.0.1:8080", "http://127.0.0.1:8080"},
		":8080":          {":8080", "http://127.0.0.1:8080"},
		"0.0.0.0:80":     {"0.0.0.0:80", "http://127.0.0.1:80"},
		"[::1]:8080":     {"[::1]:8080", "http://[::1]:8080"},
		"localhost:8080": {"localhost:8080", "http://localhost:8080"},
	} {
		listen, base, err := resolveListen(flag)
		require.NoError(t, err, flag)
		require.Equal(t, want, [2]string{listen, base}, flag)
	}
	listen, _, err := resolveListen("127.0.0.1:0")
	require.NoError(t, err)
	require.NotEqual(t, "127.0.0.1:0", listen)
	for _, flag := range []string{"", "8080", "127.0.0.1", "127.0.0.1:web", "127.0.0.1:70000", "127.0.0.1:-1"} {
		_, _, err := resolveListen(flag)
		require.Equal(t, "bad-listen", devstack.ProblemCode(err), flag)
	}
}

func TestSpeedHasBounds(t *testing.T) {
	for speed, ok := range map[float64]bool{1: true, 60: true, 17280: true, 0: false, -1: false, 17281: false} {
		c := DevCmd{Speed: speed, Listen: "127.0.0.1:0", Data: t.TempDir()}
		_, err := c.settings(time.Now())
		require.Equal(t, ok, err == nil, "%g: %v", speed, err)
	}
}

func TestAnAddressOfAnotherMachineIsNotTaken(t *testing.T) {
	err := waitForPort("203.0.113.1:8080")
	require.Equal(t, "address-not-here", devstack.ProblemCode(err), "%v", err)
}

func TestTakenPortNamesTheRemedy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	err = waitForPort(taken.Addr().String())
	require.Equal(t, "port-taken", devstack.ProblemCode(err))
	require.Contains(t, err.Error(), "--listen")
	require.Contains(t, err.Error(), taken.Addr().String())
}

func TestOneDevForOneFolder(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockDataFolder(dir)
	require.NoError(t, err)
	_, err = lockDataFolder(dir)
	require.Equal(t, "already-running", devstack.ProblemCode(err))
	unlock()
	unlock, err = lockDataFolder(dir)
	require.NoError(t, err)
	unlock()
}

func TestFolderThatCanNotBeOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := lockDataFolder(dir)
		require.Equal(t, "folder-not-writable", devstack.ProblemCode(err), dir)
	}
}

func TestKeysAreMadeOnceAndNeverReplaced(t *testing.T) {
	s := devSettings{dir: t.TempDir()}
	key, secret, err := s.keys()
	require.NoError(t, err)
	require.Len(t, key, 64)
	require.NotEqual(t, key, secret)
	info, err := os.Stat(s.keyFile())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, _, err := s.keys()
	require.NoError(t, err)
	require.Equal(t, key, again)

	require.NoError(t, os.WriteFile(s.keyFile(), []byte("nonsense"), 0o600))
	_, _, err = s.keys()
	require.Equal(t, "bad-secret-file", devstack.ProblemCode(err))

	require.NoError(t, os.Remove(s.keyFile()))
	require.NoError(t, os.MkdirAll(s.mysqlData(), 0o700))
	_, _, err = s.keys()
	require.Equal(t, "data-key-missing", devstack.ProblemCode(err), "a database without its key is not given another")
}

func TestChildrenInheritNoOtherDatabase(t *testing.T) {
	env := childEnv(
		[]string{"PATH=/bin", "TEMPORAL_ADDRESS=cloud:7233", "TEMPORAL_API_KEY=k", "STEWARD_MYSQL_DSN=other", "STEWARD_SMTP_HOST=mail", "STEWARD_LOG_LEVEL=debug"},
		map[string]string{"STEWARD_MYSQL_DSN": "ours"},
	)
	slices.Sort(env)
	require.Equal(t, []string{"PATH=/bin", "STEWARD_LOG_LEVEL=debug", "STEWARD_MYSQL_DSN=ours", "STEWARD_SMTP_HOST=mail"}, env)
}

func TestDevFileHasTheNamesOfTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dev.json")
	require.NoError(t, devFile{Logins: map[string]devLogin{"cashier": {Login: "cashier"}}}.write(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	var file map[string]any
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &file))
	var names []string
	for name := range file {
		names = append(names, name)
	}
	slices.Sort(names)
	require.Equal(t, "base_url logins mysql_dsn pids speed temporal_address temporal_ui webhook_secret", strings.Join(names, " "))
	require.Len(t, file["pids"], 4)
	require.Equal(t, map[string]any{"login": "cashier", "password": "", "token": ""}, file["logins"].(map[string]any)["cashier"])
}
