#!/usr/bin/env bash
# Prints planning and sending rates beside their alternatives; flags go to the program.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh servers
timed "building bench" go build -o "$bin/bench" ./bench
exec "$bin/bench" "$@"
