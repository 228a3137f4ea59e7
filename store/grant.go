package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

func insertGrant(ctx context.Context, tx *sqlx.Tx, sc access.Scope, userID string, r access.RoleGrant, at time.Time) error {
	if r.Money == "" {
		r.Money = access.UsualMoney(r.Role)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO role_grant (org_id, id, user_id, role, level, scope_id, money, granted_by, granted_at) VALUES (?,?,?,?,?,?,?,?,?)`,
		sc.OrgID, NewID(), userID, string(r.Role), string(r.Scope.Level), nullable(r.Scope.ID), string(r.Money), sc.ActorID, at)
	if err != nil {
		return fmt.Errorf("grant %s: %w", r.Role, err)
	}
	return nil
}

// grantNewCommunity lets the one who made a community work in it: each of the user's roles that does not already reach
// the whole company is granted for it too. A second call adds nothing.
func grantNewCommunity(ctx context.Context, tx *sqlx.Tx, orgID, userID, communityID string, at time.Time) error {
	var rows []grantRow
	if err := tx.SelectContext(ctx, &rows, `SELECT user_id, role, level, scope_id, money FROM role_grant WHERE org_id = ? AND user_id = ? FOR UPDATE`, orgID, userID); err != nil {
		return fmt.Errorf("grant the new community: %w", err)
	}
	here := access.GrantArea{Level: access.LevelCommunity, ID: communityID}
	var done []access.Role
	for _, r := range rows {
		g := r.grant()
		if g.Scope.Level == access.LevelCompany || g.Scope == here {
			done = append(done, g.Role)
		}
	}
	for _, r := range rows {
		g := r.grant()
		if g.Scope.Level == access.LevelOwn || slices.Contains(done, g.Role) {
			continue
		}
		done = append(done, g.Role)
		g.Scope = here
		if err := insertGrant(ctx, tx, access.ForSystem(orgID), userID, g, at); err != nil {
			return err
		}
	}
	return nil
}
