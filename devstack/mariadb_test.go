package devstack

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

func query(t *testing.T, db *MariaDB, statement string) string {
	t.Helper()
	pool, err := sql.Open("mysql", db.DSN())
	require.NoError(t, err)
	defer func() { _ = pool.Close() }()
	var answer string
	require.NoError(t, pool.QueryRowContext(t.Context(), statement).Scan(&answer))
	return answer
}

func execute(t *testing.T, db *MariaDB, statement string) {
	t.Helper()
	pool, err := sql.Open("mysql", db.DSN())
	require.NoError(t, err)
	defer func() { _ = pool.Close() }()
	_, err = pool.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func TestMariaDBKeepsDataAndAddressOverRestarts(t *testing.T) {
	dir := t.TempDir()
	db := startMariaDB(t, dir)
	require.Equal(t, "utf8mb4", query(t, db, "SELECT @@character_set_database"))
	execute(t, db, "CREATE TABLE kept (word VARCHAR(20))")
	execute(t, db, "INSERT INTO kept VALUES ('小区😀')")
	address := db.DSN()
	db.Stop()
	require.NoFileExists(t, filepath.Join(dir, "mysql.pid"))

	again := startMariaDB(t, dir)
	require.Equal(t, address, again.DSN())
	require.Equal(t, "小区😀", query(t, again, "SELECT word FROM kept"))
}

func TestServerDiesWithItsParentAndTheNextStartRecovers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a parent-death signal; elsewhere the next start ends the leftover, which has its own test")
	}
	dir := t.TempDir()
	parent, server := startParent(t, dir)
	require.True(t, alive(server))
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	requireEnds(t, server)
	require.FileExists(t, filepath.Join(dir, "mysql.pid"), "a crash leaves its PID file")

	db := startMariaDB(t, dir)
	require.Equal(t, "1", query(t, db, "SELECT 1"))
}

func TestLeftoverServerIsEnded(t *testing.T) {
	dir := t.TempDir()
	db := startMariaDB(t, dir)
	db.Stop()

	o := MariaDBOptions{Dir: dir, BufferPoolMB: 32, Scratch: true}
	program, err := findProgram("mariadbd")
	require.NoError(t, err)
	port, err := FreePort()
	require.NoError(t, err)
	orphan := exec.Command(program, o.serverArgs(port, filepath.Join(dir, "init.sql"))...)
	require.NoError(t, orphan.Start())
	gone := make(chan struct{})
	go func() { defer close(gone); _ = orphan.Wait() }()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mysql.pid"), []byte(strconv.Itoa(orphan.Process.Pid)), 0o600))

	again := startMariaDB(t, dir)
	require.NotEqual(t, orphan.Process.Pid, again.PID())
	<-gone
}

func TestStrangerWithTheOldNumberIsLeftAlone(t *testing.T) {
	stranger := exec.Command("sleep", "300")
	require.NoError(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	require.Eventually(t, func() bool { return alive(stranger.Process.Pid) }, 10*time.Second, time.Millisecond)
	pidFile := filepath.Join(t.TempDir(), "mysql.pid")
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(stranger.Process.Pid)), 0o600))
	ended, err := EndLeftover(pidFile, "--datadir=/nowhere/data")
	require.NoError(t, err)
	require.False(t, ended)
	require.True(t, alive(stranger.Process.Pid))
	require.NoFileExists(t, pidFile)
}

func TestDataFolders(t *testing.T) {
	whole := t.TempDir()
	startMariaDB(t, whole).Stop()
	cases := []struct {
		name    string
		arrange func(t *testing.T, dir string)
		code    string // "" when the start must succeed
	}{
		{"interrupted while it was made", func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "data.making-1", "mysql"), 0o700))
		}, ""},
		{"empty", func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o700))
		}, ""},
		{"something else", func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "ibdata1"), []byte("x"), 0o600))
		}, "data-folder-damaged"},
		{"system tables gone", func(t *testing.T, dir string) {
			require.NoError(t, os.CopyFS(dir, os.DirFS(whole)))
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "data", "mysql")))
		}, "data-folder-damaged"},
		{"data file cut off", func(t *testing.T, dir string) {
			require.NoError(t, os.CopyFS(dir, os.DirFS(whole)))
			require.NoError(t, os.Truncate(filepath.Join(dir, "data", "ibdata1"), 4096))
		}, "data-folder-damaged"},
		{"redo log gone", func(t *testing.T, dir string) {
			require.NoError(t, os.CopyFS(dir, os.DirFS(whole)))
			require.NoError(t, os.Remove(filepath.Join(dir, "data", "ib_logfile0")))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "ib_logfile0"), []byte("torn"), 0o600))
		}, "data-folder-damaged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.arrange(t, dir)
			db, err := tryMariaDB(t, dir)
			require.Equal(t, c.code, ProblemCode(err), "%v", err)
			if c.code == "" {
				require.Equal(t, "1", query(t, db, "SELECT 1"))
				return
			}
			require.Contains(t, err.Error(), "make clean-state")
			require.Contains(t, err.Error(), filepath.Join(dir, "data"))
		})
	}
}

func TestTakenPortMeansAnotherPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	port := taken.Addr().(*net.TCPAddr).Port
	require.NoError(t, os.WriteFile(filepath.Join(dir, "port"), fmt.Append(nil, port), 0o600))
	db := startMariaDB(t, dir)
	require.NotEqual(t, port, db.Port())
}

func TestSecondServerOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	first := startMariaDB(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, "mysql.pid")))
	_, err := tryMariaDB(t, dir)
	require.Equal(t, "data-folder-in-use", ProblemCode(err), "%v", err)
	require.True(t, alive(first.PID()))
}

// A server that starts removes the temporary tables that it finds, so servers beside each other may not share a folder.
func TestServersKeepTheirTemporaryTablesApart(t *testing.T) {
	first := startMariaDB(t, t.TempDir())
	pool, err := sql.Open("mysql", first.DSN())
	require.NoError(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	session, err := pool.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = session.Close() })
	_, err = session.ExecContext(t.Context(), "CREATE TEMPORARY TABLE sums ENGINE=Aria AS SELECT 42 AS fen")
	require.NoError(t, err)

	startMariaDB(t, t.TempDir())

	kept, err := filepath.Glob(filepath.Join(first.dir, "tmp", "#sql*"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	_, err = session.ExecContext(t.Context(), "DROP TEMPORARY TABLE sums")
	require.NoError(t, err)
}
