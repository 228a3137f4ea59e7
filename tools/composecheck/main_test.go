package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	composeFile = "../../docker-compose.yml"
	maker       = "../../deploy/compose/make-secrets.sh"
)

func TestTheProjectsFilesAreRight(t *testing.T) {
	for _, files := range [][]string{{composeFile}, {composeFile, "../../deploy/compose/mail.yml", "../../deploy/compose/tls.yml"}} {
		problems, err := check(maker, files)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v: %v\n%s", files, err, strings.Join(problems, "\n"))
		}
	}
}

// Each case spoils one thing; the check must name it.
func TestWhatIsSpoiltIsFound(t *testing.T) {
	cases := map[string]struct{ old, spoilt, want string }{
		"image of a line":      {"image: mysql:8.4.10", "image: mysql:8.4", `mysql: image "mysql:8.4" is not pinned`},
		"image without a tag":  {"image: temporalio/ui:2.52.1", "image: temporalio/ui", "temporal-page: image"},
		"password in the file": {"MYSQL_PASSWORD_FILE: /run/secrets/steward_db_password", "MYSQL_PASSWORD: abc", "mysql: MYSQL_PASSWORD holds a secret"},
		"password in a DSN":    {"steward@tcp(mysql:3306)", "steward:abc@tcp(mysql:3306)", "api-1: STEWARD_MYSQL_DSN holds a password"},
		"secret not mounted":   {"secrets: [steward_db_password, data_key, webhook_secret]", "secrets: [steward_db_password, data_key]", "api-1: STEWARD_WEBHOOK_SECRET_FILE names"},
		"no memory limit":      {"mem_limit: 3g", "cpus: 2", "mysql: has no mem_limit"},
		"no restart":           {"image: mysql:8.4.10\n    restart: unless-stopped", "image: mysql:8.4.10\n    restart: always", "mysql: restarts"},
		"a worker is missing":  {"worker-2: *worker", "worker-3: *worker", "there is no service worker-2"},
		"waits for ever":       {"migrate: {condition: service_completed_successfully}\n    temporal-namespace", "mysql: {condition: service_completed_successfully}\n    temporal-namespace", "does not end"},
		"database published":   {"stop_grace_period: 2m\n", "stop_grace_period: 2m\n    ports: [\"3306:3306\"]\n", "mysql: publishes port 3306"},
		"open network":         {"internal: true", "internal: false", "network data is not internal"},
		"secret from nowhere":  {"data_key: {file: ./deploy/compose/secrets/data_key.txt}", "data_key: {file: ./deploy/compose/secrets/other.txt}", "secret data_key stands in other.txt"},
	}
	whole, err := os.ReadFile(composeFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(whole), tc.old) {
				t.Fatalf("the compose file has no %q", tc.old)
			}
			path := filepath.Join(t.TempDir(), "docker-compose.yml")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(whole), tc.old, tc.spoilt)), 0o600); err != nil {
				t.Fatal(err)
			}
			problems, err := check(maker, []string{path})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), tc.want) {
				t.Errorf("want %q among:\n%s", tc.want, strings.Join(problems, "\n"))
			}
		})
	}
}
