package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAPIKeyBringsCredentialsAndTLS(t *testing.T) {
	t.Setenv("TEMPORAL_CONFIG_FILE", t.TempDir()+"/none.toml")
	t.Setenv("TEMPORAL_API_KEY", "")
	secret := make([]byte, 32)
	plain, err := clientOptions(Options{Secret: secret, Address: "temporal:7233"})
	require.NoError(t, err)
	require.Nil(t, plain.Credentials)
	require.Nil(t, plain.ConnectionOptions.TLS)
	keyed, err := clientOptions(Options{Secret: secret, Address: "temporal:7233", APIKey: "k"})
	require.NoError(t, err)
	require.NotNil(t, keyed.Credentials)
	require.NotNil(t, keyed.ConnectionOptions.TLS)
	require.Equal(t, "temporal:7233", keyed.HostPort)
}
