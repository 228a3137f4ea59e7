package store

import (
	"context"
	"fmt"
	"time"

	"steward/domain/dunning"
)

// Figures is what those who keep the service running watch, over all organizations. It holds counts and instants only.
// Durations are wall time, also where the instants behind them are business time, so that an alert means the same at any
// speed of the business clock.
type Figures struct {
	Due            map[dunning.Channel]Waiting // messages that should be going out now
	Unsent         map[string]int64            // messages that are not over, by status: queued, parked, sending
	Lapsed         int64                       // messages in sending whose sender has let go of them
	LateCases      Waiting                     // cases whose next step is past and not taken
	LateCampaigns  Waiting                     // campaigns that should have chosen their cases
	Campaigns      map[string]int64            // live ones by status: running, paused, needs_attention
	CasesAttention int64                       // cases of live campaigns that wait for a person
	Deliveries     Waiting                     // committed words that Temporal was not given
	FeedWaiting    int64                       // changes that the pages were not told of
	Imports        Waiting                     // imports that have not ended
	ImportRows     Progress                    // of those
	Suspense       Waiting                     // money that matches nobody yet
	Money          MoneyFigures
	Schema         int64 // version of the database's schema
}

// Waiting is how much waits, and since when the longest of it.
type Waiting struct {
	N      int64
	Oldest time.Duration // 0 when nothing waits
}

// Progress is how far running work is.
type Progress struct {
	Done, Total int64
}

// unsent are the statuses of a message that can still change without a provider's word.
var unsent = []string{"queued", "parked", "sending"}

// Figures reads all figures that are cheap at any size: what waits, not what has been done.
func (s *Store) Figures(ctx context.Context) (Figures, error) {
	f := Figures{}
	for _, read := range []func(context.Context, *Figures) error{
		s.dueFigures, s.unsentFigures, s.timerFigures, s.attentionFigures, s.deliveryFigures, s.importFigures, s.suspenseFigures, s.runFigures,
		s.approvalFigures, s.checkoutFigures, s.communityFigures, s.schemaFigure,
	} {
		if err := read(ctx, &f); err != nil {
			return Figures{}, err
		}
	}
	return f, nil
}

// waited turns a business instant into how long ago it was on the wall; an instant ahead is no wait.
func (s *Store) waited(since time.Time) time.Duration {
	return max(time.Duration(float64(s.clock.Now().Sub(since))/s.clock.Anchor().Speed), 0)
}

// waitRow is one count with the business or wall instant of the oldest; NULL when nothing waits.
type waitRow struct {
	N      int64      `db:"n"`
	Oldest *time.Time `db:"oldest"`
}

func (s *Store) waitingOf(r waitRow) Waiting {
	if r.Oldest == nil {
		return Waiting{N: r.N}
	}
	return Waiting{N: r.N, Oldest: s.waited(*r.Oldest)}
}

// ClockSkew tells how far this machine's clock is ahead of the database server's. Half of the round trip, at most, is its
// error.
func (s *Store) ClockSkew(ctx context.Context) (time.Duration, error) {
	var server time.Time
	conn, err := s.db.Conn(ctx) // dialing must not count as the round trip
	if err != nil {
		return 0, fmt.Errorf("ask the database for its time: %w", err)
	}
	defer func() { _ = conn.Close() }()
	asked := time.Now()
	if err := conn.QueryRowContext(ctx, `SELECT UTC_TIMESTAMP(6)`).Scan(&server); err != nil {
		return 0, fmt.Errorf("ask the database for its time: %w", err)
	}
	answered := time.Now()
	return asked.Add(answered.Sub(asked) / 2).Sub(server), nil
}

func (s *Store) schemaFigure(ctx context.Context, f *Figures) (err error) {
	f.Schema, err = schemaVersion(ctx, s.db)
	return err
}
