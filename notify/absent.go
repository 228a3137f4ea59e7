package notify

import "context"

// WhyNoProvider is the reason on messages of a channel that nobody serves.
const WhyNoProvider = "no-provider"

// Absent stands in for a channel that has no provider: every message fails at once, for good, so that the next channel of
// its stage is tried and the ladder does not wait for an answer that can't come.
type Absent struct{}

// Send implements Provider.
func (Absent) Send(_ context.Context, messages []Message) ([]Result, error) {
	return same(messages, Result{Status: Failed, Why: WhyNoProvider}), nil
}

// BatchSize implements Provider.
func (Absent) BatchSize() int { return 100 }

// Idempotent implements Provider.
func (Absent) Idempotent() bool { return true }
