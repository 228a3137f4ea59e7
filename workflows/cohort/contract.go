// Package cohort is the process of up to some hundreds of cases that travel together: it wakes when the first of them has
// something to do, has one step done for all that are due, and sleeps again. Which case stands where is in the case rows.
package cohort

import (
	"fmt"
	"time"

	"steward/domain/clock"
)

// Names of the process and its messages.
const (
	Type          = "Cohort"
	RefreshSignal = "refresh" // the cases, the campaign or the clock changed: look again
	StateQuery    = "state"
)

// State is the whole state of a cohort: its input, what it hands itself at continue-as-new, and the answer of the state
// query. A state with nothing but the names in it acts at once, which is how a cohort is rebuilt.
type State struct {
	OrgID      string       `json:"org_id"`
	CampaignID string       `json:"campaign_id"`
	No         int          `json:"no"`
	NextAt     time.Time    `json:"next_at"` // business time; zero is now
	Asleep     bool         `json:"asleep"`  // nothing is planned: only a signal wakes it
	Idle       int          `json:"idle"`    // steps in a row that were due and moved nothing
	Anchor     clock.Anchor `json:"anchor"`
}

// ID gives the workflow ID of a cohort.
func ID(campaignID string, no int) string {
	return fmt.Sprintf("campaign/%s/cohort/%d", campaignID, no)
}
