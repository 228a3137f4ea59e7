package devstack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
)

// Servers get ports below the range from which systems take the near end of outgoing connections: there a client that
// keeps trying could otherwise take the port of a server that is just being started again.
const (
	lowestPort  = 20000
	highestPort = 31999
	portTries   = 100
)

// FreePort gives a loopback TCP port that nobody listens on.
func FreePort() (int, error) {
	var err error
	for range portTries {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		if err = PortFree(loopback(port)); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// PortFree tells whether one can listen on host:port now.
func PortFree(address string) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
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
