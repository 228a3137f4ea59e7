// Package campaign is the process of one collection campaign: it waits for the start, has the cases chosen and the cohorts
// started, and then watches until no case is open.
package campaign

import (
	"time"

	"steward/domain/clock"
)

// Names of the process and its messages.
const (
	Type          = "Campaign"
	RefreshSignal = "refresh" // the campaign, its cases or the clock changed: look again
	StateQuery    = "state"
)

// State is the whole state of a campaign's process: its input, what it hands itself at continue-as-new, and the answer of
// the state query. A state with nothing but the names in it launches, which a repeat does no harm to.
type State struct {
	OrgID      string       `json:"org_id"`
	CampaignID string       `json:"campaign_id"`
	Launched   bool         `json:"launched"`
	NotYet     time.Time    `json:"not_yet"` // business time at which the campaign starts
	Anchor     clock.Anchor `json:"anchor"`
	Waiting    bool         `json:"waiting"` // for the start, or for a signal
	Parked     bool         `json:"parked"`  // waits for a person; a refresh is the retry
}

// ID gives the workflow ID of a campaign.
func ID(campaignID string) string { return "campaign/" + campaignID }
