package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
)

// DeliverBillingSchedule makes a community's billing schedule what its agreement asks for; the target is the community's id.
const DeliverBillingSchedule = "billing-schedule"

// readOnly is a transaction that reads one state of the database.
var readOnly = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

// openedAtOnce bounds how many runs one look opens; the next day's look goes on.
const openedAtOnce = 24

// OpenDueRuns implements billingrun.Store. What was opened for a period once, by whatever look, is not opened again; a
// period that somebody has an open run for waits for that one's end.
func (s *Store) OpenDueRuns(ctx context.Context, sc access.Scope, communityID string, day calendar.Date) (int, error) {
	if err := sc.Require(access.RunBilling, communityID); err != nil {
		return 0, err
	}
	opened := 0
	err := s.inTx(ctx, "open the billing runs that are due", func(tx *sqlx.Tx) error {
		opened = 0
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{communityID}); err != nil {
			return err
		}
		if err := s.followUnits(ctx, tx, sc, communityID, s.clock.Now()); err != nil {
			return err
		}
		rules, err := readMoneyRules(ctx, tx, sc.OrgID, []string{communityID})
		if err != nil {
			return err
		}
		agreed := rules[communityID]
		if agreed.SettlementID == "" {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE community SET billing_looked_at = ? WHERE org_id = ? AND id = ?`, s.clock.Now(), sc.OrgID, communityID); err != nil {
			return fmt.Errorf("note that a community's calendar was looked at: %w", err)
		}
		waiting, err := s.waitingDue(ctx, tx, sc.OrgID, communityID, agreed.Settlement, day)
		if err != nil {
			return err
		}
		for _, due := range waiting {
			made, err := s.openDue(ctx, tx, sc, communityID, due)
			if err != nil {
				return err
			}
			if made {
				opened++
			}
			if opened == openedAtOnce {
				break
			}
		}
		return nil
	})
	return opened, err
}

// waitingDue gives what has fallen due and was never opened, the oldest first.
func (s *Store) waitingDue(ctx context.Context, tx *sqlx.Tx, orgID, communityID string, agreed money.Settlement, day calendar.Date) ([]billingrun.Due, error) {
	all := billingrun.DueThrough(day, agreed.FirstDay, agreed.BillDay)
	if len(all) == 0 {
		return nil, nil
	}
	var known []string
	err := tx.SelectContext(ctx, &known, `SELECT due_key FROM billing_run WHERE org_id = ? AND community_id = ? AND due_key IS NOT NULL`, orgID, communityID)
	if err != nil {
		return nil, fmt.Errorf("read which runs the calendar has opened: %w", err)
	}
	seen := make(map[string]bool, len(known))
	for _, key := range known {
		seen[key] = true
	}
	waiting := all[:0]
	for _, d := range all {
		if !seen[d.Key()] {
			waiting = append(waiting, d)
		}
	}
	return waiting, nil
}

// openDue opens one run, unless nothing is agreed for it or its period has an open run.
func (s *Store) openDue(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, due billingrun.Due) (bool, error) {
	period, err := billing.ParsePeriod(due.Period)
	if err != nil {
		return false, err
	}
	terms, err := s.readBillingTerms(ctx, tx, sc.OrgID, communityID)
	if err != nil {
		return false, err
	}
	wanted := false
	for _, it := range terms.Items {
		_, falls := it.PeriodIn(period)
		wanted = wanted || falls && due.Timing.Takes(it.Prepaid)
	}
	if !wanted {
		return false, nil
	}
	own := sc
	own.CommandID = ""
	_, err = s.openRun(ctx, tx, own, communityID, newRun{period: period, timing: due.Timing, dueKey: due.Key()})
	if refusal.Is(err, "run-open") || refusal.Is(err, "period-before-first-day") {
		return false, nil
	}
	return err == nil, err
}

// BillingSchedule tells whether a community's bills are computed by the calendar.
func (s *Store) BillingSchedule(ctx context.Context, orgID, communityID string) (bool, error) {
	rules, err := readMoneyRules(ctx, s.db, orgID, []string{communityID})
	if err != nil {
		return false, err
	}
	agreed := rules[communityID]
	return agreed.SettlementID != "" && agreed.BillDay > 0, nil
}

// ScheduledCommunities lists the communities of all organizations whose bills are computed by the calendar.
func (s *Store) ScheduledCommunities(ctx context.Context) ([]billingrun.CommunityRef, error) {
	var rows []struct {
		billingrun.CommunityRef
		Body []byte `db:"body"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT c.org_id, c.id, v.body FROM community c
		JOIN settlement_version v ON v.org_id = c.org_id AND v.id = c.settlement_id ORDER BY c.org_id, c.id`)
	if err != nil {
		return nil, fmt.Errorf("list the communities with a billing schedule: %w", err)
	}
	refs := make([]billingrun.CommunityRef, 0, len(rows))
	for _, r := range rows {
		var agreed money.Settlement
		if err := json.Unmarshal(r.Body, &agreed); err != nil {
			return nil, fmt.Errorf("read the settlement of %s: %w", r.CommunityID, err)
		}
		if agreed.BillDay > 0 {
			refs = append(refs, r.CommunityRef)
		}
	}
	return refs, nil
}
