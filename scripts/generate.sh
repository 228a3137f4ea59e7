#!/usr/bin/env bash
# Makes what is generated: the description of the HTTP API, the page's types from it, and the list of landed migrations.
. "$(dirname "$0")/lib.sh"

scripts/web.sh modules
go run ./cmd/steward openapi >.steward/openapi.json
mv .steward/openapi.json api/openapi.json
(cd web && npm run --silent generate)
scripts/migrations.sh land
say "generated api/openapi.json, web/src/api/schema.d.ts and schema/migrations.sha256"
