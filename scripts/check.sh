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

if ((${#failed[@]})); then die "make check: ${failed[*]}"; fi
say "all checks passed"
