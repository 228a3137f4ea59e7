// Package command is what is kept of a caller's command, so that repeating it gives the first answer instead of a second deed.
package command

import "time"

// Request names a command under a caller's key.
type Request struct {
	Route      string // the path, or its hash where it is long
	Key        string
	BodySHA256 [32]byte
}

// State is how a command under a key stands.
type State string

// The states.
const (
	New     State = "new"     // run it, then finish or drop it
	Done    State = "done"    // answer with Answer
	Running State = "running" // someone else runs it
	Other   State = "other"   // the key was used with another body
)

// Kept is what a caller's claim on a command comes to. CommandID is the same for every run of one command; Lease tells
// this run from one that takes over after it.
type Kept struct {
	State     State
	CommandID string
	Lease     time.Time
	Answer    []byte
}
