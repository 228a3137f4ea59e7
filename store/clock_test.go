package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

// The clock is one row for the whole database, so one test walks through its life.
func TestClockLife(t *testing.T) {
	e := storetest.New(t)
	ctx := t.Context()
	_, err := e.DB.ExecContext(ctx, `DELETE FROM business_clock`)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = e.DB.Exec(`DELETE FROM business_clock`) })

	require.NoError(t, store.RefuseTurnedClock(ctx, e.DB), "a database without an anchor runs on wall time")

	at := time.Date(2030, 5, 6, 1, 2, 3, 0, time.UTC)
	anchor, err := store.StartClock(ctx, e.DB, at, 17280)
	require.NoError(t, err)
	require.Equal(t, at, anchor.Business)
	require.ErrorIs(t, store.RefuseTurnedClock(ctx, e.DB), store.ErrTurnedClock)

	c, err := store.OpenClock(ctx, e.DB)
	require.NoError(t, err)
	defer c.Close()
	require.InDelta(t, 17280, c.Anchor().Speed, 0)
	require.False(t, c.Now().Before(at))
	s := store.New(e.DB, e.Keys, c)

	err = s.SetClock(ctx, e.Scope, at.Add(-time.Hour), 0)
	require.True(t, refusal.Is(err, "clock-backwards"), "%v", err)
	err = s.SetClock(ctx, e.Scope, time.Time{}, 17281)
	require.True(t, refusal.Is(err, "speed-out-of-range"), "%v", err)

	later := at.AddDate(1, 0, 0)
	before := c.Now()
	require.NoError(t, s.SetClock(ctx, e.Scope, later, 1))
	require.True(t, c.Now().After(before))
	require.False(t, c.Now().Before(later), "the clock that set it follows at once")
	require.InDelta(t, 1, c.Anchor().Speed, 0)

	require.NoError(t, store.FreezeClock(ctx, e.DB))
	stopped := c.Now()
	again, err := store.StartClock(ctx, e.DB, time.Time{}, 0)
	require.NoError(t, err)
	require.InDelta(t, 1, again.Speed, 0, "the last speed is kept")
	require.False(t, again.Business.After(stopped), "time stood still while it was stopped")
	require.Less(t, stopped.Sub(again.Business), 10*time.Second)

	_, err = store.StartClock(ctx, e.DB, at, 0)
	require.ErrorContains(t, err, "only moves forward")
}
