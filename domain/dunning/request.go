package dunning

// CampaignRequest says over whom a campaign runs, with which policy, and where it enters the ladder.
type CampaignRequest struct {
	CommunityIDs []string `json:"community_ids"`
	BuildingIDs  []string `json:"building_ids,omitempty"` // only debtors who owe for a unit in these; their case still covers all their units
	PolicyID     string   `json:"policy_id"`
	Filter       Filter   `json:"filter"`
	FromStage    string   `json:"from_stage,omitempty"`
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
	ExcludedNotOverdue   = "not-overdue"
	ExcludedBelowMinimum = "below-minimum"
)
