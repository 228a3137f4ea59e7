package activities

import (
	"context"

	"steward/domain/access"
	"steward/domain/clock"
	"steward/domain/money"
)

// ApprovalWaiter is what the process of an approval needs of its row.
type ApprovalWaiter interface {
	WaitForApproval(ctx context.Context, s access.Scope, id string) (money.Waiting, error)
}

// Approvals is the one step of an approval's process.
type Approvals struct {
	Store ApprovalWaiter
	Clock clock.Source
}

// ApprovalInput names an approval.
type ApprovalInput struct {
	OrgID      string `json:"org_id"`
	ApprovalID string `json:"approval_id"`
}

// ApprovalSeen is how an approval stands, with the anchor by which its last instant becomes wall time.
type ApprovalSeen struct {
	money.Waiting
	Anchor clock.Anchor `json:"anchor"`
}

// WaitForApproval looks whether somebody must still decide, and marks the approval timed out when its time is over. It can be
// repeated.
func (a *Approvals) WaitForApproval(ctx context.Context, in ApprovalInput) (ApprovalSeen, error) {
	seen := ApprovalSeen{Anchor: a.Clock.Anchor()}
	waiting, err := a.Store.WaitForApproval(ctx, access.ForSystem(in.OrgID), in.ApprovalID)
	if err != nil {
		return seen, failed("look at the approval", err)
	}
	seen.Waiting = waiting
	return seen, nil
}
