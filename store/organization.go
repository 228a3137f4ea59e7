package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"steward/domain/access"
)

// ErrNoOrganization says that the database has never been set up by `steward migrate`.
var ErrNoOrganization = errors.New("the database holds no organization yet: run steward migrate")

// SoleOrganization gives the organization that this deployment serves: the oldest, and so far the only one.
func (s *Store) SoleOrganization(ctx context.Context) (string, error) {
	var id string
	err := s.db.GetContext(ctx, &id, `SELECT id FROM organization ORDER BY created_at, id LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNoOrganization
	}
	if err != nil {
		return "", fmt.Errorf("read the organization: %w", err)
	}
	return id, nil
}

const organizationLockWaitSeconds = 20

// EnsureOrganization makes the organization where there is none and gives its id; a later name does not rename it.
func (s *Store) EnsureOrganization(ctx context.Context, name string) (string, error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return "", fmt.Errorf("ensure the organization: %w", err)
	}
	defer func() { _ = conn.Close() }()
	var got sql.NullInt64
	if err := conn.GetContext(ctx, &got, `SELECT GET_LOCK(LEFT(CONCAT('organization ', DATABASE()), 64), ?)`, organizationLockWaitSeconds); err != nil || got.Int64 != 1 {
		return "", fmt.Errorf("ensure the organization: wait for another set-up: %w", errors.Join(err, ctx.Err()))
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK(LEFT(CONCAT('organization ', DATABASE()), 64))`)
	}()
	id, err := s.SoleOrganization(ctx)
	if !errors.Is(err, ErrNoOrganization) {
		return id, err
	}
	id = NewID()
	if _, err := conn.ExecContext(ctx, `INSERT INTO organization (id, name, created_at) VALUES (?,?,?)`, id, name, s.clock.Now()); err != nil {
		return "", fmt.Errorf("make the organization: %w", err)
	}
	return id, nil
}

// commandID gives the id for what a command creates: the command's own, which a repeat shares, or a new one.
func commandID(sc access.Scope) string {
	if sc.CommandID != "" {
		return sc.CommandID
	}
	return NewID()
}

// purgeBatch bounds one delete, so that it neither holds locks for long nor makes a huge transaction.
const purgeBatch = 1000

// Purge removes what has run out: kept requests after 24 hours and sessions. It gives the number of rows
// and may have left more.
func (s *Store) Purge(ctx context.Context) (int64, error) {
	now := time.Now().UTC()
	steps := []struct {
		query string
		args  []any
	}{
		{`DELETE FROM request WHERE created_at < ? LIMIT ?`, []any{now.Add(-requestKept), purgeBatch}},
		{`DELETE FROM session WHERE expires_at < ? LIMIT ?`, []any{now, purgeBatch}},
	}
	var gone int64
	for _, step := range steps {
		result, err := s.db.ExecContext(ctx, step.query, step.args...)
		if err != nil {
			return gone, fmt.Errorf("purge: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return gone, fmt.Errorf("purge: %w", err)
		}
		gone += n
	}
	return gone, nil
}
