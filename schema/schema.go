// Package schema holds the migrations of the database. They only ever expand: what has landed is not edited, and a
// column goes only after no running release reads it.
package schema

import "embed"

// Migrations are goose migrations for MySQL 8 and MariaDB 10.11.
//
//go:embed migrations/*.sql
var Migrations embed.FS
