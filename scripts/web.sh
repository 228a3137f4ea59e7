#!/usr/bin/env bash
# Builds the console when its sources have changed since the last build. `web.sh modules` only installs its packages.
. "$(dirname "$0")/lib.sh"
cd web

lock_sum=$(cksum package-lock.json package.json)
if [ ! -d node_modules ] || [ "$(cat node_modules/.installed 2>/dev/null)" != "$lock_sum" ]; then
	export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
	timed "installing the console's packages" npm ci --no-audit --no-fund --loglevel=error
	printf '%s' "$lock_sum" >node_modules/.installed
fi
[ "${1:-}" != modules ] || exit 0

source_sum=$(find . -type f -not -path './node_modules/*' -not -path './dist/*' -not -path './e2e/*' -not -path './test-results/*' -not -path './playwright-report/*' -exec cksum {} + | sort -k3 | cksum)
if [ ! -f dist/index.html ] || [ "$(cat ../.steward/web.built 2>/dev/null)" != "$source_sum" ]; then
	timed "building the console" npm run build
	touch dist/.keep # the build clears the folder, and this file is kept in git
	printf '%s' "$source_sum" >../.steward/web.built
fi
