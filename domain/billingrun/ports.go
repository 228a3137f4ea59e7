package billingrun

import (
	"context"

	"steward/domain/access"
	"steward/domain/calendar"
)

// Store is what a run's process does to the database. Every method can be repeated.
type Store interface {
	// AdvanceBillingRun does the next chunk of whatever the run's status asks for: compute, issue, void. Each chunk is one
	// transaction that moves the run's own mark of how far it is, so that a repeat does the next chunk and none twice.
	AdvanceBillingRun(ctx context.Context, s access.Scope, runID string) (Progress, error)
	// ParkBillingRun stops the run until a person has looked; why is what they read.
	ParkBillingRun(ctx context.Context, s access.Scope, runID, why string) error
	// OpenDueRuns opens the runs that have fallen due in a community by a day, and gives how many.
	OpenDueRuns(ctx context.Context, s access.Scope, communityID string, day calendar.Date) (int, error)
}

// CommunityRef names one community.
type CommunityRef struct {
	OrgID       string `json:"org_id" db:"org_id"`
	CommunityID string `json:"community_id" db:"id"`
}
