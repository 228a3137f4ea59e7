#!/usr/bin/env bash
# Builds the console and the program from an archive of offline-archive.sh, without a network: .steward/bin/steward.
. "$(dirname "$0")/lib.sh"

[ -d vendor ] && [ -d offline/npm ] || die "这里不是离线包，请先用 scripts/offline-archive.sh 制作。 / This is no offline archive: make one with scripts/offline-archive.sh."
command -v go >/dev/null || die "找不到 go，需要 Go 1.26。 / Go 1.26 is needed."
command -v npm >/dev/null || die "找不到 npm，需要 Node.js 20。 / Node.js 20 is needed."
platform="$(go env GOOS) $(go env GOARCH)"
[ "$platform" = "$(cat offline/platform)" ] || die "离线包为 $(cat offline/platform) 制作，当前为 $platform。 / The archive was made for another platform."

export GOFLAGS=-mod=vendor GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0
npm_config_registry=$(cat offline/npm-registry)
export npm_config_registry npm_config_offline=true npm_config_cache="$PWD/offline/npm" PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
timed "installing the console's packages from the archive" npm --prefix web ci --loglevel=error
timed "building the console" npm --prefix web run build
timed "building steward" go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(cat offline/version)" -o "$bin/steward" ./cmd/steward
"$bin/steward" version
