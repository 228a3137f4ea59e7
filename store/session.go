package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/refusal"
)

// sessionLife is wall time: a session does not follow the business clock.
const sessionLife = 12 * time.Hour

// SignIn checks the password and opens a session. Unknown logins, wrong passwords and disabled users are refused alike
// with `bad-credentials`, at the same cost.
func (s *Store) SignIn(ctx context.Context, login, password string) (access.Session, error) {
	var u userRow
	err := s.db.GetContext(ctx, &u, `SELECT `+userColumns+` FROM app_user WHERE login = ?`, asciiKey(login))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return access.Session{}, fmt.Errorf("sign in: %w", err)
	}
	stored := u.PasswordHash
	if stored == "" {
		stored = nobodysPassword()
	}
	if !checkPassword(stored, password) || u.ID == "" || u.DisabledAt.Valid {
		return access.Session{}, refusal.New(refusal.SignedOut, "bad-credentials", "用户名或密码不正确，请重新输入。")
	}
	return s.openSession(ctx, u)
}

func (s *Store) openSession(ctx context.Context, u userRow) (access.Session, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	token := base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(token))
	now := time.Now().UTC().Truncate(time.Microsecond)
	expires := now.Add(sessionLife)
	err := s.inTx(ctx, "open session", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO session (token_sha256, org_id, user_id, created_at, expires_at) VALUES (?,?,?,?,?)`,
			sum[:], u.OrgID, u.ID, now, expires)
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, access.Scope{OrgID: u.OrgID, ActorID: u.ID}, s.clock.Now(),
			Audited{Action: "sign-in", SubjectKind: "user", SubjectID: u.ID})
	})
	if err != nil {
		return access.Session{}, err
	}
	user, err := s.user(ctx, u.OrgID, u.ID)
	if err != nil {
		return access.Session{}, err
	}
	return access.Session{Token: token, ExpiresAt: expires, User: user}, nil
}

// SignOut ends the session; one that is over already is fine.
func (s *Store) SignOut(ctx context.Context, token string) error {
	sum := sha256.Sum256([]byte(token))
	if _, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE token_sha256 = ?`, sum[:]); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

type scopeRow struct {
	OrgID    string         `db:"org_id"`
	UserID   string         `db:"user_id"`
	PersonID sql.NullString `db:"person_id"`
	Role     sql.NullString `db:"role"`
	Level    sql.NullString `db:"level"`
	ScopeID  sql.NullString `db:"scope_id"`
	Money    sql.NullString `db:"money"`
}

// SessionScope gives the caller behind a token. It reads the grants of this moment: nothing is remembered between
// requests, so a grant that was given or taken away counts from the next one on.
func (s *Store) SessionScope(ctx context.Context, token string) (scope access.Scope, found bool, err error) {
	sum := sha256.Sum256([]byte(token))
	var rows []scopeRow
	err = s.db.SelectContext(ctx, &rows, `SELECT s.org_id, s.user_id, u.person_id, g.role, g.level, g.scope_id, g.money
		FROM session s
		JOIN app_user u ON u.org_id = s.org_id AND u.id = s.user_id
		LEFT JOIN role_grant g ON g.org_id = u.org_id AND g.user_id = u.id
		WHERE s.token_sha256 = ? AND s.expires_at > ? AND u.disabled_at IS NULL
		ORDER BY g.id`, sum[:], time.Now().UTC())
	if err != nil {
		return access.Scope{}, false, fmt.Errorf("resolve session: %w", err)
	}
	if len(rows) == 0 {
		return access.Scope{}, false, nil
	}
	scope = access.Scope{OrgID: rows[0].OrgID, ActorID: rows[0].UserID, PersonID: rows[0].PersonID.String}
	for _, r := range rows {
		if !r.Role.Valid {
			continue
		}
		g := access.Grant{Role: access.Role(r.Role.String), Level: access.Level(r.Level.String), ScopeID: r.ScopeID.String, Money: access.MoneyView(r.Money.String)}
		if g.Communities, err = s.communitiesOf(ctx, scope, g); err != nil {
			return access.Scope{}, false, err
		}
		scope.Grants = append(scope.Grants, g)
	}
	return scope, true, nil
}

// communitiesOf resolves a grant's reach. Buildings and grids reach their community for now: the finer limit is applied
// where rows carry a building or a grid.
func (s *Store) communitiesOf(ctx context.Context, scope access.Scope, g access.Grant) ([]string, error) {
	var query, subject string
	subject = g.ScopeID
	switch g.Level {
	case access.LevelCommunity:
		if g.ScopeID == "" {
			return nil, nil
		}
		return []string{g.ScopeID}, nil
	case access.LevelRegion:
		query = `WITH RECURSIVE part (id) AS (
				SELECT id FROM region WHERE org_id = ? AND id = ?
				UNION SELECT r.id FROM region r JOIN part ON r.parent_id = part.id WHERE r.org_id = ?)
			SELECT c.id FROM community c JOIN part ON c.region_id = part.id WHERE c.org_id = ?`
	case access.LevelBuilding:
		query = `SELECT community_id FROM building WHERE org_id = ? AND id = ?`
	case access.LevelGrid:
		query = `SELECT community_id FROM grid WHERE org_id = ? AND id = ?`
	case access.LevelOwn:
		query = `SELECT DISTINCT u.community_id FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id WHERE o.org_id = ? AND o.person_id = ?`
		subject = scope.PersonID
	default:
		return nil, nil
	}
	if subject == "" {
		return nil, nil
	}
	args := []any{scope.OrgID, subject, scope.OrgID, scope.OrgID}[:strings.Count(query, "?")]
	var ids []string
	if err := s.db.SelectContext(ctx, &ids, query, args...); err != nil {
		return nil, fmt.Errorf("resolve grant: %w", err)
	}
	return ids, nil
}

// asciiKey gives a text that an ASCII column can be compared with; anything else becomes a value that no row holds.
func asciiKey(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "\x01"
	}
	return text
}
