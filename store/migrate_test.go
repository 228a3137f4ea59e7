package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"steward/schema"
	"steward/store"
	"steward/store/storetest"
)

// emptyDatabase makes a database of its own beside the shared one.
func emptyDatabase(t *testing.T) (db *sqlx.DB, dsn string) {
	t.Helper()
	e := storetest.New(t)
	name := "steward_" + strings.ToLower(store.NewID())
	_, err := e.DB.ExecContext(t.Context(), `CREATE DATABASE `+name)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = e.DB.Exec(`DROP DATABASE ` + name) })
	dsn = strings.Replace(storetest.DSN(), "/steward", "/"+name, 1)
	db, err = store.Open(t.Context(), dsn, 4)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, dsn
}

// release is a made-up program: its migrations are the first so many of these.
func release(t *testing.T, db *sqlx.DB, version int) store.Migrator {
	t.Helper()
	files := fstest.MapFS{}
	for i, content := range []string{
		"-- +goose Up\nCREATE TABLE a (id INT NOT NULL, old INT NULL, PRIMARY KEY (id));\nINSERT INTO a (id, old) VALUES (1, 10);",
		"-- steward:expand\n-- +goose Up\nALTER TABLE a ADD COLUMN fresh INT NULL;\nUPDATE a SET fresh = COALESCE(fresh, 0) + old + 1;\nCREATE TABLE b (id INT NOT NULL);\nCREATE INDEX by_fresh ON a (fresh);",
		"-- steward:contract oldest=2\n-- +goose Up\nUPDATE a SET fresh = fresh + 1;\nALTER TABLE a DROP COLUMN old;\nALTER TABLE a MODIFY fresh INT NOT NULL;",
		"-- steward:expand\n-- +goose Up\nCREATE TABLE c (id INT NOT NULL);",
	}[:version] {
		files[fmt.Sprintf("%05d_x.sql", i+1)] = &fstest.MapFile{Data: []byte(content)}
	}
	migrations, err := schema.Read(files)
	require.NoError(t, err)
	return store.Migrator{DB: db, Migrations: migrations}
}

func up(t *testing.T, m store.Migrator) store.Migrated {
	t.Helper()
	done, err := m.Up(t.Context())
	require.NoError(t, err)
	return done
}

func fresh(t *testing.T, db *sqlx.DB) (value int) {
	t.Helper()
	require.NoError(t, db.Get(&value, `SELECT fresh FROM a WHERE id = 1`))
	return value
}

func TestMigrateTwiceAtOnceChangesNothing(t *testing.T) {
	e := storetest.New(t)
	var both errgroup.Group
	for range 2 {
		both.Go(func() error { return store.Migrate(t.Context(), e.DB) })
	}
	require.NoError(t, both.Wait())
	require.NoError(t, store.CheckSchema(t.Context(), e.DB))
}

func TestTwoMigratorsOfAnEmptyDatabaseTakeTurns(t *testing.T) {
	db, _ := emptyDatabase(t)
	var both errgroup.Group
	for range 2 {
		m := release(t, db, 2)
		both.Go(func() error { _, err := m.Up(t.Context()); return err })
	}
	require.NoError(t, both.Wait())
	require.Equal(t, 11, fresh(t, db), "the rows were filled once")
}

// One database goes through three releases; each program looks at it at every step.
func TestWhichProgramRunsOnWhichSchema(t *testing.T) {
	db, _ := emptyDatabase(t)
	refused := func(version int, remedy string) {
		t.Helper()
		err := release(t, db, version).Check(t.Context())
		var misfit *store.SchemaError
		require.ErrorAsf(t, err, &misfit, "program %d", version)
		require.Contains(t, misfit.Error(), remedy)
	}
	runs := func(version int) {
		t.Helper()
		require.NoErrorf(t, release(t, db, version).Check(t.Context()), "program %d", version)
	}
	refused(1, "run steward migrate first")

	require.EqualValues(t, 1, up(t, release(t, db, 1)).To)
	runs(1)
	refused(2, "run steward migrate first")

	done := up(t, release(t, db, 2))
	require.EqualValues(t, 1, done.From)
	require.EqualValues(t, 2, done.To)
	require.Equal(t, 11, fresh(t, db))
	runs(1) // beside the newer ones, and as the way back
	runs(2)
	runs(3) // what it would take away may wait
	refused(4, "run steward migrate first")

	older := up(t, release(t, db, 1))
	require.True(t, older.Newer)
	require.Empty(t, older.Apply)
	runs(2)

	waiting := up(t, release(t, db, 4))
	require.Empty(t, waiting.Apply)
	require.Len(t, waiting.Waiting, 2, "what comes after a contraction waits with it")
	require.EqualValues(t, 2, waiting.Waiting[0].Oldest)
	runs(1)

	contracting := release(t, db, 3)
	contracting.Contract = true
	require.EqualValues(t, 3, up(t, contracting).To)
	require.Equal(t, 12, fresh(t, db))
	refused(1, "before steward migrate --contract")
	runs(2)
	runs(3)
	_, err := release(t, db, 1).Up(t.Context())
	require.ErrorContains(t, err, "use a newer steward", "an older program's migrate touches nothing")

	require.EqualValues(t, 4, up(t, release(t, db, 4)).To, "nothing waits any more")
	runs(2)
	runs(4)
}

func TestAnEmptyDatabaseWaitsForNothing(t *testing.T) {
	db, _ := emptyDatabase(t)
	done := up(t, release(t, db, 4))
	require.EqualValues(t, 4, done.To)
	require.Empty(t, done.Waiting)
	require.Error(t, release(t, db, 1).Check(t.Context()))
	require.NoError(t, release(t, db, 2).Check(t.Context()))
}

func TestANewerSchemaWithoutAWindowIsRefused(t *testing.T) {
	db, _ := emptyDatabase(t)
	up(t, release(t, db, 2))
	_, err := db.ExecContext(t.Context(), `DROP TABLE schema_window`)
	require.NoError(t, err)
	require.NoError(t, release(t, db, 2).Check(t.Context()), "a database from before there was a window")
	require.ErrorContains(t, release(t, db, 1).Check(t.Context()), "does not say whether older programs run on it")
	up(t, release(t, db, 3))
	require.ErrorContains(t, release(t, db, 1).Check(t.Context()), "does not say")
	_, err = release(t, db, 1).Up(t.Context())
	require.Error(t, err)
}

// The migrator is cut off at every place there is, by taking its database away in between; a repeat ends as if nothing had
// happened, and no row is changed twice.
func TestAMigrationThatWasCutOffGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		migrating, begun, done int
		before                 []string // what had run
		program                int
		want                   int
	}{
		"before anything":                {2, 0, 0, nil, 2, 11},
		"begun and not run":              {2, 1, 0, nil, 2, 11},
		"run and not noted":              {2, 1, 0, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`}, 2, 11},
		"between two":                    {2, 1, 1, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`}, 2, 11},
		"after the rows":                 {2, 2, 2, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`, `UPDATE a SET fresh = 11`}, 2, 11},
		"a table run and not noted":      {2, 3, 2, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`, `UPDATE a SET fresh = 11`, `CREATE TABLE b (id INT NOT NULL)`}, 2, 11},
		"an index run and not noted":     {2, 4, 3, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`, `UPDATE a SET fresh = 11`, `CREATE TABLE b (id INT NOT NULL)`, `CREATE INDEX by_fresh ON a (fresh)`}, 2, 11},
		"all run, the version not noted": {2, 4, 4, []string{`ALTER TABLE a ADD COLUMN fresh INT NULL`, `UPDATE a SET fresh = 11`, `CREATE TABLE b (id INT NOT NULL)`, `CREATE INDEX by_fresh ON a (fresh)`}, 2, 11},
		"a contraction run, not noted":   {3, 2, 1, []string{`ALTER TABLE a DROP COLUMN old`, `UPDATE a SET fresh = 12`}, 3, 12},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := emptyDatabase(t)
			up(t, release(t, db, c.migrating-1))
			for _, statement := range c.before {
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			_, err := db.ExecContext(t.Context(), `UPDATE schema_window SET migrating = ?, statements_begun = ?, statements_done = ?`, c.migrating, c.begun, c.done)
			require.NoError(t, err)
			if c.migrating == 2 {
				require.Error(t, release(t, db, c.program).Check(t.Context()), "the newer program waits for the whole of it")
				require.NoError(t, release(t, db, 1).Check(t.Context()), "half an expansion is one for older programs too")
			}
			// A contraction that was begun is finished, whether it is asked for again or not.
			require.EqualValues(t, c.program, up(t, release(t, db, c.program)).To)
			require.Equal(t, c.want, fresh(t, db))
			require.NoError(t, release(t, db, c.program).Check(t.Context()))
		})
	}
}

// A contraction keeps older programs out from its first statement on, even where it gets no further.
func TestAContractionClosesTheWindowFirst(t *testing.T) {
	db, _ := emptyDatabase(t)
	up(t, release(t, db, 2))
	_, err := db.ExecContext(t.Context(), `ALTER TABLE a RENAME COLUMN old TO elsewhere`)
	require.NoError(t, err)
	broken := release(t, db, 3)
	broken.Contract = true
	_, err = broken.Up(t.Context())
	require.ErrorContains(t, err, "statement 2 of 3")
	require.ErrorContains(t, release(t, db, 1).Check(t.Context()), "contracted")
	require.NoError(t, release(t, db, 2).Check(t.Context()))
	_, err = release(t, db, 3).Up(t.Context())
	require.ErrorContains(t, err, "statement 2 of 3", "a refused statement does not count as done, however often it is tried")
}

// The client dies in the middle of a long statement. The server goes on with it, and the next migrator waits for its end.
func TestTheNextMigratorWaitsForAStatementWhoseClientDied(t *testing.T) {
	db, dsn := emptyDatabase(t)
	up(t, release(t, db, 1))
	slow, err := schema.Read(fstest.MapFS{
		"00001_x.sql": {Data: []byte("-- +goose Up\nSELECT 1;")},
		"00002_x.sql": {Data: []byte("-- steward:expand\n-- +goose Up\nCREATE TABLE d AS SELECT SLEEP(2) AS slept;")},
	})
	require.NoError(t, err)
	patient, err := store.OpenForMigration(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = patient.Close() })
	dying, die := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := store.Migrator{DB: patient, Migrations: slow}.Up(dying); first <- err }()
	require.Eventually(t, func() bool {
		var n int
		return db.Get(&n, `SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE d AS%'`) == nil && n == 1
	}, time.Minute, 20*time.Millisecond)
	die()
	require.Error(t, <-first)
	require.EqualValues(t, 2, up(t, store.Migrator{DB: patient, Migrations: slow}).To)
	var rows int
	require.NoError(t, db.Get(&rows, `SELECT COUNT(*) FROM d`))
	require.Equal(t, 1, rows)
}

func TestUnfinishedFirstMigrationIsMadeAnew(t *testing.T) {
	db, _ := emptyDatabase(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE organization (half TINYINT)`)
	require.NoError(t, err)
	for range 2 {
		require.Error(t, store.Migrate(t.Context(), db), "a table of somebody else's stands in the way")
	}

	dropped, err := store.DropUnfinishedFirstMigration(t.Context(), db)
	require.NoError(t, err)
	require.True(t, dropped)
	require.NoError(t, store.Migrate(t.Context(), db))

	dropped, err = store.DropUnfinishedFirstMigration(t.Context(), db)
	require.NoError(t, err)
	require.False(t, dropped, "a migrated database is left alone")
	require.NoError(t, store.CheckSchema(t.Context(), db))
}

// A newer schema has columns that this program does not know: queries that take all of them, or give all of them, would
// fail on it.
func TestQueriesNameTheirColumns(t *testing.T) {
	all := regexp.MustCompile(`(?i)SELECT\s+(DISTINCT\s+)?(\w+\.)?\*|INSERT\s+(IGNORE\s+)?INTO\s+\w+\s+(VALUES|SELECT)\b`)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Emptyf(t, all.FindAllString(string(content), -1), "%s must name the columns", file)
	}
}
