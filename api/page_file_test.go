package api_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"steward/api"
)

func TestScriptsGoOutCompressedToWhoTakesThem(t *testing.T) {
	h := newHarness(t, func(d *api.Deps) {
		d.Console = fstest.MapFS{
			"assets/a.js":    {Data: []byte("plain")},
			"assets/a.js.gz": {Data: []byte("squeezed")},
			"assets/b.svg":   {Data: []byte("<svg/>")},
		}
	})
	get := func(path, accept string) answered {
		return h.do(call{Method: "GET", Path: path, Headers: map[string]string{"Raw-Path": "yes", "Accept-Encoding": accept}})
	}
	for accept, want := range map[string]string{"": "plain", "br": "plain", "gzip;q=0": "plain", "gzip": "squeezed", "br;q=1.0, gzip;q=0.8": "squeezed"} {
		a := get("/assets/a.js", accept)
		require.Equal(t, 200, a.Status, accept)
		require.Equal(t, want, string(a.Body), accept)
		require.Contains(t, a.Header.Get("Content-Type"), "javascript", accept)
		require.Equal(t, "Accept-Encoding", a.Header.Get("Vary"), accept)
		require.Equal(t, want == "squeezed", a.Header.Get("Content-Encoding") == "gzip", accept)
	}
	a := get("/assets/b.svg", "gzip")
	require.Equal(t, "<svg/>", string(a.Body))
	require.Empty(t, a.Header.Get("Content-Encoding"))
}
