package worker_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"steward/devstack"
	"steward/engine"
	"steward/store/storetest"
)

var record = flag.Bool("record", false, "write the histories of the real runs to testdata/histories")

// secret seals the recorded histories; it protects nothing.
var secret = bytes.Repeat([]byte{7}, 32)

var temporal client.Client

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "steward-worker-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: dir, Headless: true})
	if err != nil {
		return fail(err)
	}
	defer server.Kill()
	temporal, err = engine.Dial(ctx, engine.Options{
		Address: server.Address(), Namespace: "default", Secret: secret, Logger: slog.New(slog.DiscardHandler), Timeout: time.Minute,
	})
	if err != nil {
		return fail(err)
	}
	defer temporal.Close()
	return storetest.Main(m)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
