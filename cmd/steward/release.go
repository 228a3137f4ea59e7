package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"steward/engine"
)

// ReleaseCmd says which build of the workers gets the tasks.
type ReleaseCmd struct {
	List ReleaseListCmd `cmd:"" help:"List the builds that Temporal knows, and who of them works."`
	Use  ReleaseUseCmd  `cmd:"" help:"Give all tasks to the workers of one build, those of running processes too."`
}

// releaseDoor reaches Temporal; only payloads would need the data key, and releases have none.
type releaseDoor struct {
	Logging
	TemporalAt
	TemporalWait time.Duration `help:"How long to wait for Temporal." default:"10s"`
}

func (c *releaseDoor) open(ctx context.Context) (door *engine.Engine, closeDoor func(), err error) {
	temporal, err := engine.Dial(ctx, engine.Options{
		Address: c.TemporalAddress, Namespace: c.TemporalNamespace, APIKey: c.APIKey, Secret: make([]byte, 32), Logger: c.logger("release"), Timeout: c.TemporalWait,
	})
	if err != nil {
		return nil, nil, err
	}
	return engine.New(temporal), temporal.Close, nil
}

// ReleaseListCmd lists builds.
type ReleaseListCmd struct{ releaseDoor }

// Run prints a table.
func (c *ReleaseListCmd) Run(ctx context.Context) error {
	door, closeDoor, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer closeDoor()
	releases, err := door.Releases(ctx)
	if err != nil {
		return err
	}
	t := newTable("版本 build", "首次出现 first seen", "工作进程 workers", "当前 current")
	for _, r := range releases {
		seen, inUse := "", ""
		if !r.FirstSeen.IsZero() {
			seen = r.FirstSeen.Local().Format(time.DateTime)
		}
		if r.Current {
			inUse = "是 yes"
		}
		t.AppendRow(table.Row{buildName(r.BuildID), seen, r.Workers, inUse})
	}
	fmt.Println(t.Render())
	return nil
}

func buildName(id string) string {
	if id == "" {
		return "(无 build id / without build id)"
	}
	return id
}

// ReleaseUseCmd makes a build current.
type ReleaseUseCmd struct {
	releaseDoor
	BuildID     string        `arg:"" optional:"" help:"The build: what its workers got as --build-id."`
	Unversioned bool          `help:"Give the tasks to workers without a build id."`
	Wait        time.Duration `help:"How long to wait for the build's workers." default:"1m"`
}

// Run waits until the build's workers ask for every kind of task, then makes it current.
func (c *ReleaseUseCmd) Run(ctx context.Context) error {
	if (c.BuildID == "") != c.Unversioned {
		return errors.New("name a build, or say --unversioned")
	}
	door, closeDoor, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer closeDoor()
	deadline := time.Now().Add(c.Wait)
	for {
		err = door.UseRelease(ctx, c.BuildID)
		if err == nil {
			fmt.Printf("任务现在都交给 %[1]s / all tasks go to %[1]s\n", buildName(c.BuildID))
			return nil
		}
		if !errors.Is(err, engine.ErrReleaseNotReady) || time.Now().After(deadline) {
			return fmt.Errorf("use release %s: %w", buildName(c.BuildID), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(releaseUsePause):
		}
	}
}

const releaseUsePause = 500 * time.Millisecond
