package dunning

import "time"

// CampaignRequest says over whom a campaign runs, with which policy, and where it enters the ladder.
type CampaignRequest struct {
	CommunityIDs []string `json:"community_ids"`
	BuildingIDs  []string `json:"building_ids,omitempty"` // only debtors who owe for a unit in these; their case still covers all their units
	PolicyID     string   `json:"policy_id"`
	Filter       Filter   `json:"filter" required:"false"`
	FromStage    string   `json:"from_stage,omitempty"`
}

// PreviewRequest asks what a campaign would do if it started at StartAt, or now.
type PreviewRequest struct {
	CampaignRequest
	StartAt time.Time `json:"start_at,omitzero"`
	Name    string    `json:"name,omitempty"` // as the campaign would carry it; a preview has no use for it
}

// Filter leaves out small and young debts.
type Filter struct {
	MinAmountFen   int64 `json:"min_amount_fen,omitempty"`
	MinOverdueDays int   `json:"min_overdue_days,omitempty"`
}

// The reasons for which a debtor is left out of a campaign, in the order in which they are asked.
const (
	ExcludedInOpenCase   = "in-open-case"
	ExcludedDeveloper    = "developer"
	ExcludedDeceased     = "deceased"
	ExcludedHold         = "hold"
	ExcludedHardship     = "hardship"
	ExcludedNotOverdue   = "not-overdue"
	ExcludedBelowMinimum = "below-minimum"
)

// Reasons that concern money which is not asked for.
const (
	ExcludedDisputed = "disputed"       // all that is owed is disputed
	ExcludedAdvance  = "advance-covers" // the debtor's advance covers what is owed
)

// PolicyVersion is a stored version of a policy. Campaigns pin one; versions are never edited.
type PolicyVersion struct {
	ID        string    `json:"id"` // the policy's
	VersionID string    `json:"version_id"`
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	Policy
}

// AddressesOf maps what is on file for a person to channels. Residents' app and WeChat accounts are bound to their phone.
func AddressesOf(phone, email string) map[Channel]string {
	a := make(map[Channel]string, 5)
	if phone != "" {
		for _, c := range []Channel{App, WeChat, SMS, Sandbox} {
			a[c] = phone
		}
	}
	if email != "" {
		a[Mail] = email
	}
	return a
}
