#!/usr/bin/env bash
# Removes the state of `make run`: databases, keys, logs. The built programs in .steward/bin stay.
. "$(dirname "$0")/lib.sh"

# The lock goes with the process that holds it, so a file that a crash has left does not count.
if [ -e .steward/dev.lock ] && command -v flock >/dev/null && ! flock -n .steward/dev.lock true; then
	die "steward dev（进程号 $(cat .steward/dev.lock)）仍在运行，请先停止。 / steward dev (process $(cat .steward/dev.lock)) is running: stop it first."
fi
find .steward -mindepth 1 -maxdepth 1 -not -name bin -not -name web.built -exec rm -rf {} +
say "removed the state in .steward"
