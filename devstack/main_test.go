package devstack

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const parentDirEnv = "DEVSTACK_TEST_PARENT_DIR"

// TestMain lets the test binary also play the program that starts servers and is then killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(parentDirEnv); dir != "" {
		playParent(dir)
	}
	os.Exit(m.Run())
}

func playParent(dir string) {
	db, err := StartMariaDB(context.Background(), MariaDBOptions{Dir: dir, BufferPoolMB: 32, Scratch: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("pid", db.PID())
	select {}
}

// startParent runs a program of its own that starts a MariaDB in dir, and gives it with the server's process number.
func startParent(t *testing.T, dir string) (parent *exec.Cmd, serverPID int) {
	t.Helper()
	parent = exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentDirEnv+"="+dir)
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	t.Cleanup(func() { _ = parent.Process.Kill(); _ = parent.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	serverPID, err = strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(line), "pid "))
	require.NoError(t, err, line)
	return parent, serverPID
}

func startMariaDB(t *testing.T, dir string) *MariaDB {
	t.Helper()
	db, err := tryMariaDB(t, dir)
	require.NoError(t, err)
	return db
}

func tryMariaDB(t *testing.T, dir string) (*MariaDB, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	db, err := StartMariaDB(ctx, MariaDBOptions{Dir: dir, BufferPoolMB: 32, Scratch: true})
	if err == nil {
		t.Cleanup(db.Kill)
	}
	return db, err
}

func alive(pid int) bool { return commandLine(pid) != "" && syscall.Kill(pid, 0) == nil }

func requireEnds(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return !alive(pid) }, 20*time.Second, 20*time.Millisecond, "process %d lives on", pid)
}
