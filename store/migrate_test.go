package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"steward/store"
	"steward/store/storetest"
)

func TestMigrateTwiceAtOnceChangesNothing(t *testing.T) {
	e := storetest.New(t)
	var both errgroup.Group
	for range 2 {
		both.Go(func() error { return store.Migrate(t.Context(), e.DB) })
	}
	require.NoError(t, both.Wait())
	require.NoError(t, store.CheckSchema(t.Context(), e.DB))
}

func TestSchemaThatDoesNotFitIsRefused(t *testing.T) {
	e := storetest.New(t)
	_, err := e.DB.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	require.NoError(t, err)
	var misfit *store.SchemaError
	for name, check := range map[string]error{"check": store.CheckSchema(t.Context(), e.DB), "migrate": store.Migrate(t.Context(), e.DB)} {
		require.ErrorAs(t, check, &misfit, name)
		require.EqualValues(t, 99999, misfit.Have, name)
		require.Contains(t, misfit.Error(), "newer", name)
	}
	_, err = e.DB.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = 99999`)
	require.NoError(t, err)
	require.NoError(t, store.CheckSchema(t.Context(), e.DB))
	require.Contains(t, (&store.SchemaError{Have: 0, Want: 1}).Error(), "steward migrate")
}

func TestUnfinishedFirstMigrationIsMadeAnew(t *testing.T) {
	e := storetest.New(t)
	_, err := e.DB.ExecContext(t.Context(), `CREATE DATABASE steward_unfinished`)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = e.DB.Exec(`DROP DATABASE steward_unfinished`) })
	db, err := store.Open(t.Context(), strings.Replace(storetest.DSN(), "/steward", "/steward_unfinished", 1), 4)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), `CREATE TABLE organization (half TINYINT)`)
	require.NoError(t, err)
	require.Error(t, store.Migrate(t.Context(), db), "a table stands in the way")

	dropped, err := store.DropUnfinishedFirstMigration(t.Context(), db)
	require.NoError(t, err)
	require.True(t, dropped)
	require.NoError(t, store.Migrate(t.Context(), db))

	dropped, err = store.DropUnfinishedFirstMigration(t.Context(), db)
	require.NoError(t, err)
	require.False(t, dropped, "a migrated database is left alone")
	require.NoError(t, store.CheckSchema(t.Context(), db))
}
