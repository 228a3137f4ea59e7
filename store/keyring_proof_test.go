package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/store"
	"steward/store/storetest"
)

func TestADatabaseBelongsToItsFirstKey(t *testing.T) {
	e := storetest.New(t)
	other, err := store.NewKeyRing([]byte("another key for tests, 32 long.."))
	require.NoError(t, err)
	require.NoError(t, store.ProveDataKey(t.Context(), e.DB, e.Keys))
	require.ErrorIs(t, store.ProveDataKey(t.Context(), e.DB, other), store.ErrWrongDataKey)
	require.NoError(t, store.ProveDataKey(t.Context(), e.DB, e.Keys))
}
