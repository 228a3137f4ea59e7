package schema_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"steward/schema"
)

func TestThisProgramsMigrationsKeepTheirRules(t *testing.T) {
	migrations, err := schema.All()
	require.NoError(t, err)
	for _, m := range migrations {
		require.Empty(t, m.Check())
	}
	require.Equal(t, migrations[len(migrations)-1].Version, schema.Version(migrations))
}

// expansion and contraction write one file of this version.
func expansion(statements string) string { return "-- steward:expand\n-- +goose Up\n" + statements }

func contraction(oldest int, statements string) string {
	return fmt.Sprintf("-- steward:contract oldest=%d\n-- +goose Up\n", oldest) + statements
}

func TestWhatAnExpansionMayDo(t *testing.T) {
	for name, c := range map[string]struct{ statements, problem string }{
		"a table with every kind of rule":   {"CREATE TABLE a (id INT NOT NULL, UNIQUE KEY u (id), CHECK (id > 0));", ""},
		"a table that is there already":     {"CREATE TABLE IF NOT EXISTS a (\n  id INT NOT NULL -- a comment;\n);", ""},
		"an index":                          {"CREATE INDEX i ON bill (org_id, due_on);", ""},
		"a column that may be empty":        {"ALTER TABLE bill ADD COLUMN note VARCHAR(20) NULL, ALGORITHM=INPLACE;", ""},
		"a column with a default":           {"ALTER TABLE bill ADD note VARCHAR(20) NOT NULL DEFAULT '';", ""},
		"a computed column":                 {"ALTER TABLE bill ADD n INT AS (a + b) STORED NOT NULL;", ""},
		"a unique index on a table of ours": {"CREATE TABLE a (id INT);\nCREATE UNIQUE INDEX u ON a (id);\nALTER TABLE a ADD CONSTRAINT c CHECK (id > 0);", ""},
		"words in text":                     {"INSERT INTO a (t) VALUES ('it''s DROP TABLE \\' NOT NULL; , (');", ""},
		"a filled column":                   {"UPDATE bill SET note = 'x' WHERE note IS NULL;", ""},
		"a wider column, claimed":           {"-- steward:widens 20 to 40 characters\nALTER TABLE bill MODIFY note VARCHAR(40) NULL;", ""},
		"a wider check, claimed":            {"-- steward:widens one more kind\nALTER TABLE bill DROP CONSTRAINT kinds, ADD CONSTRAINT kinds CHECK (kind IN ('a','b'));", ""},

		"a column gone":                     {"ALTER TABLE bill DROP COLUMN note;", "takes away"},
		"a column gone, the short way":      {"ALTER TABLE bill DROP note;", "takes away"},
		"a column gone, claimed as wider":   {"-- steward:widens no\nALTER TABLE bill ADD a INT NULL, DROP COLUMN note;", "takes away"},
		"a table gone":                      {"DROP TABLE bill;", "no expansion"},
		"a table gone, claimed as wider":    {"-- steward:widens no\nDROP TABLE bill;", "no expansion"},
		"a table renamed":                   {"RENAME TABLE bill TO bills;", "no expansion"},
		"a table renamed by ALTER":          {"ALTER TABLE bill RENAME TO bills;", "takes away or renames"},
		"a column renamed":                  {"ALTER TABLE `bill` RENAME COLUMN a TO b;", "takes away or renames"},
		"a column changed":                  {"ALTER TABLE bill CHANGE a b INT;", "takes away or renames"},
		"a column modified":                 {"ALTER TABLE bill MODIFY note VARCHAR(10);", "steward:widens"},
		"a column that older rows lack":     {"ALTER TABLE bill ADD COLUMN note VARCHAR(20) NOT NULL;", "DEFAULT"},
		"the same among others":             {"ALTER TABLE bill ADD a INT NULL,\n ADD COLUMN b DECIMAL(10,2) NOT NULL, ADD c INT NULL;", "DEFAULT"},
		"a unique index on an old table":    {"CREATE UNIQUE INDEX u ON bill (note);", "no expansion"},
		"a unique key on an old table":      {"ALTER TABLE bill ADD UNIQUE KEY u (note);", "steward:widens"},
		"a unique column":                   {"ALTER TABLE bill ADD a INT NULL UNIQUE;", "steward:widens"},
		"a foreign key on an old table":     {"ALTER TABLE bill ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b (c);", "steward:widens"},
		"an index gone":                     {"ALTER TABLE bill DROP INDEX i;", "steward:widens"},
		"rows gone":                         {"DELETE FROM bill;", "no expansion"},
		"rows gone, claimed as wider":       {"-- steward:widens no\nDELETE FROM bill;", "no expansion"},
		"all rows gone":                     {"TRUNCATE TABLE bill;", "no expansion"},
		"something that the rules know not": {"ALTER TABLE bill ORDER BY a;", "not known"},
		"the claim is for one statement":    {"-- steward:widens 20 to 40\nALTER TABLE bill MODIFY a VARCHAR(40);\nALTER TABLE bill MODIFY b INT;", "statement 2"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := schema.Parse("00002_x.sql", expansion(c.statements))
			require.NoError(t, err)
			problems := m.Check()
			if c.problem == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], c.problem)

			m, err = schema.Parse("00002_x.sql", contraction(2, c.statements))
			require.NoError(t, err)
			require.Empty(t, m.Check(), "a contraction may")
		})
	}
}

func TestFilesThatCanNotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ file, content, problem string }{
		"no declaration":        {"00002_x.sql", "-- +goose Up\nSELECT 1;", "first line"},
		"declared too late":     {"00002_x.sql", "\n-- steward:expand\n-- +goose Up\nSELECT 1;", "first line"},
		"a misspelt one":        {"00002_x.sql", "-- steward:expands\n-- +goose Up\nSELECT 1;", "first line"},
		"no oldest program":     {"00002_x.sql", "-- steward:contract\n-- +goose Up\nSELECT 1;", "first line"},
		"oldest of zero":        {"00002_x.sql", "-- steward:contract oldest=0\n-- +goose Up\nSELECT 1;", "first line"},
		"oldest of the future":  {"00002_x.sql", contraction(3, "SELECT 1;"), "newer than the migration"},
		"a second way up":       {"00002_x.sql", expansion("SELECT 1;\n-- +goose Up\nSELECT 2;"), "not used"},
		"an open statement":     {"00002_x.sql", expansion("SELECT 1"), "no semicolon"},
		"nothing":               {"00002_x.sql", expansion(""), "no statement"},
		"a statement before Up": {"00002_x.sql", "-- steward:expand\nSELECT 1;\n-- +goose Up\n", "before"},
		"a strange name":        {"2_x.sql", expansion("SELECT 1;"), "name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schema.Parse(c.file, c.content)
			require.ErrorContains(t, err, c.problem)
		})
	}
	_, err := schema.Read(fstest.MapFS{})
	require.Error(t, err)
	twice := &fstest.MapFile{Data: []byte(expansion("SELECT 1;"))}
	_, err = schema.Read(fstest.MapFS{"00002_x.sql": twice, "00002_y.sql": twice})
	require.ErrorContains(t, err, "one version")
}

func TestStatementsAreCutAtTheRightPlaces(t *testing.T) {
	m, err := schema.Parse("00002_x.sql", expansion("\n-- first; comment\nCREATE TABLE a (\n  id INT, -- ends; here;\n  t INT\n);\nUPDATE a\nSET t = 1; -- done\n-- +goose Down\nDROP TABLE a;\n"))
	require.NoError(t, err)
	require.Equal(t, []schema.Statement{{SQL: "CREATE TABLE a (\n  id INT,\n  t INT\n)"}, {SQL: "UPDATE a\nSET t = 1"}}, m.Statements)
	require.False(t, m.Statements[0].Transactional())
	require.True(t, m.Statements[1].Transactional())
}

func TestAProgramNeedsItsNewestExpansion(t *testing.T) {
	file := func(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }
	files := fstest.MapFS{"00001_a.sql": file("-- +goose Up\nSELECT 1;"), "00002_b.sql": file(expansion("SELECT 1;")), "00003_c.sql": file(contraction(2, "SELECT 1;"))}
	migrations, err := schema.Read(files)
	require.NoError(t, err)
	require.EqualValues(t, 2, schema.Needs(migrations), "what takes something away may wait")
	require.EqualValues(t, 3, schema.Version(migrations))
	files["00004_d.sql"] = file(expansion("SELECT 1;"))
	migrations, err = schema.Read(files)
	require.NoError(t, err)
	require.EqualValues(t, 4, schema.Needs(migrations), "an expansion behind a contraction waits with it")
}
