package devstack

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// FreePort asks the system for a loopback TCP port that nobody listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// PortFree tells whether one can listen on host:port now.
func PortFree(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// keptPort gives the port that the file remembers from the last start while it is free, else a new one.
func keptPort(file string) (int, error) {
	if b, err := os.ReadFile(file); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && PortFree(loopback(port)) == nil {
			return port, nil
		}
	}
	return FreePort()
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
