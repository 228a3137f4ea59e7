package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"go.yaml.in/yaml/v3"
)

type rules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// fromOutside are metrics of Prometheus itself and of the libraries in every process.
var fromOutside = regexp.MustCompile(`^(up|process_[a-z_]+|go_[a-z_]+|temporal_[a-z_]+)$`)

var (
	chinese = regexp.MustCompile(`\p{Han}`)
	listed  = regexp.MustCompile("(?m)^\\| `(steward_[a-z_]+)` \\| (\\w+)")
)

// check gives what is wrong in a folder with alerts.yml, dashboard.json and metrics.md; runbooks are found from the folder that
// holds it by two levels.
func check(folder string) (problems []string, err error) {
	known, err := exported(filepath.Join(folder, "metrics.md"))
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(folder, "alerts.yml"))
	if err != nil {
		return nil, err
	}
	var all rules
	strict := yaml.NewDecoder(bytes.NewReader(content))
	strict.KnownFields(true)
	if err := strict.Decode(&all); err != nil {
		return nil, fmt.Errorf("read alerts.yml: %w", err)
	}
	seen := map[string]bool{}
	for _, g := range all.Groups {
		for _, r := range g.Rules {
			say := func(what string) { problems = append(problems, r.Alert+": "+what) }
			if seen[r.Alert] {
				say("stands twice")
			}
			seen[r.Alert] = true
			r.check(filepath.Join(folder, "../.."), known, say)
		}
	}
	panels, err := dashboardQueries(filepath.Join(folder, "dashboard.json"))
	if err != nil {
		return nil, err
	}
	for title, queries := range panels {
		for _, q := range queries {
			checkQuery(q, known, func(what string) { problems = append(problems, "panel "+title+": "+what) })
		}
	}
	slices.Sort(problems)
	return problems, nil
}

func (r rule) check(root string, known map[string]bool, say func(string)) {
	checkQuery(r.Expr, known, say)
	if s := r.Labels["severity"]; s != "warning" && s != "critical" {
		say(fmt.Sprintf("severity is %q", s))
	}
	if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
		say(fmt.Sprintf("for: %q is no time", r.For))
	}
	for _, name := range []string{"summary", "description"} {
		if !chinese.MatchString(r.Annotations[name]) {
			say(name + " is not in Chinese")
		}
	}
	book := r.Annotations["runbook"]
	if _, err := os.Stat(filepath.Join(root, book)); book == "" || err != nil {
		say(fmt.Sprintf("the runbook %q is not there", book))
	}
}

// grafanas are what Grafana puts in before it asks.
var grafanas = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h", "$__interval", "1m")

func checkQuery(query string, known map[string]bool, say func(string)) {
	parsed, err := metricsql.Parse(grafanas.Replace(query))
	if err != nil {
		say(fmt.Sprintf("can't be parsed: %v", err))
		return
	}
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		m, ok := e.(*metricsql.MetricExpr)
		if !ok {
			return
		}
		for _, or := range m.LabelFilterss {
			if len(or) == 0 || or[0].Label != "__name__" {
				say("a query without a metric's name")
				continue
			}
			if name := or[0].Value; !known[name] && !fromOutside.MatchString(name) {
				say(name + " is not exported")
			}
		}
	})
}

// exported reads the list of metrics, which a test of the product keeps true.
func exported(path string) (map[string]bool, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, m := range listed.FindAllStringSubmatch(string(content), -1) {
		known[m[1]] = true
		if m[2] == "histogram" {
			known[m[1]+"_bucket"], known[m[1]+"_count"], known[m[1]+"_sum"] = true, true, true
		}
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("%s lists no metric", path)
	}
	return known, nil
}

func dashboardQueries(path string) (map[string][]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var d struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, fmt.Errorf("read dashboard.json: %w", err)
	}
	queries := map[string][]string{}
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			queries[p.Title] = append(queries[p.Title], t.Expr)
		}
	}
	return queries, nil
}
