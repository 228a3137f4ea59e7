package main

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestAWorkerStandsByWhileAnotherBuildGetsTheTasks(t *testing.T) {
	for name, c := range map[string]struct {
		own, current string
		standsBy     string
	}{
		"its own build":                        {"b", "b", ""},
		"another build":                        {"b", "a", "all tasks go to a, this worker is b"},
		"nothing was made current":             {"b", "", "without build id"},
		"a worker without build id, beside":    {"", "a", "all tasks go to a"},
		"workers without build id, as always":  {"", "", ""},
		"a build whose name begins like other": {"1.1", "1.10", "this worker is 1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			s, err := newStandby(c.own, registry)
			require.NoError(t, err)
			require.Empty(t, s.words(), "nobody knows yet")
			require.True(t, s.found(c.current))
			require.False(t, s.found(c.current), "no news")
			shown, err := registry.Gather()
			require.NoError(t, err)
			value := shown[0].GetMetric()[0].GetGauge().GetValue()
			if c.standsBy == "" {
				require.Empty(t, s.words())
				require.Zero(t, value)
				return
			}
			require.Contains(t, s.words(), c.standsBy)
			require.InDelta(t, 1, value, 0)
			require.True(t, s.found(c.own))
			require.Empty(t, s.words())
		})
	}
}
