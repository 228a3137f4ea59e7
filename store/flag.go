package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// FlagDebtor marks a person. A flag that stops collection holds the person's open cases and what is queued for them in
// the same transaction. A repeat of the same command gives the flag that it set.
func (s *Store) FlagDebtor(ctx context.Context, sc access.Scope, debtorID string, c estate.FlagChange) (estate.Flag, error) {
	none := estate.Flag{}
	now := s.clock.Now()
	communityID, err := s.requireForPerson(ctx, sc, debtorID, access.FlagPeople)
	if err != nil {
		return none, err
	}
	if err := c.Check(calendar.DateOf(now)); err != nil {
		return none, err
	}
	f := estate.Flag{ID: commandID(sc), DebtorID: debtorID, Flag: c.Flag, Reason: c.Reason, Until: c.Until, SetBy: sc.ActorID, SetAt: now}
	err = s.inTx(ctx, "flag debtor", func(tx *sqlx.Tx) error {
		// A campaign that enters this debtor meanwhile holds the row too: it sees the flag, or this sees its case.
		if err := lockPeople(ctx, tx, sc.OrgID, []string{debtorID}, exclusive); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO person_flag (org_id, id, person_id, flag, reason, until_on, set_by, set_at) VALUES (?,?,?,?,?,?,?,?)`,
			sc.OrgID, f.ID, debtorID, f.Flag, f.Reason, f.Until, f.SetBy, f.SetAt)
		if duplicate(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.Stops() {
			if err := s.holdCasesOfDebtor(ctx, tx, sc, f); err != nil {
				return err
			}
		}
		if c.Flag == estate.FlagWrongContact {
			if err := addDataFixTask(ctx, tx, sc, communityID, now); err != nil {
				return err
			}
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "flag-debtor", SubjectKind: "person", SubjectID: debtorID, CommunityID: communityID, Why: c.Reason, Detail: map[string]any{"flag": c.Flag}})
	})
	return f, err
}

// personHold is a flag on a person that stops collection.
type personHold struct {
	PersonID string        `db:"person_id"`
	Reason   string        `db:"reason"`
	Until    calendar.Date `db:"until_on"`
}

// protectingFlags gives for each debtor of the cases whom flags protect today the one that lasts longest. It holds the
// persons' rows, so that a flag set at the same time is either seen or sees the cases.
func protectingFlags(ctx context.Context, tx *sqlx.Tx, orgID string, cases []caseRow, today calendar.Date) (map[string]personHold, error) {
	_, debtors := distinctOf(cases)
	if err := lockPeople(ctx, tx, orgID, debtors, shared); err != nil {
		return nil, err
	}
	var rows []personHold
	err := selectIn(ctx, tx, &rows, `SELECT person_id, reason, until_on FROM person_flag WHERE org_id = ? AND person_id IN (?)
		AND flag IN (?) AND cleared_at IS NULL AND (until_on IS NULL OR until_on >= ?) ORDER BY until_on IS NULL, until_on`,
		orgID, debtors, []string{estate.FlagDeceased, estate.FlagHold, estate.FlagHardship}, today)
	if err != nil {
		return nil, fmt.Errorf("read flags: %w", err)
	}
	flags := make(map[string]personHold, len(rows))
	for _, r := range rows {
		flags[r.PersonID] = r
	}
	return flags, nil
}

// addDataFixTask asks a person to find the right contact; the subject stands in the audit row of the flag.
func addDataFixTask(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO task (org_id, id, kind, community_id, status, created_at) VALUES (?,?,'data_fix',?,'open',?)`,
		sc.OrgID, NewID(), communityID, now)
	if err != nil {
		return fmt.Errorf("add a data-fix task: %w", err)
	}
	return nil
}

// requireForPerson asks whether the action is allowed in some community where the person lives or owes, and gives it.
func (s *Store) requireForPerson(ctx context.Context, sc access.Scope, personID string, a access.Action) (communityID string, err error) {
	if err := sc.Require(a, ""); err != nil {
		return "", err
	}
	var communities []string
	err = s.db.SelectContext(ctx, &communities, `SELECT DISTINCT u.community_id FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
			WHERE o.org_id = ? AND o.person_id = ?
		UNION SELECT DISTINCT community_id FROM bill WHERE org_id = ? AND debtor_id = ?`, sc.OrgID, personID, sc.OrgID, personID)
	if err != nil {
		return "", fmt.Errorf("read where a person lives: %w", err)
	}
	if len(communities) == 0 {
		return "", refusal.New(refusal.NotFound, "unknown-debtor", "欠费人不存在，请检查编号。")
	}
	for _, id := range communities {
		if sc.Require(a, id) == nil {
			return id, nil
		}
	}
	return "", sc.Require(a, communities[0])
}
