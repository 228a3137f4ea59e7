package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Migration is one file, taken apart.
type Migration struct {
	Version    int64 // from the file's name
	Name       string
	Oldest     int64 // of a contraction: the oldest program, by its schema version, that still runs on it; 0 for an expansion
	Statements []Statement
}

// Contracts tells whether programs older than Oldest can't run on the schema any more.
func (m Migration) Contracts() bool { return m.Oldest > 0 }

// Statement is one SQL statement without its semicolon and without comments before it.
type Statement struct {
	SQL    string
	Widens string // why a change that looks dangerous only widens; "" where nothing was claimed
}

// Transactional tells whether a transaction can take the statement back. MySQL ends the transaction at every other one.
func (s Statement) Transactional() bool {
	word, _, _ := strings.Cut(strings.TrimSpace(s.SQL), " ")
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "INSERT", "UPDATE", "DELETE", "REPLACE":
		return true
	}
	return false
}

// first is the migration that makes everything; nothing ran before it, so that it declares nothing.
const first = 1

var (
	fileName     = regexp.MustCompile(`^(\d{5})_[a-z0-9_]+\.sql$`)
	expandLine   = "-- steward:expand"
	contractLine = regexp.MustCompile(`^-- steward:contract oldest=([1-9]\d*)$`)
	widensLine   = regexp.MustCompile(`^\s*-- steward:widens\s+(\S.*)$`)
)

// Read takes all migrations of a folder apart, in order. It refuses a file that does not declare what it does, and one that
// this reading might cut in the wrong places.
func Read(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	sort.Strings(names)
	var out []Migration
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		m, err := Parse(name, string(content))
		if err != nil {
			return nil, err
		}
		if len(out) > 0 && out[len(out)-1].Version == m.Version {
			return nil, fmt.Errorf("migrations %s and %s have one version", out[len(out)-1].Name, m.Name)
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return nil, errors.New("there are no migrations")
	}
	return out, nil
}

// Parse takes one migration apart. Every statement ends with a semicolon at the end of a line, and no other line does.
func Parse(name, content string) (Migration, error) {
	name = path.Base(name)
	parts := fileName.FindStringSubmatch(name)
	if parts == nil {
		return Migration{}, fmt.Errorf("migration %s: the name must look like 00002_what_it_does.sql", name)
	}
	m := Migration{Name: name}
	m.Version, _ = strconv.ParseInt(parts[1], 10, 64)
	lines := strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n")
	if err := m.declare(strings.TrimRight(lines[0], " \r")); err != nil {
		return m, err
	}
	if err := m.read(lines); err != nil {
		return m, err
	}
	return m, nil
}

// declare reads the first line.
func (m *Migration) declare(line string) error {
	if m.Version == first {
		return nil
	}
	if line == expandLine {
		return nil
	}
	if parts := contractLine.FindStringSubmatch(line); parts != nil {
		m.Oldest, _ = strconv.ParseInt(parts[1], 10, 64)
		if m.Oldest > m.Version {
			return fmt.Errorf("migration %s: oldest=%d is newer than the migration itself", m.Name, m.Oldest)
		}
		return nil
	}
	return fmt.Errorf("migration %s: the first line must be %q or \"-- steward:contract oldest=N\"", m.Name, expandLine)
}

func (m *Migration) read(lines []string) error {
	var sql []string
	up, widens := false, ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "-- +goose Up" && !up:
			up = true
		case trimmed == "-- +goose Down":
			return m.complete(sql) // never run: the way back is the older program, or a restore
		case strings.Contains(trimmed, "+goose"):
			return fmt.Errorf("migration %s, line %d: this word of goose's is not used here", m.Name, i+1)
		case len(sql) == 0 && (trimmed == "" || strings.HasPrefix(trimmed, "--")):
			if parts := widensLine.FindStringSubmatch(line); parts != nil {
				widens = parts[1]
			}
		case !up:
			return fmt.Errorf("migration %s, line %d: a statement stands before \"-- +goose Up\"", m.Name, i+1)
		default:
			sql = append(sql, line)
			if code, _, _ := strings.Cut(" "+trimmed, " --"); strings.HasSuffix(strings.TrimSpace(code), ";") {
				m.Statements = append(m.Statements, Statement{SQL: uncomment(strings.Join(sql, "\n")), Widens: widens})
				sql, widens = nil, ""
			}
		}
	}
	return m.complete(sql)
}

// complete refuses what is left over at the end.
func (m *Migration) complete(open []string) error {
	if len(open) > 0 {
		return fmt.Errorf("migration %s: the last statement has no semicolon at the end of its line", m.Name)
	}
	if len(m.Statements) == 0 {
		return fmt.Errorf("migration %s: there is no statement", m.Name)
	}
	return nil
}

var comment = regexp.MustCompile(`(?m)(^|\s)--\s.*$`)

// uncomment takes comments and the closing semicolon off a statement.
func uncomment(sql string) string {
	return strings.TrimSuffix(strings.TrimSpace(comment.ReplaceAllString(sql, "")), ";")
}
