package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/money"
)

// moneyRules are what a community's money goes by: the settlement version in force, or what holds without one (no late fee,
// no small change), and the last day that is closed.
type moneyRules struct {
	money.Settlement
	SettlementID  string // "" before anything was signed off
	ClosedThrough calendar.Date
}

// readMoneyRules reads the rules of some communities. A transaction that writes money holds their books, so that neither
// changes before it ends.
func readMoneyRules(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string) (map[string]moneyRules, error) {
	rules := make(map[string]moneyRules, len(communityIDs))
	if len(communityIDs) == 0 {
		return rules, nil
	}
	var rows []struct {
		ID            string        `db:"id"`
		Order         money.Order   `db:"allocation_order"`
		ClosedThrough calendar.Date `db:"closed_through"`
		SettlementID  string        `db:"settlement_id"`
		Body          []byte        `db:"body"`
	}
	err := selectIn(ctx, q, &rows, `SELECT c.id, c.allocation_order, c.closed_through, COALESCE(v.id, '') AS settlement_id, v.body
		FROM community c LEFT JOIN settlement_version v ON v.org_id = c.org_id AND v.id = c.settlement_id
		WHERE c.org_id = ? AND c.id IN (?)`, orgID, communityIDs)
	if err != nil {
		return nil, fmt.Errorf("read the money rules of communities: %w", err)
	}
	for _, r := range rows {
		in := moneyRules{SettlementID: r.SettlementID, ClosedThrough: r.ClosedThrough}
		if len(r.Body) > 0 {
			if err := json.Unmarshal(r.Body, &in.Settlement); err != nil {
				return nil, fmt.Errorf("read settlement version %s: %w", r.SettlementID, err)
			}
		}
		if in.AllocationOrder == "" {
			in.AllocationOrder = r.Order
		}
		rules[r.ID] = in
	}
	return rules, nil
}

// open tells whether money may still be booked on a day.
func (r moneyRules) open(day calendar.Date) bool {
	return r.ClosedThrough.IsZero() || day.After(r.ClosedThrough)
}

// bookedAt gives the instant on which something of a value date is booked: the value date itself while its day is open,
// else now. A closed day never changes; what comes later for it is an entry of the open period.
func (r moneyRules) bookedAt(value, now time.Time) time.Time {
	if r.open(calendar.DateOf(value)) {
		return value
	}
	return now
}
