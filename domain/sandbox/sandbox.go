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

// Stats counts what a channel received.
type Stats struct {
	Received    int64 // messages that reached a phone, repeats that were told included
	Duplicates  int64 // messages that told somebody a second time
	Repeats     int64 // calls with a known key that dedupe kept from telling again
	ByRecipient map[string]int64
}

// Received is one message on a phone of the sandbox.
type Received struct {
	ID        string    `json:"id"`
	Key       string    `json:"key"`
	Recipient string    `json:"recipient"`
	Text      string    `json:"text"`
	At        time.Time `json:"at"`       // business time
	Repeated  bool      `json:"repeated"` // this phone had been told the same before
}
