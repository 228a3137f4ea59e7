#!/usr/bin/env bash
# Migrations are append-only. schema/migrations.sha256 lists those that have landed.
#   migrations.sh land   adds the new ones to the list
#   migrations.sh check  fails when a landed one was changed or removed, in this tree or anywhere in the list's history
. "$(dirname "$0")/lib.sh"
cd schema
list=migrations.sha256
sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

case "${1:?land or check}" in
land)
	touch "$list"
	for file in migrations/*.sql; do
		grep -qF "  $file" "$list" || sha256 "$file" >>"$list"
	done
	;;
check)
	[ ! -s "$list" ] || sha256 --quiet --strict --check "$list" || die "已发布的迁移被修改，请恢复原文件并新写一个。 / A landed migration was changed: restore it and write the next one."
	for file in migrations/*.sql; do
		grep -qsF "  $file" "$list" || die "$file is not in schema/$list: run make generate"
	done
	if git log --format= --patch -- "$list" 2>/dev/null | grep -E '^-[0-9a-f]{64} '; then
		die "the lines above were taken out of schema/$list; it only grows"
	fi
	;;
*) die "unknown command: $1" ;;
esac
