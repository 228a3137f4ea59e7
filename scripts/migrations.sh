#!/usr/bin/env bash
# Migrations are append-only. schema/migrations.sha256 lists those that have landed.
#   migrations.sh land   adds the new ones to the list
#   migrations.sh check  fails when a landed one was changed or removed, in this tree or anywhere in the list's history, when a
#                        new one is not numbered after them, when one does not say whether older programs can run on beside
#                        it, and when one that says so would hurt them (schema/rules.go)
. "$(dirname "$0")/lib.sh"
cd schema
list=migrations.sha256
sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# A database that has seen a later number never runs an earlier one.
in_order() {
	local landed files
	landed=$(sed -n 's/^[0-9a-f]* [ *]//p' "$list" 2>/dev/null || true)
	files=$(printf '%s\n' $landed; for file in migrations/*.sql; do grep -qxF "$file" <<<"$landed" || echo "$file"; done)
	[ -z "$landed" ] || files=$(sed '/^$/d' <<<"$files")
	LC_ALL=C sort -c <<<"$files" 2>/dev/null || die "新迁移的编号必须排在已发布的之后。 / A new migration must be numbered after those that have landed:" "$files"
}
rules() {
	(cd .. && go run ./schema/lint schema/migrations) || die "迁移不符合规则，见上。 / The migrations above break the rules of schema/rules.go."
}

case "${1:?land or check}" in
land)
	touch "$list"
	in_order
	rules
	for file in migrations/*.sql; do
		grep -qF "  $file" "$list" || sha256 "$file" >>"$list"
	done
	;;
check)
	[ ! -s "$list" ] || sha256 --quiet --strict --check "$list" || die "已发布的迁移被修改，请恢复原文件并新写一个。 / A landed migration was changed: restore it and write the next one."
	in_order
	rules
	for file in migrations/*.sql; do
		grep -qsF "  $file" "$list" || die "$file is not in schema/$list: run make generate"
	done
	if git log --format= --patch -- "$list" 2>/dev/null | grep -E '^-[0-9a-f]{64} '; then
		die "the lines above were taken out of schema/$list; it only grows"
	fi
	;;
*) die "unknown command: $1" ;;
esac
