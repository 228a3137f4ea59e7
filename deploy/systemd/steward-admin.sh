#!/bin/sh
# Runs a command of steward with the settings and secrets of this machine, for root:
#   steward-admin user add admin --role admin
#   steward-admin reconcile --dry-run
# The secrets reach the program as names of files, never as arguments.
set -eu

settings=/etc/steward
program=/usr/local/bin/steward
if [ ! -r "$settings/secrets/data_key" ]; then
	echo "steward-admin: $settings/secrets can't be read: run it as root, after install.sh" >&2
	exit 77
fi

# The file is systemd's, not a shell's: a name, an equals sign, and the rest of the line, in quotes or not.
while IFS= read -r line || [ -n "$line" ]; do
	case $line in '' | '#'* | ';'*) continue ;; esac
	value=${line#*=}
	case $value in
	\"*\") value=${value#\"} && value=${value%\"} ;;
	\'*\') value=${value#\'} && value=${value%\'} ;;
	esac
	export "${line%%=*}=$value"
done <"$settings/steward.env"

# with VARIABLE FILE: names a secret that is there.
with() {
	if [ -s "$settings/secrets/$2" ]; then export "$1=$settings/secrets/$2"; fi
}
with STEWARD_MYSQL_PASSWORD_FILE mysql_password
with STEWARD_DATA_KEY_FILE data_key
with STEWARD_SMTP_PASSWORD_FILE smtp_password
with STEWARD_TEMPORAL_API_KEY_FILE temporal_api_key
with STEWARD_TEMPORAL_STORE_DSN_FILE temporal_store_dsn
exec "$program" "$@"
