package backup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/devstack"
)

// completeMarker begins the last line that a dump tool writes.
const completeMarker = "-- Dump completed"

// Source is what a dump is taken of.
type Source struct {
	Address   Address
	Databases []string // more than one: with their names in the dump
	LeaveOut  []string // tables, as database.table
	// Confirm is asked when the copy is made whether what the manifest says of the databases still holds; may be nil.
	Confirm func(context.Context) error
}

// DumpMySQL takes a consistent copy of databases that are in use: one transaction reads them all. m holds what the caller
// knows of them; the rest is filled in here. Nothing is left when it fails.
func DumpMySQL(ctx context.Context, db *sqlx.DB, src Source, parent string, m Manifest) (Stored, error) {
	if err := db.GetContext(ctx, &m.Server, `SELECT VERSION()`); err != nil {
		return Stored{}, ServerProblem(fmt.Errorf("ask the server for its version: %w", err))
	}
	mariadb := strings.Contains(m.Server, "MariaDB")
	dump, err := findTool(ctx, mariadb, "mariadb-dump", "mysqldump")
	if err != nil {
		return Stored{}, err
	}
	options, remove, err := src.Address.optionsFile(dump.mariadb)
	if err != nil {
		return Stored{}, err
	}
	defer remove()
	f, err := begin(parent, m.Kind, m.TakenAt)
	if err != nil {
		return Stored{}, err
	}
	defer f.drop()
	out, err := newPacker(filepath.Join(f.making, m.Kind+".sql.gz"))
	if err != nil {
		return Stored{}, fileProblem(parent, "write the dump", err)
	}
	defer out.close()
	err = dump.run(ctx, nil, out, dumpArgs(dump, options, src, binlogReadable(ctx, db))...)
	if out.err != nil {
		return Stored{}, fileProblem(parent, "write the dump", out.err)
	}
	if err != nil {
		return Stored{}, err
	}
	if !complete(out.tail) {
		return Stored{}, errors.New("the dump tool ended without the line that says that its dump is complete; no backup was left")
	}
	if src.Confirm != nil {
		if err := src.Confirm(ctx); err != nil {
			return Stored{}, err
		}
	}
	m.Binlog = binlogOf(out.head)
	if err := out.finish(&m); err != nil {
		return Stored{}, fileProblem(parent, "write the dump", err)
	}
	m.Databases, m.FinishedAt = src.Databases, time.Now().UTC()
	return f.commit(m)
}

func dumpArgs(t tool, options string, src Source, binlog bool) []string {
	args := []string{
		"--defaults-file=" + options, "--single-transaction", "--quick", "--routines", "--triggers", "--hex-blob", "--no-tablespaces",
		"--default-character-set=utf8mb4", "--skip-lock-tables", "--add-drop-table", "--max-allowed-packet=512M",
	}
	if !t.mariadb {
		args = append(args, "--set-gtid-purged=OFF", "--column-statistics=0")
	}
	switch {
	case binlog && t.mariadb:
		args = append(args, "--master-data=2")
	case binlog:
		args = append(args, "--source-data=2")
	}
	for _, table := range src.LeaveOut {
		args = append(args, "--ignore-table="+table)
	}
	if len(src.Databases) > 1 {
		return append(append(args, "--no-create-db", "--databases"), src.Databases...)
	}
	return append(args, src.Databases...)
}

// binlogReadable tells whether the server writes a binary log whose place this user may learn.
func binlogReadable(ctx context.Context, db *sqlx.DB) bool {
	var on bool
	if err := db.GetContext(ctx, &on, `SELECT @@log_bin`); err != nil || !on {
		return false
	}
	return (somethingTo(ctx, db, `SHOW BINARY LOG STATUS`) || somethingTo(ctx, db, `SHOW MASTER STATUS`)) && mayFlush(ctx, db)
}

// somethingTo tells whether a statement is known, allowed, and answered with a row.
func somethingTo(ctx context.Context, db *sqlx.DB, statement string) bool {
	_, err := db.QueryRowxContext(ctx, statement).SliceScan()
	return err == nil
}

// mayFlush tells whether the dump tool may learn the log's place and the copy's moment together, for which it locks the
// server for a moment.
func mayFlush(ctx context.Context, db *sqlx.DB) bool {
	var grants []string
	if err := db.SelectContext(ctx, &grants, `SHOW GRANTS`); err != nil {
		return false
	}
	for _, g := range grants {
		what, _, global := strings.Cut(g, " ON *.* ")
		if global && (strings.Contains(what, "ALL PRIVILEGES") || strings.Contains(what, "RELOAD")) {
			return true
		}
	}
	return false
}

var binlogLine = regexp.MustCompile(`(?m)^-- CHANGE (?:MASTER|REPLICATION SOURCE) TO (?:MASTER|SOURCE)_LOG_FILE='([^']+)', (?:MASTER|SOURCE)_LOG_POS=(\d+)`)

func binlogOf(head []byte) *Binlog {
	found := binlogLine.FindSubmatch(head)
	if found == nil {
		return nil
	}
	position, err := strconv.ParseInt(string(found[2]), 10, 64)
	if err != nil {
		return nil
	}
	return &Binlog{File: string(found[1]), Position: position}
}

func complete(tail []byte) bool {
	lines := bytes.Split(bytes.TrimSpace(tail), []byte("\n"))
	return bytes.HasPrefix(lines[len(lines)-1], []byte(completeMarker))
}

// Check reads the whole backup: that it is of this kind, undamaged and complete.
func (s Stored) Check(kind string) error {
	if s.Kind != kind {
		return wrongKind(s, kind)
	}
	kept, err := s.verify()
	if err != nil {
		return err
	}
	if kind != TemporalSQLite && !complete(kept.tail) {
		return damaged(s.Dir, fmt.Errorf("%s does not end with %q", s.File, completeMarker))
	}
	return nil
}

// LoadMySQL gives a checked dump to the server. database is where the statements go; "" for a dump that names its databases.
func (s Stored) LoadMySQL(ctx context.Context, db *sqlx.DB, to Address, database string) error {
	var server string
	if err := db.GetContext(ctx, &server, `SELECT VERSION()`); err != nil {
		return ServerProblem(fmt.Errorf("ask the server for its version: %w", err))
	}
	client, err := findTool(ctx, strings.Contains(server, "MariaDB"), "mariadb", "mysql")
	if err != nil {
		return err
	}
	options, remove, err := to.optionsFile(client.mariadb)
	if err != nil {
		return err
	}
	defer remove()
	in, out := io.Pipe()
	go func() { out.CloseWithError(s.unpack(out)) }()
	defer func() { _ = in.Close() }()
	args := []string{"--defaults-file=" + options, "--batch", "--max-allowed-packet=512M"}
	if database != "" {
		args = append(args, "--database="+database)
	}
	return client.run(ctx, statements(in, client.mariadb), nil, args...)
}

// statements leaves out the first line by which MariaDB's dumps forbid the client to run programs: MySQL's client takes it for
// a command that it does not know.
func statements(in io.Reader, mariadb bool) io.Reader {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if mariadb {
		return buffered
	}
	if head, _ := buffered.Peek(8); bytes.HasPrefix(head, []byte(`/*M!`)) {
		_, _ = buffered.ReadSlice('\n')
	}
	return buffered
}

// Tables lists the tables and views of a database, without those named.
func Tables(ctx context.Context, db *sqlx.DB, database string, except ...string) ([]string, error) {
	var all []string
	err := db.SelectContext(ctx, &all, `SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name`, database)
	if err != nil {
		return nil, ServerProblem(fmt.Errorf("list the tables of %s: %w", database, err))
	}
	return slices.DeleteFunc(all, func(t string) bool { return slices.Contains(except, t) }), nil
}

// Empty drops tables and views of a database.
func Empty(ctx context.Context, db *sqlx.DB, database string, tables []string) error {
	conn, err := db.Connx(ctx)
	if err != nil {
		return ServerProblem(fmt.Errorf("empty %s: %w", database, err))
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, `SET FOREIGN_KEY_CHECKS = 0`); err != nil {
		return fmt.Errorf("empty %s: %w", database, err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), `SET FOREIGN_KEY_CHECKS = 1`) }()
	for _, t := range tables {
		name := quoted(database) + "." + quoted(t)
		if _, err := conn.ExecContext(ctx, "DROP VIEW IF EXISTS "+name); err != nil {
			if _, err := conn.ExecContext(ctx, "DROP TABLE IF EXISTS "+name); err != nil {
				return fmt.Errorf("drop %s: %w", name, err)
			}
			continue
		}
		if _, err := conn.ExecContext(ctx, "DROP TABLE IF EXISTS "+name); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// NotEmpty refuses to fill a database that holds something.
func NotEmpty(database string, tables int) error {
	return &devstack.Problem{
		Code: "database-not-empty",
		Zh:   fmt.Sprintf("数据库 %s 不是空的（%d 张表），没有恢复任何内容。", database, tables), En: fmt.Sprintf("The database %s is not empty (%d tables); nothing was restored.", database, tables),
		FixZh: "请恢复到空库；确认不再需要其中的数据时加 --replace（先备份）。", FixEn: "Restore into an empty one, or, when nobody needs what is in it, take a backup and add --replace.",
	}
}

// InUse refuses to fill a database that others are connected to.
func InUse(ctx context.Context, db *sqlx.DB, databases ...string) error {
	q, args, err := sqlx.In(`SELECT COUNT(*) FROM information_schema.processlist WHERE db IN (?) AND id <> CONNECTION_ID() AND command <> 'Daemon'`, databases)
	if err != nil {
		return fmt.Errorf("look for other connections: %w", err)
	}
	var n int
	for deadline := time.Now().Add(leavePatience); ; {
		if err := db.GetContext(ctx, &n, q, args...); err != nil {
			return ServerProblem(fmt.Errorf("look for other connections: %w", err))
		}
		if n == 0 || time.Now().After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	if n == 0 {
		return nil
	}
	return &devstack.Problem{
		Code:  "database-in-use",
		Zh:    fmt.Sprintf("还有 %d 个程序连接着数据库 %s，没有恢复任何内容。", n, strings.Join(databases, "、")),
		En:    fmt.Sprintf("%d other connections use the database %s; nothing was restored.", n, strings.Join(databases, ", ")),
		FixZh: "请先停止全部 steward api、steward worker（恢复流程库时停止 Temporal），再重试。",
		FixEn: "Stop every steward api and steward worker first (for Temporal's store: the Temporal server), and run it again.",
	}
}

// leavePatience is how long connections of programs that were just stopped may linger.
const leavePatience = 3 * time.Second
