package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
)

// MoneyFigures is what is watched of billing and the cash desk.
type MoneyFigures struct {
	Runs              map[string]int64 // billing runs that are not over, by status
	RunsReady         Waiting          // of these, the computed ones that wait for approval
	Approvals         Waiting          // corrections that wait for somebody's decision
	ApprovalsExpiring int64            // of these, the ones that lapse within a day of business time
	OrdersAttention   int64            // orders with a payment provider that wait for a person
	RefundsAttention  int64            // refunds that a provider has refused, or does not answer about
	DaysOpen          int64            // days since the last closed one, of the community that is furthest behind
	Calendar          time.Duration    // since the community that waits longest had its billing calendar looked at
}

// approvalLapses is how long before its end an approval is told of.
const approvalLapses = 24 * time.Hour

// liveRuns are the statuses of a run that is not over.
var liveRuns = []billingrun.Status{billingrun.Computing, billingrun.Ready, billingrun.Issuing, billingrun.Voiding, billingrun.NeedsAttention}

func (s *Store) runFigures(ctx context.Context, f *Figures) error {
	f.Money.Runs = make(map[string]int64, len(liveRuns))
	for _, status := range liveRuns {
		f.Money.Runs[string(status)] = 0
	}
	err := s.countInto(ctx, f.Money.Runs, `SELECT status, COUNT(*) AS n FROM billing_run WHERE status IN ('computing','ready','issuing','voiding','needs_attention') GROUP BY status`)
	if err != nil {
		return fmt.Errorf("count live billing runs: %w", err)
	}
	var ready waitRow
	if err := s.db.GetContext(ctx, &ready, `SELECT COUNT(*) AS n, MIN(computed_at) AS oldest FROM billing_run WHERE status = 'ready'`); err != nil {
		return fmt.Errorf("count billing runs that wait for approval: %w", err)
	}
	f.Money.RunsReady = s.waitingOf(ready)
	return nil
}

func (s *Store) approvalFigures(ctx context.Context, f *Figures) error {
	var row waitRow
	if err := s.db.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(asked_at) AS oldest FROM approval WHERE status = 'asked'`); err != nil {
		return fmt.Errorf("count waiting approvals: %w", err)
	}
	f.Money.Approvals = s.waitingOf(row)
	err := s.db.GetContext(ctx, &f.Money.ApprovalsExpiring, `SELECT COUNT(*) FROM approval WHERE status = 'asked' AND expires_at < ?`, s.clock.Now().Add(approvalLapses))
	if err != nil {
		return fmt.Errorf("count approvals that lapse soon: %w", err)
	}
	return nil
}

func (s *Store) checkoutFigures(ctx context.Context, f *Figures) error {
	err := s.db.GetContext(ctx, &f.Money.OrdersAttention, `SELECT COUNT(*) FROM pay_order WHERE needs_attention`)
	if err != nil {
		return fmt.Errorf("count orders that need attention: %w", err)
	}
	err = s.db.GetContext(ctx, &f.Money.RefundsAttention, `SELECT COUNT(*) FROM refund WHERE status = 'failed' OR status IN ('due','paying') AND note IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("count refunds that need attention: %w", err)
	}
	return nil
}

// communityFigures looks at what each community does by the day: closing, and its billing calendar. A community that has
// never closed a day is not behind.
func (s *Store) communityFigures(ctx context.Context, f *Figures) error {
	var rows []struct {
		Closed calendar.Date `db:"closed_through"`
		Looked *time.Time    `db:"billing_looked_at"`
		Body   []byte        `db:"body"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT c.closed_through, c.billing_looked_at, v.body FROM community c
		LEFT JOIN settlement_version v ON v.org_id = c.org_id AND v.id = c.settlement_id WHERE c.closed_through IS NOT NULL OR c.billing_looked_at IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("read what communities do by the day: %w", err)
	}
	today := calendar.DateOf(s.clock.Now())
	for _, r := range rows {
		if !r.Closed.IsZero() {
			f.Money.DaysOpen = max(f.Money.DaysOpen, int64(r.Closed.DaysUntil(today))-1)
		}
		if r.Looked == nil || len(r.Body) == 0 {
			continue
		}
		var agreed money.Settlement
		if err := json.Unmarshal(r.Body, &agreed); err != nil {
			return fmt.Errorf("read a settlement: %w", err)
		}
		if agreed.BillDay > 0 {
			f.Money.Calendar = max(f.Money.Calendar, s.waited(*r.Looked))
		}
	}
	return nil
}
