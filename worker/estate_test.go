package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/engine"
	"steward/notify"
	"steward/store"
	"steward/worker"
)

const cohortSize = 300

// estate is the database of one campaign, kept in memory: cohorts whose cases do each stage together. The processes and
// the Temporal server around it are real.
type estate struct {
	campaignID string
	door       *engine.Engine
	anchor     clock.Anchor
	at         []time.Time // instants of the stages and of the end, business time

	mu     sync.Mutex
	head   dunning.CampaignHead
	open   map[int]int // cases by cohort
	done   map[int]int // stages by cohort
	refuse error       // answer of the next step
	parked chan string
	calls  int
}

func newEstate(speed float64, households int, days ...int) *estate {
	now := time.Now().UTC()
	e := &estate{
		campaignID: store.NewID(), door: engine.New(temporal), anchor: clock.Anchor{Wall: now, Business: now, Speed: speed},
		head: dunning.CampaignHead{Status: dunning.CampaignRunning, StartAt: now},
		open: map[int]int{}, done: map[int]int{}, parked: make(chan string, 10),
	}
	for no := 1; households > 0; no++ {
		e.open[no] = min(households, cohortSize)
		households -= cohortSize
	}
	for _, d := range days {
		e.at = append(e.at, now.AddDate(0, 0, d))
	}
	return e
}

func (e *estate) ref() dunning.CampaignRef {
	return dunning.CampaignRef{OrgID: "01J00000000000000000000ORG", CampaignID: e.campaignID}
}

func (e *estate) Anchor() clock.Anchor { return e.anchor }
func (e *estate) Now() time.Time       { return e.anchor.BusinessAt(time.Now()) }

func (e *estate) CampaignHead(context.Context, access.Scope, string) (dunning.CampaignHead, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.head, nil
}

func (e *estate) CohortNumbers(_ context.Context, _ access.Scope, _ string, openOnly bool) ([]int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var numbers []int
	for no, n := range e.open {
		if n > 0 || !openOnly {
			numbers = append(numbers, no)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (e *estate) SelectCases(context.Context, access.Scope, string, dunning.Decide, func()) (dunning.Selection, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.head.Selected = true
	var s dunning.Selection
	for no := range e.open {
		s.Cohorts = append(s.Cohorts, dunning.CohortStart{No: no, FirstAt: e.at[0]})
	}
	return s, nil
}

func (e *estate) Advance(_ context.Context, _ access.Scope, _ string, no int, _ dunning.Decide) (dunning.Advanced, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls++
	if err := e.refuse; err != nil {
		e.refuse = nil
		return dunning.Advanced{}, err
	}
	a := dunning.Advanced{Open: e.open[no], Paused: e.head.Status != dunning.CampaignRunning}
	for !a.Paused && a.Open > 0 && e.done[no] < len(e.at) && !e.at[e.done[no]].After(e.Now()) {
		e.done[no]++
		a.Touched = a.Open
	}
	if e.done[no] < len(e.at) {
		a.NextAt = e.at[e.done[no]]
		return a, nil
	}
	e.open[no], a.Open = 0, 0
	a.CampaignOver = e.total() == 0
	return a, nil
}

func (e *estate) total() int {
	n := 0
	for _, open := range e.open {
		n += open
	}
	return n
}

func (e *estate) CloseCampaign(context.Context, access.Scope, string) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.head.Over() || e.total() > 0 {
		return e.head.Over(), nil
	}
	e.head.Status = dunning.CampaignFinished
	return true, nil
}

func (e *estate) ParkCampaign(_ context.Context, _ access.Scope, _, why string) error {
	e.set(dunning.CampaignNeedsAttention)
	e.parked <- why
	return nil
}

func (e *estate) set(status string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.head.Status = status
}

// emptyOutbox has nothing to send and tells when it was looked at.
type emptyOutbox struct {
	dunning.Outbox
	looked chan struct{}
}

func (o emptyOutbox) Due(context.Context, dunning.Channel, int) ([]dunning.Queued, error) {
	select {
	case o.looked <- struct{}{}:
	default:
	}
	return nil, nil
}

func (emptyOutbox) Lapsed(context.Context, dunning.Channel, int, time.Duration) ([]dunning.Claimed, error) {
	return nil, nil
}

func (emptyOutbox) SendSetting(context.Context, dunning.Channel) (dunning.SendSetting, error) {
	return dunning.SendSetting{}, nil
}

type silent struct{}

func (silent) BatchSize() int   { return 1 }
func (silent) Idempotent() bool { return true }
func (silent) Send(context.Context, []notify.Message) ([]notify.Result, error) {
	return nil, errors.New("nobody sends here")
}

// work runs a worker for the estate until the test ends.
func (e *estate) work(t *testing.T, outbox emptyOutbox) {
	t.Helper()
	registry := notify.NewRegistry()
	registry.Use(dunning.SMS, notify.Setting{Provider: silent{}})
	steps := worker.Steps{
		Collections: &activities.Collections{Cases: e, Progress: e, Processes: e.door, Clock: e},
		Sending:     &activities.Sending{Outbox: outbox, Settings: outbox, Providers: registry, Shift: 200 * time.Millisecond},
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx, temporal, steps, worker.Options{DatabaseConns: 20}) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
}
