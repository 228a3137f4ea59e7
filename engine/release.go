package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"steward/workflows"
)

// Release is a build of the workers as Temporal knows it.
type Release struct {
	BuildID   string
	FirstSeen time.Time
	Current   bool // it gets every task
	Workers   int  // how many processes of it ask for tasks
}

// unversioned stands for workers without a build id.
const unversioned = ""

// CurrentRelease tells which build gets the tasks of all processes; "" are workers without a build id.
func (e *Engine) CurrentRelease(ctx context.Context) (buildID string, err error) {
	known, err := e.deployment().Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if isNotFound(err) {
		return unversioned, nil
	}
	if err != nil {
		return "", refused("ask Temporal for the current release", err)
	}
	return current(known.Info), nil
}

func current(d client.WorkerDeploymentInfo) string {
	if v := d.RoutingConfig.CurrentVersion; v != nil {
		return v.BuildID
	}
	return unversioned
}

// Releases lists the builds that Temporal knows, oldest first, workers without a build id before them where there are any.
func (e *Engine) Releases(ctx context.Context) ([]Release, error) {
	workers, err := e.workers(ctx)
	if err != nil {
		return nil, err
	}
	var out []Release
	known, err := e.deployment().Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if err != nil && !isNotFound(err) {
		return nil, refused("ask Temporal for the releases", err)
	}
	inUse := current(known.Info)
	for _, v := range known.Info.VersionSummaries {
		id := v.Version.BuildID
		out = append(out, Release{BuildID: id, FirstSeen: v.CreateTime, Current: id == inUse, Workers: workers.count(id)})
	}
	slices.SortFunc(out, func(a, b Release) int { return a.FirstSeen.Compare(b.FirstSeen) })
	if n := workers.count(unversioned); n > 0 || inUse == unversioned {
		out = slices.Insert(out, 0, Release{Current: inUse == unversioned, Workers: n})
	}
	return out, nil
}

// ErrNoWorkers says that nobody of a release asks for tasks on some queue.
var ErrNoWorkers = errors.New("no worker of this release asks for tasks")

// UseRelease gives every task from now on, of running processes too, to the workers of a build; "" are those without a build
// id. It refuses a build without workers on all queues with ErrNoWorkers, because everything would stand still.
func (e *Engine) UseRelease(ctx context.Context, buildID string) error {
	workers, err := e.workers(ctx)
	if err != nil {
		return err
	}
	for _, q := range polled {
		if len(workers[q.name][buildID]) == 0 {
			return fmt.Errorf("queue %s: %w", q.name, ErrNoWorkers)
		}
	}
	if buildID == unversioned {
		if inUse, err := e.CurrentRelease(ctx); err != nil || inUse == unversioned {
			return err
		}
	}
	_, err = e.deployment().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
	return refused("make release "+buildID+" current", err)
}

func (e *Engine) deployment() client.WorkerDeploymentHandle {
	return e.client.WorkerDeploymentClient().GetHandle(workflows.Deployment)
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// polled are the queues that every worker asks, by the kind of task that it gets there.
var polled = []struct {
	name string
	kind enumspb.TaskQueueType
}{
	{workflows.Commands, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
	{workflows.Bulk, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
	{workflows.Send, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
}

// pollers are the processes that ask for tasks, by queue and build.
type pollers map[string]map[string]map[string]bool

// freshPoll is a little longer than one question for tasks stays open.
const freshPoll = 70 * time.Second

func (e *Engine) workers(ctx context.Context) (pollers, error) {
	found := pollers{}
	for _, q := range polled {
		answer, err := e.client.DescribeTaskQueue(ctx, q.name, q.kind)
		if err != nil {
			return nil, refused("ask Temporal who works on "+q.name, err)
		}
		builds := map[string]map[string]bool{}
		for _, p := range answer.GetPollers() {
			if time.Since(p.GetLastAccessTime().AsTime()) > freshPoll {
				continue
			}
			id := unversioned
			if o := p.GetDeploymentOptions(); o.GetWorkerVersioningMode() == enumspb.WORKER_VERSIONING_MODE_VERSIONED {
				if o.GetDeploymentName() != workflows.Deployment {
					continue
				}
				id = o.GetBuildId()
			}
			if builds[id] == nil {
				builds[id] = map[string]bool{}
			}
			builds[id][p.GetIdentity()] = true
		}
		found[q.name] = builds
	}
	return found, nil
}

// count is how many processes of a build work on every queue.
func (p pollers) count(buildID string) int {
	least := -1
	for _, q := range polled {
		if n := len(p[q.name][buildID]); least < 0 || n < least {
			least = n
		}
	}
	return least
}
