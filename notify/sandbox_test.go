package notify_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/dunning"
	"steward/domain/sandbox"
	"steward/notify"
)

// phones stands in for the sandbox's far side.
type phones struct {
	mu      sync.Mutex
	channel sandbox.Channel
	reads   int
	err     error
	arrived []sandbox.Delivery
}

func (p *phones) SandboxChannel(context.Context, string) (sandbox.Channel, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads++
	return p.channel, p.err
}

func (p *phones) SandboxDeliver(_ context.Context, _ string, _ bool, deliveries []sandbox.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived = append(p.arrived, deliveries...)
	return nil
}

var two = []notify.Message{{Key: "a", To: "13800000001", Text: "甲"}, {Key: "b", To: "13800000002", Text: "乙"}}

func TestSandboxModes(t *testing.T) {
	tests := []struct {
		name      string
		channel   sandbox.Channel
		status    notify.Status // "" for an error
		arrives   int
		takesTime time.Duration
	}{
		{"ok", sandbox.Channel{Mode: sandbox.OK}, notify.Delivered, 2, 0},
		{"ok with delay", sandbox.Channel{Mode: sandbox.OK, Delay: time.Second}, notify.Delivered, 2, time.Second},
		{"late", sandbox.Channel{Mode: sandbox.Late, Delay: 2 * time.Second}, notify.Delivered, 2, 2 * time.Second},
		{"later than the caller waits", sandbox.Channel{Mode: sandbox.Late, Delay: time.Minute}, "", 2, 5 * time.Second},
		{"fail", sandbox.Channel{Mode: sandbox.Fail}, notify.Failed, 0, 0},
		{"hang", sandbox.Channel{Mode: sandbox.Hang}, "", 0, 5 * time.Second},
		{"ambiguous", sandbox.Channel{Mode: sandbox.Ambiguous}, "", 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				far := &phones{channel: tt.channel}
				p := notify.NewSandbox(far, "sms", 10)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				results, err := p.Send(ctx, two)
				require.Equal(t, tt.takesTime, time.Since(began))
				require.Len(t, far.arrived, tt.arrives)
				if tt.status == "" {
					require.Error(t, err)
					require.NotErrorIs(t, err, notify.ErrNotSent, "nobody knows")
					return
				}
				require.NoError(t, err)
				require.Len(t, results, 2)
				require.Equal(t, tt.status, results[1].Status)
			})
		})
	}
}

func TestSandboxFollowsAChangedModeSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &phones{channel: sandbox.Channel{Mode: sandbox.OK, Dedupe: true}}
		p := notify.NewSandbox(far, "sms", 1)
		require.True(t, p.Idempotent())
		far.channel = sandbox.Channel{Mode: sandbox.Fail}
		_, err := p.Send(t.Context(), two)
		require.NoError(t, err)
		require.Equal(t, 1, far.reads, "the behaviour is read once in a while")
		time.Sleep(200 * time.Millisecond)
		results, err := p.Send(t.Context(), two)
		require.NoError(t, err)
		require.Equal(t, notify.Failed, results[0].Status)
		require.False(t, p.Idempotent())
	})
}

func TestSandboxThatCannotBeReadHasSentNothing(t *testing.T) {
	p := notify.NewSandbox(&phones{err: errors.New("database away")}, "sms", 1)
	_, err := p.Send(t.Context(), two)
	require.ErrorIs(t, err, notify.ErrNotSent)
}

func TestRegistry(t *testing.T) {
	r := notify.NewRegistry()
	_, err := r.For(dunning.SMS)
	require.ErrorContains(t, err, "no provider")
	p := notify.NewSandbox(&phones{}, "sms", 1)
	r.Use(dunning.SMS, notify.Setting{Provider: p})
	s, err := r.For(dunning.SMS)
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, s.Timeout)
	require.Equal(t, []dunning.Channel{dunning.SMS}, r.Channels())
}
