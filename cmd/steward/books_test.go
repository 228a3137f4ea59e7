package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/money"
)

func TestDisagreeingBooksFailTheCommand(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printDiscrepancies(&out, nil))
	require.Equal(t, "The books agree.\n", out.String())
	out.Reset()
	err := printDiscrepancies(&out, []money.Discrepancy{{Rule: "cash-is-what-came-in", SubjectID: "01J0", WantFen: 100_000, GotFen: 99_000}})
	require.ErrorContains(t, err, "1 places")
	require.Contains(t, out.String(), "cash-is-what-came-in")
	require.Contains(t, out.String(), "990.00")
}
