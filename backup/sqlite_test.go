package backup_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"steward/backup"
	"steward/devstack"
)

func startTemporal(t *testing.T, dir string) (*devstack.Temporal, client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: dir, Headless: true})
	require.NoError(t, err)
	t.Cleanup(server.Kill)
	c, err := client.Dial(client.Options{HostPort: server.Address()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return server, c
}

// A server that works all the time is copied; the copy knows every process that was started before, and a server runs on it.
func TestTemporalsFileIsCopiedWhileProcessesStart(t *testing.T) {
	dir, restored := t.TempDir(), t.TempDir()
	_, live := startTemporal(t, dir)
	file := filepath.Join(dir, "temporal.db")
	started := func(n int) string { return fmt.Sprintf("campaign/%d", n) }
	start := func(ctx context.Context, n int) error {
		_, err := live.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: started(n), TaskQueue: "commands"}, "Campaign")
		return err
	}
	const before = 50
	for n := range before {
		require.NoError(t, start(t.Context(), n))
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan int)
	go func() {
		n := before
		for ; ctx.Err() == nil && start(ctx, n) == nil; n++ {
		}
		stopped <- n
	}()
	s, err := backup.DumpSQLite(t.Context(), file, t.TempDir(), backup.Manifest{Kind: backup.TemporalSQLite, TakenAt: time.Now().UTC()})
	require.NoError(t, err)
	stop()
	require.Greater(t, <-stopped, before, "the server worked meanwhile")
	require.NoError(t, s.Check(backup.TemporalSQLite))

	_, err = s.RestoreSQLite(t.Context(), file, true)
	requireProblem(t, "file-in-use", err)

	copied := filepath.Join(restored, "temporal.db")
	aside, err := s.RestoreSQLite(t.Context(), copied, false)
	require.NoError(t, err)
	require.Empty(t, aside)
	_, err = s.RestoreSQLite(t.Context(), copied, false)
	requireProblem(t, "file-not-empty", err)
	require.NoError(t, devstack.AdoptTemporal(restored))
	server, c := startTemporal(t, restored)
	for n := range before {
		d, err := c.DescribeWorkflowExecution(t.Context(), started(n), "")
		require.NoError(t, err)
		require.Equal(t, started(n), d.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId())
	}
	c.Close()
	server.Stop()
	aside, err = s.RestoreSQLite(t.Context(), copied, true)
	require.NoError(t, err)
	require.FileExists(t, aside, "the old file is kept")
	left, err := filepath.Glob(copied + ".restoring-*")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWhatIsNotTemporalsFileIsNotCopied(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("a shopping list, long enough to be no empty database file"), 0o600))
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for file, code := range map[string]string{text: "not-temporals-file", empty: "not-temporals-file", t.TempDir(): "not-temporals-file", text + "-not": "not-there"} {
		to := t.TempDir()
		_, err := backup.DumpSQLite(t.Context(), file, to, backup.Manifest{Kind: backup.TemporalSQLite, TakenAt: time.Now().UTC()})
		requireProblem(t, code, err)
		requireNothingIn(t, to)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := backup.DumpSQLite(t.Context(), text, t.TempDir(), backup.Manifest{Kind: backup.TemporalSQLite, TakenAt: time.Now().UTC()})
	requireProblem(t, "program-missing", err)
}
