package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"steward/activities"
	"steward/domain/dunning"
	"steward/notify"
)

// outbox keeps rows in memory and is as strict as the real one about who may settle what.
type outbox struct {
	mu      sync.Mutex
	rows    map[string]*row
	order   []string
	refuse  error // answers of Settle while set
	setting dunning.SendSetting
	changed chan struct{}
}

type row struct {
	dunning.Queued
	status, claim, why, providerID string
	leaseUntil                     time.Time
	again                          time.Duration
	stopped                        bool // a stop that Claim sees and Due does not yet
}

func newOutbox(n int) *outbox {
	o := &outbox{rows: map[string]*row{}, changed: make(chan struct{}, 1)}
	for i := range n {
		o.add(fmt.Sprintf("m%05d", i))
	}
	return o
}

func (o *outbox) add(id string) *row {
	r := &row{Queued: dunning.Queued{OrgID: "org", ID: id, To: "13800000000", Text: "text of " + id}, status: "queued"}
	o.rows[id] = r
	o.order = append(o.order, id)
	return r
}

func (o *outbox) Due(_ context.Context, _ dunning.Channel, limit int) ([]dunning.Queued, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var due []dunning.Queued
	for _, id := range o.order {
		if r := o.rows[id]; r.status == "queued" && r.again == 0 && len(due) < limit {
			due = append(due, r.Queued)
		}
	}
	return due, nil
}

func (o *outbox) Claim(_ context.Context, _ dunning.Channel, rows []dunning.Queued, lease time.Duration) ([]dunning.Claimed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var claimed []dunning.Claimed
	for _, q := range rows {
		r := o.rows[q.ID]
		if r.stopped {
			r.status = "cancelled"
		}
		if r.status != "queued" {
			continue
		}
		r.status, r.claim, r.leaseUntil = "sending", r.claim+"x", time.Now().Add(lease)
		r.Attempts++
		claimed = append(claimed, dunning.Claimed{OrgID: q.OrgID, ID: q.ID, Claim: r.claim, To: q.To, Text: q.Text, Attempts: r.Attempts})
	}
	return claimed, nil
}

func (o *outbox) Settle(_ context.Context, _ dunning.Channel, results []dunning.Sent) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse != nil {
		return o.refuse
	}
	for _, s := range results {
		if r := o.rows[s.ID]; r.status == "sending" && r.claim == s.Claim {
			r.status, r.why, r.providerID, r.again = s.Status, s.Why, s.ProviderID, s.RetryAfter
		}
	}
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return nil
}

func (o *outbox) Lapsed(_ context.Context, _ dunning.Channel, limit int, lease time.Duration) ([]dunning.Claimed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lapsed []dunning.Claimed
	for _, id := range o.order {
		r := o.rows[id]
		if r.status == "sending" && r.leaseUntil.Before(time.Now()) && len(lapsed) < limit {
			r.claim, r.leaseUntil = r.claim+"x", time.Now().Add(lease)
			r.Attempts++
			lapsed = append(lapsed, dunning.Claimed{OrgID: r.OrgID, ID: id, Claim: r.claim, To: r.To, Text: r.Text, Attempts: r.Attempts})
		}
	}
	return lapsed, nil
}

func (o *outbox) Renew(_ context.Context, claimed []dunning.Claimed, lease time.Duration) ([]dunning.Claimed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var still []dunning.Claimed
	for _, c := range claimed {
		r := o.rows[c.ID]
		if r.claim != c.Claim {
			continue
		}
		if r.stopped {
			r.status = "unknown"
			continue
		}
		r.leaseUntil = time.Now().Add(lease)
		still = append(still, c)
	}
	return still, nil
}

func (o *outbox) SendSetting(context.Context, dunning.Channel) (dunning.SendSetting, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.setting, nil
}

// putOff counts rows that wait for a later try.
func (o *outbox) putOff() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, r := range o.rows {
		if r.status == "queued" && r.again > 0 {
			n++
		}
	}
	return n
}

func (o *outbox) count(status string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, r := range o.rows {
		if r.status == status {
			n++
		}
	}
	return n
}

// provider counts what it was told, by key.
type provider struct {
	batch      int
	idempotent bool
	answer     func(call int, messages []notify.Message) ([]notify.Result, error)

	mu    sync.Mutex
	calls int
	sizes []int
	told  map[string]int
}

func (p *provider) BatchSize() int   { return p.batch }
func (p *provider) Idempotent() bool { return p.idempotent }

func (p *provider) Send(_ context.Context, messages []notify.Message) ([]notify.Result, error) {
	p.mu.Lock()
	p.calls++
	call := p.calls
	p.sizes = append(p.sizes, len(messages))
	for _, m := range messages {
		p.told[m.Key]++
	}
	p.mu.Unlock()
	if p.answer != nil {
		return p.answer(call, messages)
	}
	return all(messages, notify.Delivered), nil
}

func all(messages []notify.Message, s notify.Status) []notify.Result {
	return slices.Repeat([]notify.Result{{Status: s, ProviderID: "p"}}, len(messages))
}

// send runs one shift until done says that the outbox is as it should be.
func send(t *testing.T, o *outbox, p *provider, done func() bool) activities.SendReport {
	t.Helper()
	p.told = map[string]int{}
	registry := notify.NewRegistry()
	registry.Use(dunning.SMS, notify.Setting{Provider: p, Timeout: time.Second})
	return sendWith(t, o, registry, done)
}

func sendWith(t *testing.T, o *outbox, registry *notify.Registry, done func() bool) activities.SendReport {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	stop := make(chan struct{})
	env.SetWorkerStopChannel(stop)
	env.SetWorkerOptions(worker.Options{})
	env.SetTestTimeout(time.Minute)
	sending := &activities.Sending{Outbox: o, Settings: o, Providers: registry}
	env.RegisterActivity(sending)
	go func() {
		defer close(stop)
		for !done() {
			select {
			case <-o.changed:
			case <-t.Context().Done():
				return
			}
		}
	}()
	answer, err := env.ExecuteActivity(sending.SendQueued, activities.SendInput{Channel: dunning.SMS})
	require.NoError(t, err)
	var report activities.SendReport
	require.NoError(t, answer.Get(&report))
	return report
}

func TestEveryMessageIsSentOnce(t *testing.T) {
	for name, p := range map[string]*provider{"one by one": {batch: 1}, "in batches": {batch: 100}} {
		t.Run(name, func(t *testing.T) {
			o := newOutbox(1234)
			report := send(t, o, p, func() bool { return o.count("delivered") == 1234 })
			require.Equal(t, activities.SendReport{Claimed: 1234, Settled: 1234}, report)
			require.Len(t, p.told, 1234)
			for key, n := range p.told {
				require.Equal(t, 1, n, key)
			}
			require.LessOrEqual(t, slices.Max(p.sizes), p.batch)
			require.LessOrEqual(t, p.calls, 1234/p.batch+12, "batches are filled")
		})
	}
}

func TestWhatIsStoppedBetweenReadingAndClaimingIsNotSent(t *testing.T) {
	o := newOutbox(40)
	for i, id := range o.order {
		o.rows[id].stopped = i%2 == 0
	}
	p := &provider{batch: 1}
	send(t, o, p, func() bool { return o.count("delivered") == 20 && o.count("cancelled") == 20 })
	require.Len(t, p.told, 20)
}

func TestAProviderThatCannotBeReachedIsTriedLater(t *testing.T) {
	o := newOutbox(3)
	p := &provider{batch: 1, answer: func(int, []notify.Message) ([]notify.Result, error) {
		return nil, fmt.Errorf("dial: %w", notify.ErrNotSent)
	}}
	send(t, o, p, func() bool { return o.putOff() == 3 })
	require.Equal(t, "provider-away", o.rows["m00001"].why)
	require.Equal(t, time.Second, o.rows["m00001"].again)
}

func TestAnUnclearAnswer(t *testing.T) {
	broken := errors.New("connection reset")
	t.Run("is asked again with the same key where keys are known", func(t *testing.T) {
		o := newOutbox(1)
		p := &provider{batch: 1, idempotent: true, answer: func(call int, m []notify.Message) ([]notify.Result, error) {
			if call < 3 {
				return nil, broken
			}
			return all(m, notify.Sent), nil
		}}
		send(t, o, p, func() bool { return o.count("sent") == 1 })
		require.Equal(t, 3, p.told["m00000"])
		require.Equal(t, 1, o.rows["m00000"].Attempts)
	})
	t.Run("stays unknown where they are not", func(t *testing.T) {
		o := newOutbox(2)
		p := &provider{batch: 1, answer: func(int, []notify.Message) ([]notify.Result, error) { return nil, broken }}
		send(t, o, p, func() bool { return o.count("unknown") == 2 })
		require.Equal(t, 1, p.told["m00000"])
	})
	t.Run("is sent again where the channel says so", func(t *testing.T) {
		o := newOutbox(1)
		o.setting.ResendUnknown = true
		p := &provider{batch: 1, answer: func(int, []notify.Message) ([]notify.Result, error) { return nil, broken }}
		send(t, o, p, func() bool { return o.putOff() == 1 })
	})
	t.Run("is not sent again for ever", func(t *testing.T) {
		o := newOutbox(1)
		o.setting.ResendUnknown = true
		o.rows["m00000"].Attempts = 4
		p := &provider{batch: 1, answer: func(int, []notify.Message) ([]notify.Result, error) { return nil, broken }}
		send(t, o, p, func() bool { return o.count("unknown")+o.putOff() == 1 })
		require.Equal(t, "unknown", o.rows["m00000"].status)
	})
	t.Run("of one message leaves the others of the batch alone", func(t *testing.T) {
		o := newOutbox(3)
		p := &provider{batch: 10, answer: func(_ int, m []notify.Message) ([]notify.Result, error) {
			return []notify.Result{{Status: notify.Delivered}, {Status: notify.Unknown, Why: "no-answer"}, {Status: notify.Failed, Why: "bad-number"}}[:len(m)], nil
		}}
		send(t, o, p, func() bool { return o.count("sending")+o.count("queued") == 0 })
		require.Equal(t, []string{"delivered", "unknown", "failed"}, []string{o.rows["m00000"].status, o.rows["m00001"].status, o.rows["m00002"].status})
	})
}

// knowing is a provider that can be asked what became of a message.
type knowing struct {
	provider
	knows map[string]notify.Result
}

func (k *knowing) Lookup(_ context.Context, key string) (notify.Result, bool, error) {
	r, found := k.knows[key]
	return r, found, nil
}

func dead(o *outbox, ids ...string) {
	for _, id := range ids {
		r := o.rows[id]
		r.status, r.claim, r.Attempts, r.leaseUntil = "sending", "of-the-dead", 1, time.Now().Add(-time.Second)
	}
}

func TestTheRowsOfADeadSender(t *testing.T) {
	t.Run("are called again where keys are known", func(t *testing.T) {
		o := newOutbox(30)
		dead(o, o.order[:10]...)
		p := &provider{batch: 1, idempotent: true}
		send(t, o, p, func() bool { return o.count("delivered") == 30 })
	})
	t.Run("are unknown where they are not", func(t *testing.T) {
		o := newOutbox(30)
		dead(o, o.order[:10]...)
		p := &provider{batch: 1}
		send(t, o, p, func() bool { return o.count("delivered") == 20 && o.count("unknown") == 10 })
		require.Len(t, p.told, 20)
		require.Equal(t, "sender-died", o.rows["m00000"].why)
	})
	t.Run("are not called once their case was stopped", func(t *testing.T) {
		o := newOutbox(3)
		dead(o, o.order...)
		o.rows["m00001"].stopped = true
		p := &provider{batch: 10, idempotent: true}
		send(t, o, p, func() bool { return o.count("delivered") == 2 && o.count("unknown")+o.count("delivered") == 3 })
		require.Zero(t, p.told["m00001"])
	})
	t.Run("are given up after many tries", func(t *testing.T) {
		o := newOutbox(1)
		dead(o, "m00000")
		o.rows["m00000"].Attempts = 10
		p := &provider{batch: 1, idempotent: true}
		send(t, o, p, func() bool { return o.count("unknown") == 1 })
		require.Empty(t, p.told)
	})
}

func TestAProviderThatCanBeAskedIsAskedFirst(t *testing.T) {
	o := newOutbox(2)
	dead(o, "m00000", "m00001")
	k := &knowing{provider: provider{batch: 1}, knows: map[string]notify.Result{"m00000": {Status: notify.Delivered, ProviderID: "p7"}}}
	k.told = map[string]int{}
	registry := notify.NewRegistry()
	registry.Use(dunning.SMS, notify.Setting{Provider: k, Timeout: time.Second})
	sendWith(t, o, registry, func() bool { return o.count("delivered") == 2 })
	require.Equal(t, "p7", o.rows["m00000"].providerID)
	require.Zero(t, k.told["m00000"])
	require.Equal(t, 1, k.told["m00001"], "one that never arrived is sent")
}

func TestAnswersOutliveADatabaseThatIsAway(t *testing.T) {
	o := newOutbox(50)
	o.refuse = errors.New("connection refused")
	var calls atomic.Int32
	p := &provider{batch: 1, answer: func(_ int, m []notify.Message) ([]notify.Result, error) {
		if calls.Add(1) == 50 {
			o.mu.Lock()
			o.refuse = nil
			o.mu.Unlock()
		}
		return all(m, notify.Sent), nil
	}}
	send(t, o, p, func() bool { return o.count("sent") == 50 })
	for key, n := range p.told {
		require.Equal(t, 1, n, key)
	}
}

func TestTheChannelsLimitHoldsFromTheFirstMessage(t *testing.T) {
	o := newOutbox(30)
	o.setting.PerSecond = 10
	p := &provider{batch: 1}
	began := time.Now()
	send(t, o, p, func() bool { return o.count("delivered") >= 6 })
	require.GreaterOrEqual(t, time.Since(began), 450*time.Millisecond)
}

func TestAStoppingShiftWaitsForItsCalls(t *testing.T) {
	o := newOutbox(200)
	entered := make(chan struct{}, 200)
	p := &provider{batch: 1, answer: func(_ int, m []notify.Message) ([]notify.Result, error) {
		entered <- struct{}{}
		return all(m, notify.Delivered), nil
	}}
	stopped := false
	report := send(t, o, p, func() bool { stopped = true; <-entered; return true })
	require.True(t, stopped)
	require.Zero(t, o.count("sending"), "no row is left behind")
	require.Equal(t, report.Claimed, report.Settled)
}
