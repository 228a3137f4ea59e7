package devstack

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// childAttributes puts a child in a group of its own (Ctrl-C reaches only the parent, which stops them in order) and has
// the kernel end it when the parent dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// commandLine gives the arguments of a running process, "" when there is none.
func commandLine(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ReplaceAll(string(b), "\x00", " "), " ")
}
