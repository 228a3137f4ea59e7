package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"steward/devstack"
)

// DumpSQLite copies the database file of a Temporal dev server that may be running. SQLite itself writes the copy within
// one read transaction; copying the file would miss what is still in its write-ahead log. Nothing is left when it fails.
func DumpSQLite(ctx context.Context, file, parent string, m Manifest) (Stored, error) {
	sqlite, err := findSQLite()
	if err != nil {
		return Stored{}, err
	}
	if err := temporalFile(ctx, sqlite, file); err != nil {
		return Stored{}, err
	}
	f, err := begin(parent, m.Kind, m.TakenAt)
	if err != nil {
		return Stored{}, err
	}
	defer f.drop()
	if m.Server, err = sqlite.ask(ctx, file, `SELECT 'SQLite ' || sqlite_version()`); err != nil {
		return Stored{}, err
	}
	plain := filepath.Join(f.making, "copy.db")
	if _, err := sqlite.ask(ctx, file, `VACUUM INTO `+literal(plain)); err != nil {
		return Stored{}, sqliteProblem(parent, "copy "+file, err)
	}
	if err := sqlite.sound(ctx, plain); err != nil {
		return Stored{}, err
	}
	out, err := newPacker(filepath.Join(f.making, m.Kind+".db.gz"))
	if err != nil {
		return Stored{}, fileProblem(parent, "write the copy", err)
	}
	defer out.close()
	if err := pack(out, plain); err != nil {
		return Stored{}, fileProblem(parent, "write the copy", err)
	}
	if err := errors.Join(out.finish(&m), os.Remove(plain)); err != nil {
		return Stored{}, fileProblem(parent, "write the copy", err)
	}
	m.FinishedAt = time.Now().UTC()
	return f.commit(m)
}

func pack(out io.Writer, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	_, err = io.Copy(out, in)
	return err
}

// RestoreSQLite puts a checked copy in the place of a Temporal dev server's file. A file that is there already is refused, or
// with replace moved aside under a name that is returned.
func (s Stored) RestoreSQLite(ctx context.Context, file string, replace bool) (aside string, err error) {
	sqlite, err := findSQLite()
	if err != nil {
		return "", err
	}
	file, err = filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("find the file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fileProblem(filepath.Dir(file), "make the folder", err)
	}
	if err := notOpen(file); err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	there := err == nil && info.Size() > 0
	if there && !replace {
		return "", &devstack.Problem{
			Code: "file-not-empty",
			Zh:   fmt.Sprintf("文件 %s 已存在，没有恢复任何内容。", file), En: fmt.Sprintf("The file %s is there already; nothing was restored.", file),
			FixZh: "确认要替换时加 --replace；原文件会改名保留。", FixEn: "Add --replace to put the copy in its place; the old file is kept under another name.",
		}
	}
	making := fmt.Sprintf("%s.restoring-%d", file, os.Getpid())
	defer func() { _ = os.Remove(making) }()
	if err := s.writeTo(making); err != nil {
		return "", fileProblem(filepath.Dir(file), "unpack the copy", err)
	}
	if err := sqlite.sound(ctx, making); err != nil {
		return "", err
	}
	if there {
		aside = file + ".before-restore-" + time.Now().UTC().Format("20060102T150405Z")
	}
	return aside, swap(making, file, aside)
}

func (s Stored) writeTo(path string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = s.unpack(out)
	return errors.Join(err, out.Sync(), out.Close())
}

// swap moves the old file with its log aside and the new one into its place: a log of the old file would be played onto
// the new one.
func swap(from, to, aside string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		old := to + suffix
		var err error
		if aside != "" {
			err = os.Rename(old, aside+suffix)
		} else {
			err = os.Remove(old)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fileProblem(filepath.Dir(to), "move the old file aside", err)
		}
	}
	if err := errors.Join(os.Rename(from, to), syncDir(filepath.Dir(to))); err != nil {
		return fileProblem(filepath.Dir(to), "put the copy in its place", err)
	}
	return nil
}

// notOpen refuses a file that a running server holds: SQLite's connections keep locks on the file or on its shared index.
func notOpen(file string) error {
	for _, path := range []string{file, file + "-shm"} {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fileProblem(path, "look whether the file is in use", err)
		}
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		err = unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock)
		_ = f.Close()
		if err == nil && lock.Type != unix.F_UNLCK {
			return &devstack.Problem{
				Code: "file-in-use",
				Zh:   fmt.Sprintf("进程 %d 正在使用 %s，没有恢复任何内容。", lock.Pid, file), En: fmt.Sprintf("Process %d uses %s; nothing was restored.", lock.Pid, file),
				FixZh: "请先停止 Temporal（或 steward dev），再重试。", FixEn: "Stop the Temporal server (or steward dev) first, and run it again.",
			}
		}
	}
	return nil
}

// sqliteTool is the sqlite3 program.
type sqliteTool struct{ path string }

func findSQLite() (sqliteTool, error) {
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		return sqliteTool{}, &devstack.Problem{
			Code: "program-missing", Zh: "找不到 sqlite3。", En: "sqlite3 is not installed.",
			FixZh: "请安装系统软件包 sqlite3。", FixEn: "Install the system package sqlite3.", Cause: err,
		}
	}
	return sqliteTool{path}, nil
}

// busyMS is how long sqlite3 waits for a lock.
const busyMS = "30000"

// ask runs one statement and gives what it printed.
func (t sqliteTool) ask(ctx context.Context, file, statement string) (string, error) {
	cmd := exec.CommandContext(ctx, t.path, "-batch", "-bail", "-init", os.DevNull, "-cmd", ".timeout "+busyMS, file, statement)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("sqlite3 was interrupted: %w", context.Cause(ctx))
		}
		return "", fmt.Errorf("sqlite3: %w: %s", err, lastLine(words.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// sound has SQLite check every page of a copy.
func (t sqliteTool) sound(ctx context.Context, file string) error {
	answer, err := t.ask(ctx, file, `PRAGMA integrity_check(1)`)
	if err == nil && answer != "ok" {
		err = errors.New(answer)
	}
	if err != nil {
		return fmt.Errorf("the copy is not sound: %w", err)
	}
	return nil
}

// temporalFile refuses what is no database of Temporal.
func temporalFile(ctx context.Context, t sqliteTool, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fileProblem(file, "open Temporal's file", err)
	}
	tables := ""
	if !info.IsDir() {
		tables, err = t.ask(ctx, file, `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('executions','history_node','shards')`)
	}
	if err == nil && tables == "3" {
		return nil
	}
	return &devstack.Problem{
		Code: "not-temporals-file",
		Zh:   fmt.Sprintf("%s 不是 Temporal 的 SQLite 数据库文件。", file), En: fmt.Sprintf("%s is no SQLite database of Temporal.", file),
		FixZh: "请指定 temporal server start-dev 的 --db-filename 所用的文件。", FixEn: "Name the file that temporal server start-dev was given as --db-filename.", Cause: err,
	}
}

func sqliteProblem(dir, doing string, err error) error {
	words := strings.ToLower(err.Error())
	if strings.Contains(words, "disk is full") || strings.Contains(words, "disk full") {
		return fileProblem(dir, doing, errors.Join(unix.ENOSPC, err))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
