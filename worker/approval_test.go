package worker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/money"
	"steward/engine"
	"steward/worker"
	"steward/workflows/approval"
)

// inbox keeps the rows of some approvals.
type inbox struct {
	clock clock.Source
	mu    sync.Mutex
	until map[string]time.Time // of those that are still asked
}

func (b *inbox) WaitForApproval(_ context.Context, _ access.Scope, id string) (money.Waiting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, open := b.until[id]
	if !open || !b.clock.Now().Before(until) {
		delete(b.until, id)
		return money.Waiting{}, nil
	}
	return money.Waiting{Open: true, ExpiresAt: until}, nil
}

func (b *inbox) decide(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.until, id)
}

// TestApprovalsEndByADecisionOrByTime runs on a real server: one is decided, nobody decides the other in time.
func TestApprovalsEndByADecisionOrByTime(t *testing.T) {
	business := newEstate(dayInSeconds, 1, 1)
	box := &inbox{clock: business, until: map[string]time.Time{"decided": business.Now().AddDate(1, 0, 0), "forgotten": business.Now().AddDate(0, 0, 3)}}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	steps := worker.Steps{Approvals: &activities.Approvals{Store: box, Clock: business}}
	go func() { ended <- worker.Run(ctx, temporal, steps, worker.Options{DatabaseConns: 4}) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })

	door := engine.New(temporal)
	for range 2 {
		for id := range map[string]bool{"decided": true, "forgotten": true} {
			require.NoError(t, door.RefreshApproval(t.Context(), money.ApprovalRef{OrgID: "org", ApprovalID: id}))
		}
	}
	await(t, approval.ID("forgotten"))
	d, err := temporal.DescribeWorkflowExecution(t.Context(), approval.ID("decided"), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())
	box.decide("decided")
	require.NoError(t, door.RefreshApproval(t.Context(), money.ApprovalRef{OrgID: "org", ApprovalID: "decided"}))
	await(t, approval.ID("decided"))
	history(t, approval.ID("forgotten"), "approval-timed-out")
	history(t, approval.ID("decided"), "approval-decided")
	require.Empty(t, box.until)
}
