# Shared by the scripts beside it: words for the terminal, and a run with a clock for what takes long.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin="$PWD/.steward/bin"
mkdir -p "$bin"
export PATH="$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec:/opt/homebrew/bin:/opt/homebrew/opt/mariadb/bin:/usr/local/opt/mariadb/bin"

say() { printf '==> %s\n' "$*"; }
die() { printf '\n✗ %s\n' "$1" >&2; shift; printf '%s\n' "$@" >&2; exit 1; }

# timed WORDS COMMAND...: runs the command quietly, says every ten seconds how long it has been, and shows its output when
# it fails.
timed() {
	local words=$1 log began=$SECONDS pid next=10 status=0
	shift
	log=$(mktemp)
	"$@" >"$log" 2>&1 &
	pid=$!
	trap 'kill "$pid" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		if ((SECONDS - began >= next)); then
			printf '    %s ... %d s\n' "$words" "$((SECONDS - began))"
			next=$((next + 10))
		fi
	done
	wait "$pid" || status=$?
	trap - INT TERM
	if ((status != 0)); then
		cat "$log" >&2
		if grep -qi 'no space left on device' "$log"; then
			rm -f "$log"
			die "磁盘空间不足，请清理后重试。 / The disk is full: free some space and try again."
		fi
		rm -f "$log"
		die "$words: failed"
	fi
	rm -f "$log"
	say "$words ($((SECONDS - began)) s)"
}

# as_root COMMAND...: runs it as root where that needs no password, and fails otherwise.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		return 1
	fi
}

may_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

# install_packages WHAT APT_PACKAGES DNF_PACKAGES BREW_PACKAGES: from the system's own packages, or says the one command.
install_packages() {
	local what=$1 apt=$2 dnf=$3 brew=$4
	if command -v apt-get >/dev/null; then
		may_be_root || die "缺少 $what，请先运行 / $what is missing; run first:" "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $apt"
		timed "apt-get update" as_root apt-get update
		# shellcheck disable=SC2086 # a list of packages
		timed "apt-get install $apt" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $apt
	elif command -v dnf >/dev/null; then
		may_be_root || die "缺少 $what，请先运行 / $what is missing; run first:" "    sudo dnf install -y $dnf"
		# shellcheck disable=SC2086
		timed "dnf install $dnf" as_root dnf install -y $dnf
	elif command -v brew >/dev/null; then
		# shellcheck disable=SC2086
		timed "brew install $brew" brew install $brew
	else
		die "缺少 $what，请用系统的软件包安装（Debian: $apt，Fedora: $dnf，macOS: brew install $brew）。" \
			"$what is missing: install it from your system's packages."
	fi
}

# go_tool NAME MODULE VERSION BUILD...: builds a pinned Go program into .steward/bin unless that version is there.
go_tool() {
	local name=$1 module=$2 version=$3
	shift 3
	if [ -x "$bin/$name" ] && go version -m "$bin/$name" 2>/dev/null | grep -qE "^[[:space:]]mod[[:space:]]+$module[[:space:]]+$version([[:space:]]|$)"; then
		return
	fi
	timed "building $name $version (once)" "$@"
}
