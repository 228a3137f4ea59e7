#!/usr/bin/env bash
# Prints planning and sending rates beside their alternatives; flags go to the program.
. "$(dirname "$0")/lib.sh"
exec go run ./bench "$@"
