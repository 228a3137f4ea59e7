// Package sandbox names how the provider of dev and tests behaves, and what it tells whom. It exists so that the provider
// in notify and the rows in store agree without knowing each other.
package sandbox

import "time"

// Mode is how a channel of the sandbox answers.
type Mode string

// The modes.
const (
	OK        Mode = "ok"        // tells and says so
	Fail      Mode = "fail"      // tells nobody and says so
	Hang      Mode = "hang"      // tells nobody and never answers
	Late      Mode = "late"      // tells at once and answers after the delay
	Ambiguous Mode = "ambiguous" // tells and answers with an error
)

// Channel is how one channel behaves. With Dedupe a repeated key is told once.
type Channel struct {
	Mode   Mode
	Dedupe bool
	Delay  time.Duration // before the answer
}

// Delivery is one message that reaches a phone of the sandbox.
type Delivery struct {
	Key  string
	To   string
	Text string
}
