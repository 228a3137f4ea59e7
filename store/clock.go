package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/clock"
	"steward/domain/refusal"
)

const (
	clockRefresh   = 200 * time.Millisecond
	clockHeartbeat = 500 * time.Millisecond
	// clockReserve is how far ahead of business time the heartbeat writes where time stands, in wall time: whatever was read
	// before a crash then lies behind the instant at which time goes on.
	clockReserve = 4 * clockHeartbeat

	// MinClockSpeed is the slowest; business time never stands still while it is watched.
	MinClockSpeed = 0.001
	// MaxClockSpeed is a day in five seconds, the fastest that durable timers follow.
	MaxClockSpeed = 17280
)

// Clock is business time as the database's anchor tells it, read again in the background; business time never runs
// backwards for one process. While the database is away the last anchor holds.
type Clock struct {
	db     *sqlx.DB
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	anchor clock.Anchor
	last   time.Time // the latest instant that was given out
}

var _ clock.Source = (*Clock)(nil)

// OpenClock reads the anchor and keeps reading it until Close. Without an anchor business time is wall time.
func OpenClock(ctx context.Context, db *sqlx.DB) (*Clock, error) {
	c := &Clock{db: db, done: make(chan struct{})}
	anchor, err := readAnchor(ctx, db)
	if err != nil {
		return nil, err
	}
	c.anchor = anchor
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	go c.follow(background)
	return c, nil
}

// Close ends the background reading; the clock goes on with its last anchor.
func (c *Clock) Close() {
	c.cancel()
	<-c.done
}

func (c *Clock) follow(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(clockRefresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.refresh(ctx)
		}
	}
}

// refresh takes the anchor of this moment; an unreachable database leaves the old one in force.
func (c *Clock) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	anchor, err := readAnchor(ctx, c.db)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anchor = anchor
}

// Anchor implements clock.Source.
func (c *Clock) Anchor() clock.Anchor {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.anchor
}

// Now implements clock.Source.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.anchor.BusinessAt(time.Now()).UTC().Truncate(time.Microsecond)
	if now.After(c.last) {
		c.last = now
	}
	return c.last
}

type clockRow struct {
	WallAt         time.Time `db:"wall_at"`
	BusinessAt     time.Time `db:"business_at"`
	Speed          float64   `db:"speed"`
	SeenBusinessAt time.Time `db:"seen_business_at"`
}

func (r clockRow) anchor() clock.Anchor {
	return clock.Anchor{Wall: r.WallAt, Business: r.BusinessAt, Speed: r.Speed}
}

const selectClock = `SELECT wall_at, business_at, speed, seen_business_at FROM business_clock WHERE id = 1`

// readAnchor gives wall time where there is no anchor: in production, and where nobody has turned the clock.
func readAnchor(ctx context.Context, q sqlx.QueryerContext) (clock.Anchor, error) {
	var r clockRow
	err := sqlx.GetContext(ctx, q, &r, selectClock)
	if errors.Is(err, sql.ErrNoRows) {
		wall := time.Now().UTC()
		return clock.Anchor{Wall: wall, Business: wall, Speed: 1}, nil
	}
	if err != nil {
		return clock.Anchor{}, fmt.Errorf("read the business clock: %w", err)
	}
	return r.anchor(), nil
}

// ErrTurnedClock says that a database's business time is not wall time.
var ErrTurnedClock = errors.New("the database's business clock was turned by steward dev; production runs on wall time only")

// RefuseTurnedClock is asked by production processes at start: it returns ErrTurnedClock unless business time is wall time.
func RefuseTurnedClock(ctx context.Context, db *sqlx.DB) error {
	a, err := readAnchor(ctx, db)
	if err != nil {
		return err
	}
	if a.Speed != 1 || a.Business.Sub(a.Wall).Abs() > time.Second {
		return fmt.Errorf("%w (speed %g, %s ahead of the wall)", ErrTurnedClock, a.Speed, a.Business.Sub(a.Wall))
	}
	return nil
}

// SetClock moves business time forward to now, or changes its speed; a zero value leaves it as it is. It is in force
// everywhere within 200 ms.
func (s *Store) SetClock(ctx context.Context, sc access.Scope, now time.Time, speed float64) error {
	if err := sc.Require(access.TurnClock, ""); err != nil {
		return err
	}
	if speed != 0 && (speed < MinClockSpeed || speed > MaxClockSpeed) {
		return refusal.New(refusal.Rule, "speed-out-of-range", "时钟速度须在 0.001 到 %d 之间。", MaxClockSpeed).At("speed", "超出范围", speed)
	}
	err := s.inTx(ctx, "set the clock", func(tx *sqlx.Tx) error {
		wall := time.Now().UTC().Truncate(time.Microsecond)
		anchor, err := lockAnchor(ctx, tx, wall)
		if err != nil {
			return err
		}
		next := clock.Anchor{Wall: wall, Business: anchor.BusinessAt(wall), Speed: anchor.Speed}
		if speed != 0 {
			next.Speed = speed
		}
		if !now.IsZero() {
			if now.Before(next.Business) {
				return refusal.New(refusal.Rule, "clock-backwards", "业务时间只能向前调整，当前为 %s。", next.Business.In(calendar.Shanghai).Format("2006-01-02 15:04:05")).
					At("now", "不能早于当前业务时间", now)
			}
			next.Business = now.UTC()
		}
		return writeAnchor(ctx, tx, next)
	})
	if err != nil {
		return err
	}
	if c, ok := s.clock.(*Clock); ok {
		c.refresh(ctx)
	}
	return nil
}

// lockAnchor holds the clock's row, making it where there is none.
func lockAnchor(ctx context.Context, tx *sqlx.Tx, wall time.Time) (clock.Anchor, error) {
	var r clockRow
	err := tx.GetContext(ctx, &r, selectClock+` FOR UPDATE`)
	if errors.Is(err, sql.ErrNoRows) {
		return clock.Anchor{Wall: wall, Business: wall, Speed: 1}, nil
	}
	if err != nil {
		return clock.Anchor{}, fmt.Errorf("lock the business clock: %w", err)
	}
	return r.anchor(), nil
}

func writeAnchor(ctx context.Context, tx *sqlx.Tx, a clock.Anchor) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO business_clock (id, wall_at, business_at, speed, seen_business_at) VALUES (1,?,?,?,?)
		ON DUPLICATE KEY UPDATE wall_at = VALUES(wall_at), business_at = VALUES(business_at), speed = VALUES(speed),
			seen_business_at = GREATEST(seen_business_at, VALUES(seen_business_at)), rev = rev + 1`,
		a.Wall, a.Business, a.Speed, a.Business)
	if err != nil {
		return fmt.Errorf("write the business clock: %w", err)
	}
	return nil
}
