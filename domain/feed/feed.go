// Package feed is the numbered list of what changed, which clients follow to stay current.
package feed

import (
	"slices"
	"time"

	"steward/domain/access"
)

// Change says that something changed, not how: clients read the subject again.
type Change struct {
	Seq         int64     `json:"-"`
	OrgID       string    `json:"-"`
	Kind        string    `json:"kind" enum:"campaign,case,order,move_in,task,message,import,payment,billing,bill,approval,fee_item,settlement"`
	ID          string    `json:"id"`
	CommunityID string    `json:"community_id,omitempty"`
	At          time.Time `json:"at"`
	// Communities are those of a change that concerns several and therefore names none.
	Communities []string `json:"-"`
}

// Bounds are the first and the last number that the feed still holds; both 0 when it is empty.
type Bounds struct {
	First, Last int64
}

// VisibleTo tells whether the caller may learn of the change.
func (c Change) VisibleTo(s access.Scope) bool {
	if s.OrgID != c.OrgID {
		return false
	}
	all, communities := s.Reach(actionFor(c.Kind))
	if all {
		return true
	}
	if c.CommunityID != "" {
		return slices.Contains(communities, c.CommunityID)
	}
	return slices.ContainsFunc(c.Communities, func(id string) bool { return slices.Contains(communities, id) })
}

func actionFor(kind string) access.Action {
	switch kind {
	case "campaign", "case", "message", "task":
		return access.SeeCampaigns
	case "payment", "bill", "shift", "receipt-book":
		return access.SeeMoney
	case "import":
		return access.Import
	case "billing", "approval", "closing":
		return access.SeeReports
	}
	return access.SeeEstate
}
