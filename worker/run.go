package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"steward/workflows"
)

// StopTimeout is how long steps in flight may take to end when the process stops.
const StopTimeout = 20 * time.Second

// Options size the worker.
type Options struct {
	DatabaseConns int    // of this process; bulk work takes at most half of them
	BuildID       string // of the release; empty runs unversioned
}

// Run works on all task queues until ctx ends, then lets what is in flight end. It returns an error when a queue can't be
// worked on any more.
func Run(ctx context.Context, c client.Client, s Steps, o Options) error {
	// Nothing is sticky: a herd of cohorts due at one instant would time out on the worker's own queue after five seconds,
	// go back to the shared one, and wait there until a poll of the empty own queue ends (up to a minute). Histories are
	// some dozens of events, so that reading them again costs less than that.
	sdkworker.SetStickyWorkflowCacheSize(0)
	fatal := make(chan error, len(queues))
	var started []sdkworker.Worker
	defer func() { stop(started) }()
	for _, queue := range queues {
		options := o.of(queue)
		options.OnFatalError = func(err error) { fatal <- fmt.Errorf("work on task queue %s: %w", queue, err) }
		w := sdkworker.New(c, queue, options)
		if !options.DisableWorkflowWorker {
			RegisterProcesses(w)
		}
		RegisterSteps(w, s)
		if err := w.Start(); err != nil {
			return fmt.Errorf("start work on task queue %s: %w", queue, err)
		}
		started = append(started, w)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-fatal:
		return err
	}
}

var queues = []string{workflows.Commands, workflows.Bulk, workflows.Send}

// stop ends all queues at the same time, so that they share one timeout.
func stop(started []sdkworker.Worker) {
	var all sync.WaitGroup
	for _, w := range started {
		all.Go(w.Stop)
	}
	all.Wait()
}

// of gives the options of one queue. A cohort's step runs inside its workflow task, so on the bulk queue both are counted: as
// many workflow tasks as can step at once, and no more, so that a herd waits in Temporal's queue and not here with its
// timeout running.
func (o Options) of(queue string) sdkworker.Options {
	options := sdkworker.Options{
		WorkerStopTimeout:                  StopTimeout,
		MaxConcurrentWorkflowTaskPollers:   2,
		MaxConcurrentActivityTaskPollers:   2,
		MaxConcurrentActivityExecutionSize: 20,
	}
	if o.BuildID != "" {
		options.DeploymentOptions = sdkworker.DeploymentOptions{
			UseVersioning: true,
			Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: workflows.Deployment, BuildID: o.BuildID},
		}
	}
	switch queue {
	case workflows.Bulk:
		options.MaxHeartbeatThrottleInterval = 2 * time.Second // an import's step counts as dead after three of these
		quarter := max(o.DatabaseConns/4, 2)
		options.MaxConcurrentWorkflowTaskPollers = 4
		options.MaxConcurrentWorkflowTaskExecutionSize = 2 * quarter
		options.MaxConcurrentLocalActivityExecutionSize = quarter
		options.MaxConcurrentActivityExecutionSize = quarter
	case workflows.Send:
		options.DisableWorkflowWorker = true
		options.MaxHeartbeatThrottleInterval = 5 * time.Second
	}
	return options
}
