package worker_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"steward/engine"
	"steward/worker"
)

// TestRecordedHistoriesReplay holds the head to what earlier releases have written: a change that would take another path
// in a running process fails here. New histories are written by `go test ./worker -record`.
func TestRecordedHistoriesReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	codec, err := engine.NewCodec(secret)
	require.NoError(t, err)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{DataConverter: codec.DataConverter()})
			require.NoError(t, err)
			worker.RegisterProcesses(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), file))
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NotContains(t, string(content), "json/plain", "no payload may be open")
		})
	}
}
