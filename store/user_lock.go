package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

// SetPassword gives a user another password, ends all the user's sessions, and lets a locked user in again. An unknown login
// is refused with not-found.
func (s *Store) SetPassword(ctx context.Context, sc access.Scope, login, password string) error {
	hash := hashPassword(password)
	return s.changeSignIn(ctx, sc, login, "set-password", `password_hash = ?, disabled_at = NULL`, hash)
}

// LockUser keeps a user out until a password is set again, and ends all the user's sessions. It can be repeated. An unknown
// login is refused with not-found.
func (s *Store) LockUser(ctx context.Context, sc access.Scope, login string) error {
	return s.changeSignIn(ctx, sc, login, "lock-user", `disabled_at = COALESCE(disabled_at, ?)`, s.clock.Now())
}

func (s *Store) changeSignIn(ctx context.Context, sc access.Scope, login, action, set string, value any) error {
	if err := sc.Require(access.Administrate, ""); err != nil {
		return err
	}
	return s.inTx(ctx, action, func(tx *sqlx.Tx) error {
		var id string
		err := tx.GetContext(ctx, &id, `SELECT id FROM app_user WHERE org_id = ? AND login = ? FOR UPDATE`, sc.OrgID, asciiKey(login))
		if errors.Is(err, sql.ErrNoRows) {
			return noSuchUser()
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE app_user SET `+set+`, version = version + 1 WHERE org_id = ? AND id = ?`, value, sc.OrgID, id); err != nil {
			return fmt.Errorf("change the sign-in: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE org_id = ? AND user_id = ?`, sc.OrgID, id); err != nil {
			return fmt.Errorf("end the sessions: %w", err)
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: action, SubjectKind: "user", SubjectID: id})
	})
}
