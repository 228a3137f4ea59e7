package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/schema"
	"steward/store"
)

func TestMigrateSaysWhatWaitsAndForWhat(t *testing.T) {
	expand, contract := schema.Migration{Version: 2, Name: "00002_wider.sql"}, schema.Migration{Version: 3, Name: "00003_narrower.sql", Oldest: 2}
	words := migrateWords(store.Migrated{From: 1, To: 2, Apply: []schema.Migration{expand}, Waiting: []schema.Migration{contract}}, false)
	require.Contains(t, words, "from version 1 to 2: 00002_wider.sql")
	require.Contains(t, words, "waiting: 00003_narrower.sql")
	require.Contains(t, words, "below 2")
	require.Contains(t, words, "steward migrate --contract")
	require.Contains(t, migrateWords(store.Migrated{From: 1, To: 2, Apply: []schema.Migration{expand}}, true), "would go")
	require.Contains(t, migrateWords(store.Migrated{From: 2, To: 2}, false), "nothing to do")
	require.Contains(t, migrateWords(store.Migrated{From: 3, To: 3, Newer: true}, false), "nothing was changed")
}
