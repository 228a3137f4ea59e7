package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"steward/schema"
)

// SchemaError says that the database's schema does not fit this program.
type SchemaError struct {
	Have   int64 // version of the database, 0 for an empty one
	Own    int64 // version that this program was built with
	Needs  int64 // oldest version that this program runs on
	Oldest int64 // oldest program that runs on the schema; 0 where the database does not say
}

// Error names the remedy in Chinese and English.
func (e *SchemaError) Error() string {
	switch {
	case e.Oldest > e.Own:
		return fmt.Sprintf("数据库结构已收缩，只有结构版本 %[1]d 及以上的程序可以运行，本程序是 %[2]d：请改用更新的 steward 程序；若必须退回，请恢复执行 steward migrate --contract 之前的备份。\n"+
			"The database's schema was contracted: only programs of schema version %[1]d or newer run on it, this one is %[2]d: use a newer steward; "+
			"the way back is the backup from before steward migrate --contract.", e.Oldest, e.Own)
	case e.Have < e.Needs:
		return fmt.Sprintf("数据库结构版本 %[1]d 过旧，本程序需要 %[2]d：请先运行 steward migrate。\n"+
			"The database's schema is version %[1]d, this program needs %[2]d: run steward migrate first.", e.Have, e.Needs)
	}
	return fmt.Sprintf("数据库结构版本 %[1]d 比本程序（%[2]d）新，且没有说明旧程序能否运行：请改用更新的 steward 程序。\n"+
		"The database's schema is version %[1]d, newer than this program's %[2]d, and does not say whether older programs run on it: use a newer steward.",
		e.Have, e.Own)
}

// CheckSchema refuses a schema that this program can't run on with a SchemaError: an older one, or a newer one that was
// contracted. A newer one that only expanded will do.
func CheckSchema(ctx context.Context, db *sqlx.DB) error {
	m, err := NewMigrator(db, false)
	if err != nil {
		return err
	}
	return m.Check(ctx)
}

// Check is CheckSchema for the program that has these migrations.
func (m Migrator) Check(ctx context.Context) error {
	have, w, err := readSchema(ctx, m.DB)
	if err != nil {
		return err
	}
	return misfit(have, w, m.Migrations)
}

func misfit(have int64, w window, migrations []schema.Migration) error {
	e := &SchemaError{Have: have, Own: schema.Version(migrations), Needs: schema.Needs(migrations), Oldest: w.oldestProgram}
	if e.Oldest > e.Own || e.Have < e.Needs || (e.Have > e.Own && e.Oldest == 0) {
		return e
	}
	return nil
}

// window is the one row of schema_window, the zero value where there is none. It is the migrator's own, like goose's table of
// versions: it is there before the first migration.
type window struct {
	oldestProgram int64 // programs with an older schema version don't run on this schema
	migrating     int64 // the migration that was begun last
	begun, done   int   // how many of its statements were begun, and finished: they differ by one at most
}

func makeWindow(ctx context.Context, conn *sql.Conn) error {
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS schema_window (
			id TINYINT NOT NULL, oldest_program BIGINT NOT NULL, migrating BIGINT NOT NULL, statements_begun INT NOT NULL, statements_done INT NOT NULL,
			PRIMARY KEY (id)) ENGINE=InnoDB`,
		`INSERT IGNORE INTO schema_window (id, oldest_program, migrating, statements_begun, statements_done) VALUES (1, 1, 0, 0, 0)`,
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("prepare the schema window: %w", err)
		}
	}
	return nil
}

const selectWindow = `SELECT oldest_program, migrating, statements_begun, statements_done FROM schema_window WHERE id = 1`

func (w *window) fields() []any { return []any{&w.oldestProgram, &w.migrating, &w.begun, &w.done} }

// readSchema gives the schema's version and its window, in this order: a contraction closes the window before it raises the
// version.
func readSchema(ctx context.Context, db *sqlx.DB) (version int64, w window, err error) {
	if version, err = schemaVersion(ctx, db); err != nil {
		return 0, w, err
	}
	err = db.QueryRowxContext(ctx, selectWindow).Scan(w.fields()...)
	var my *mysql.MySQLError
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case errors.As(err, &my) && my.Number == errNoSuchTable:
	case err != nil:
		return 0, w, fmt.Errorf("read the schema window: %w", err)
	}
	return version, w, nil
}
