package main

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/backup"
	"steward/devstack"
	"steward/store"
)

// ground is a private database server with one migrated database and a backup of it.
type ground struct {
	t    *testing.T
	dsn  string
	key  string
	to   string
	from string
}

func newGround(t *testing.T) *ground {
	t.Helper()
	server, err := devstack.StartMariaDB(t.Context(), devstack.MariaDBOptions{Dir: t.TempDir(), BufferPoolMB: 32, Scratch: true})
	require.NoError(t, err)
	t.Cleanup(server.Kill)
	g := &ground{t: t, dsn: server.DSN(), key: hex.EncodeToString([]byte("a key for tests, thirty-two long")), to: t.TempDir()}
	migrate := MigrateCmd{Database: g.database(), Organization: "测试物业", Dev: true}
	require.NoError(t, migrate.Run(t.Context()))
	g.from = g.backUp()
	return g
}

func (g *ground) database() Database { return Database{DSN: g.dsn, DataKey: g.key, MaxConns: 2} }

func (g *ground) backUp() string {
	g.t.Helper()
	c := BackupMySQLCmd{BackupSource: BackupSource{Database: g.database()}, BackupTo: BackupTo{To: g.to, Keep: 2}}
	require.NoError(g.t, c.Run(g.t.Context()))
	all, err := backup.List(g.to, backup.MySQL)
	require.NoError(g.t, err)
	return all[len(all)-1].Dir
}

func (g *ground) restore(ctx context.Context, from string, replace bool) error {
	c := RestoreMySQLCmd{Database: g.database(), RestoreFrom: RestoreFrom{From: from, Replace: replace}}
	return c.Run(ctx)
}

// opens is what api and worker do first.
func (g *ground) opens() error {
	d, err := g.database().open(g.t.Context())
	if err == nil {
		d.close()
	}
	return err
}

func (g *ground) pending() *store.RestoreMark {
	g.t.Helper()
	db, err := store.Open(g.t.Context(), g.dsn, 1)
	require.NoError(g.t, err)
	defer func() { _ = db.Close() }()
	mark, err := store.PendingRestore(g.t.Context(), db)
	require.NoError(g.t, err)
	return mark
}

func TestARestoredDatabaseIsKeptFromWorkUntilItIsReconciled(t *testing.T) {
	g := newGround(t)
	require.NoError(t, g.opens())

	requireCode(t, "database-not-empty", g.restore(t.Context(), g.from, false))
	require.NoError(t, g.opens(), "what was refused has changed nothing")

	held, err := g.database().open(t.Context())
	require.NoError(t, err)
	requireCode(t, "database-in-use", g.restore(t.Context(), g.from, true))
	held.close()
	require.NoError(t, g.opens())

	require.NoError(t, g.restore(t.Context(), g.from, true))
	var kept *store.RestoreError
	require.ErrorAs(t, g.opens(), &kept)
	require.Equal(t, store.RestoreDone, kept.Mark.State)
	require.Equal(t, filepath.Base(g.from), kept.Mark.BackupName)
	require.Contains(t, kept.Error(), "steward reconcile")
	again := BackupMySQLCmd{BackupSource: BackupSource{Database: g.database()}, BackupTo: BackupTo{To: g.to}}
	require.ErrorAs(t, again.Run(t.Context()), &kept, "a copy would lose that it has to be reconciled")
	migrate := MigrateCmd{Database: g.database(), Dev: true}
	require.NoError(t, migrate.Run(t.Context()), "an older schema must be brought up first")

	d, err := g.database().openRestored(t.Context())
	require.NoError(t, err)
	require.NoError(t, d.store.MarkReconciled(t.Context(), kept.Mark.ID))
	d.close()
	require.NoError(t, g.opens())
	require.Nil(t, g.pending())
	g.backUp()
}

// A client that dies in the middle leaves a database that no program starts on, and that the same command mends.
func TestARestoreThatBreaksIsNotTakenForAWholeOne(t *testing.T) {
	g := newGround(t)
	real, err := exec.LookPath("mariadb")
	require.NoError(t, err)
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$1\" in --version) echo MariaDB; exit 0;; esac\nhead -c 20000 | " + real + " \"$@\"\necho 'ERROR 2013 (HY000): Lost connection' >&2\nexit 1\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "mariadb"), []byte(script), 0o700))
	path := os.Getenv("PATH")
	t.Setenv("PATH", bin+":"+path)
	err = g.restore(t.Context(), g.from, true)
	require.ErrorContains(t, err, "恢复中断")
	require.ErrorContains(t, err, "Lost connection")

	t.Setenv("PATH", path)
	var half *store.RestoreError
	require.ErrorAs(t, g.opens(), &half)
	require.Equal(t, store.RestoreLoading, half.Mark.State)
	migrate := MigrateCmd{Database: g.database(), Dev: true}
	require.ErrorAs(t, migrate.Run(t.Context()), &half, "it must not be migrated either")
	require.NoError(t, g.restore(t.Context(), g.from, false), "what is half there is nobody's data")
	require.Equal(t, store.RestoreDone, g.pending().State)
}

func TestWhatDoesNotFitIsRefusedBeforeTheFirstChange(t *testing.T) {
	g := newGround(t)
	wrongKey := RestoreMySQLCmd{Database: g.database(), RestoreFrom: RestoreFrom{From: g.from, Replace: true}}
	wrongKey.DataKey = strings.Repeat("ab", 32)
	requireCode(t, "wrong-data-key", wrongKey.Run(t.Context()))

	newer := copyOf(t, g.from)
	manifest, err := os.ReadFile(filepath.Join(newer, "manifest.json"))
	require.NoError(t, err)
	s, err := backup.Open(g.from)
	require.NoError(t, err)
	own, err := store.ProgramSchema()
	require.NoError(t, err)
	require.Equal(t, own, s.SchemaVersion)
	text := strings.Replace(string(manifest), `"schema_version": `, `"schema_version": 9`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(newer, "manifest.json"), []byte(text), 0o600))
	requireCode(t, "backup-newer", g.restore(t.Context(), newer, true))

	cut := copyOf(t, g.from)
	require.NoError(t, os.Truncate(filepath.Join(cut, s.File), s.Bytes-100))
	requireCode(t, "backup-damaged", g.restore(t.Context(), cut, true))
	require.NoError(t, g.opens(), "nothing was changed")
	require.Nil(t, g.pending())

	away := BackupMySQLCmd{BackupSource: BackupSource{Database: Database{DSN: "u:p@tcp(127.0.0.1:1)/steward", MaxConns: 1}}, BackupTo: BackupTo{To: t.TempDir()}}
	requireCode(t, "server-away", away.Run(t.Context()))
	wrong := BackupMySQLCmd{BackupSource: BackupSource{Database: Database{DSN: strings.Replace(g.dsn, "steward:", "steward:x", 1), MaxConns: 1}}, BackupTo: BackupTo{To: t.TempDir()}}
	requireCode(t, "access-denied", wrong.Run(t.Context()))
}

// A database that the server does not have is made: after the loss of a machine one command is enough.
func TestAMissingDatabaseIsMade(t *testing.T) {
	g := newGround(t)
	g.dsn = strings.Replace(g.dsn, ")/steward", ")/steward_again", 1)
	require.NoError(t, g.restore(t.Context(), g.from, false))
	require.Equal(t, store.RestoreDone, g.pending().State)
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equalf(t, code, devstack.ProblemCode(err), "%v", err)
}

// The words for the terminal name the remedy in both languages.
func TestARestoreErrorNamesTheRemedy(t *testing.T) {
	for _, state := range []string{store.RestoreLoading, store.RestoreDone} {
		err := error(&store.RestoreError{Mark: store.RestoreMark{State: state, BackupName: "b", TakenAt: time.Now()}})
		var kept *store.RestoreError
		require.True(t, errors.As(err, &kept))
		require.Contains(t, err.Error(), "请")
		require.Contains(t, err.Error(), "steward re")
	}
}
