package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// apis and workers are the two services of each kind; the proxy is the one address in front of the APIs.
var (
	apis    = []string{"api-1", "api-2"}
	workers = []string{"worker-1", "worker-2"}
)

// fullVersion is a tag that names one release, 8.4.10 or 3.2.24-alpine, and not a line of releases such as 8.4.
var fullVersion = regexp.MustCompile(`^v?\d+\.\d+\.\d+([.-][\w.-]+)?$`)

func image(s types.ServiceConfig) []string {
	if s.Build != nil {
		return nil
	}
	_, tag, ok := strings.Cut(s.Image, ":")
	if !ok || !fullVersion.MatchString(tag) {
		return []string{fmt.Sprintf("image %q is not pinned to one release", s.Image)}
	}
	return nil
}

// oneShot says whether a service does its work and ends.
func oneShot(s types.ServiceConfig) bool {
	return s.Restart == "no" || strings.HasPrefix(s.Restart, types.RestartPolicyOnFailure)
}

func running(s types.ServiceConfig) []string {
	var problems []string
	if s.MemLimit <= 0 {
		problems = append(problems, "has no mem_limit")
	}
	if s.PidsLimit <= 0 {
		problems = append(problems, "has no pids_limit")
	}
	if s.Logging == nil || s.Logging.Options["max-size"] == "" {
		problems = append(problems, "writes a log that only grows")
	}
	if s.Privileged || s.NetworkMode == "host" || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		problems = append(problems, "may get more rights than it starts with")
	}
	if oneShot(s) {
		return problems
	}
	if s.Restart != types.RestartPolicyUnlessStopped {
		problems = append(problems, fmt.Sprintf("restarts %q, want %q", s.Restart, types.RestartPolicyUnlessStopped))
	}
	if s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) < 2 || s.HealthCheck.Interval == nil || s.HealthCheck.Timeout == nil {
		problems = append(problems, "has no health check with an interval and a timeout")
	}
	for _, p := range s.Ports {
		if p.HostIP != "127.0.0.1" && s.Name != "proxy" {
			problems = append(problems, fmt.Sprintf("publishes port %d beyond this machine", p.Target))
		}
	}
	return problems
}

var secretName = regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token|api_?key|data_?key)`)

// secrets finds secrets that stand in the description of a container, where everyone who may look at it reads them.
func secrets(s types.ServiceConfig) []string {
	var problems []string
	for name, value := range s.Environment {
		switch {
		case value == nil || *value == "":
		case strings.HasSuffix(name, "_FILE"):
			if file, ok := strings.CutPrefix(*value, "/run/secrets/"); !ok || !mounted(s, file) {
				problems = append(problems, fmt.Sprintf("%s names %s, which is no secret of this service", name, *value))
			}
		case secretName.MatchString(name):
			problems = append(problems, name+" holds a secret")
		case strings.Contains(name, "DSN") && regexp.MustCompile(`^[^@/]*:[^@/]*@`).MatchString(*value):
			problems = append(problems, name+" holds a password")
		}
	}
	words := strings.Join(slices.Concat([]string(s.Entrypoint), []string(s.Command), healthTest(s)), " ")
	for _, file := range regexp.MustCompile(`/run/secrets/(\w+)`).FindAllStringSubmatch(words, -1) {
		if !mounted(s, file[1]) {
			problems = append(problems, fmt.Sprintf("uses /run/secrets/%s without having that secret", file[1]))
		}
	}
	return problems
}

func healthTest(s types.ServiceConfig) []string {
	if s.HealthCheck == nil {
		return nil
	}
	return s.HealthCheck.Test
}

func mounted(s types.ServiceConfig, secret string) bool {
	return slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == secret })
}

// dependencies checks that what a service waits for can come true.
func dependencies(project *types.Project, s types.ServiceConfig) []string {
	var problems []string
	for name, d := range s.DependsOn {
		other, err := project.GetService(name)
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("waits for %s, which is not there", name))
		case d.Condition == types.ServiceConditionCompletedSuccessfully && !oneShot(other):
			problems = append(problems, fmt.Sprintf("waits for the end of %s, which does not end", name))
		case d.Condition == types.ServiceConditionHealthy && other.HealthCheck == nil:
			problems = append(problems, fmt.Sprintf("waits for the health of %s, which has no check", name))
		case d.Condition == types.ServiceConditionStarted:
			problems = append(problems, fmt.Sprintf("does not wait until %s is ready", name))
		}
	}
	return problems
}

// fleet checks what services are together.
func fleet(project *types.Project) []string {
	var problems []string
	for _, name := range slices.Concat(apis, workers, []string{"proxy", "mysql", "temporal", "temporal-schema", "temporal-namespace", "temporal-page", "migrate"}) {
		if _, ok := project.Services[name]; !ok {
			problems = append(problems, "there is no service "+name)
		}
	}
	if data, ok := project.Networks["data"]; !ok || !data.Internal {
		problems = append(problems, "the network data is not internal")
	}
	for _, name := range []string{"mysql", "temporal"} {
		s := project.Services[name]
		if len(s.Ports) > 0 || len(s.Networks) != 1 {
			problems = append(problems, name+": is reached from outside the network data")
		}
	}
	for _, name := range apis {
		if project.Services[name].StopGracePeriod == nil {
			problems = append(problems, name+": has no stop_grace_period")
		}
	}
	return problems
}

// secretFiles checks that every secret is a file that the script makes, or one that an override asks the operator for.
func secretFiles(project *types.Project, maker string) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(project.Secrets)) {
		s := project.Secrets[name]
		if s.File == "" || filepath.Base(filepath.Dir(s.File)) != "secrets" {
			problems = append(problems, fmt.Sprintf("secret %s does not come from a file in secrets/", name))
			continue
		}
		base := strings.TrimSuffix(filepath.Base(s.File), filepath.Ext(s.File))
		if base != name {
			problems = append(problems, fmt.Sprintf("secret %s stands in %s", name, filepath.Base(s.File)))
		}
		if !slices.Contains(operators, name) && !regexp.MustCompile(`(?m)^(make|derive) `+regexp.QuoteMeta(name)+` `).MatchString(maker) {
			problems = append(problems, fmt.Sprintf("secret %s is not made by the script", name))
		}
	}
	return problems
}

// operators are secrets that somebody else has chosen.
var operators = []string{"smtp_password", "tls"}
