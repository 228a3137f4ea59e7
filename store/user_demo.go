package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

// DemoLogin is a sign-in of dev.
type DemoLogin struct {
	Role     string
	Login    string
	Password string
}

// DemoLogins gives the sign-ins that SeedDemoUsers makes: the login is the role's name, the password "demo-" and the role.
func DemoLogins() []DemoLogin {
	logins := make([]DemoLogin, len(demoUsers))
	for i, d := range demoUsers {
		logins[i] = DemoLogin{Role: string(d.role), Login: string(d.role), Password: "demo-" + string(d.role)}
	}
	return logins
}

// demoUsers are the sign-ins of dev, one for each role of the contract.
var demoUsers = []struct {
	role  access.Role
	level access.Level
	name  string
}{
	{access.CompanyFinance, access.LevelCompany, "财务演示"},
	{access.CommunityManager, access.LevelCommunity, "项目经理演示"},
	{access.Cashier, access.LevelCommunity, "收银演示"},
	{access.Steward, access.LevelCommunity, "管家演示"},
	{access.Dispatcher, access.LevelCommunity, "调度演示"},
	{access.TeamLeader, access.LevelCommunity, "班长演示"},
	{access.Worker, access.LevelCommunity, "维修工演示"},
	{access.RegionManager, access.LevelCompany, "区域经理演示"},
	{access.Owner, access.LevelOwn, "业主演示"},
	{access.Auditor, access.LevelCompany, "审计演示"},
	{access.Admin, access.LevelCompany, "管理员演示"},
}

// SeedDemoUsers makes the sign-ins of dev. Their passwords are known to everyone, so nothing but dev may call it. Users
// that exist are left as they are.
func (s *Store) SeedDemoUsers(ctx context.Context, orgID string) error {
	logins := DemoLogins()
	for i, d := range demoUsers {
		login := logins[i]
		var n int
		if err := s.db.GetContext(ctx, &n, `SELECT COUNT(*) FROM app_user WHERE login = ?`, login.Login); err != nil {
			return fmt.Errorf("seed demo users: %w", err)
		}
		if n > 0 {
			continue
		}
		hash := hashPassword(login.Password)
		err := s.inTx(ctx, "seed demo user", func(tx *sqlx.Tx) error {
			id := NewID()
			_, err := tx.ExecContext(ctx, `INSERT INTO app_user (org_id, id, login, name, password_hash, created_at) VALUES (?,?,?,?,?,?)`,
				orgID, id, login.Login, d.name, hash, s.clock.Now())
			if err != nil {
				return err
			}
			return insertGrant(ctx, tx, access.ForSystem(orgID), id, access.RoleGrant{Role: d.role, Scope: access.GrantArea{Level: d.level}}, s.clock.Now())
		})
		if err != nil && !duplicate(err) {
			return err
		}
	}
	return nil
}

// GrantDemoCommunity gives the demo users that work in communities the demo community, and ties the owner's login to a
// person there, one who owes money if there is any. A second call changes nothing.
func (s *Store) GrantDemoCommunity(ctx context.Context, orgID, communityID string) error {
	return s.inTx(ctx, "grant the demo community", func(tx *sqlx.Tx) error {
		for _, d := range demoUsers {
			var u userRow
			err := tx.GetContext(ctx, &u, `SELECT `+userColumns+` FROM app_user WHERE org_id = ? AND login = ? FOR UPDATE`, orgID, string(d.role))
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			switch {
			case d.level == access.LevelCommunity:
				err = grantNewCommunity(ctx, tx, orgID, u.ID, communityID, s.clock.Now())
			case d.role == access.Owner && !u.PersonID.Valid:
				err = tieOwner(ctx, tx, orgID, u.ID, communityID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func tieOwner(ctx context.Context, tx *sqlx.Tx, orgID, userID, communityID string) error {
	var personID string
	err := tx.GetContext(ctx, &personID, `SELECT o.person_id FROM occupancy o
		JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
		JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id AND p.kind = 'person'
		LEFT JOIN bill b ON b.org_id = o.org_id AND b.debtor_id = o.person_id AND b.community_id = u.community_id AND b.unpaid_fen > 0 AND b.voided_at IS NULL
		WHERE o.org_id = ? AND u.community_id = ? AND o.role = 'owner' AND o.to_on IS NULL
		ORDER BY b.id IS NULL, o.person_id LIMIT 1`, orgID, communityID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("choose an owner: %w", err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE app_user SET person_id = ? WHERE org_id = ? AND id = ?`, personID, orgID, userID)
	return err
}
