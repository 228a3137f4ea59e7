// Package approval is the process of something that one person asks and another decides: it waits for the decision, and ends
// the wait when nobody decides in time. Who decides, and what is then carried out, is in the rows.
package approval

import (
	"time"

	"steward/domain/clock"
)

// Names of the process and its messages.
const (
	Type          = "Approval"
	RefreshSignal = "refresh" // it was decided, or the clock was turned: look again
	StateQuery    = "state"
)

// State is the whole state of the process: its input, and the answer of the state query. A state with nothing but the names
// in it looks at once, which is how it is rebuilt.
type State struct {
	OrgID      string       `json:"org_id"`
	ApprovalID string       `json:"approval_id"`
	ExpiresAt  time.Time    `json:"expires_at"` // business time; zero before the first look
	Anchor     clock.Anchor `json:"anchor"`
}

// ID gives the workflow ID of an approval.
func ID(approvalID string) string { return "approval/" + approvalID }
