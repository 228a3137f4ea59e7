package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/page"
	"steward/domain/refusal"
)

type userRow struct {
	OrgID        string         `db:"org_id"`
	ID           string         `db:"id"`
	Login        string         `db:"login"`
	Name         string         `db:"name"`
	PasswordHash string         `db:"password_hash"`
	PersonID     sql.NullString `db:"person_id"`
	DisabledAt   sql.NullTime   `db:"disabled_at"`
	Version      int            `db:"version"`
}

const userColumns = `org_id, id, login, name, password_hash, person_id, disabled_at, version`

func (r userRow) user() access.User {
	return access.User{ID: r.ID, Login: r.Login, Name: r.Name, Disabled: r.DisabledAt.Valid, Version: r.Version, Roles: []access.RoleGrant{}}
}

type grantRow struct {
	UserID  string         `db:"user_id"`
	Role    string         `db:"role"`
	Level   string         `db:"level"`
	ScopeID sql.NullString `db:"scope_id"`
	Money   string         `db:"money"`
}

func (r grantRow) grant() access.RoleGrant {
	return access.RoleGrant{
		Role: access.Role(r.Role), Money: access.MoneyView(r.Money),
		Scope: access.GrantArea{Level: access.Level(r.Level), ID: r.ScopeID.String},
	}
}

// Me gives the caller's own user.
func (s *Store) Me(ctx context.Context, sc access.Scope) (access.User, error) {
	return s.user(ctx, sc.OrgID, sc.ActorID)
}

func (s *Store) user(ctx context.Context, orgID, id string) (access.User, error) {
	var r userRow
	err := s.db.GetContext(ctx, &r, `SELECT `+userColumns+` FROM app_user WHERE org_id = ? AND id = ?`, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return access.User{}, noSuchUser()
	}
	if err != nil {
		return access.User{}, fmt.Errorf("read user: %w", err)
	}
	users := []access.User{r.user()}
	if err := s.addGrants(ctx, orgID, users); err != nil {
		return access.User{}, err
	}
	return users[0], nil
}

func noSuchUser() error {
	return refusal.New(refusal.NotFound, "not-found", "没有找到该用户。")
}

func (s *Store) addGrants(ctx context.Context, orgID string, users []access.User) error {
	if len(users) == 0 {
		return nil
	}
	place := make(map[string]int, len(users))
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i], place[u.ID] = u.ID, i
	}
	query, args, err := sqlx.In(`SELECT user_id, role, level, scope_id, money FROM role_grant WHERE org_id = ? AND user_id IN (?) ORDER BY id`, orgID, ids)
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	var rows []grantRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	for _, r := range rows {
		u := &users[place[r.UserID]]
		u.Roles = append(u.Roles, r.grant())
	}
	return nil
}

// ListUsers gives users with their roles, oldest first.
func (s *Store) ListUsers(ctx context.Context, sc access.Scope, q page.Query) (page.Of[access.User], error) {
	if err := sc.Require(access.Administrate, ""); err != nil {
		return page.Of[access.User]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[access.User]{}, err
	}
	var rows []userRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+userColumns+` FROM app_user WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?`,
		sc.OrgID, q.Cursor, q.Limit+1)
	if err != nil {
		return page.Of[access.User]{}, fmt.Errorf("list users: %w", err)
	}
	users := make([]access.User, len(rows))
	for i, r := range rows {
		users[i] = r.user()
	}
	if err := s.addGrants(ctx, sc.OrgID, users); err != nil {
		return page.Of[access.User]{}, err
	}
	return page.Cut(users, q.Limit, func(u access.User) string { return u.ID }), nil
}

// CreateUser adds a user; a login that exists in any organization is refused with `login-taken`.
func (s *Store) CreateUser(ctx context.Context, sc access.Scope, n access.NewUser) (access.User, error) {
	if err := sc.Require(access.Administrate, ""); err != nil {
		return access.User{}, err
	}
	id := commandID(sc)
	hash := hashPassword(n.Password)
	err := s.inTx(ctx, "create user", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO app_user (org_id, id, login, name, password_hash, created_at) VALUES (?,?,?,?,?,?)`,
			sc.OrgID, id, n.Login, n.Name, hash, s.clock.Now())
		if duplicate(err) {
			return s.repeatedUser(ctx, tx, sc, id)
		}
		if err != nil {
			return err
		}
		if err := s.writeGrants(ctx, tx, sc, id, n.Roles); err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "create-user", SubjectKind: "user", SubjectID: id})
	})
	if err != nil {
		return access.User{}, err
	}
	return s.user(ctx, sc.OrgID, id)
}

// repeatedUser tells a repeat of the same command, which finds its own row, from a login that someone else has.
func (s *Store) repeatedUser(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string) error {
	var n int
	if err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM app_user WHERE org_id = ? AND id = ?`, sc.OrgID, id); err != nil {
		return err
	}
	if n == 1 {
		return nil
	}
	return refusal.New(refusal.Conflict, "login-taken", "该登录名已被使用，请换一个。").At("body.login", "已被使用", nil)
}

// SetRoles replaces a user's grants; a version other than 0 must be the current one.
func (s *Store) SetRoles(ctx context.Context, sc access.Scope, userID string, version int, roles []access.RoleGrant) (access.User, error) {
	if err := sc.Require(access.Administrate, ""); err != nil {
		return access.User{}, err
	}
	err := s.inTx(ctx, "set roles", func(tx *sqlx.Tx) error {
		var have int
		err := tx.GetContext(ctx, &have, `SELECT version FROM app_user WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(userID))
		if errors.Is(err, sql.ErrNoRows) {
			return noSuchUser()
		}
		if err != nil {
			return err
		}
		if version != 0 && version != have {
			return refusal.New(refusal.Stale, "stale-version", "该用户已被他人修改，请刷新后重试。").With("version", have)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM role_grant WHERE org_id = ? AND user_id = ?`, sc.OrgID, userID); err != nil {
			return err
		}
		if err := s.writeGrants(ctx, tx, sc, userID, roles); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE app_user SET version = version + 1 WHERE org_id = ? AND id = ?`, sc.OrgID, userID); err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "set-roles", SubjectKind: "user", SubjectID: userID, Detail: map[string]any{"roles": roles}})
	})
	if err != nil {
		return access.User{}, err
	}
	return s.user(ctx, sc.OrgID, userID)
}

func (s *Store) writeGrants(ctx context.Context, tx *sqlx.Tx, sc access.Scope, userID string, roles []access.RoleGrant) error {
	for _, r := range roles {
		if err := s.checkArea(ctx, tx, sc.OrgID, r.Scope); err != nil {
			return err
		}
		if err := insertGrant(ctx, tx, sc, userID, r, s.clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// checkArea refuses a grant over something that is not there.
func (s *Store) checkArea(ctx context.Context, tx *sqlx.Tx, orgID string, a access.GrantArea) error {
	table := map[access.Level]string{access.LevelRegion: "region", access.LevelCommunity: "community", access.LevelBuilding: "building", access.LevelGrid: "grid"}[a.Level]
	if table == "" {
		if a.ID != "" {
			return refusal.New(refusal.Rule, "scope-without-place", "公司级或本人权限不需要指定范围编号。").At("body.roles", "多余的范围编号", nil)
		}
		return nil
	}
	var n int
	err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM `+table+` WHERE org_id = ? AND id = ?`, orgID, asciiKey(a.ID))
	if err != nil {
		return fmt.Errorf("check a grant's scope: %w", err)
	}
	if n == 0 {
		return refusal.New(refusal.Rule, "unknown-scope", "授权范围不存在，请重新选择。").At("body.roles", "范围不存在", a.ID)
	}
	return nil
}
