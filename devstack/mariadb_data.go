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
)

// prepareData makes the data folder beside its place and renames it when it is whole, so that a folder of the right name
// is a whole one. What an interrupted run left beside it is thrown away.
func (o MariaDBOptions) prepareData(ctx context.Context) error {
	whole, err := wholeDataFolder(o.dataDir())
	if err != nil {
		return wrapFileError(o.Dir, "look at the data folder of MariaDB", err)
	}
	if whole {
		return nil
	}
	if entries, err := os.ReadDir(o.dataDir()); err == nil && len(entries) > 0 {
		return o.halfMade(nil, "")
	}
	unfinished, _ := filepath.Glob(o.dataDir() + ".making*")
	for _, left := range append(unfinished, o.dataDir()) {
		if err := os.RemoveAll(left); err != nil {
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
	installer, err := findProgram("mariadb-install-db", "mysql_install_db")
	if err != nil {
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
	if diskFull(nil, p.LogTail(100)) {
		return DiskFullProblem(o.Dir, p.Err(), p.LogTail(12))
	}
	return fmt.Errorf("make the data folder of MariaDB: %w\n%s", p.Err(), p.LogTail(12))
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

var damageSigns = []string{
	"corrupt", "can't open the mysql.plugin table", "table 'mysql.", "fatal error: can't open and lock privilege tables",
	"missing mysql", "is in the future", "cannot open datafile", "could not find a valid tablespace", "plugin 'innodb' init function returned error",
	"failed to initialize plugins", "aria recovery failed", "tablespace is missing", "redo log", "unknown storage engine 'innodb'",
}

// explain turns a server that would not start into a Problem where its log says why.
func (o MariaDBOptions) explain(err error) error {
	var exited *exitedError
	if !errors.As(err, &exited) || portTaken(err) {
		return fmt.Errorf("start MariaDB: %w", err)
	}
	tail := strings.ToLower(fileTail(filepath.Join(o.Dir, "mysql.log"), 60))
	if diskFull(err, tail) {
		return DiskFullProblem(o.Dir, exited.err, exited.tail)
	}
	if strings.Contains(tail, "unable to lock ./ibdata1") || strings.Contains(tail, "can't lock aria control file") {
		return &Problem{
			Code:  "data-folder-in-use",
			Zh:    fmt.Sprintf("另一个数据库进程正在使用 %s。", o.dataDir()),
			En:    fmt.Sprintf("Another database process uses %s.", o.dataDir()),
			FixZh: "请先停止它，或用 --data 指定其他目录。", FixEn: "Stop it first, or name another folder with --data.",
			Cause: exited.err, Detail: exited.tail,
		}
	}
	for _, sign := range damageSigns {
		if strings.Contains(tail, sign) {
			return o.halfMade(exited.err, exited.tail)
		}
	}
	return fmt.Errorf("start MariaDB: %w", err)
}

// findProgram looks in PATH and in the places where packages put servers.
func findProgram(names ...string) (string, error) {
	places := []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec", "/opt/homebrew/bin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, place := range places {
			if path, err := exec.LookPath(filepath.Join(place, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", &Problem{
		Code:  "program-missing",
		Zh:    fmt.Sprintf("找不到程序 %s。", names[0]),
		En:    fmt.Sprintf("The program %s is not installed.", names[0]),
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
	if err := writeFileAtomic(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", wrapFileError(filepath.Dir(file), "keep a password", err)
	}
	return secret, nil
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
