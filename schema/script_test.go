package schema_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tree is a copy of what scripts/migrations.sh works on, in which a test can do harm.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree {
	t.Helper()
	tr := tree{t, t.TempDir()}
	for _, file := range []string{
		"go.mod", "scripts/lib.sh", "scripts/migrations.sh", "schema/schema.go", "schema/migration.go", "schema/rules.go", "schema/lint/main.go", "schema/migrations/00001_ground.sql",
	} {
		content, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		tr.write(file, string(content))
	}
	tr.run("land", "")
	return tr
}

func (tr tree) write(file, content string) {
	tr.t.Helper()
	path := filepath.Join(tr.dir, file)
	require.NoError(tr.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(tr.t, os.WriteFile(path, []byte(content), 0o700))
}

// run expects success, or a failure that says this.
func (tr tree) run(command, says string) {
	tr.t.Helper()
	cmd := exec.CommandContext(tr.t.Context(), "bash", "scripts/migrations.sh", command)
	cmd.Dir = tr.dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(tr.dir))
	out, err := cmd.CombinedOutput()
	if says == "" {
		require.NoErrorf(tr.t, err, "%s", out)
		return
	}
	require.Errorf(tr.t, err, "%s", out)
	require.Contains(tr.t, string(out), says)
}

func TestTheScriptFindsEveryBadMigration(t *testing.T) {
	good := expansion("ALTER TABLE bill ADD COLUMN note VARCHAR(20) NULL;\n")
	for name, c := range map[string]struct{ file, content, says string }{
		"not declared":        {"00002_x.sql", "-- +goose Up\nSELECT 1;\n", "first line"},
		"a column gone":       {"00002_x.sql", expansion("ALTER TABLE bill DROP COLUMN note;\n"), "00002_x.sql, statement 1"},
		"a column that lacks": {"00002_x.sql", expansion("ALTER TABLE bill ADD note INT NOT NULL;\n"), "DEFAULT"},
		"not landed":          {"00002_x.sql", good, "is not in schema/migrations.sha256"},
		"numbered before":     {"00000_x.sql", good, "numbered after"},
		"landed and changed":  {"00001_ground.sql", "-- +goose Up\nSELECT 1;\n", "landed migration was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTree(t)
			tr.run("check", "")
			tr.write("schema/migrations/"+c.file, c.content)
			tr.run("check", c.says)
			require.NoError(t, os.Remove(filepath.Join(tr.dir, "schema/migrations", c.file)))
			if c.file == "00001_ground.sql" {
				tr.run("check", "landed migration was changed")
				return
			}
			tr.run("check", "")
		})
	}
	tr := newTree(t)
	tr.write("schema/migrations/00002_x.sql", good)
	tr.run("land", "")
	tr.run("check", "")
	tr.write("schema/migrations/00003_x.sql", contraction(2, "ALTER TABLE bill DROP COLUMN note;\n"))
	tr.run("land", "")
	tr.run("check", "")
}
