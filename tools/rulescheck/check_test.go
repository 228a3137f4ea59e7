package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../deploy/monitoring"

func TestTheProjectsRulesAreRight(t *testing.T) {
	problems, err := check(folder)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v\n%s", err, strings.Join(problems, "\n"))
	}
}

// Each case spoils one thing; the check must name it.
func TestWhatIsSpoiltIsFound(t *testing.T) {
	for name, c := range map[string]struct{ file, old, spoilt, want string }{
		"a metric that nobody exports": {"alerts.yml", "max(steward_temporal_up)", "max(steward_temporal_here)", "StewardTemporalAway: steward_temporal_here is not exported"},
		"a query that does not parse":  {"alerts.yml", "max(steward_temporal_up) == 0", "max(steward_temporal_up == 0", "StewardTemporalAway: can't be parsed"},
		"no severity":                  {"alerts.yml", "for: 3m\n        labels: {severity: critical}", "for: 3m", `StewardNoWorker: severity is ""`},
		"a runbook that is gone":       {"alerts.yml", "docs/runbooks/clock-wrong.md", "docs/runbooks/clock.md", `StewardClockWrong: the runbook "docs/runbooks/clock.md" is not there`},
		"words in English":             {"alerts.yml", "Temporal 不可用", "Temporal is away", "StewardTemporalAway: summary is not in Chinese"},
		"an alert twice":               {"alerts.yml", "alert: StewardNoAPI", "alert: StewardNoWorker", "StewardNoWorker: stands twice"},
		"a panel without its metric":   {"dashboard.json", "max(steward_deliveries_waiting)", "max(steward_deliveries_open)", "steward_deliveries_open is not exported"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			spoilt := filepath.Join(root, "deploy/monitoring")
			copyTo(t, "../../docs/runbooks", filepath.Join(root, "docs/runbooks"), func(_, content string) string { return content })
			copyTo(t, folder, spoilt, func(file, content string) string {
				if file != c.file {
					return content
				}
				if !strings.Contains(content, c.old) {
					t.Fatalf("%s has no %q", file, c.old)
				}
				return strings.ReplaceAll(content, c.old, c.spoilt)
			})
			problems, err := check(spoilt)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("want %q among:\n%s", c.want, strings.Join(problems, "\n"))
			}
		})
	}
}

func copyTo(t *testing.T, from, to string, change func(file, content string) string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), []byte(change(f.Name(), string(content))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
