package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Check says what in an expansion would hurt an older program that runs beside the newer one. A contraction may do
// anything: it runs when no older program is left. The rules look at words, not at data: an UPDATE that changes what older
// programs read is for the reviewer to find.
func (m Migration) Check() (problems []string) {
	if m.Contracts() || m.Version == first {
		return nil
	}
	var made []string
	for i, s := range m.Statements {
		if why := harm(s, &made); why != "" {
			problems = append(problems, fmt.Sprintf("%s, statement %d: %s", m.Name, i+1, why))
		}
	}
	return problems
}

var (
	literal    = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'`)
	blanks     = regexp.MustCompile(`\s+`)
	makesTable = regexp.MustCompile(`^CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	makesIndex = regexp.MustCompile(`^CREATE (FULLTEXT )?INDEX `)
	makesView  = regexp.MustCompile(`^CREATE VIEW `)
	makesRule  = regexp.MustCompile(`^CREATE UNIQUE INDEX \w+ ON (\w+)`)
	alters     = regexp.MustCompile(`^ALTER TABLE (\w+) (.*)$`)
	takesAway  = regexp.MustCompile(`\b(DROP (TABLE|COLUMN|DATABASE|VIEW|PRIMARY)|RENAME|CHANGE|TRUNCATE)\b|^DELETE\b`)
)

// harm gives "" for a statement that leaves older programs working. made are the tables that this migration has made
// itself, which no older program knows.
func harm(s Statement, made *[]string) string {
	sql := strings.ToUpper(blanks.ReplaceAllString(strings.ReplaceAll(literal.ReplaceAllString(s.SQL, "''"), "`", ""), " "))
	if parts := makesTable.FindStringSubmatch(sql); parts != nil {
		*made = append(*made, parts[1])
		return ""
	}
	if makesIndex.MatchString(sql) || makesView.MatchString(sql) || strings.HasPrefix(sql, "INSERT ") || strings.HasPrefix(sql, "UPDATE ") {
		return ""
	}
	if parts := makesRule.FindStringSubmatch(sql); parts != nil && slices.Contains(*made, parts[1]) {
		return ""
	}
	if parts := alters.FindStringSubmatch(sql); parts != nil {
		if slices.Contains(*made, parts[1]) {
			return ""
		}
		return harmOfAlter(parts[2], s.Widens != "")
	}
	if takesAway.MatchString(sql) || s.Widens == "" {
		return "this is no expansion; take things away in a contraction of a later release: " + short(sql)
	}
	return ""
}

func harmOfAlter(clauses string, widens bool) string {
	for _, clause := range split(clauses) {
		switch {
		case clauseTakesAway.MatchString(clause):
			return "older programs still use what this takes away or renames: " + short(clause)
		case harmless(clause) || widens:
		case strings.HasPrefix(clause, "MODIFY ") || strings.HasPrefix(clause, "DROP ") || addsRule.MatchString(clause):
			return "older programs' rows may break this; where it really only widens, put \"-- steward:widens WHY\" before the statement: " + short(clause)
		case strings.Contains(clause, "NOT NULL"):
			return "an INSERT of an older program does not know this column: give it a DEFAULT, or allow NULL: " + short(clause)
		default:
			return "this clause is not known to be an expansion: " + short(clause)
		}
	}
	return ""
}

var (
	// DROP with a plain name drops a column, the word COLUMN is optional.
	clauseTakesAway = regexp.MustCompile(`^(RENAME|CHANGE|DROP PRIMARY|DROP COLUMN|TRUNCATE|EXCHANGE|DISCARD)\b|^DROP (?:IF EXISTS )?\w+$`)
	addsIndex       = regexp.MustCompile(`^ADD (FULLTEXT |SPATIAL )?(INDEX|KEY)\b`)
	addsRule        = regexp.MustCompile(`^ADD (CONSTRAINT|UNIQUE|PRIMARY|FOREIGN|CHECK)\b|^ADD .*\b(UNIQUE|REFERENCES|CHECK ?\()`)
	setsDefault     = regexp.MustCompile(`^ALTER (COLUMN )?\w+ SET DEFAULT\b`)
	howItRuns       = regexp.MustCompile(`^(ALGORITHM|LOCK|COMMENT) ?=`)
)

func harmless(clause string) bool {
	if addsIndex.MatchString(clause) || setsDefault.MatchString(clause) || howItRuns.MatchString(clause) {
		return true
	}
	if !strings.HasPrefix(clause, "ADD ") || strings.HasPrefix(clause, "ADD PARTITION") || addsRule.MatchString(clause) {
		return false
	}
	filled := strings.Contains(clause, " DEFAULT ") || strings.Contains(clause, " AS (")
	return !strings.Contains(clause, "NOT NULL") || filled
}

// split cuts at commas outside of brackets.
func split(clauses string) (out []string) {
	depth, from := 0, 0
	for i, c := range clauses {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(clauses[from:i]))
			from = i + 1
		}
	}
	return append(out, strings.TrimSpace(clauses[from:]))
}

const shortLength = 80

func short(sql string) string {
	if len(sql) <= shortLength {
		return sql
	}
	return sql[:shortLength] + "..."
}
