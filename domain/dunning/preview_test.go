package dunning_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
)

func TestSimulateGivesTheWholeLadder(t *testing.T) {
	f := owing(t)
	var got []string
	for _, s := range dunning.Simulate(dunning.DefaultLadder(), chinese(t), f, f.EnteredAt) {
		got = append(got, s.Stage+" "+string(s.Kind)+" "+calendar.DateOf(s.At).String())
	}
	require.Equal(t, []string{
		"notice touch 2026-03-02", // its instant has passed: it comes first all the same
		"friendly touch 2026-03-09",
		"call task 2026-03-16",
		"letter task 2026-03-31",
		"demand task 2026-04-30",
		"mediation task 2026-05-15",
		"lawyer_letter task 2026-06-01",
		"legal skip 2026-06-29",
	}, got)
}

func TestSimulateKeepsTheWeeklyCap(t *testing.T) {
	p := threeSteps()
	p.MinGapDays, p.MaxTouchesPerWeek = 0, 1
	f := owing(t)
	f.Bills[0].DueOn = date(t, "2025-01-31")
	got := dunning.Simulate(p, chinese(t), f, f.EnteredAt)
	require.Len(t, got, 3)
	for i := range 2 {
		require.GreaterOrEqual(t, got[i+1].At.Sub(got[i].At).Hours(), 7*24.0)
	}
}
