package devstack

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// prepareData makes the data folder beside its place and renames it when it is whole, so that a folder of the right name
// is a whole one. What an interrupted run left beside it is thrown away.
func (o MariaDBOptions) prepareData(ctx context.Context) error {
	whole, err := wholeDataFolder(o.dataDir())
	if err != nil {
		return wrapFileError(o.Dir, "look at the data folder of MariaDB", err)
	}
	if whole {
		return o.refuseInUse()
	}
	if entries, err := os.ReadDir(o.dataDir()); err == nil && len(entries) > 0 {
		return o.halfMade(nil, "")
	}
	unfinished, _ := filepath.Glob(o.dataDir() + ".making*")
	for _, left := range append(unfinished, o.dataDir()) {
		if err := removeLeft(left); err != nil {
			return wrapFileError(o.Dir, "clear an unfinished data folder", err)
		}
	}
	making := fmt.Sprintf("%s.making-%d", o.dataDir(), os.Getpid())
	o.Progress("初始化数据库 / making the database's data folder")
	if err := o.install(ctx, making); err != nil {
		_ = os.RemoveAll(making)
		return err
	}
	if err := os.Rename(making, o.dataDir()); err != nil {
		return wrapFileError(o.Dir, "put the data folder in place", err)
	}
	return nil
}

// removeLeft removes a folder in which the installer of a run that was just killed may be working still, for a moment.
func removeLeft(dir string) error {
	var err error
	for range dyingWaits {
		if err = os.RemoveAll(dir); !errors.Is(err, unix.ENOTEMPTY) {
			return err
		}
		time.Sleep(dyingPause)
	}
	return err
}

// prepareTemporary makes an empty folder for temporary tables. Each server has its own: one that starts removes every
// temporary table that it finds there, also those that another server is using.
func (o MariaDBOptions) prepareTemporary() error {
	if err := errors.Join(os.RemoveAll(o.temporaryDir()), os.MkdirAll(o.temporaryDir(), 0o700)); err != nil {
		return wrapFileError(o.Dir, "make the folder for temporary tables", err)
	}
	return nil
}

// A process that was just ended holds its files a moment longer than its command line.
const (
	dyingWaits = 500
	dyingPause = 20 * time.Millisecond
)

// refuseInUse asks who holds the lock that a running server keeps on its first file.
func (o MariaDBOptions) refuseInUse() error {
	f, err := os.OpenFile(filepath.Join(o.dataDir(), "ibdata1"), os.O_RDWR, 0)
	if err != nil {
		return wrapFileError(o.Dir, "open the data folder of MariaDB", err)
	}
	defer func() { _ = f.Close() }()
	var lock unix.Flock_t
	for range dyingWaits {
		lock = unix.Flock_t{Type: unix.F_WRLCK}
		if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
			return nil // not to be known, or free: the server itself locks it again
		}
		if commandLine(int(lock.Pid)) != "" {
			break
		}
		time.Sleep(dyingPause)
	}
	return &Problem{
		Code:  "data-folder-in-use",
		Zh:    fmt.Sprintf("另一个数据库进程（进程号 %d）正在使用 %s。", lock.Pid, o.dataDir()),
		En:    fmt.Sprintf("Another database process (number %d) uses %s.", lock.Pid, o.dataDir()),
		FixZh: "请先停止它，或用 --data 指定其他目录。", FixEn: "Stop it first, or name another folder with --data.",
	}
}

// wholeDataFolder looks for what the installer writes first and last.
func wholeDataFolder(dir string) (bool, error) {
	for _, name := range []string{"ibdata1", "aria_log_control", "mysql/global_priv.frm", "mysql/db.frm"} {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, os.ErrNotExist) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (o MariaDBOptions) install(ctx context.Context, into string) error {
	installer, err := findProgram("mariadb-install-db")
	if err != nil {
		return err
	}
	if err := o.prepareTemporary(); err != nil {
		return err
	}
	args := append([]string{}, o.commonArgs()...)
	for i, a := range args {
		if strings.HasPrefix(a, "--datadir=") {
			args[i] = "--datadir=" + into
		}
	}
	args = append(args, "--auth-root-authentication-method=socket", "--auth-root-socket-user="+systemUser(), "--skip-test-db", "--skip-name-resolve")
	logFile := filepath.Join(o.Dir, "install.log")
	_ = os.Remove(logFile)
	p, err := Start(Command{Name: "mariadb-install-db", Path: installer, Args: args, LogFile: logFile})
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("make the data folder of MariaDB: %w", context.Cause(ctx))
	}
	if p.Err() == nil {
		return nil
	}
	failure := &exitedError{name: "mariadb-install-db", err: p.Err(), tail: p.LogTail(100)}
	if diskFull(nil, failure.tail) {
		return DiskFullProblem(o.Dir, p.Err(), failure.lastWords())
	}
	return fmt.Errorf("make the data folder of MariaDB: %w", failure)
}

func (o MariaDBOptions) halfMade(cause error, detail string) *Problem {
	return &Problem{
		Code:  "data-folder-damaged",
		Zh:    fmt.Sprintf("数据库目录 %s 不完整或已损坏。", o.dataDir()),
		En:    fmt.Sprintf("The database's folder %s is half made or damaged.", o.dataDir()),
		FixZh: "如需保留数据，请先备份该目录；然后运行 make clean-state（或删除该目录）重新开始。",
		FixEn: "Keep a copy if the data matters; then run make clean-state (or remove the folder) and start again.",
		Cause: cause, Detail: detail,
	}
}

// InnoDB or the system tables could not be opened, for whatever is wrong with the files.
var damageSigns = []string{
	"corrupt", "plugin initialization aborted", "init function returned error", "failed to initialize plugins",
	"unknown/unsupported storage engine", "can't open and lock privilege tables", "table 'mysql.", "aria recovery failed",
}

// explain turns a server that would not start into a Problem where its log says why.
func (o MariaDBOptions) explain(err error) error {
	var exited *exitedError
	if !errors.As(err, &exited) || portTaken(err) {
		return fmt.Errorf("start MariaDB: %w", err)
	}
	tail := strings.ToLower(exited.tail)
	if diskFull(err, tail) {
		return DiskFullProblem(o.Dir, exited.err, exited.lastWords())
	}
	if strings.Contains(tail, "cannot allocate memory") {
		return fmt.Errorf("start MariaDB: %w", err)
	}
	for _, sign := range damageSigns {
		if strings.Contains(tail, sign) {
			return o.halfMade(exited.err, exited.lastWords())
		}
	}
	return fmt.Errorf("start MariaDB: %w", err)
}

// serverPlaces are where packages put servers, besides PATH; an ordinary user's PATH lacks some of them.
var serverPlaces = []string{
	"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec",
	"/opt/homebrew/bin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin",
}

func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, place := range serverPlaces {
		if path, err := exec.LookPath(filepath.Join(place, name)); err == nil {
			return path, nil
		}
	}
	return "", &Problem{
		Code:  "program-missing",
		Zh:    fmt.Sprintf("找不到程序 %s。", name),
		En:    fmt.Sprintf("The program %s is not installed.", name),
		FixZh: "请在源码目录运行 make setup。", FixEn: "Run make setup in the source folder.",
	}
}

func systemUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "root"
}

// keptSecret reads a secret of 32 hexadecimal digits from a private file and makes it the first time.
func keptSecret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if secret := strings.TrimSpace(string(b)); err == nil && len(secret) == 32 {
		return secret, nil
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	secret := hex.EncodeToString(raw)
	if err := WriteFileAtomic(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", wrapFileError(filepath.Dir(file), "keep a password", err)
	}
	return secret, nil
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
