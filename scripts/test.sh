#!/usr/bin/env bash
# Sets up what the tests need and runs all of them: fast ones first, then the page, then the whole system with faults.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
scripts/setup.sh browser

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export TEST_COUNTS=$results/counts
touch "$TEST_COUNTS"
failed=0

# Package by package on few cores: each of them may start a database of its own.
go build -o "$results/gotest" ./scripts/gotest
whole_system='^steward/(e2e|bench|cmd)(/|$)'
say "Go tests"
go list ./... | grep -vE "$whole_system" >"$results/packages"
xargs "$results/gotest" -timeout 10m <"$results/packages" || failed=1

say "tests of the page's parts"
if ! (cd web && npx vitest run --reporter=default --reporter=json --outputFile.json="$results/vitest.json"); then failed=1; fi

say "the page in a browser"
if ! (cd web && PLAYWRIGHT_JSON_OUTPUT_NAME="$results/playwright.json" npx playwright test --reporter=list,json); then failed=1; fi

say "the whole system"
go list ./... | grep -E "$whole_system" >"$results/packages"
xargs "$results/gotest" -timeout 25m -count 1 -p 1 <"$results/packages" || failed=1

node scripts/count-tests.mjs "$results" || failed=1
exit "$failed"
