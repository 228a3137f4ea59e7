package store

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"steward/domain/dunning"
)

// newMessage is a message about to be queued.
type newMessage struct {
	Time    uint64 // the time part of its id
	Stage   string
	Touch   int
	Channel dunning.Channel
	Then    []dunning.Channel
	To      string
	Text    string
	At      time.Time
}

// A message's id follows from what it says to whom: its case, stage, touch, channel and recipient. The id is the key by which
// a provider knows a repeated call. A database that was restored from a backup decides again what it had decided after the
// backup, and the same message then has the same key.

// messageTime is the time part of the id of a stage's first message; it keeps lists by id in the order of stages.
func messageTime(caseID string, stageIndex int) (uint64, error) {
	ms, err := idTime(caseID)
	return ms + uint64(stageIndex+1)*uint64(time.Hour/time.Millisecond), err
}

// idTime is the time part of an id.
func idTime(id string) (uint64, error) {
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		return 0, fmt.Errorf("read the time of id %q: %w", id, err)
	}
	return parsed.Time(), nil
}

// idOfMessage gives the id of a message; recipient is its blind index.
func idOfMessage(caseID string, m newMessage, recipient []byte) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s\x00%d\x00%s\x00", caseID, m.Stage, m.Touch, m.Channel)
	sum.Write(recipient)
	var id ulid.ULID
	if err := id.SetTime(m.Time); err != nil {
		return "", fmt.Errorf("make the id of a message of case %s: %w", caseID, err)
	}
	if err := id.SetEntropy(sum.Sum(nil)[:10]); err != nil {
		return "", fmt.Errorf("make the id of a message of case %s: %w", caseID, err)
	}
	return id.String(), nil
}
