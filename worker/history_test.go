package worker_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"steward/domain/dunning"
	"steward/domain/refusal"
	"steward/workflows/campaign"
	"steward/workflows/cohort"
	"steward/workflows/sender"
)

const dayInSeconds = 86400

// history reads what a process has written; with -record it is kept for replay.
func history(t *testing.T, id, name string) *historypb.History {
	t.Helper()
	h := &historypb.History{}
	for it := temporal.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		event, err := it.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, event)
	}
	if *record && name != "" {
		b, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
		require.NoError(t, err)
		host, err := os.Hostname()
		require.NoError(t, err)
		b = bytes.ReplaceAll(b, []byte("@"+host+"@"), []byte("@host@"))
		b = bytes.ReplaceAll(b, []byte(`"`+host+":"), []byte(`"host:`))
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "histories", name+".json"), b, 0o600))
	}
	return h
}

func await(t *testing.T, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, temporal.GetWorkflow(ctx, id, "").Get(ctx, nil), id)
}

func TestThreeStagesForAThousandHouseholdsStayWithinTheBudgetOfEvents(t *testing.T) {
	const households, stages = 1000, 3
	e := newEstate(30*dayInSeconds, households, 15, 45, 75, 90)
	e.work(t, emptyOutbox{})
	require.NoError(t, e.door.StartCampaign(t.Context(), e.ref()))
	await(t, campaign.ID(e.campaignID))

	total := len(history(t, campaign.ID(e.campaignID), "campaign").Events)
	for no := range e.open {
		id, name := cohort.ID(e.campaignID, no), ""
		await(t, id)
		if no == 1 {
			name = "cohort"
		}
		h := history(t, id, name)
		require.LessOrEqual(t, len(h.Events), 45)
		total += len(h.Events)
	}
	t.Logf("%d events, %.4f for each household and stage", total, float64(total)/(households*stages))
	require.LessOrEqual(t, float64(total)/(households*stages), 0.05)
	require.Equal(t, dunning.CampaignFinished, e.head.Status)
}

func TestARepeatedStartFindsTheProcess(t *testing.T) {
	e := newEstate(dayInSeconds, 10, 1)
	e.work(t, emptyOutbox{})
	for range 3 {
		require.NoError(t, e.door.StartCampaign(t.Context(), e.ref()))
	}
	await(t, campaign.ID(e.campaignID))
	require.NoError(t, e.door.StartCampaign(t.Context(), e.ref()), "also after its end")
	d, err := temporal.DescribeWorkflowExecution(t.Context(), campaign.ID(e.campaignID), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, d.GetWorkflowExecutionInfo().GetStatus())
}

func TestPauseResumeAndParkOnARealServer(t *testing.T) {
	e := newEstate(dayInSeconds, 400, 2, 4)
	e.work(t, emptyOutbox{})
	e.set(dunning.CampaignPaused)
	e.head.Selected = true
	require.NoError(t, e.door.StartCampaign(t.Context(), e.ref()))
	require.NoError(t, e.door.WakeCohorts(t.Context(), e.ref(), []int{1, 2}, func() {}))

	e.mu.Lock()
	e.head.Status, e.refuse = dunning.CampaignRunning, refusal.New(refusal.Rule, "policy-lacks-stage", "策略缺少当前阶段。")
	e.mu.Unlock()
	require.NoError(t, e.door.RefreshCampaign(t.Context(), e.ref()))
	select {
	case why := <-e.parked:
		require.Equal(t, "策略缺少当前阶段。", why)
	case <-time.After(time.Minute):
		t.Fatal("no cohort parked")
	}
	e.set(dunning.CampaignRunning)
	require.NoError(t, e.door.RefreshCampaign(t.Context(), e.ref()))
	await(t, campaign.ID(e.campaignID))
	for no := range e.open {
		await(t, cohort.ID(e.campaignID, no))
	}
	history(t, campaign.ID(e.campaignID), "campaign-commands")
	history(t, cohort.ID(e.campaignID, 1), "cohort-commands-1")
	history(t, cohort.ID(e.campaignID, 2), "cohort-commands-2")
	require.Equal(t, map[int]int{1: 0, 2: 0}, e.open)
}

func TestCohortsOfACancelledCampaignEnd(t *testing.T) {
	e := newEstate(1, 700, 30)
	e.work(t, emptyOutbox{})
	require.NoError(t, e.door.StartCampaign(t.Context(), e.ref()))
	require.Eventually(t, func() bool {
		d, err := temporal.DescribeWorkflowExecution(t.Context(), cohort.ID(e.campaignID, 3), "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}, time.Minute, 50*time.Millisecond)
	e.mu.Lock()
	e.head.Status = dunning.CampaignCancelled
	for no := range e.open {
		e.open[no], e.done[no] = 0, len(e.at)
	}
	e.mu.Unlock()
	require.NoError(t, e.door.RefreshCampaign(t.Context(), e.ref()))
	await(t, campaign.ID(e.campaignID))
	for no := range e.open {
		await(t, cohort.ID(e.campaignID, no))
	}
	require.Equal(t, dunning.CampaignCancelled, e.head.Status)
}

func TestTheSenderIsStartedOnce(t *testing.T) {
	outbox := emptyOutbox{looked: make(chan struct{}, 1)}
	e := newEstate(1, 1, 1)
	e.work(t, outbox)
	channels := []dunning.Channel{dunning.SMS}
	for range 2 {
		e.door.EnsureSenders(t.Context(), channels, func(err error) { t.Error(err) })
	}
	<-outbox.looked
	id := sender.ID(dunning.SMS)
	require.Eventually(t, func() bool { return len(history(t, id, "").Events) > 15 }, time.Minute, 100*time.Millisecond, "shift follows shift")
	history(t, id, "sender")
	require.NoError(t, temporal.TerminateWorkflow(t.Context(), id, "", "the test ends"))
}
