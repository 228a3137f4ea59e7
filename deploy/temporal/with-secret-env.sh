#!/bin/sh
# Runs a program that takes its secrets from environment variables only, with secrets that are files:
#   with-secret-env.sh NAME=FILE [NAME=FILE...] -- PROGRAM [ARGUMENT...]
# The secret is in the program's environment, but neither in the container's description nor on a command line.
set -eu

while [ $# -gt 0 ] && [ "$1" != -- ]; do
	name=${1%%=*}
	file=${1#*=}
	if [ ! -s "$file" ]; then
		echo "with-secret-env: $name: $file is missing or empty; make-secrets.sh makes it" >&2
		exit 78
	fi
	value=$(cat "$file")
	export "$name=$value"
	shift
done
if [ $# -lt 2 ]; then
	echo "usage: with-secret-env.sh NAME=FILE [NAME=FILE...] -- PROGRAM [ARGUMENT...]" >&2
	exit 64
fi
shift
exec "$@"
