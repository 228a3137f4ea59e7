package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"steward/domain/sandbox"
)

// Phones is the far side of the sandbox: how a channel behaves, and where its messages arrive.
type Phones interface {
	// SandboxChannel gives the behaviour of a channel; one that was never set is ok, with dedupe.
	SandboxChannel(ctx context.Context, channel string) (sandbox.Channel, error)
	// SandboxDeliver makes the messages arrive. With dedupe a known key arrives no second time and is only counted;
	// without it arrives again and counts as a duplicate.
	SandboxDeliver(ctx context.Context, channel string, dedupe bool, deliveries []sandbox.Delivery) error
}

// settingAge is how old the cached behaviour may be, so that a change of mode is in force within 200 ms.
const settingAge = 200 * time.Millisecond

// Sandbox is the provider of dev and tests.
type Sandbox struct {
	phones  Phones
	channel string
	batch   int

	mu     sync.Mutex
	known  sandbox.Channel
	readAt time.Time
}

// NewSandbox makes the sandbox provider of one channel that takes up to batch messages a call.
func NewSandbox(phones Phones, channel string, batch int) *Sandbox {
	return &Sandbox{phones: phones, channel: channel, batch: max(batch, 1), known: sandbox.Channel{Mode: sandbox.OK, Dedupe: true}}
}

// BatchSize implements Provider.
func (p *Sandbox) BatchSize() int { return p.batch }

// Idempotent implements Provider: it follows the channel's dedupe.
func (p *Sandbox) Idempotent() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := p.behaviour(ctx)
	return err == nil && c.Dedupe
}

// Send implements Provider.
func (p *Sandbox) Send(ctx context.Context, messages []Message) ([]Result, error) {
	c, err := p.behaviour(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the sandbox setting: %w: %w", ErrNotSent, err)
	}
	switch c.Mode {
	case sandbox.Fail:
		if err := pause(ctx, c.Delay); err != nil {
			return nil, err
		}
		return same(messages, Result{Status: Failed, Why: "sandbox-fail"}), nil
	case sandbox.Hang:
		<-ctx.Done()
		return nil, fmt.Errorf("sandbox hangs: %w", ctx.Err())
	}
	deliveries := make([]sandbox.Delivery, len(messages))
	for i, m := range messages {
		deliveries[i] = sandbox.Delivery{Key: m.Key, To: m.To, Text: m.Text}
	}
	if err := p.phones.SandboxDeliver(ctx, p.channel, c.Dedupe, deliveries); err != nil {
		return nil, fmt.Errorf("deliver to the sandbox: %w", err)
	}
	if err := pause(ctx, c.Delay); err != nil {
		return nil, err
	}
	if c.Mode == sandbox.Ambiguous {
		return nil, errors.New("sandbox answers with an error after telling")
	}
	results := same(messages, Result{Status: Delivered})
	for i := range results {
		results[i].ProviderID = "sandbox-" + messages[i].Key
	}
	return results, nil
}

func (p *Sandbox) behaviour(ctx context.Context) (sandbox.Channel, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.readAt.IsZero() && time.Since(p.readAt) < settingAge {
		return p.known, nil
	}
	c, err := p.phones.SandboxChannel(ctx, p.channel)
	if err != nil {
		return sandbox.Channel{}, err
	}
	p.known, p.readAt = c, time.Now()
	return c, nil
}

func same(messages []Message, r Result) []Result {
	results := make([]Result, len(messages))
	for i := range results {
		results[i] = r
	}
	return results
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the sandbox: %w", ctx.Err())
	}
}
