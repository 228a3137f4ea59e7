package main

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// deployed are the files that run this program for an operator: whatever they say must exist, so that a flag can't be renamed
// behind their back.
func deployed(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, path := range []string{"../../Dockerfile", "../../docker-compose.yml"} {
		files[path] = ""
	}
	require.NoError(t, filepath.WalkDir("../../deploy", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "secrets" && d.IsDir() {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			files[path] = ""
		}
		return err
	}))
	for path := range files {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		files[path] = string(content)
	}
	return files
}

var (
	interpolated = regexp.MustCompile(`\$\{[^}]*\}`) // a variable of Compose, not one of this program
	variable     = regexp.MustCompile(`STEWARD_[A-Z][A-Z_]*[A-Z]`)
	unitCommand  = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/steward (.*)$`)
	listCommand  = regexp.MustCompile(`(?m)(?:command: |CMD |test: )\[(.*)\]$`)
)

func TestEveryVariableThatDeploymentsSetExists(t *testing.T) {
	parser, err := kong.New(&commands{})
	require.NoError(t, err)
	known := map[string]bool{}
	for _, node := range leaves(parser.Model.Node) {
		for _, f := range node.Flags {
			for _, env := range f.Envs {
				known[env] = true
			}
		}
	}
	seen := map[string]bool{}
	for path, content := range deployed(t) {
		for _, name := range variable.FindAllString(interpolated.ReplaceAllString(content, ""), -1) {
			require.True(t, known[name], "%s sets %s, which no command knows", path, name)
			seen[name] = true
		}
	}
	require.Subset(t, slices.Collect(maps.Keys(seen)), []string{
		"STEWARD_MYSQL_DSN", "STEWARD_MYSQL_PASSWORD_FILE", "STEWARD_DATA_KEY_FILE", "STEWARD_WEBHOOK_SECRET_FILE", "STEWARD_SMTP_PASSWORD_FILE", "STEWARD_WORKER_LISTEN",
	})
}

func TestEveryCommandThatDeploymentsRunIsUnderstood(t *testing.T) {
	withoutSettings(t)
	ran := map[string]int{}
	for path, content := range deployed(t) {
		for _, line := range commandLines(content) {
			parser, err := kong.New(&commands{}, kong.Name("steward"), kong.Writers(io.Discard, io.Discard))
			require.NoError(t, err)
			parsed, err := parser.Parse(line)
			require.NoError(t, err, "%s runs steward %s", path, strings.Join(line, " "))
			ran[parsed.Command()]++
		}
	}
	require.Equal(t, []string{"api", "backup mysql", "healthcheck", "migrate", "worker"}, slices.Sorted(maps.Keys(ran)))
	require.GreaterOrEqual(t, ran["api"], 3, "the image, Compose and systemd")
}

// commandLines gives the arguments of this program wherever a file starts it.
func commandLines(content string) [][]string {
	var lines [][]string
	for _, found := range unitCommand.FindAllStringSubmatch(content, -1) {
		lines = append(lines, strings.Fields(strings.ReplaceAll(found[1], "%i", "1")))
	}
	for _, found := range listCommand.FindAllStringSubmatch(content, -1) {
		var words []string
		for word := range strings.SplitSeq(found[1], ",") {
			words = append(words, strings.Trim(strings.TrimSpace(word), `"`))
		}
		words = slices.DeleteFunc(words, func(w string) bool { return w == "CMD" })
		switch {
		case words[0] == "/usr/local/bin/steward":
			lines = append(lines, words[1:])
		case slices.Contains([]string{"api", "worker", "migrate"}, words[0]):
			lines = append(lines, words)
		}
	}
	return lines
}
