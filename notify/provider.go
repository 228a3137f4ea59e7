// Package notify carries messages to people. Every channel (app, WeChat, SMS, mail, the sandbox) is a provider behind one
// port; which provider serves a channel is decided once, in a Registry.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/domain/dunning"
)

// Message is one text for one recipient. Key is the outbox row's id: a provider that deduplicates uses it as its
// idempotency key, so that the same message sent again is told once.
type Message struct {
	Key     string
	To      string
	Subject string // mail only
	Text    string
}

// Status is what a provider said of a message.
type Status string

// The answers. Unknown is not an error of ours: the provider may or may not have told the recipient.
const (
	Sent      Status = "sent"      // taken over by the provider
	Delivered Status = "delivered" // known to have reached the recipient
	Failed    Status = "failed"    // known not to have been told
	Unknown   Status = "unknown"   // may have been told
)

// Result is the answer for one message. Retry asks for another try later with the same key, and is only set on what is
// known not to have been told.
type Result struct {
	Status     Status
	ProviderID string
	Why        string
	Retry      bool
}

// Provider sends messages of one channel. Send answers for each message in its order; an error means that nothing is
// known of any of them, unless it wraps ErrNotSent.
type Provider interface {
	Send(ctx context.Context, messages []Message) ([]Result, error)
	BatchSize() int   // the most that one call carries
	Idempotent() bool // a repeated key is told once, so an ambiguous answer may be asked again
}

// Lookup is implemented by providers that can be asked what became of a message; found is false for one that never came.
type Lookup interface {
	Lookup(ctx context.Context, key string) (result Result, found bool, err error)
}

// ErrNotSent marks a failure that came before the provider could take anything over: the same call may be made again.
var ErrNotSent = errors.New("nothing was sent")

// Setting is how one channel is used.
type Setting struct {
	Provider  Provider
	PerSecond int           // messages per second at most, 0 for no limit
	Timeout   time.Duration // of one call
}

// Registry knows the provider of each channel.
type Registry struct {
	byChannel map[dunning.Channel]Setting
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	return &Registry{byChannel: map[dunning.Channel]Setting{}}
}

// Use sets the provider of a channel; the last one wins. A Setting without Timeout gets ten seconds.
func (r *Registry) Use(ch dunning.Channel, s Setting) {
	if s.Timeout <= 0 {
		s.Timeout = 10 * time.Second
	}
	r.byChannel[ch] = s
}

// For gives the setting of a channel; the error says that nothing is configured for it.
func (r *Registry) For(ch dunning.Channel) (Setting, error) {
	s, ok := r.byChannel[ch]
	if !ok {
		return Setting{}, fmt.Errorf("no provider is configured for channel %q", ch)
	}
	return s, nil
}

// Channels lists the configured channels in the fixed order of AllChannels.
func (r *Registry) Channels() []dunning.Channel {
	var out []dunning.Channel
	for _, ch := range AllChannels {
		if _, ok := r.byChannel[ch]; ok {
			out = append(out, ch)
		}
	}
	return out
}

// AllChannels is every channel that a policy may name.
var AllChannels = []dunning.Channel{dunning.App, dunning.WeChat, dunning.SMS, dunning.Mail, dunning.Sandbox}
