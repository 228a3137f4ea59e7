package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/spreadsheet"
)

func TestATemplateIsWrittenAndNeverOverAFile(t *testing.T) {
	c := ImportTemplateCmd{Kind: "staff", Out: filepath.Join(t.TempDir(), "员工.xlsx")}
	require.NoError(t, c.Run())
	content, err := os.ReadFile(c.Out)
	require.NoError(t, err)
	require.NoError(t, spreadsheet.New().Check(c.Out, content))

	require.NoError(t, os.WriteFile(c.Out, []byte("filled in by hand"), 0o600))
	require.ErrorContains(t, c.Run(), "--force")
	content, err = os.ReadFile(c.Out)
	require.NoError(t, err)
	require.Equal(t, "filled in by hand", string(content))
	c.Force = true
	require.NoError(t, c.Run())
	require.Error(t, (&ImportTemplateCmd{Kind: "recipes", Out: c.Out}).Run())
}
