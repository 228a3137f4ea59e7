package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// MariaDBOptions say where a private MariaDB lives and how large it is.
type MariaDBOptions struct {
	Dir          string       // holds data, log, socket, PID file, port and password
	BufferPoolMB int          // 0: 256
	Scratch      bool         // the data is thrown away: small files, no double write
	Progress     func(string) // hears about long steps; nil: nobody
}

// MariaDB is a running private server with one empty database and one user of its own.
type MariaDB struct {
	*Process
	dir      string
	port     int
	password string
}

const (
	databaseName  = "steward"
	databaseUser  = "steward"
	startAttempts = 3
)

// StartMariaDB makes the data folder when there is none, ends what a crash has left, and starts the server. It returns
// when the server answers. A folder that is half made, a full disk or a missing program come back as a Problem.
func StartMariaDB(ctx context.Context, o MariaDBOptions) (*MariaDB, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.BufferPoolMB == 0 {
		o.BufferPoolMB = 256
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start MariaDB: %w", err)
	}
	o.Dir = dir
	server, err := findProgram("mariadbd")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, wrapFileError(o.Dir, "make the folder of MariaDB", err)
	}
	ended, err := EndLeftover(filepath.Join(o.Dir, "mysql.pid"), "--datadir="+o.dataDir())
	if err != nil {
		return nil, fmt.Errorf("start MariaDB: %w", err)
	}
	if ended {
		o.Progress("结束了上次遗留的 MariaDB 进程 / ended a MariaDB left by an earlier run")
	}
	if err := o.prepareData(ctx); err != nil {
		return nil, err
	}
	if err := o.prepareTemporary(); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		m, err := o.launch(ctx, server)
		if err == nil || attempt == startAttempts || !portTaken(err) {
			return m, err
		}
	}
}

func (o MariaDBOptions) dataDir() string      { return filepath.Join(o.Dir, "data") }
func (o MariaDBOptions) temporaryDir() string { return filepath.Join(o.Dir, "tmp") }

func (o MariaDBOptions) launch(ctx context.Context, server string) (*MariaDB, error) {
	portFile := filepath.Join(o.Dir, "port")
	port, err := keptPort(portFile)
	if err != nil {
		return nil, err
	}
	password, err := keptSecret(filepath.Join(o.Dir, "password"))
	if err != nil {
		return nil, err
	}
	initFile := filepath.Join(o.Dir, "init.sql")
	if err := WriteFileAtomic(initFile, []byte(initStatements(password)), 0o600); err != nil {
		return nil, wrapFileError(o.Dir, "write the first statements of MariaDB", err)
	}
	p, err := Start(Command{
		Name: "MariaDB", Path: server, Args: o.serverArgs(port, initFile),
		PIDFile: filepath.Join(o.Dir, "mysql.pid"), LogFile: filepath.Join(o.Dir, "mysql.log"),
	})
	if err != nil {
		return nil, err
	}
	m := &MariaDB{Process: p, dir: o.Dir, port: port, password: password}
	if err := p.waitReady(ctx, m.ping, o.Progress); err != nil {
		p.Kill()
		return nil, o.explain(err)
	}
	if err := WriteFileAtomic(portFile, []byte(strconv.Itoa(port)), 0o600); err != nil {
		p.Kill()
		return nil, wrapFileError(o.Dir, "remember the port of MariaDB", err)
	}
	return m, nil
}

// serverArgs name the data folder, which is also the proof that a leftover process is ours.
func (o MariaDBOptions) serverArgs(port int, initFile string) []string {
	args := append(o.commonArgs(),
		"--port="+strconv.Itoa(port),
		"--bind-address=127.0.0.1",
		"--socket="+o.socket(),
		"--pid-file="+filepath.Join(o.Dir, "mariadbd.pid"),
		"--init-file="+initFile,
		"--skip-name-resolve",
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_unicode_520_ci",
		"--default-time-zone=+00:00",
		"--max-allowed-packet=64M",
		"--max-connections=300",
		"--wait-timeout=28800",
		"--innodb-buffer-pool-size="+strconv.Itoa(o.BufferPoolMB)+"M",
		"--innodb-flush-log-at-trx-commit=2",
		"--innodb-lock-wait-timeout=20",
		"--performance-schema=OFF",
		"--skip-log-bin",
	)
	return args
}

// commonArgs are shared by the server and by the program that makes its data folder.
func (o MariaDBOptions) commonArgs() []string {
	args := []string{"--no-defaults", "--datadir=" + o.dataDir(), "--tmpdir=" + o.temporaryDir()}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	if o.Scratch {
		return append(args, "--innodb-log-file-size=48M", "--innodb-doublewrite=OFF", "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M")
	}
	return append(args, "--innodb-log-file-size=96M")
}

// socket is in the folder, or in the temporary folder when the path is longer than a socket's may be.
func (o MariaDBOptions) socket() string {
	path := filepath.Join(o.Dir, "mysql.sock")
	if len(path) <= 100 {
		return path
	}
	return filepath.Join(os.TempDir(), "steward-"+shortHash(o.Dir)+".sock")
}

// initStatements run at every start, before the port opens: one database, and one user that owns it and what
// is named after it, and no other door.
func initStatements(password string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;\n", databaseName)
	fmt.Fprintf(&b, "CREATE USER IF NOT EXISTS '%s'@'127.0.0.1' IDENTIFIED BY '%s';\n", databaseUser, password)
	fmt.Fprintf(&b, "ALTER USER '%s'@'127.0.0.1' IDENTIFIED BY '%s';\n", databaseUser, password)
	fmt.Fprintf(&b, "GRANT ALL PRIVILEGES ON %s.* TO '%s'@'127.0.0.1';\n", databaseName, databaseUser)
	fmt.Fprintf(&b, "GRANT ALL PRIVILEGES ON `%s\\_%%`.* TO '%s'@'127.0.0.1';\n", databaseName, databaseUser)
	return b.String()
}

// DSN is the address for Go's driver, without options: the store adds what it relies on.
func (m *MariaDB) DSN() string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", databaseUser, m.password, loopback(m.port), databaseName)
}

// Port is the loopback TCP port.
func (m *MariaDB) Port() int { return m.port }

// Stop shuts the server down in good order, by force after half a minute.
func (m *MariaDB) Stop() { m.Process.Stop(30 * time.Second) }

func (m *MariaDB) ping(ctx context.Context) error {
	cfg, err := mysql.ParseDSN(m.DSN())
	if err != nil {
		return err
	}
	cfg.Timeout, cfg.ReadTimeout = time.Second, 2*time.Second
	cfg.Logger = log.New(io.Discard, "", 0)
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

func portTaken(err error) bool {
	var exited *exitedError
	return errors.As(err, &exited) && strings.Contains(strings.ToLower(exited.tail), "address already in use")
}
