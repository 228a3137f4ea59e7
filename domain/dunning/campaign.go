package dunning

import "time"

// NewCampaign is a collection drive that a manager starts.
type NewCampaign struct {
	CampaignRequest
	Name           string
	PreviewID      string    // what the manager saw, "" for none
	StartAt        time.Time // zero starts now
	ConfirmChanges bool      // takes what has changed since the preview
}

// Campaign is a campaign in a list.
type Campaign struct {
	ID              string     `json:"id"`
	WorkflowID      string     `json:"workflow_id"`
	Name            string     `json:"name"`
	Status          string     `json:"status"`
	Why             string     `json:"why,omitempty"` // of a pause, a cancellation or a need for attention
	PolicyID        string     `json:"policy_id"`
	PolicyVersionID string     `json:"policy_version_id"`
	CommunityIDs    []string   `json:"community_ids"`
	FromStage       string     `json:"from_stage,omitempty"`
	StartAt         time.Time  `json:"start_at"`
	CreatedAt       time.Time  `json:"created_at"`
	FinishedAt      *time.Time `json:"finished_at"`
	Households      int        `json:"households"`
	AmountFen       int64      `json:"amount_fen"`
	CollectedFen    int64      `json:"collected_fen"`
	Open            int        `json:"open"`
	Held            int        `json:"held"`
	NeedsAttention  int        `json:"needs_attention"`
	Paid            int        `json:"paid"`
	Excluded        int        `json:"excluded"`
	Finished        int        `json:"finished"`
	Version         int        `json:"version"`
}

// CampaignDetail is a campaign with its funnel.
type CampaignDetail struct {
	Campaign
	Stages []StageFunnel `json:"stages"`
}

// StageFunnel counts cases at one stage. Sent includes Delivered; cases that paid are not in Skipped.
type StageFunnel struct {
	Key          string `json:"key"`
	Due          int    `json:"due"`    // for which the stage came
	Queued       int    `json:"queued"` // a message waits
	Sent         int    `json:"sent"`   // a message was taken over
	Delivered    int    `json:"delivered"`
	Failed       int    `json:"failed"`  // no channel could tell
	Unknown      int    `json:"unknown"` // nobody knows whether it was told
	Cancelled    int    `json:"cancelled"`
	Skipped      int    `json:"skipped"`
	Tasks        int    `json:"tasks"`      // given to a person
	PaidAfter    int    `json:"paid_after"` // paid while this was the last stage done
	CollectedFen int64  `json:"collected_fen"`
}

// WorkflowID is the business key under which a campaign's process runs.
func WorkflowID(campaignID string) string { return "campaign/" + campaignID }

// The ways in which a changed policy reaches running cases.
const (
	ApplyNewCases = "new_cases" // those not yet touched
	ApplyNextStep = "next_step" // every case, from its next stage on
	ApplyAll      = "all"       // every case, and messages that wait are written anew
)

// PolicyChange tells what a change of policy did.
type PolicyChange struct {
	Campaign   CampaignDetail `json:"campaign"`
	Replanned  int            `json:"replanned"`  // cases that follow the new version
	Kept       int            `json:"kept"`       // cases that stay on their old version
	Rerendered int            `json:"rerendered"` // waiting messages that were written anew
}
