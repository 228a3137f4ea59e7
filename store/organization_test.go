package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/store"
	"steward/store/storetest"
)

// An organization is made once, however many set a new database up at the same time.
func TestOneOrganizationIsMade(t *testing.T) {
	e := storetest.New(t)
	_, err := e.DB.ExecContext(t.Context(), `CREATE DATABASE steward_organization`)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = e.DB.Exec(`DROP DATABASE steward_organization`) })
	db, err := store.Open(t.Context(), strings.Replace(storetest.DSN(), "/steward", "/steward_organization", 1), 8)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, store.Migrate(t.Context(), db))
	s := store.New(db, e.Keys, e.Clock)
	_, err = s.SoleOrganization(t.Context())
	require.ErrorIs(t, err, store.ErrNoOrganization)

	ids := make([]string, 4)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := s.EnsureOrganization(t.Context(), "演示物业")
			if err == nil {
				ids[i] = id
			}
		})
	}
	wg.Wait()
	sole, err := s.SoleOrganization(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{sole, sole, sole, sole}, ids)
}
