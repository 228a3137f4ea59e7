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
	file=$folder/$1.txt
	if [ -s "$file" ]; then
		echo "kept  $file"
		return
	fi
	rm -f "$file.new"
	openssl rand -hex "$2" >"$file.new"
	chmod 0444 "$file.new"
	mv "$file.new" "$file"
	echo "made  $file"
}

make mysql_root_password 24
make steward_db_password 24
make temporal_db_password 24
make data_key 32
make webhook_secret 32

echo "Keep a copy of data_key.txt apart from the database's backups: without it names, phones and processes can't be read."
