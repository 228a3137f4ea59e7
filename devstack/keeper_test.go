package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestKeeperStartsAgainWhatDies(t *testing.T) {
	pids, falls := make(chan int, 8), make(chan error, 8)
	sleep := func(context.Context) (*Process, error) {
		return Start(Command{Name: "sleeper", Path: "sleep", Args: []string{"300"}, PIDFile: filepath.Join(t.TempDir(), "pid")})
	}
	failures := 1
	k := &Keeper{
		Name: "sleeper", Grace: 5 * time.Second,
		Start: func(ctx context.Context) (*Process, error) {
			if failures > 0 {
				failures--
				return nil, errors.New("not today")
			}
			return sleep(ctx)
		},
		Running: func(pid int) { pids <- pid },
		Fell:    func(why error, _ string, _ time.Duration) { falls <- why },
	}
	first, err := sleep(t.Context())
	require.NoError(t, err)
	k.Keep(first)
	t.Cleanup(k.Stop)
	require.Equal(t, first.PID(), next(t, pids))

	require.NoError(t, syscall.Kill(first.PID(), syscall.SIGKILL))
	require.ErrorContains(t, next(t, falls), "killed")
	require.ErrorContains(t, next(t, falls), "not today")
	second := next(t, pids)
	require.NotEqual(t, first.PID(), second)

	k.Restart()
	third := next(t, pids)
	requireEnds(t, second)
	k.Stop()
	require.False(t, alive(third))
	require.Empty(t, falls, "a wanted end is no fall")
}

func TestStopUsesForceOnAChildThatDoesNotListen(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(Command{
		Name: "deaf", Path: "/bin/sh", Args: []string{"-c", `trap "" TERM; touch deaf; while :; do sleep 1; done`}, Dir: dir,
		LogFile: filepath.Join(dir, "log"),
	})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(dir, "deaf")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	p.Stop(100 * time.Millisecond)
	require.False(t, alive(p.PID()))
}

func TestFilesThatCanNotBeWritten(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
	}{
		{fmt.Errorf("write: %w", syscall.ENOSPC), "disk-full"},
		{fmt.Errorf("write: %w", syscall.EDQUOT), "disk-full"},
		{fmt.Errorf("open: %w", os.ErrPermission), "folder-not-writable"},
		{errors.New("anything else"), ""},
	} {
		err := wrapFileError("/data", "write", c.err)
		require.Equal(t, c.code, ProblemCode(err))
		require.ErrorIs(t, err, c.err)
	}
	require.NoError(t, wrapFileError("/data", "write", nil))
	require.True(t, diskFull(nil, "InnoDB: Operating system error number 28 in a file operation."))
}
