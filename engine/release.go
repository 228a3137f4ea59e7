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

// ErrReleaseNotReady says that the workers of a release do not ask for all tasks: none was started, or Temporal has not
// taken note of all of their queues yet.
var ErrReleaseNotReady = errors.New("its workers do not ask for all tasks; are they running?")

// UseRelease gives every task from now on, of running processes too, to the workers of a build; "" are those without a build
// id. It refuses a build whose workers do not ask for all tasks with ErrReleaseNotReady, because those would stand still.
func (e *Engine) UseRelease(ctx context.Context, buildID string) error {
	inUse, err := e.CurrentRelease(ctx)
	if err != nil || inUse == buildID {
		return err
	}
	workers, err := e.workers(ctx)
	if err != nil {
		return err
	}
	for _, q := range polled {
		if len(workers[q][buildID]) == 0 {
			return fmt.Errorf("queue %s: %w", q.name, ErrReleaseNotReady)
		}
	}
	if err := e.knowsQueues(ctx, buildID); err != nil {
		return err
	}
	_, err = e.deployment().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID})
	var notReady *serviceerror.FailedPrecondition
	if errors.As(err, &notReady) || isNotFound(err) {
		return fmt.Errorf("%w: %w", ErrReleaseNotReady, err)
	}
	return refused("make release "+buildID+" current", err)
}

// knowsQueues checks that Temporal has taken note of every queue of a build: it does so one after the other.
func (e *Engine) knowsQueues(ctx context.Context, buildID string) error {
	if buildID == unversioned {
		return nil
	}
	version, err := e.deployment().DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: buildID})
	if isNotFound(err) {
		return fmt.Errorf("%w: %w", ErrReleaseNotReady, err)
	}
	if err != nil {
		return refused("ask Temporal for release "+buildID, err)
	}
	for _, q := range polled {
		known := func(i client.WorkerDeploymentTaskQueueInfo) bool {
			return i.Name == q.name && int(i.Type) == int(q.kind)
		}
		if !slices.ContainsFunc(version.Info.TaskQueuesInfos, known) {
			return fmt.Errorf("queue %s: %w", q.name, ErrReleaseNotReady)
		}
	}
	return nil
}

func (e *Engine) deployment() client.WorkerDeploymentHandle {
	return e.client.WorkerDeploymentClient().GetHandle(workflows.Deployment)
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// polled are the queues that every worker asks, by a kind of task that it gets there.
var polled = []taskQueue{
	{workflows.Commands, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
	{workflows.Commands, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
	{workflows.Bulk, enumspb.TASK_QUEUE_TYPE_WORKFLOW},
	{workflows.Bulk, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
	{workflows.Send, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
}

type taskQueue struct {
	name string
	kind enumspb.TaskQueueType
}

// pollers are the processes that ask for tasks, by queue and build.
type pollers map[taskQueue]map[string]map[string]bool

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
		found[q] = builds
	}
	return found, nil
}

// count is how many processes of a build work on every queue.
func (p pollers) count(buildID string) int {
	least := -1
	for _, q := range polled {
		if n := len(p[q][buildID]); least < 0 || n < least {
			least = n
		}
	}
	return least
}
