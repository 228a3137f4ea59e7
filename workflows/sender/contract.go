// Package sender is the process of one channel: the only one that sends there, so that the channel's rate limit is global.
package sender

import "steward/domain/dunning"

// Names of the process.
const (
	Type       = "Sender"
	StateQuery = "state"
)

// State is the whole state of a sender: its input, what it hands itself at continue-as-new, and the answer of the state query.
type State struct {
	Channel dunning.Channel `json:"channel"`
	Shifts  int             `json:"shifts"` // ended since the last continue-as-new
}

// ID gives the workflow ID of a channel's sender.
func ID(ch dunning.Channel) string { return "sender/" + string(ch) }
