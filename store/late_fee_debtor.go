package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
)

// readDebtorLateFees sums what debtors owe in late fees for undisputed bills, settled ones included. Where no community has
// agreed on one, nothing is read.
func readDebtorLateFees(ctx context.Context, tx *sqlx.Tx, orgID string, communities map[string]communityFact, debtors []string, now time.Time) (map[debtorKey]int64, error) {
	var bearing []string
	for id, c := range communities {
		if c.LateFee {
			bearing = append(bearing, id)
		}
	}
	if len(bearing) == 0 {
		return nil, nil
	}
	var bills []struct {
		ID          string `db:"id"`
		CommunityID string `db:"community_id"`
		DebtorID    string `db:"debtor_id"`
	}
	err := selectIn(ctx, tx, &bills, `SELECT id, community_id, debtor_id FROM bill WHERE org_id = ? AND community_id IN (?) AND debtor_id IN (?)
		AND (unpaid_fen > 0 OR late_fee_final_fen > late_fee_paid_fen + late_fee_waived_fen) AND NOT disputed AND voided_at IS NULL`, orgID, bearing, debtors)
	if err != nil {
		return nil, fmt.Errorf("read bills that bear a late fee: %w", err)
	}
	refs := make([]billRef, len(bills))
	for i, b := range bills {
		refs[i] = billRef{b.ID, b.CommunityID}
	}
	fees, err := lateFees(ctx, tx, orgID, refs, calendar.DateOf(now))
	if err != nil {
		return nil, err
	}
	sums := map[debtorKey]int64{}
	for _, b := range bills {
		sums[debtorKey{b.CommunityID, b.DebtorID}] += fees[b.ID].OutstandingFen
	}
	return sums, nil
}
