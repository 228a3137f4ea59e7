package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPasswordsAreOneLineOfReasonableLength(t *testing.T) {
	p, err := readPassword(strings.NewReader("a long enough one\r\nsecond line"))
	require.NoError(t, err)
	require.Equal(t, "a long enough one", p)

	p, err = readPassword(strings.NewReader("足够长的一个密码啊啊啊"))
	require.NoError(t, err)
	require.Equal(t, "足够长的一个密码啊啊啊", p)

	for _, bad := range []string{"", "short\n", strings.Repeat("x", 5000)} {
		_, err := readPassword(strings.NewReader(bad))
		require.Error(t, err)
	}
}
