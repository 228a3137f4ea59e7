// Package schema holds the migrations of the database and says what each of them does to older programs: an expansion lets
// them run on, a contraction ends that. What has landed is not edited.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
)

// Migrations are the files: goose's form, for MySQL 8 and MariaDB 10.11.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// All gives this program's migrations in order.
func All() ([]Migration, error) { return all() }

var all = sync.OnceValues(func() ([]Migration, error) {
	files, err := fs.Sub(Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return Read(files)
})

// Version is the schema version of a program with these migrations: its newest, contractions included. Contractions
// compare with it.
func Version(migrations []Migration) int64 {
	if len(migrations) == 0 {
		return 0
	}
	return migrations[len(migrations)-1].Version
}

// Needs is the oldest schema version that a program with these migrations runs on: everything up to its newest expansion.
// Contractions after it may wait, because no program relies on something being gone.
func Needs(migrations []Migration) int64 {
	var needs int64
	for _, m := range migrations {
		if !m.Contracts() {
			needs = m.Version
		}
	}
	return needs
}
