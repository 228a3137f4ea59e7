package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/clock"
)

// Delivery is one word that Temporal still has to be given. All its instants are wall time.
type Delivery struct {
	ID       int64  `db:"id"`
	OrgID    string `db:"org_id"`
	Kind     string `db:"kind"`
	Target   string `db:"target"`
	Attempts int    `db:"attempts"`
}

// Leadership is held by one process at a time. It lives on a connection of its own and ends with it.
type Leadership struct {
	conn *sql.Conn
	name string
}

// leadSilence is after how many seconds without a word the database takes a leader for dead: one whose machine has vanished
// closes no connection. A leader that works looks at its lead more often than that.
const leadSilence = 60

// Lead asks to be the one process that does a job on this database; nil when another one is.
func (s *Store) Lead(ctx context.Context, job string) (*Leadership, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the lead of %s: %w", job, err)
	}
	var schema string
	var got sql.NullInt64
	err = conn.QueryRowContext(ctx, `SELECT DATABASE()`).Scan(&schema)
	sum := sha256.Sum256([]byte(schema + "/" + job)) // the lock's name space is the whole server, and ends at 64 bytes
	name := "steward-" + hex.EncodeToString(sum[:16])
	if err == nil {
		err = conn.QueryRowContext(ctx, `SELECT GET_LOCK(?, 0)`, name).Scan(&got)
	}
	if err == nil && got.Int64 == 1 {
		_, err = conn.ExecContext(ctx, `SET SESSION wait_timeout = ?`, leadSilence)
	}
	lead := &Leadership{conn: conn, name: name}
	if err != nil {
		lead.GiveUp() // whether it holds the lock is not known
		return nil, fmt.Errorf("ask for the lead of %s: %w", job, err)
	}
	if got.Int64 != 1 {
		_ = conn.Close()
		return nil, nil
	}
	return lead, nil
}

// Held tells whether the lead still is with this process.
func (l *Leadership) Held(ctx context.Context) bool {
	var held sql.NullBool
	err := l.conn.QueryRowContext(ctx, `SELECT IS_USED_LOCK(?) = CONNECTION_ID()`, l.name).Scan(&held)
	return err == nil && held.Bool
}

// GiveUp lets another process lead. The connection is closed for good: a lock must not travel back into the pool.
func (l *Leadership) GiveUp() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = l.conn.ExecContext(ctx, `SELECT RELEASE_LOCK(?)`, l.name)
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = l.conn.Close()
}

// DueDeliveries lists what is to be delivered now, oldest first.
func (s *Store) DueDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	var due []Delivery
	err := s.db.SelectContext(ctx, &due, `SELECT id, org_id, kind, target, attempts FROM delivery
		WHERE delivered_at IS NULL AND next_try_at <= ? ORDER BY id LIMIT ?`, time.Now().UTC(), limit)
	if err != nil {
		return nil, fmt.Errorf("read due deliveries: %w", err)
	}
	return due, nil
}

// MarkDelivered notes that Temporal has been given these words.
func (s *Store) MarkDelivered(ctx context.Context, ids []int64) error {
	q, args, err := sqlx.In(`UPDATE delivery SET delivered_at = ?, last_error = NULL WHERE id IN (?)`, time.Now().UTC(), ids)
	if err != nil {
		return fmt.Errorf("mark delivered: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, q, args...); err != nil {
		return fmt.Errorf("mark delivered: %w", err)
	}
	return nil
}

// MarkFailed notes why these words could not be given, and when the next try is.
func (s *Store) MarkFailed(ctx context.Context, ids []int64, cause string, again time.Duration) error {
	if r := []rune(cause); len(r) > 500 {
		cause = string(r[:500])
	}
	q, args, err := sqlx.In(`UPDATE delivery SET attempts = attempts + 1, last_error = ?, next_try_at = ? WHERE id IN (?)`,
		cause, time.Now().UTC().Add(again), ids)
	if err != nil {
		return fmt.Errorf("mark a failed delivery: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, q, args...); err != nil {
		return fmt.Errorf("mark a failed delivery: %w", err)
	}
	return nil
}

// PurgeDeliveries removes up to limit words that were delivered before an instant.
func (s *Store) PurgeDeliveries(ctx context.Context, before time.Time, limit int) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM delivery WHERE delivered_at < ? LIMIT ?`, before, limit)
	if err != nil {
		return fmt.Errorf("purge deliveries: %w", err)
	}
	return nil
}

// LateDeliveries counts the words that Temporal has not been given although they are older than since.
func (s *Store) LateDeliveries(ctx context.Context, since time.Duration) (int, error) {
	var n int
	if err := s.db.GetContext(ctx, &n, `SELECT COUNT(*) FROM delivery WHERE delivered_at IS NULL AND created_at < ?`, time.Now().UTC().Add(-since)); err != nil {
		return 0, fmt.Errorf("count late deliveries: %w", err)
	}
	return n, nil
}

// deliverClock marks, in the table of deliveries, that live campaigns were told of an anchor of the business clock.
const deliverClock = "turn-clock"

// AnchorTold tells whether TellAnchor was called for this anchor before.
func (s *Store) AnchorTold(ctx context.Context, a clock.Anchor) (bool, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT COUNT(*) FROM delivery WHERE delivered_at IS NOT NULL AND kind = ? AND target = ?`, deliverClock, anchorKey(a))
	if err != nil {
		return false, fmt.Errorf("look whether the clock was told: %w", err)
	}
	return n > 0, nil
}

// TellAnchor notes that the campaigns know this anchor.
func (s *Store) TellAnchor(ctx context.Context, a clock.Anchor) error {
	now := time.Now().UTC()
	_, err := s.db.ExecContext(ctx, `INSERT INTO delivery (org_id, kind, target, created_at, next_try_at, delivered_at) VALUES ('', ?, ?, ?, ?, ?)`,
		deliverClock, anchorKey(a), now, now, now)
	if err != nil {
		return fmt.Errorf("note that the clock was told: %w", err)
	}
	return nil
}

func anchorKey(a clock.Anchor) string {
	return fmt.Sprintf("%d/%d/%g", a.Wall.UnixMicro(), a.Business.UnixMicro(), a.Speed)
}
