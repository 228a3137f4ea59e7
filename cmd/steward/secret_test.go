package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const plainKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// parse reads a command line as main does, with the -file settings in place.
func parse(t *testing.T, args ...string) (*commands, error) {
	t.Helper()
	c := &commands{}
	parser, err := kong.New(c, kong.Name("steward"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) { t.Fatal("exit while parsing") }))
	require.NoError(t, err)
	parsed, err := parser.Parse(args)
	require.NoError(t, err)
	return c, readSecretFiles(parsed.Flags())
}

// withoutSettings clears what the machine's own environment may say.
func withoutSettings(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "STEWARD_") || strings.HasPrefix(name, "TEMPORAL_") {
			t.Setenv(name, "") // restored at the end
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret.txt")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestEverySecretCanComeFromAFile(t *testing.T) {
	cases := []struct {
		command, env, content string
		got                   func(*commands) string
	}{
		{"api", "STEWARD_MYSQL_DSN_FILE", "u:p@tcp(db:3306)/steward", func(c *commands) string { return c.API.DSN }},
		{"migrate", "STEWARD_MYSQL_PASSWORD_FILE", "p@ss/w:rd", func(c *commands) string { return c.Migrate.Password }},
		{"worker", "STEWARD_DATA_KEY_FILE", plainKey, func(c *commands) string { return c.Worker.DataKey }},
		{"api", "STEWARD_WEBHOOK_SECRET_FILE", "shared", func(c *commands) string { return c.API.WebhookSecret }},
		{"worker", "STEWARD_SMTP_PASSWORD_FILE", "mail password", func(c *commands) string { return c.Worker.SMTPPassword }},
		{"reconcile", "STEWARD_TEMPORAL_API_KEY_FILE", "key", func(c *commands) string { return c.Reconcile.APIKey }},
		{"campaign status", "STEWARD_TOKEN_FILE", "token", func(c *commands) string { return c.Campaign.Status.Token }},
	}
	for _, tc := range cases {
		t.Run(tc.env, func(t *testing.T) {
			withoutSettings(t)
			for _, end := range []string{"", "\n", "\r\n"} {
				t.Setenv(tc.env, secretFile(t, tc.content+end))
				c, err := parse(t, strings.Fields(tc.command)...)
				require.NoError(t, err)
				require.Equal(t, tc.content, tc.got(c))
			}
			t.Setenv(tc.env, "")
			c, err := parse(t, strings.Fields(tc.command)...)
			require.NoError(t, err, "an empty variable is one that was left out")
			require.Empty(t, tc.got(c))
		})
	}
}

// Flags whose value is a secret; each needs a flag beside it that takes a file.
func TestEverySecretFlagHasItsFile(t *testing.T) {
	parser, err := kong.New(&commands{})
	require.NoError(t, err)
	secrets := []string{"mysql-dsn", "mysql-password", "data-key", "webhook-secret", "smtp-password", "temporal-api-key", "token"}
	for _, node := range leaves(parser.Model.Node) {
		files := map[string]bool{}
		for _, f := range node.Flags {
			if of := f.Tag.Get(secretOf); of != "" {
				files[of] = true
				require.Equal(t, of+"-file", f.Name)
				require.Len(t, f.Envs, 1, f.Name)
			}
		}
		for _, f := range node.Flags {
			if slices.Contains(secrets, f.Name) {
				require.True(t, files[f.Name], "%s --%s can't come from a file", node.Name, f.Name)
				require.Empty(t, f.Default, f.Name)
			}
		}
	}
}

func leaves(n *kong.Node) []*kong.Node {
	if len(n.Children) == 0 {
		return []*kong.Node{n}
	}
	var all []*kong.Node
	for _, child := range n.Children {
		all = append(all, leaves(child)...)
	}
	return all
}

func TestAnUnusableSecretFileIsRefusedWithItsSettingAndNotItsContent(t *testing.T) {
	const hidden = "do-not-print-me"
	cases := map[string]struct{ path, want string }{
		"missing":           {filepath.Join(t.TempDir(), "absent"), "no such file"},
		"a folder":          {t.TempDir(), "is a directory"},
		"empty":             {secretFile(t, ""), "is empty"},
		"a line's end only": {secretFile(t, "\r\n\n"), "is empty"},
		"too large":         {secretFile(t, strings.Repeat(hidden, maxSecretBytes/len(hidden)+1)), "larger than"},
		"two lines":         {secretFile(t, hidden+"\nsecond"), "on one line"},
		"a zero byte":       {secretFile(t, hidden+"\x00"), "on one line"},
		"byte order mark":   {secretFile(t, "\ufeff"+hidden), "byte order mark"},
		"another encoding":  {secretFile(t, "\xff\xfed\x00o\x00"), "UTF-8"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			withoutSettings(t)
			_, err := parse(t, "api", "--webhook-secret-file", tc.path)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, "--webhook-secret-file (STEWARD_WEBHOOK_SECRET_FILE)")
			require.NotContains(t, err.Error(), hidden)
		})
	}
}

func TestASecretGivenTwiceIsRefused(t *testing.T) {
	withoutSettings(t)
	t.Setenv("STEWARD_WEBHOOK_SECRET", "do-not-print-me")
	_, err := parse(t, "api", "--webhook-secret-file", secretFile(t, "other-secret"))
	require.ErrorContains(t, err, "--webhook-secret (STEWARD_WEBHOOK_SECRET) and --webhook-secret-file (STEWARD_WEBHOOK_SECRET_FILE) are both set")
	require.NotContains(t, err.Error(), "do-not-print-me")
	require.NotContains(t, err.Error(), "other-secret")
}

func TestThePasswordJoinsAnAddressWithoutOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringMatching(`[ -~]{1,40}`).Draw(t, "password")
		address, err := Database{DSN: "steward@tcp(db:3306)/steward?tls=preferred", Password: password}.address()
		require.NoError(t, err)
		got, err := mysql.ParseDSN(address)
		require.NoError(t, err)
		require.Equal(t, password, got.Passwd)
		require.Equal(t, []string{"steward", "tcp", "db:3306", "steward", "preferred"}, []string{got.User, got.Net, got.Addr, got.DBName, got.TLSConfig})
	})
}

func TestAddressesThatCannotBeUsed(t *testing.T) {
	cases := map[string]struct {
		database Database
		want     string
	}{
		"none":          {Database{}, "STEWARD_MYSQL_DSN_FILE"},
		"two passwords": {Database{DSN: "u:do-not-print-me@tcp(db)/s", Password: "do-not-print-me"}, "leave one of them out"},
		"no address":    {Database{DSN: "do-not-print-me", Password: "do-not-print-me"}, "STEWARD_MYSQL_DSN"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := tc.database.address()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "do-not-print-me")
		})
	}
}
