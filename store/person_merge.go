package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/refusal"
)

// personHistory is what keeps a record from being merged into another: facts about that debtor which are never rewritten.
var personHistory = []struct{ table, column, title string }{
	{"bill", "debtor_id", "账单"},
	{"payment", "debtor_id", "缴费"},
	{"pay_order", "debtor_id", "支付订单"},
	{"pay_link", "debtor_id", "缴费链接"},
	{"dunning_case", "debtor_id", "催缴案件"},
	{"outbox", "debtor_id", "催缴消息"},
	{"person_flag", "person_id", "人员标记"},
	{"app_user", "person_id", "登录账号"},
}

// mergePeople makes the newer of two records point at the older one.
func (s *Store) mergePeople(ctx context.Context, tx *sqlx.Tx, sc access.Scope, m matchRow) error {
	into, gone := m.PersonID, m.OtherID // ids begin with when they were made
	if err := takeTurns(ctx, tx, sc.OrgID, m.CommunityID); err != nil {
		return err
	}
	if err := lockPeople(ctx, tx, sc.OrgID, []string{into, gone}, exclusive); err != nil {
		return err
	}
	if err := requireAtHome(ctx, tx, sc, []string{into, gone}); err != nil {
		return err
	}
	var merged []string
	if err := selectIn(ctx, tx, &merged, `SELECT id FROM person WHERE org_id = ? AND id IN (?) AND merged_into IS NOT NULL`, sc.OrgID, []string{into, gone}); err != nil {
		return fmt.Errorf("read who was merged: %w", err)
	}
	if len(merged) > 0 {
		return refusal.New(refusal.Conflict, "person-merged", "其中一人已经并入另一人，请刷新后再核对。").With("persons", merged)
	}
	if err := refuseHistory(ctx, tx, sc.OrgID, gone); err != nil {
		return err
	}
	if err := moveOccupancies(ctx, tx, sc.OrgID, into, gone); err != nil {
		return err
	}
	if err := movePhones(ctx, tx, sc.OrgID, into, gone); err != nil {
		return err
	}
	for _, move := range []string{
		`UPDATE vehicle SET person_id = ?, version = version + 1 WHERE org_id = ? AND person_id = ?`,
		`UPDATE person SET merged_into = ?, version = version + 1 WHERE org_id = ? AND merged_into = ?`,
		`UPDATE person SET merged_into = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
	} {
		if _, err := tx.ExecContext(ctx, move, into, sc.OrgID, gone); err != nil {
			return fmt.Errorf("merge a person: %w", err)
		}
	}
	// Pairs with the one that went have nothing left to ask.
	_, err := tx.ExecContext(ctx, `DELETE FROM person_match WHERE org_id = ? AND status = 'open' AND id <> ? AND (person_id = ? OR other_id = ?)`, sc.OrgID, m.ID, gone, gone)
	if err != nil {
		return fmt.Errorf("close the merged person's pairs: %w", err)
	}
	return nil
}

// requireAtHome asks whether the caller may work in every community where the people are: one decision changes all of them.
func requireAtHome(ctx context.Context, tx *sqlx.Tx, sc access.Scope, personIDs []string) error {
	var communities []string
	err := selectIn(ctx, tx, &communities, `SELECT DISTINCT u.community_id FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
		WHERE o.org_id = ? AND o.person_id IN (?)`, sc.OrgID, personIDs)
	if err != nil {
		return fmt.Errorf("read where people are: %w", err)
	}
	for _, id := range communities {
		if err := sc.Require(access.Import, id); err != nil {
			return err
		}
	}
	return nil
}

func refuseHistory(ctx context.Context, tx *sqlx.Tx, orgID, personID string) error {
	var standing []Standing
	var words []string
	for _, h := range personHistory {
		var n int
		err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM (SELECT 1 FROM `+h.table+` WHERE org_id = ? AND `+h.column+` = ? LIMIT 1000) AS x`, orgID, personID)
		if err != nil {
			return fmt.Errorf("look for %s of a person: %w", h.table, err)
		}
		if n > 0 {
			standing = append(standing, Standing{What: h.title, Code: h.table, Count: n})
			words = append(words, fmt.Sprintf("%d 条%s", n, h.title))
		}
	}
	if len(standing) == 0 {
		return nil
	}
	return refusal.New(refusal.Conflict, "person-has-history", "不能合并：较新的那条人员记录已有%s，历史不能改到另一人名下。请保留两条记录，并选择“不是同一人”，或先处理这些记录。", strings.Join(words, "、")).
		With("standing", standing)
}

// stay is an occupancy with its person.
type stay struct {
	ID       string        `db:"id"`
	PersonID string        `db:"person_id"`
	UnitID   string        `db:"unit_id"`
	Role     string        `db:"role"`
	From     calendar.Date `db:"from_on"`
	To       calendar.Date `db:"to_on"`
}

// moveOccupancies gives one person's homes to the other; a stay that both have, from the same day, is kept once and lasts
// as long as the longer one.
func moveOccupancies(ctx context.Context, tx *sqlx.Tx, orgID, into, gone string) error {
	var all []stay
	err := selectIn(ctx, tx, &all, `SELECT id, person_id, unit_id, role, from_on, to_on FROM occupancy WHERE org_id = ? AND person_id IN (?) ORDER BY id FOR UPDATE`,
		orgID, []string{into, gone})
	if err != nil {
		return fmt.Errorf("read the homes of a person: %w", err)
	}
	for _, o := range all {
		if o.PersonID != gone {
			continue
		}
		twin := slices.IndexFunc(all, func(t stay) bool {
			return t.PersonID == into && t.UnitID == o.UnitID && t.Role == o.Role && t.From == o.From
		})
		if twin < 0 {
			if _, err := tx.ExecContext(ctx, `UPDATE occupancy SET person_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, into, orgID, o.ID); err != nil {
				return fmt.Errorf("move a home: %w", err)
			}
			continue
		}
		t := all[twin]
		if !t.To.IsZero() && (o.To.IsZero() || o.To.After(t.To)) {
			if _, err := tx.ExecContext(ctx, `UPDATE occupancy SET to_on = ?, version = version + 1 WHERE org_id = ? AND id = ?`, o.To, orgID, t.ID); err != nil {
				return fmt.Errorf("lengthen a stay: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM occupancy WHERE org_id = ? AND id = ?`, orgID, o.ID); err != nil {
			return fmt.Errorf("join two stays: %w", err)
		}
	}
	return nil
}
