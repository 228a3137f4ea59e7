package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBusinessTimeRunsAtSpeed(t *testing.T) {
	wall := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	a := Anchor{Wall: wall, Business: wall.AddDate(0, 1, 0), Speed: 17280}
	require.Equal(t, a.Business.Add(24*time.Hour), a.BusinessAt(wall.Add(5*time.Second)))
	require.Equal(t, 5*time.Second, a.WallUntil(wall, a.Business.Add(24*time.Hour)))
	require.Zero(t, a.WallUntil(wall, a.Business.Add(-time.Hour)), "what is past is not waited for")
}

func TestAnchorsAgreeWhenTheyTellTheSameTime(t *testing.T) {
	wall := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	plain := Anchor{Wall: wall, Business: wall, Speed: 1}
	later := Anchor{Wall: wall.Add(200 * time.Millisecond), Business: wall.Add(200 * time.Millisecond), Speed: 1}
	require.True(t, plain.Agrees(later), "wall time, read twice")
	moved := Anchor{Wall: later.Wall, Business: later.Business.Add(time.Hour), Speed: 1}
	require.False(t, plain.Agrees(moved))
	fast := Anchor{Wall: wall, Business: wall, Speed: 60}
	require.False(t, plain.Agrees(fast))
	require.True(t, fast.Agrees(fast))
	require.False(t, fast.Agrees(Anchor{Wall: later.Wall, Business: later.Business, Speed: 60}))
}

func TestWaitingUntilAnInstantReachesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wall := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		a := Anchor{Wall: wall, Business: wall, Speed: rapid.SampledFrom([]float64{1, 60, 17280}).Draw(t, "speed")}
		now := wall.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "now")))
		due := a.BusinessAt(now).Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "due")))
		reached := a.BusinessAt(now.Add(a.WallUntil(now, due)))
		require.WithinDuration(t, due, reached, time.Duration(a.Speed)+time.Microsecond)
	})
}
