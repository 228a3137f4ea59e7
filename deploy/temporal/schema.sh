#!/bin/sh
# Brings Temporal's two databases to the schema of this release of its tools. Can be repeated: a database that has a version
# keeps it, and only later steps are taken. SQL_PLUGIN (mysql8 or postgres12), SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD are
# in the environment, where temporal-sql-tool looks for them; DBNAME and VISIBILITY_DBNAME too, as for the server.
set -eu

case $SQL_PLUGIN in
mysql8) kind=mysql/v8 ;;
postgres12*) kind=postgresql/v12 ;;
*)
	echo "SQL_PLUGIN=$SQL_PLUGIN: want mysql8 or postgres12" >&2
	exit 64
	;;
esac

# bring PART DATABASE: PART is the name of the schema.
bring() {
	temporal-sql-tool --db "$2" setup-schema --version 0.0
	temporal-sql-tool --db "$2" update-schema --schema-name "$kind/$1"
}

bring temporal "${DBNAME:-temporal}"
bring visibility "${VISIBILITY_DBNAME:-temporal_visibility}"
