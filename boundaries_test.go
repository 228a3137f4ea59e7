// Package steward_test checks the direction of dependencies over the whole import graph.
package steward_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forbidden lists, for each layer, what none of its packages may reach by a direct import.
var forbidden = map[string][]string{
	"steward/domain":      {"steward/store", "steward/api", "steward/engine", "steward/activities", "steward/workflows", "steward/notify", "steward/worker", "github.com/jmoiron/sqlx", "github.com/go-sql-driver", "go.temporal.io", "github.com/gin-gonic", "net/http", "os"},
	"steward/workflows":   {"steward/store", "steward/api", "steward/engine", "steward/notify", "steward/worker", "database/sql", "net", "math/rand", "crypto/rand"},
	"steward/activities":  {"steward/store", "steward/api", "steward/workflows", "steward/engine", "github.com/gin-gonic"},
	"steward/store":       {"steward/api", "steward/engine", "steward/workflows", "steward/activities", "go.temporal.io", "github.com/gin-gonic"},
	"steward/api":         {"steward/store", "steward/workflows", "steward/activities", "steward/worker", "github.com/jmoiron/sqlx", "go.temporal.io"},
	"steward/engine":      {"steward/api", "github.com/gin-gonic", "github.com/jmoiron/sqlx"},
	"steward/worker":      {"steward/api", "github.com/gin-gonic"},
	"steward/backup":      {"steward/api", "steward/engine", "steward/workflows", "steward/activities", "go.temporal.io", "github.com/gin-gonic"},
	"steward/payprovider": {"steward/api", "steward/engine", "steward/workflows", "steward/store", "go.temporal.io"},
	"steward/print":       {"steward/api", "steward/engine", "steward/workflows", "steward/store", "steward/activities", "go.temporal.io", "github.com/gin-gonic"},
	"steward/notify":      {"steward/api", "steward/engine", "steward/workflows", "steward/store", "go.temporal.io"},
}

// testSupport may cross layers: it is never part of the product.
var testSupport = []string{"steward/store/storetest"}

func TestDependenciesPointOneWay(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	seen := map[string]int{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for layer, denied := range forbidden {
			if !within(p.ImportPath, layer) || slices.Contains(testSupport, p.ImportPath) {
				continue
			}
			seen[layer]++
			for _, imported := range p.Imports {
				for _, d := range denied {
					require.Falsef(t, within(imported, d), "%s must not import %s", p.ImportPath, imported)
				}
			}
		}
	}
	for layer := range forbidden {
		require.Positivef(t, seen[layer], "no package found in %s: has the layer been renamed?", layer)
	}
}

func within(pkg, prefix string) bool {
	return pkg == prefix || strings.HasPrefix(pkg, prefix+"/")
}
