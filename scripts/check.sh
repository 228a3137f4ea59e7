#!/usr/bin/env bash
# Everything that needs no running system: format, vet, linters, determinism of workflows, generated files, migrations. Runs
# all parts and fails at the end when one has failed.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh tools
scripts/web.sh modules
failed=()

part() {
	local name=$1
	shift
	if "$@"; then printf '✓ %s\n' "$name"; else
		printf '✗ %s\n' "$name"
		failed+=("$name")
	fi
}

formatted() {
	local files
	files=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l)
	[ -z "$files" ] || { printf 'not formatted (make fmt): %s\n' $files; return 1; }
}

# fresh FILE COMMAND...: the command's output must be the file.
fresh() {
	local file=$1 made
	shift
	made=$(mktemp)
	if ! "$@" >"$made"; then rm -f "$made"; return 1; fi
	if ! diff -u "$file" "$made" | head -40; then
		rm -f "$made"
		echo "$file is stale: run make generate"
		return 1
	fi
	rm -f "$made"
}

# The compose files by the parser of Docker Compose and by rules of our own, and those rules by their tests.
compose_files() {
	"$bin/composecheck" -secrets deploy/compose/make-secrets.sh docker-compose.yml &&
		"$bin/composecheck" -secrets deploy/compose/make-secrets.sh docker-compose.yml deploy/compose/mail.yml deploy/compose/tls.yml &&
		go -C tools test ./composecheck
}

# The alert rules and the dashboard by a parser of their language, and by Prometheus's own tool where it is installed.
alert_rules() {
	go -C tools run ./rulescheck ../deploy/monitoring && go -C tools test ./rulescheck || return 1
	if command -v promtool >/dev/null; then (cd deploy/monitoring && promtool check config prometheus.yml && promtool test rules alerts_test.yml); fi
}

# Every script at least parses; those of deploy/ in the plain shell of a small container.
shell_scripts() {
	local file shell
	while read -r file; do
		shell=bash
		case $file in deploy/*) shell=sh ;; esac
		"$shell" -n "$file" || return 1
	done < <(git ls-files --cached --others --exclude-standard 'scripts/*.sh' 'deploy/*.sh' '.ci/*')
}

page_types() { (cd web && npx openapi-typescript ../api/openapi.json --alphabetize 2>/dev/null); }

part "gofmt" formatted
part "go mod tidy" go mod tidy -diff
part "go vet" go vet ./...
part "golangci-lint" "$bin/golangci-lint" run ./...
part "workflowcheck" "$bin/workflowcheck" ./workflows/...
part "OpenAPI file" fresh api/openapi.json go run ./cmd/steward openapi
part "page types" fresh web/src/api/schema.d.ts page_types
part "page lint" npm --prefix web run --silent lint
part "migrations" scripts/migrations.sh check
part "compose files" compose_files
part "alert rules" alert_rules
part "shell scripts" shell_scripts

if ((${#failed[@]})); then die "make check: ${failed[*]}"; fi
say "all checks passed"
