package notify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAChannelWithoutProviderFailsForGood(t *testing.T) {
	results, err := Absent{}.Send(t.Context(), []Message{{Key: "a"}, {Key: "b"}})
	require.NoError(t, err)
	require.Len(t, results, 2)
	for _, r := range results {
		require.Equal(t, Result{Status: Failed, Why: WhyNoProvider}, r)
		require.False(t, r.Retry)
	}
}
