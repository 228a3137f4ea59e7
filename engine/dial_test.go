package engine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/engine"
)

// Port 1 is nobody's: the error then names where Dial went.
func TestTemporalIsFoundByItsOwnConfiguration(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "temporal.toml")
	require.NoError(t, os.WriteFile(profile, []byte("[profile.live]\naddress = \"127.0.0.1:1\"\nnamespace = \"by-profile\"\n"), 0o600))
	secret := bytes.Repeat([]byte{7}, 32)
	for name, c := range map[string]struct {
		env       map[string]string
		flags     engine.Options
		namespace string
		says      string
	}{
		"environment": {map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_NAMESPACE": "by-env"}, engine.Options{}, "by-env", "127.0.0.1:1"},
		"profile":     {map[string]string{"TEMPORAL_CONFIG_FILE": profile, "TEMPORAL_PROFILE": "live"}, engine.Options{}, "by-profile", "127.0.0.1:1"},
		"flags first": {map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:2", "TEMPORAL_NAMESPACE": "by-env"}, engine.Options{Address: "127.0.0.1:1", Namespace: "by-flag"}, "by-flag", "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"} {
				t.Setenv(variable, c.env[variable]) // put back after the test
				if c.env[variable] == "" {
					require.NoError(t, os.Unsetenv(variable))
				}
			}
			c.flags.Secret, c.flags.Timeout = secret, 10*time.Millisecond
			namespace, err := c.flags.NamespaceInUse()
			require.NoError(t, err)
			require.Equal(t, c.namespace, namespace)
			_, err = engine.Dial(t.Context(), c.flags)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, c.namespace)
		})
	}
}

func TestAMissingCertificateIsNamed(t *testing.T) {
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", "/nowhere/client.pem")
	t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", "/nowhere/client.key")
	_, err := engine.Dial(t.Context(), engine.Options{Secret: bytes.Repeat([]byte{7}, 32)})
	require.ErrorContains(t, err, "/nowhere/client.pem")
}
