package backup_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"steward/backup"
	"steward/devstack"
	"steward/store"
	"steward/store/storetest"
)

// place is a database of its own beside the one of the tests.
type place struct {
	address backup.Address
	db      *sqlx.DB
}

func open(t *testing.T, database string) place {
	t.Helper()
	address, err := backup.ParseAddress(storetest.DSN())
	require.NoError(t, err)
	if database != address.Database() {
		admin, err := store.Open(t.Context(), storetest.DSN(), 1)
		require.NoError(t, err)
		defer func() { _ = admin.Close() }()
		_, err = admin.Exec("CREATE DATABASE IF NOT EXISTS " + database + " CHARACTER SET utf8mb4")
		require.NoError(t, err)
		t.Cleanup(func() {
			admin, err := store.Open(context.Background(), storetest.DSN(), 1)
			require.NoError(t, err)
			_, _ = admin.Exec("DROP DATABASE " + database)
			_ = admin.Close()
		})
	}
	db, err := store.Open(t.Context(), address.DSN(database), 1)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	at, err := backup.ParseAddress(address.DSN(database))
	require.NoError(t, err)
	return place{at, db}
}

func (p place) source() backup.Source {
	return backup.Source{Address: p.address, Databases: []string{p.address.Database()}}
}

func (p place) dump(t *testing.T, to string) backup.Stored {
	t.Helper()
	s, err := backup.DumpMySQL(t.Context(), p.db, p.source(), to, backup.Manifest{Kind: backup.MySQL, Program: "test", TakenAt: time.Now().UTC()})
	require.NoError(t, err)
	return s
}

func requireProblem(t *testing.T, code string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equalf(t, code, devstack.ProblemCode(err), "%v", err)
	words := err.Error()
	require.True(t, strings.ContainsFunc(words, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }), "it says so in Chinese: %s", words)
}

// A migration that runs beside the dump would make the manifest's schema version wrong, and the backup one that no restore takes.
func TestADumpDuringWhichTheSchemaMovesOnIsNone(t *testing.T) {
	src, to := open(t, "steward_moving"), t.TempDir()
	migrating, err := store.OpenForMigration(t.Context(), src.address.DSN("steward_moving"))
	require.NoError(t, err)
	defer func() { _ = migrating.Close() }()
	require.NoError(t, store.Migrate(t.Context(), migrating))
	began, err := store.ReadSchemaStand(t.Context(), src.db)
	require.NoError(t, err)
	source, asked := src.source(), false
	source.Confirm = func(ctx context.Context) error {
		asked = true
		still, err := store.ReadSchemaStand(ctx, src.db)
		require.NoError(t, err)
		require.Equal(t, began, still, "reading moves nothing")
		_, err = src.db.ExecContext(ctx, `UPDATE schema_window SET statements_done = statements_done + 1`)
		require.NoError(t, err)
		moved, err := store.ReadSchemaStand(ctx, src.db)
		require.NoError(t, err)
		require.NotEqual(t, began, moved, "one statement is a move")
		return backup.SchemaChanged("")
	}
	_, err = backup.DumpMySQL(t.Context(), src.db, source, to, backup.Manifest{Kind: backup.MySQL, Program: "test", TakenAt: time.Now().UTC()})
	requireProblem(t, "schema-changed-meanwhile", err)
	require.True(t, asked)
	requireNothingIn(t, to)
}

func requireNothingIn(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	require.Empty(t, left, "nothing half written is left")
}

// What is written while a dump runs is either whole in it or not at all.
func TestADumpTakenDuringWritesIsConsistent(t *testing.T) {
	src, dst := open(t, "steward_src"), open(t, "steward_dst")
	for _, q := range []string{
		`CREATE TABLE a_first (n INT PRIMARY KEY, body BLOB, twice INT AS (n * 2) STORED) ENGINE=InnoDB`, `CREATE TABLE z_last (n INT PRIMARY KEY) ENGINE=InnoDB`,
	} {
		_, err := src.db.Exec(q)
		require.NoError(t, err)
	}
	writer, err := store.Open(t.Context(), src.address.DSN("steward_src"), 1)
	require.NoError(t, err)
	defer func() { _ = writer.Close() }()
	write := func(n int) {
		tx, err := writer.Begin()
		require.NoError(t, err)
		_, err = tx.Exec(`INSERT INTO a_first (n, body) VALUES (?,?)`, n, bytes.Repeat([]byte{0, '\'', '\n', 0xff, '"', '\\'}, 50))
		require.NoError(t, err)
		_, err = tx.Exec(`INSERT INTO z_last VALUES (?)`, n)
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
	}
	for n := range 500 {
		write(n)
	}
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for n := 500; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			default:
				write(n)
			}
		}
	}()
	s := src.dump(t, t.TempDir())
	close(stop)
	written := <-stopped
	require.NoError(t, s.Check(backup.MySQL))
	require.NoError(t, s.LoadMySQL(t.Context(), dst.db, dst.address, "steward_dst"))
	var got struct {
		A, Z, Same int
	}
	require.NoError(t, dst.db.Get(&got, `SELECT (SELECT COUNT(*) FROM a_first) AS a, (SELECT COUNT(*) FROM z_last) AS z,
		(SELECT COUNT(*) FROM a_first x JOIN steward_src.a_first y ON x.n = y.n AND x.body = y.body AND x.twice = y.twice) AS same`))
	require.Equal(t, got.A, got.Z, "a transaction is in the dump as a whole")
	require.Equal(t, got.A, got.Same, "every byte is there again")
	require.GreaterOrEqual(t, got.A, 500)
	require.LessOrEqual(t, got.A, written)
}

func TestABackupIsPrivateWholeAndDescribed(t *testing.T) {
	env := storetest.New(t)
	p, to := open(t, "steward"), t.TempDir()
	s := p.dump(t, to)
	require.NoError(t, s.Check(backup.MySQL))
	opened, err := backup.Open(filepath.Join(s.Dir, s.File))
	require.NoError(t, err, "the file in it names the backup as well")
	require.Equal(t, s.Dir, opened.Dir)
	require.Contains(t, s.Server, "MariaDB")
	require.NotEmpty(t, env.OrgID)
	for path, mode := range map[string]os.FileMode{s.Dir: 0o700, filepath.Join(s.Dir, s.File): 0o600, filepath.Join(s.Dir, "manifest.json"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
	manifest, err := os.ReadFile(filepath.Join(s.Dir, "manifest.json"))
	require.NoError(t, err)
	password, _, _ := strings.Cut(strings.TrimPrefix(storetest.DSN(), "steward:"), "@")
	require.NotContains(t, string(manifest), password)
}

// A tool that stands in the place of the real one, for what the real one can't be made to do.
func fakeTool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\ncase \"$1\" in --version) echo MariaDB; exit 0;; esac\n"+script), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestADumpThatBreaksLeavesNothing(t *testing.T) {
	p := open(t, "steward")
	m := backup.Manifest{Kind: backup.MySQL, TakenAt: time.Now().UTC()}
	fails := func(t *testing.T) (string, error) {
		to := t.TempDir()
		_, err := backup.DumpMySQL(t.Context(), p.db, p.source(), to, m)
		requireNothingIn(t, to)
		return to, err
	}
	t.Run("the tool's last line is missing", func(t *testing.T) {
		fakeTool(t, "mariadb-dump", "echo '-- MariaDB dump'; echo 'CREATE TABLE a (n INT);'\n")
		_, err := fails(t)
		require.ErrorContains(t, err, "complete")
	})
	t.Run("the tool dies half way", func(t *testing.T) {
		fakeTool(t, "mariadb-dump", "echo 'CREATE TABLE a (n INT);'; echo 'Lost connection' >&2; exit 2\n")
		_, err := fails(t)
		require.ErrorContains(t, err, "Lost connection")
	})
	t.Run("the password is wrong", func(t *testing.T) {
		wrong, err := backup.ParseAddress(strings.Replace(storetest.DSN(), "steward:", "steward:x", 1))
		require.NoError(t, err)
		_, err = backup.DumpMySQL(t.Context(), p.db, backup.Source{Address: wrong, Databases: []string{"steward"}}, t.TempDir(), m)
		requireProblem(t, "access-denied", err)
		_, err = store.Open(t.Context(), wrong.DSN("steward"), 1)
		requireProblem(t, "access-denied", backup.ServerProblem(err))
	})
	t.Run("the tool is missing", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := fails(t)
		requireProblem(t, "program-missing", err)
	})
	t.Run("the folder is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := backup.DumpMySQL(t.Context(), p.db, p.source(), file, m)
		requireProblem(t, "not-a-folder", err)
	})
	t.Run("interrupted", func(t *testing.T) {
		fakeTool(t, "mariadb-dump", "echo '-- MariaDB dump'; exec sleep 60\n")
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		to := t.TempDir()
		_, err := backup.DumpMySQL(ctx, p.db, p.source(), to, m)
		require.ErrorContains(t, err, "interrupted")
		requireNothingIn(t, to)
	})
}

func TestAFullDiskIsSaidAndLeavesNothing(t *testing.T) {
	p, disk := open(t, "steward"), smallDisk(t)
	fakeTool(t, "mariadb-dump", "head -c 8000000 /dev/urandom\n")
	_, err := backup.DumpMySQL(t.Context(), p.db, p.source(), disk, backup.Manifest{Kind: backup.MySQL, TakenAt: time.Now().UTC()})
	requireProblem(t, "disk-full", err)
	requireNothingIn(t, disk)
}

func TestADamagedBackupIsRefused(t *testing.T) {
	p := open(t, "steward")
	for name, hurt := range map[string]func(t *testing.T, s backup.Stored){
		"cut": func(t *testing.T, s backup.Stored) {
			require.NoError(t, os.Truncate(filepath.Join(s.Dir, s.File), s.Bytes/2))
		},
		"a bit turned": func(t *testing.T, s backup.Stored) {
			path := filepath.Join(s.Dir, s.File)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			content[len(content)/2] ^= 1
			require.NoError(t, os.WriteFile(path, content, 0o600))
		},
		"file gone": func(t *testing.T, s backup.Stored) { require.NoError(t, os.Remove(filepath.Join(s.Dir, s.File))) },
		"cut before it was packed": func(t *testing.T, s backup.Stored) {
			var b bytes.Buffer
			zip := gzip.NewWriter(&b)
			_, _ = zip.Write([]byte("CREATE TABLE a (n INT);\n"))
			require.NoError(t, zip.Close())
			rewrite(t, s, b.Bytes(), 24)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := p.dump(t, t.TempDir())
			hurt(t, s)
			again, err := backup.Open(s.Dir)
			if err == nil {
				err = again.Check(backup.MySQL)
			}
			requireProblem(t, "backup-damaged", err)
		})
	}
	_, err := backup.Open(t.TempDir())
	requireProblem(t, "not-a-backup", err)
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "manifest.json"), []byte(`{"product":"something","file":"x"}`), 0o600))
	_, err = backup.Open(other)
	requireProblem(t, "not-a-backup", err)
	_, err = backup.Open(filepath.Join(other, "missing"))
	requireProblem(t, "not-there", err)
	s := p.dump(t, t.TempDir())
	requireProblem(t, "backup-of-something-else", s.Check(backup.TemporalMySQL))
}

// rewrite puts other content into a backup with a manifest that fits it.
func rewrite(t *testing.T, s backup.Stored, content []byte, plain int64) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, s.File), content, 0o600))
	s.Bytes, s.PlainBytes, s.SHA256 = int64(len(content)), plain, sumOf(content)
	b, err := json.Marshal(s.Manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "manifest.json"), b, 0o600))
}

func TestOldBackupsGoAndTheNewestNever(t *testing.T) {
	p, to := open(t, "steward"), t.TempDir()
	fakeTool(t, "mariadb-dump", "echo '-- MariaDB dump'; echo '-- Dump completed on 2026-03-02  9:00:00'\n")
	var names []string
	for i := range 4 {
		s, err := backup.DumpMySQL(t.Context(), p.db, p.source(), to, backup.Manifest{Kind: backup.MySQL, TakenAt: time.Date(2026, 3, 2+i, 0, 0, 0, 0, time.UTC)})
		require.NoError(t, err)
		names = append(names, s.Name())
	}
	require.NoError(t, os.Mkdir(filepath.Join(to, "not-a-backup"), 0o700))
	require.NoError(t, os.Truncate(filepath.Join(to, names[3], "mysql.sql.gz"), 0), "the newest is damaged: it counts for nothing")
	removed, err := backup.Keep(to, backup.MySQL, 0)
	require.NoError(t, err)
	require.Empty(t, removed)
	removed, err = backup.Keep(to, backup.MySQL, 1)
	require.NoError(t, err)
	require.Equal(t, names[:2], removed)
	removed, err = backup.Keep(to, backup.MySQL, 1)
	require.NoError(t, err)
	require.Empty(t, removed, "the only whole one stays")
	for _, stays := range []string{names[2], names[3], "not-a-backup"} {
		require.DirExists(t, filepath.Join(to, stays))
	}
}

// Temporal's two databases are read by one transaction and keep their names.
func TestTwoDatabasesOfTemporalTravelTogether(t *testing.T) {
	one, two := open(t, "steward_temporal"), open(t, "steward_temporal_visibility")
	_, err := one.db.Exec(`CREATE TABLE executions (n INT PRIMARY KEY, data BLOB) ENGINE=InnoDB`)
	require.NoError(t, err)
	_, err = two.db.Exec(`CREATE TABLE executions_visibility (n INT PRIMARY KEY) ENGINE=InnoDB`)
	require.NoError(t, err)
	_, err = one.db.Exec(`INSERT INTO executions VALUES (1, x'00ff')`)
	require.NoError(t, err)
	_, err = two.db.Exec(`INSERT INTO executions_visibility VALUES (1)`)
	require.NoError(t, err)
	s, err := backup.DumpMySQL(t.Context(), one.db, backup.Source{Address: one.address, Databases: []string{"steward_temporal", "steward_temporal_visibility"}},
		t.TempDir(), backup.Manifest{Kind: backup.TemporalMySQL, TakenAt: time.Now().UTC()})
	require.NoError(t, err)
	require.NoError(t, s.Check(backup.TemporalMySQL))
	for database, p := range map[string]place{"steward_temporal": one, "steward_temporal_visibility": two} {
		tables, err := backup.Tables(t.Context(), p.db, database)
		require.NoError(t, err)
		require.Len(t, tables, 1)
		require.NoError(t, backup.Empty(t.Context(), p.db, database, tables))
	}
	require.NoError(t, s.LoadMySQL(t.Context(), one.db, one.address, ""))
	var n int
	require.NoError(t, one.db.Get(&n, `SELECT COUNT(*) FROM executions e JOIN steward_temporal_visibility.executions_visibility v ON v.n = e.n WHERE e.data = x'00ff'`))
	require.Equal(t, 1, n)
}

func TestADatabaseInUseIsNotFilled(t *testing.T) {
	p := open(t, "steward_busy")
	require.NoError(t, backup.InUse(t.Context(), p.db, "steward_busy"))
	other, err := store.Open(t.Context(), p.address.DSN("steward_busy"), 1)
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	requireProblem(t, "database-in-use", backup.InUse(t.Context(), p.db, "steward_busy"))
	requireProblem(t, "database-not-empty", backup.NotEmpty("steward_busy", 3))
}

func TestAnAddressIsChecked(t *testing.T) {
	for _, dsn := range []string{"", "nonsense", "u:p@tcp(h:1)/"} {
		_, err := backup.ParseAddress(dsn)
		requireProblem(t, "bad-address", err)
	}
	_, err := backup.ParseAddress("u:p@tcp(h:1)/d?tls=mine")
	require.Error(t, err)
	require.NotPanics(t, func() { _ = fmt.Sprint(err) })
}
