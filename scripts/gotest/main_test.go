package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReportCountsAndShowsOnlyWhatMatters(t *testing.T) {
	events := strings.Join([]string{
		`{"Action":"output","Package":"p","Test":"TestGood","Output":"quiet please\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestGood"}`,
		`{"Action":"output","Package":"p","Test":"TestBad","Output":"why it failed\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestBad"}`,
		`{"Action":"output","Package":"p","Test":"TestLater","Output":"=== RUN TestLater\n"}`,
		`{"Action":"output","Package":"p","Test":"TestLater","Output":"    no data here\n"}`,
		`{"Action":"skip","Package":"p","Test":"TestLater"}`,
		`{"Action":"fail","Package":"p","Elapsed":1.5}`,
		`{"Action":"output","Package":"q","Output":"does not build\n"}`,
		`{"Action":"fail","Package":"q"}`,
		`{"Action":"pass","Package":"r"}`,
		`not json at all`,
	}, "\n")
	var out bytes.Buffer
	counts, err := report(strings.NewReader(events), &out)
	require.NoError(t, err)
	require.Equal(t, tally{passed: 1, failed: 3, skipped: 1}, counts)
	for _, wanted := range []string{"why it failed", "does not build", "skipped TestLater: no data here", "FAIL  p\t1.5s", "ok    r", "not json at all"} {
		require.Contains(t, out.String(), wanted)
	}
	require.NotContains(t, out.String(), "quiet please")
}
