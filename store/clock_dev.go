package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/clock"
)

// ErrClockBackwards refuses a start at an instant that business time has passed.
var ErrClockBackwards = errors.New("business time only moves forward")

// StartClock sets business time going for a dev run: where it stood when dev was stopped, or at the given instant when
// that is later. The zero instant names none; a database without a clock then begins at wall time. A speed of 0 keeps
// the last one.
func StartClock(ctx context.Context, db *sqlx.DB, at time.Time, speed float64) (clock.Anchor, error) {
	if speed != 0 && (speed < MinClockSpeed || speed > MaxClockSpeed) {
		return clock.Anchor{}, fmt.Errorf("start the clock: speed %g is not between 0.001 and %d", speed, MaxClockSpeed)
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return clock.Anchor{}, fmt.Errorf("start the clock: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	wall := time.Now().UTC().Truncate(time.Microsecond)
	next := clock.Anchor{Wall: wall, Business: wall, Speed: 1}
	var r clockRow
	err = tx.GetContext(ctx, &r, selectClock+` FOR UPDATE`)
	switch {
	case err == nil:
		next.Business, next.Speed = r.SeenBusinessAt, r.Speed
		if at.After(next.Business) {
			next.Business = at.UTC().Truncate(time.Microsecond)
		} else if !at.IsZero() {
			return clock.Anchor{}, fmt.Errorf("start the clock: %w; it stands at %s", ErrClockBackwards, r.SeenBusinessAt.Format(time.RFC3339))
		}
	case errors.Is(err, sql.ErrNoRows):
		if !at.IsZero() {
			next.Business = at.UTC().Truncate(time.Microsecond)
		}
	default:
		return clock.Anchor{}, fmt.Errorf("start the clock: %w", err)
	}
	if speed != 0 {
		next.Speed = speed
	}
	if err := writeAnchor(ctx, tx, next); err != nil {
		return clock.Anchor{}, err
	}
	if err := tx.Commit(); err != nil {
		return clock.Anchor{}, fmt.Errorf("start the clock: %w", err)
	}
	return next, nil
}

// KeepClock writes where business time stands until ctx ends, a little ahead, so that a crash does not turn time back;
// failures pass, the next beat tries again on the pool of that moment. Dev runs it while its processes are up, and
// FreezeClock after them.
func KeepClock(ctx context.Context, pool func() *sqlx.DB) {
	tick := time.NewTicker(clockHeartbeat)
	defer tick.Stop()
	for {
		_ = seeClock(ctx, pool(), clockReserve)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// FreezeClock notes where business time stands when dev stops in order; it goes on from there.
func FreezeClock(ctx context.Context, db *sqlx.DB) error { return seeClock(ctx, db, 0) }

func seeClock(ctx context.Context, db *sqlx.DB, ahead time.Duration) error {
	a, err := readAnchor(ctx, db)
	if err != nil {
		return err
	}
	seen := a.BusinessAt(time.Now().Add(ahead)).UTC().Truncate(time.Microsecond)
	_, err = db.ExecContext(ctx, `UPDATE business_clock SET seen_business_at = ? WHERE id = 1 AND wall_at = ?`, seen, a.Wall)
	if err != nil {
		return fmt.Errorf("note where the business clock stands: %w", err)
	}
	return nil
}
