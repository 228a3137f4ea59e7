#!/bin/sh
# Makes the secrets of docker-compose.yml beside this script, in secrets/. A file that is there stays as it is, so this can be
# repeated. Only the owner of the folder can enter it (0700). The files in it are readable (0444), because an engine on one machine
# mounts them into containers with the owner and mode they have here, and the processes in there are other users.
set -eu
umask 077

folder=${1:-$(dirname "$0")/secrets}
command -v openssl >/dev/null || { echo "make-secrets: openssl is needed" >&2; exit 1; }
mkdir -p "$folder"
chmod 0700 "$folder"

# make NAME BYTES: as many random bytes in hexadecimal; no sign that SQL or a shell would read in another way.
make() {
	[ -s "$folder/$1.txt" ] || openssl rand -hex "$2" | keep "$1"
	echo "$folder/$1.txt"
}

# derive NAME TEXT: a secret that holds others; follows them.
derive() {
	printf '%s\n' "$2" | keep "$1"
	echo "$folder/$1.txt"
}

# keep NAME: puts standard input into the secret's file, all of it or nothing.
keep() {
	rm -f "$folder/$1.new"
	cat >"$folder/$1.new"
	[ -s "$folder/$1.new" ] || { echo "make-secrets: nothing to put into $1" >&2; exit 1; }
	chmod 0444 "$folder/$1.new"
	mv -f "$folder/$1.new" "$folder/$1.txt"
}

make mysql_root_password 24
make steward_db_password 24
make temporal_db_password 24
make data_key 32
make webhook_secret 32
derive temporal_store_dsn "temporal:$(cat "$folder/temporal_db_password.txt")@tcp(mysql:3306)/temporal"

echo "Keep a copy of data_key.txt apart from the database's backups: without it names, phones and processes can't be read."
