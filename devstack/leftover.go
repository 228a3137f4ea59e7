package devstack

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ReadPID reads a PID file; 0 when there is none or it is not a number.
func ReadPID(pidFile string) int {
	b, err := os.ReadFile(pidFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

// EndLeftover ends the process that a crashed run left behind, and removes its PID file. It only ends a process whose
// command line holds proof (a path that no other program is started with); any other process has merely been given the
// same number. It tells whether it ended one.
func EndLeftover(pidFile, proof string) (bool, error) {
	pid := ReadPID(pidFile)
	defer func() { _ = os.Remove(pidFile) }()
	if pid == 0 || pid == os.Getpid() || !strings.Contains(commandLine(pid), proof) {
		return false, nil
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, 15 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := syscall.Kill(pid, step.signal); errors.Is(err, syscall.ESRCH) {
			return true, nil
		} else if err != nil {
			return false, fmt.Errorf("end process %d of an earlier run: %w", pid, err)
		}
		for until := time.Now().Add(step.wait); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			if !strings.Contains(commandLine(pid), proof) {
				return true, nil
			}
		}
	}
	return false, fmt.Errorf("process %d of an earlier run does not end", pid)
}
