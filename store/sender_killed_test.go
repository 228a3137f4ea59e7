package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"steward/activities"
	"steward/domain/dunning"
	"steward/domain/sandbox"
	"steward/notify"
)

// mortal is the outbox of one organization as a worker reaches it: once the worker is dead nothing of it arrives any more.
type mortal struct {
	*drive
	mu   sync.Mutex
	dead bool
}

var errDead = errors.New("the worker is dead")

func (m *mortal) gone() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	return nil
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *mortal) Due(ctx context.Context, ch dunning.Channel, limit int) ([]dunning.Queued, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	due, err := m.Store.Due(ctx, ch, limit)
	return m.own(due), err
}

func (m *mortal) Claim(ctx context.Context, ch dunning.Channel, rows []dunning.Queued, lease time.Duration) ([]dunning.Claimed, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Store.Claim(ctx, ch, rows, lease)
}

func (m *mortal) Settle(ctx context.Context, ch dunning.Channel, results []dunning.Sent) error {
	if m.gone() == nil {
		return m.Store.Settle(ctx, ch, results)
	}
	return nil // what a dead worker would have written is lost
}

func (m *mortal) Lapsed(ctx context.Context, ch dunning.Channel, limit int, lease time.Duration) ([]dunning.Claimed, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Store.Lapsed(ctx, ch, limit, lease)
}

func (m *mortal) Renew(ctx context.Context, claimed []dunning.Claimed, lease time.Duration) ([]dunning.Claimed, error) {
	if err := m.gone(); err != nil {
		return nil, err
	}
	return m.Store.Renew(ctx, claimed, lease)
}

func (m *mortal) SendSetting(context.Context, dunning.Channel) (dunning.SendSetting, error) {
	return dunning.SendSetting{}, m.gone()
}

// watched is the sandbox, and tells when a call is inside.
type watched struct {
	*notify.Sandbox
	inside chan struct{}
}

func (w *watched) Send(ctx context.Context, messages []notify.Message) ([]notify.Result, error) {
	select {
	case w.inside <- struct{}{}:
	default:
	}
	return w.Sandbox.Send(ctx, messages)
}

// shift runs one sender until stop is closed.
func (m *mortal) shift(t *testing.T, p notify.Provider, stop chan struct{}) {
	t.Helper()
	registry := notify.NewRegistry()
	registry.Use(dunning.SMS, notify.Setting{Provider: p, Timeout: 300 * time.Millisecond})
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerStopChannel(stop)
	env.SetWorkerOptions(worker.Options{})
	env.SetTestTimeout(time.Minute)
	sending := &activities.Sending{Outbox: m, Settings: m, Providers: registry}
	env.RegisterActivity(sending)
	_, err := env.ExecuteActivity(sending.SendQueued, activities.SendInput{Channel: dunning.SMS})
	require.NoError(t, err)
}

// TestAWorkerKilledInsideACall: its rows are called again where the provider knows keys, and are unknown where it does not;
// nobody is told twice.
func TestAWorkerKilledInsideACall(t *testing.T) {
	for _, mode := range []sandbox.Mode{sandbox.Ambiguous, sandbox.Late, sandbox.Hang} {
		for _, dedupe := range []bool{true, false} {
			name := string(mode) + map[bool]string{true: " with dedupe", false: " without dedupe"}[dedupe]
			t.Run(name, func(t *testing.T) {
				d, _, caseID := oneHousehold(t)
				set := func(mode sandbox.Mode) {
					delay := time.Duration(0)
					if mode == sandbox.Late {
						delay = 250 * time.Millisecond
					}
					require.NoError(t, d.Store.SetSandboxChannel(t.Context(), d.Scope, string(dunning.SMS), sandbox.Channel{Mode: mode, Dedupe: dedupe, Delay: delay}))
				}
				set(mode)
				t.Cleanup(func() {
					_, err := d.DB.ExecContext(context.WithoutCancel(t.Context()), `DELETE FROM sandbox_channel WHERE channel = ?`, string(dunning.SMS))
					require.NoError(t, err)
				})

				first := &mortal{drive: d}
				p := &watched{Sandbox: notify.NewSandbox(d.Store, string(dunning.SMS), 1), inside: make(chan struct{}, 1)}
				stop := make(chan struct{})
				go func() {
					<-p.inside
					first.kill()
					close(stop)
				}()
				first.shift(t, p, stop)
				require.Equal(t, dunning.MessageSending, d.messagesOf(caseID)[0].Status)

				d.exec(`UPDATE outbox SET lease_until = claimed_at WHERE org_id = ?`, d.OrgID) // its lease has run out
				set(sandbox.OK)
				second := &mortal{drive: d}
				stop = make(chan struct{})
				settled := begin(func() error {
					defer close(stop)
					for d.messagesOf(caseID)[0].Status == dunning.MessageSending {
						if err := t.Context().Err(); err != nil {
							return err
						}
					}
					return nil
				})
				second.shift(t, notify.NewSandbox(d.Store, string(dunning.SMS), 1), stop)
				settled.ended(t)

				var received int
				require.NoError(t, d.DB.GetContext(t.Context(), &received, `SELECT COUNT(*) FROM sandbox_message WHERE message_key = ?`, d.messagesOf(caseID)[0].ID))
				status := d.messagesOf(caseID)[0].Status
				if dedupe {
					require.Equal(t, dunning.MessageDelivered, status)
					require.Equal(t, 1, received)
					return
				}
				require.Equal(t, dunning.MessageUnknown, status)
				require.Equal(t, map[bool]int{false: 1}[mode == sandbox.Hang], received)
			})
		}
	}
}
