#!/bin/sh
# Installs Steward's program, units and settings on a machine with systemd. Can be repeated: settings and secrets that are there
# stay as they are (a file of this release that differs is put beside them as .new), and nothing is started.
#
#   install.sh [PROGRAM]      PROGRAM: the built program, .steward/bin/steward when left out
#
# DESTDIR puts everything under another root and makes no users and no secrets, for those who build a package.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${1:-$root/.steward/bin/steward}
destination=${DESTDIR:-}
units=$destination${UNITDIR:-/etc/systemd/system}
settings=$destination/etc/steward

[ -x "$program" ] || { echo "install: no program at $program: build it first (make build), or name it" >&2; exit 1; }
if [ -z "$destination" ] && [ "$(id -u)" != 0 ]; then
	echo "install: only root can install; or set DESTDIR" >&2
	exit 1
fi

# put MODE FROM TO: replaces in one step, so that a program that runs is not written over.
put() {
	mkdir -p "$(dirname "$3")"
	install -m "$1" "$2" "$3.installing"
	mv -f "$3.installing" "$3"
}

# settle MODE FROM TO: a setting; the administrator's own stays.
settle() {
	if [ ! -e "$3" ]; then
		put "$1" "$2" "$3"
	elif cmp -s "$2" "$3"; then
		rm -f "$3.new"
	else
		put "$1" "$2" "$3.new"
		echo "install: kept $3; this release's is $3.new"
	fi
}

# secret NAME BYTES: random bytes in hexadecimal, unless there is one.
secret() {
	[ -s "$settings/secrets/$1" ] && return
	(umask 077 && openssl rand -hex "$2" >"$settings/secrets/$1.installing")
	mv "$settings/secrets/$1.installing" "$settings/secrets/$1"
	echo "install: made $settings/secrets/$1"
}

put 0755 "$program" "$destination/usr/local/bin/steward"
put 0644 "$root/docs/production.md" "$destination/usr/local/share/doc/steward/production.md"
for script in with-secret-env.sh schema.sh namespace.sh; do
	put 0755 "$root/deploy/temporal/$script" "$destination/usr/local/lib/steward/$script"
done
put 0755 "$here/steward-admin.sh" "$destination/usr/local/sbin/steward-admin"
for unit in "$here"/*.service "$here"/*.timer "$here"/*.target; do
	put 0644 "$unit" "$units/$(basename "$unit")"
done
put 0644 "$here/sysusers.conf" "$destination/usr/lib/sysusers.d/steward.conf"
put 0644 "$here/tmpfiles.conf" "$destination/usr/lib/tmpfiles.d/steward.conf"
settle 0644 "$here/steward.env" "$settings/steward.env"
settle 0644 "$here/temporal.env" "$settings/temporal.env"
settle 0644 "$root/deploy/temporal/dynamic.yaml" "$settings/temporal-dynamic.yaml"
mkdir -p "$settings/secrets"
chmod 0700 "$settings/secrets"

if [ -n "$destination" ]; then
	echo "install: put under $destination; users and secrets are made where it is installed"
	exit 0
fi
command -v openssl >/dev/null || { echo "install: openssl is needed to make secrets" >&2; exit 1; }
systemd-sysusers steward.conf
systemd-tmpfiles --create steward.conf
secret mysql_password 24
secret temporal_db_password 24
secret data_key 32
secret webhook_secret 32
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
cat <<TEXT
install: done; nothing was started. Next:
  1. settings in /etc/steward/steward.env, and in temporal.env where Temporal runs here too
  2. databases and their users, with the passwords of /etc/steward/secrets (docs/production.md has the statements)
  3. systemctl enable --now temporal-schema.service temporal.service temporal-namespace.service    where Temporal runs here
  4. systemctl enable --now steward.target steward-backup.timer
  5. steward-admin user add admin --role admin    asks for the password on standard input
Keep a copy of /etc/steward/secrets/data_key apart from the database's backups.
TEXT
