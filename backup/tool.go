package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"steward/devstack"
)

// Address is a MySQL server and a user on it, from a DSN of Go's driver.
type Address struct{ config *mysql.Config }

// ParseAddress reads user:password@tcp(host:3306)/database.
func ParseAddress(dsn string) (Address, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil || c.DBName == "" {
		return Address{}, &devstack.Problem{
			Code: "bad-address", Zh: "数据库地址无法识别。", En: "The address of the database can not be read.",
			FixZh: "请写成 user:password@tcp(host:3306)/库名。", FixEn: "Write user:password@tcp(host:3306)/database.", Cause: err,
		}
	}
	switch c.TLSConfig {
	case "", "false", "true", "skip-verify", "preferred":
		return Address{config: c}, nil
	}
	return Address{}, fmt.Errorf("the address names the TLS setting %q, which the server's tools do not know: use true, skip-verify or preferred", c.TLSConfig)
}

// Database is the database that the address names.
func (a Address) Database() string { return a.config.DBName }

// DSN gives the address for Go's driver with another database, or with none.
func (a Address) DSN(database string) string {
	c := a.config.Clone()
	c.DBName = database
	return c.FormatDSN()
}

// optionsFile writes what a tool needs to reach the server into a file that only this user can read: a password on the
// command line or in the environment is there for others to see.
func (a Address) optionsFile(mariadb bool) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "steward-client-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the client's options: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	var b strings.Builder
	b.WriteString("[client]\n")
	set := func(name, value string) {
		fmt.Fprintf(&b, "%s=\"%s\"\n", name, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(value))
	}
	set("user", a.config.User)
	set("password", a.config.Passwd)
	if a.config.Net == "unix" {
		set("socket", a.config.Addr)
	} else {
		host, port, err := net.SplitHostPort(a.config.Addr)
		if err != nil {
			remove()
			return "", nil, fmt.Errorf("read the server's host and port: %w", err)
		}
		set("protocol", "TCP")
		set("host", host)
		set("port", port)
	}
	b.WriteString("default-character-set=utf8mb4\n")
	switch tls := a.config.TLSConfig; {
	case tls == "true" && mariadb:
		b.WriteString("ssl\nssl-verify-server-cert\n")
	case tls == "true":
		b.WriteString("ssl-mode=VERIFY_IDENTITY\n")
	case tls == "skip-verify" && mariadb:
		b.WriteString("ssl\n")
	case tls == "skip-verify":
		b.WriteString("ssl-mode=REQUIRED\n")
	}
	path = filepath.Join(dir, "client.cnf")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		remove()
		return "", nil, fmt.Errorf("write the client's options: %w", err)
	}
	return path, remove, nil
}

// tool is a program of the database's own.
type tool struct {
	path    string
	mariadb bool // MariaDB's, not MySQL's
}

// findTool prefers the tool of the server's own kind. The name mysqldump may belong to either.
func findTool(ctx context.Context, mariadbServer bool, mariadbName, mysqlName string) (tool, error) {
	names := []string{mysqlName, mariadbName}
	if mariadbServer {
		names = []string{mariadbName, mysqlName}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			return tool{}, fmt.Errorf("ask %s for its version: %w", path, err)
		}
		return tool{path: path, mariadb: bytes.Contains(out, []byte("MariaDB"))}, nil
	}
	return tool{}, &devstack.Problem{
		Code: "program-missing",
		Zh:   fmt.Sprintf("找不到 %s（%s）。", names[0], names[1]), En: fmt.Sprintf("Neither %s nor %s is installed.", names[0], names[1]),
		FixZh: "请安装数据库的客户端软件包（Debian：mariadb-client 或 mysql-client），或在装有它的机器上运行。",
		FixEn: "Install the database's client package (Debian: mariadb-client or mysql-client), or run this where it is installed.",
	}
}

// stopPatience is how long a tool gets to end when it was told to.
const stopPatience = 5 * time.Second

// run lets a tool work; what it says on standard error comes with its failure.
func (t tool) run(ctx context.Context, in io.Reader, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Env = toolEnv(os.Environ())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopPatience
	var words bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &words
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s was interrupted: %w", filepath.Base(t.path), context.Cause(ctx))
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) || words.Len() > 0 {
		return toolProblem(filepath.Base(t.path), words.String(), err)
	}
	return fmt.Errorf("run %s: %w", t.path, err)
}

// toolEnv is the environment without what would change what a tool does or whom it speaks to.
func toolEnv(inherited []string) []string {
	env := make([]string, 0, len(inherited)+1)
	for _, entry := range inherited {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "MYSQL_") && !strings.HasPrefix(name, "MARIADB_") && !strings.HasPrefix(name, "STEWARD_") && name != "LC_ALL" {
			env = append(env, entry)
		}
	}
	return append(env, "LC_ALL=C")
}
