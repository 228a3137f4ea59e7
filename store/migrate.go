package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"steward/schema"
)

// SchemaError says that the database's schema does not fit this program.
type SchemaError struct {
	Have int64 // version of the database, 0 for an empty one
	Want int64 // version that this program was built with
}

// Error names the remedy in Chinese and English.
func (e *SchemaError) Error() string {
	if e.Have < e.Want {
		return fmt.Sprintf("数据库结构版本 %d 过旧，本程序需要 %d：请先运行 steward migrate。\n"+
			"The database's schema is version %d, this program needs %d: run steward migrate first.", e.Have, e.Want, e.Have, e.Want)
	}
	return fmt.Sprintf("数据库结构版本 %d 比本程序（%d）新：请改用更新的 steward 程序。\n"+
		"The database's schema is version %d, newer than this program's %d: use a newer steward.", e.Have, e.Want, e.Have, e.Want)
}

// Migrate brings the schema to this program's version. Two migrators at once take turns. A schema that is newer than the
// program is refused with a SchemaError and not touched.
func Migrate(ctx context.Context, db *sqlx.DB) error {
	provider, err := migrations(db)
	if err != nil {
		return err
	}
	have, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if want := newest(provider); have > want {
		return &SchemaError{Have: have, Want: want}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the schema: %w", err)
	}
	return nil
}

// CheckSchema refuses a schema that is older or newer than this program with a SchemaError.
func CheckSchema(ctx context.Context, db *sqlx.DB) error {
	provider, err := migrations(db)
	if err != nil {
		return err
	}
	have, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if want := newest(provider); have != want {
		return &SchemaError{Have: have, Want: want}
	}
	return nil
}

// DropUnfinishedFirstMigration empties a database whose very first migration was cut off, which MySQL can not roll back:
// there are tables and not one finished migration, so there are no data either. Any other database is left alone. It
// tells whether it had to.
func DropUnfinishedFirstMigration(ctx context.Context, db *sqlx.DB) (bool, error) {
	version, err := schemaVersion(ctx, db)
	if err != nil || version > 0 {
		return false, err
	}
	var tables []string
	if err := db.SelectContext(ctx, &tables, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`); err != nil {
		return false, fmt.Errorf("list the tables of an unfinished migration: %w", err)
	}
	for _, table := range tables {
		if _, err := db.ExecContext(ctx, "DROP TABLE `"+table+"`"); err != nil {
			return false, fmt.Errorf("drop a table of an unfinished migration: %w", err)
		}
	}
	return len(tables) > 0, nil
}

func migrations(db *sqlx.DB) (*goose.Provider, error) {
	files, err := fs.Sub(schema.Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db.DB, files,
		goose.WithSessionLocker(migrationLock{}), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

const errNoSuchTable = 1146

func schemaVersion(ctx context.Context, db *sqlx.DB) (int64, error) {
	var version int64
	err := db.GetContext(ctx, &version, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	var my *mysql.MySQLError
	if errors.As(err, &my) && my.Number == errNoSuchTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}

// The wait is cut into short ones, because a connection's read time is bounded.
const (
	migrationLockWaitSeconds = 10
	migrationLockWaits       = 30
)

// migrationLock is a named lock of the database server, held by the session that migrates and given back by the server
// itself when that session dies.
type migrationLock struct{}

const migrationLockName = `LEFT(CONCAT('migrate ', DATABASE()), 64)`

// SessionLock implements goose's locker.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for range migrationLockWaits {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+migrationLockName+`, ?)`, migrationLockWaitSeconds).Scan(&got)
		if err != nil {
			return fmt.Errorf("wait for another migration: %w", err)
		}
		if got.Int64 == 1 {
			return nil
		}
	}
	return errors.New("wait for another migration: it has not ended in time")
}

// SessionUnlock implements goose's locker.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, `DO RELEASE_LOCK(`+migrationLockName+`)`); err != nil {
		return fmt.Errorf("release the migration lock: %w", err)
	}
	return nil
}
