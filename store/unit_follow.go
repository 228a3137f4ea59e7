package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
)

// followUnits brings the rows of a community's units in step with what they are from a day on that has come since it was
// written down. The calendar's daily look does it, and whoever opens a billing run.
func (s *Store) followUnits(ctx context.Context, tx *sqlx.Tx, sc access.Scope, communityID string, now time.Time) error {
	const inForce = `unit u JOIN unit_change c ON c.org_id = u.org_id AND c.unit_id = u.id
			AND c.from_on = (SELECT MAX(n.from_on) FROM unit_change n WHERE n.org_id = u.org_id AND n.unit_id = u.id AND n.from_on <= ?)`
	var behind []string
	err := tx.SelectContext(ctx, &behind, `SELECT u.id FROM `+inForce+` WHERE u.org_id = ? AND u.community_id = ?
		AND NOT (u.built_area_m2 <=> c.built_area_m2 AND u.inner_area_m2 <=> c.inner_area_m2 AND u.status = c.status) ORDER BY u.id LIMIT ?`,
		calendar.DateOf(now), sc.OrgID, communityID, rowsPerStatement)
	if err != nil {
		return fmt.Errorf("look for units whose change has come: %w", err)
	}
	if len(behind) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`UPDATE `+inForce+` SET u.built_area_m2 = c.built_area_m2, u.inner_area_m2 = c.inner_area_m2, u.status = c.status, u.version = u.version + 1
		WHERE u.org_id = ? AND u.id IN (?)`, calendar.DateOf(now), sc.OrgID, behind)
	if err != nil {
		return fmt.Errorf("change the units whose day has come: %w", err)
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("change the units whose day has come: %w", err)
	}
	for _, id := range behind {
		if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "unit", SubjectID: id, CommunityID: communityID}); err != nil {
			return err
		}
	}
	return nil
}
