// Package monitoring_test keeps the list of metrics beside the alert rules and the dashboard true, and both of them to what the
// program exports.
package monitoring_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/store"
	"steward/telemetry"
)

var update = flag.Bool("update", false, "write metrics.md anew")

// family is one metric as a scrape shows it.
type family struct {
	kind, help string
	labels     []string
}

// exported gives the product's own metrics by name, from a scrape of the real collectors.
func exported(t *testing.T) map[string]family {
	t.Helper()
	registry := prometheus.NewRegistry()
	one := store.Waiting{N: 1, Oldest: time.Second}
	registry.MustRegister(telemetry.NewFigures(telemetry.Sources{
		Figures: func(context.Context) (store.Figures, error) {
			return store.Figures{Due: map[dunning.Channel]store.Waiting{dunning.SMS: one}, Unsent: map[string]int64{"queued": 1}, Campaigns: map[string]int64{"running": 1},
				Money: store.MoneyFigures{Runs: map[string]int64{"ready": 1}}}, nil
		},
		Settled:   func(context.Context) (map[string]int64, error) { return map[string]int64{"sent": 1}, nil },
		ClockSkew: func(context.Context) (time.Duration, error) { return 0, nil },
		Temporal:  func(context.Context) error { return nil },
		Pool:      func() sql.DBStats { return sql.DBStats{} },
		Faults:    store.Faults, Clock: clock.Fixed(time.Now()), Version: "v1", Folder: t.TempDir(),
	}))
	server, err := api.New(api.Deps{
		Store: struct{ api.Store }{}, Clock: clock.Fixed(time.Now()), Metrics: registry, MetricsInto: registry,
		Ready: func(context.Context) error { return nil }, Organization: func(context.Context) (string, error) { return "", nil },
		Unavailable: store.Unavailable, BadValue: store.BadValue,
	})
	require.NoError(t, err)
	server.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/healthz", nil))
	families, err := registry.Gather()
	require.NoError(t, err)
	byName := map[string]family{}
	for _, f := range families {
		one := family{kind: strings.ToLower(f.GetType().String()), help: f.GetHelp()}
		for _, l := range f.GetMetric()[0].GetLabel() {
			one.labels = append(one.labels, l.GetName())
		}
		byName[f.GetName()] = one
	}
	byName["steward_worker_standby"] = family{kind: "gauge", help: standbyHelp(t), labels: []string{"build_id"}}
	return byName
}

// standbyHelp reads the words of the one metric that the worker's command itself shows.
func standbyHelp(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../cmd/steward/release_standby.go")
	require.NoError(t, err)
	found := regexp.MustCompile(`Name: "steward_worker_standby", Help: "([^"]+)",\s+ConstLabels: prometheus.Labels\{"build_id"`).FindSubmatch(content)
	require.NotNil(t, found)
	return string(found[1]) + " Of this worker."
}

var instrument = regexp.MustCompile(`Int64Counter\("(steward_\w+)", metric\.WithDescription\("([^"]+)"\)`)

// instruments are the counters that appear with their first event; they are read from the program's source.
func instruments(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, dir := range []string{"activities", "engine"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			for _, m := range instrument.FindAllStringSubmatch(string(content), -1) {
				found[m[1]+"_total"] = m[2]
			}
			return err
		})
		require.NoError(t, err)
	}
	return found
}

// table writes the metrics as they stand in metrics.md.
func table(t *testing.T) string {
	t.Helper()
	var lines []string
	for name, f := range exported(t) {
		lines = append(lines, fmt.Sprintf("| `%s` | %s | %s | %s |\n", name, f.kind, strings.Join(f.labels, ", "), f.help))
	}
	for name, help := range instruments(t) {
		labels := ""
		if name == "steward_messages_total" {
			labels = "channel, status"
		}
		lines = append(lines, fmt.Sprintf("| `%s` | counter | %s | %s Of this worker. |\n", name, labels, help))
	}
	slices.Sort(lines)
	return "# What /metrics shows\n\nEvery process shows the figures of the whole database: take the largest of them, never the sum. Written by\n" +
		"`go test ./deploy/monitoring -update`.\n\n| metric | kind | labels | what it is |\n|---|---|---|---|\n" + strings.Join(lines, "")
}

func TestTheListOfMetricsIsTrue(t *testing.T) {
	want := table(t)
	if *update {
		require.NoError(t, os.WriteFile("metrics.md", []byte(want), 0o600))
	}
	have, err := os.ReadFile("metrics.md")
	require.NoError(t, err)
	require.Equal(t, want, string(have), "write it anew: go test ./deploy/monitoring -update")
}

var ownMetric = regexp.MustCompile(`\bsteward_[a-z_]+`)

func TestRulesAndDashboardNameOnlyWhatIsExported(t *testing.T) {
	known := map[string]bool{}
	for name, f := range exported(t) {
		known[name] = true
		if f.kind == "histogram" {
			for _, part := range []string{"_bucket", "_count", "_sum"} {
				known[name+part] = true
			}
		}
	}
	for name := range instruments(t) {
		known[name] = true
	}
	for _, file := range []string{"alerts.yml", "dashboard.json"} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		names := ownMetric.FindAllString(string(content), -1)
		require.NotEmpty(t, names, file)
		for _, name := range names {
			require.True(t, known[name], "%s names %s, which nothing exports", file, name)
		}
	}
}

func TestNoMetricHasALabelThatGrows(t *testing.T) {
	allowed := []string{"channel", "status", "kind", "part", "state", "class", "version", "build_id", "method", "route"}
	for name, f := range exported(t) {
		require.Subset(t, allowed, f.labels, name)
	}
}

var runbook = regexp.MustCompile(`runbook: (\S+)`)

func TestEveryRunbookThatARuleNamesIsThere(t *testing.T) {
	content, err := os.ReadFile("alerts.yml")
	require.NoError(t, err)
	named := runbook.FindAllStringSubmatch(string(content), -1)
	require.Len(t, named, strings.Count(string(content), "- alert:"), "every rule names one")
	for _, m := range named {
		require.FileExists(t, filepath.Join("../..", m[1]))
	}
}

// dashboard is what the checks need of Grafana's form.
type dashboard struct {
	UID           string  `json:"uid"`
	Title         string  `json:"title"`
	SchemaVersion int     `json:"schemaVersion"`
	Panels        []panel `json:"panels"`
}

type panel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos struct{ H, W, X, Y int }
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
}

var chinese = regexp.MustCompile(`\p{Han}`)

func TestTheDashboardsPanelsFitTheirPlaces(t *testing.T) {
	content, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(content, &d))
	require.NotEmpty(t, d.UID)
	require.Positive(t, d.SchemaVersion)
	require.Regexp(t, chinese, d.Title)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		require.False(t, ids[p.ID], "panel %d twice", p.ID)
		ids[p.ID] = true
		if p.Title != "MySQL" && p.Title != "Temporal" {
			require.Regexp(t, chinese, p.Title)
		}
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s lies on another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			require.NotEmpty(t, target.RefID, p.Title)
			require.NotEmpty(t, target.Expr, p.Title)
		}
	}
}
