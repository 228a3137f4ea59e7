#!/usr/bin/env bash
# Packs everything that a machine without a network needs to build this commit: the sources, the Go modules (vendored), and npm's
# cache with the console's packages. Go and Node.js themselves are not in it.
#   offline-archive.sh [FILE]     steward-offline-<version>.tar.gz in the current folder when left out
# On the other machine: unpack, then scripts/offline-build.sh. The archive serves machines of this one's system and processor.
began_in=$PWD
. "$(dirname "$0")/lib.sh"

version=$(git describe --tags --always --dirty)
case $version in *-dirty) say "uncommitted changes are left out: the archive holds the commit alone" ;; esac
version=${version%-dirty}
file=${1:-steward-offline-$version.tar.gz}
case $file in /*) ;; *) file=$began_in/$file ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/steward-$version
mkdir -p "$tree"
git archive HEAD | tar -x -C "$tree"
mkdir -p "$tree/offline"
printf '%s\n' "$version" >"$tree/offline/version"
printf '%s %s\n' "$(go env GOOS)" "$(go env GOARCH)" >"$tree/offline/platform"
# npm finds a package in its cache by the address it came from.
npm config get registry 2>/dev/null >"$tree/offline/npm-registry"

timed "vendoring Go modules" go -C "$tree" mod vendor
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
timed "filling npm's cache" npm --prefix "$tree/web" ci --cache "$tree/offline/npm" --loglevel=error
rm -rf "$tree/web/node_modules" "$tree/offline/npm/_logs" "$tree/offline/npm/_update-notifier-last-checked"
timed "packing" tar -C "$work" -czf "$file.part" "steward-$version"
mv "$file.part" "$file"
say "$file: $(du -h "$file" | cut -f 1)"
