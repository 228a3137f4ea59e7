#!/usr/bin/env bash
# Installs what Steward needs and builds it. Says what it does; what is there already is not done again.
#   setup.sh          everything for `make run`
#   setup.sh servers  only the servers that Go tests start
#   setup.sh tools    the linters
#   setup.sh browser  a browser for the tests of the page
. "$(dirname "$0")/lib.sh"

temporal_version=v1.5.1 # newer tags can not be installed with go install

need() {
	command -v "$1" >/dev/null || die "找不到 $1，请先安装 $2。 / $1 is not installed: $2 is needed."
}

check_languages() {
	need go "Go 1.26"
	need node "Node.js 20"
	need npm "Node.js 20"
	local go_minor node_major
	go_minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
	node_major=$(node --version | sed -E 's/^v([0-9]+).*/\1/')
	[ "$go_minor" -ge 26 ] || die "需要 Go 1.26 或更新版本，当前为 $(go env GOVERSION)。 / Go 1.26 or newer is needed."
	[ "$node_major" -ge 20 ] || die "需要 Node.js 20 或更新版本，当前为 $(node --version)。 / Node.js 20 or newer is needed."
}

servers() {
	if ! command -v mariadbd >/dev/null || ! command -v mariadb-install-db >/dev/null; then
		install_packages "MariaDB" "mariadb-server-core mariadb-client-core" "mariadb-server" "mariadb"
		command -v mariadbd >/dev/null || die "MariaDB 已安装，但找不到 mariadbd。 / MariaDB is installed, but mariadbd is not to be found."
	fi
	if ! command -v mariadb-dump >/dev/null || ! command -v sqlite3 >/dev/null; then
		install_packages "mariadb-dump, sqlite3" "mariadb-client sqlite3" "mariadb sqlite" "mariadb sqlite" # for backups
	fi
	fonts
	go_tool temporal github.com/temporalio/cli "$temporal_version" \
		env GOBIN="$bin" GOFLAGS= go install "github.com/temporalio/cli/cmd/temporal@$temporal_version"
}

# What receipts are printed with. Without it everything but printing works.
fonts() {
	if [ -n "${STEWARD_PRINT_FONTS:-}" ]; then
		return
	fi
	if [ -e /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf ] && [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]; then
		return
	fi
	if command -v apt-get >/dev/null; then
		install_packages "打印字体 / fonts for printing" "fonts-droid-fallback fonts-dejavu-core" "" ""
	else
		say "没有打印字体：请安装含中文的 TrueType 字体（.ttf），并以 STEWARD_PRINT_FONTS 指明。 / No fonts for printing: install a TrueType font with Chinese and name it by STEWARD_PRINT_FONTS."
	fi
}

tools() {
	local versions name module version
	versions=$(cd tools && go list -m -f '{{.Path}} {{.Version}}' github.com/golangci/golangci-lint/v2 go.temporal.io/sdk/contrib/tools/workflowcheck)
	while read -r module version; do
		case $module in
		*golangci-lint*) name=golangci-lint path=$module/cmd/golangci-lint ;;
		*) name=workflowcheck path=$module ;;
		esac
		go_tool "$name" "$module" "$version" env GOBIN="$bin" GOFLAGS= go -C tools install "$path"
	done <<<"$versions"
	go -C tools build -o "$bin/composecheck" ./composecheck # of this repository; from the build cache when nothing has changed
}

browser() {
	if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
		return
	fi
	install_packages "Chromium" "chromium fonts-noto-cjk" "chromium" "--cask chromium"
}

check_languages
case "${1:-all}" in
servers) servers ;;
tools) tools ;;
browser) browser ;;
all)
	servers
	scripts/web.sh
	timed "building steward" go build -o "$bin/steward" ./cmd/steward
	;;
*) die "unknown part: $1" ;;
esac
