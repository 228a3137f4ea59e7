package devstack

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func startTemporal(t *testing.T, dir string, headless bool) (*Temporal, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	server, err := StartTemporal(ctx, TemporalOptions{Dir: dir, Headless: headless})
	if err == nil {
		t.Cleanup(server.Kill)
	}
	return server, err
}

func TestTemporalKeepsWorkflowsOverACrash(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temporal.db"), []byte("half a file"), 0o600), "a first start that was cut off")
	server, err := startTemporal(t, dir, true)
	require.NoError(t, err)
	require.Empty(t, server.UI())
	c, err := client.Dial(client.Options{HostPort: server.Address()})
	require.NoError(t, err)
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "kept", TaskQueue: "nobody"}, "any")
	require.NoError(t, err)
	c.Close()
	server.Kill()

	again, err := startTemporal(t, dir, true)
	require.NoError(t, err)
	require.Equal(t, server.Address(), again.Address())
	c, err = client.Dial(client.Options{HostPort: again.Address()})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.DescribeWorkflowExecution(t.Context(), "kept", "")
	require.NoError(t, err)
}

func TestTemporalServesItsPage(t *testing.T) {
	server, err := startTemporal(t, t.TempDir(), false)
	require.NoError(t, err)
	answer, err := http.Get(server.UI())
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	server.Stop()
	require.False(t, alive(server.PID()))
}

func TestDamagedTemporalFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temporal.db"), make([]byte, 8192), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ready"), nil, 0o600))
	_, err := startTemporal(t, dir, true)
	require.Equal(t, "data-folder-damaged", ProblemCode(err), "%v", err)
	require.Contains(t, err.Error(), "make clean-state")
}
