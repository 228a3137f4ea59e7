#!/bin/sh
# Brings Temporal's two databases to the schema of this release of its tools. Can be repeated: a database that has a version
# keeps it, and only later steps are taken. SQL_PASSWORD is in the environment.
set -eu

tool() { temporal-sql-tool --plugin mysql8 --ep mysql --port 3306 --user temporal "$@"; }

for part in temporal visibility; do
	database=temporal
	[ "$part" = temporal ] || database=temporal_visibility
	tool --db "$database" setup-schema --version 0.0
	tool --db "$database" update-schema --schema-name "mysql/v8/$part"
done
