package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"steward/schema"
)

// Migrator brings a database to a list of migrations.
//
// Expansions leave older programs working and are applied at once. A contraction ends that for some of them: on a database
// that is in use it is applied only where Contract says that none of those runs any more, and whatever comes after it waits
// with it. On an empty database nothing waits.
type Migrator struct {
	DB         *sqlx.DB // with OpenForMigration, where a statement may take minutes
	Migrations []schema.Migration
	Contract   bool
}

// Migrated is what a migrator did, or would do.
type Migrated struct {
	From, To int64              // schema versions of the database, 0 for an empty one
	Apply    []schema.Migration // in order
	Waiting  []schema.Migration // the first of them is a contraction
	Newer    bool               // the schema is newer than the program, which can run on it; nothing is to be done
}

// Migrate brings the schema to this program's version, contractions included: for databases that no other program uses.
func Migrate(ctx context.Context, db *sqlx.DB) error {
	m, err := NewMigrator(db, true)
	if err != nil {
		return err
	}
	_, err = m.Up(ctx)
	return err
}

// NewMigrator gives a migrator of this program's migrations.
func NewMigrator(db *sqlx.DB, contract bool) (Migrator, error) {
	migrations, err := schema.All()
	return Migrator{DB: db, Migrations: migrations, Contract: contract}, err
}

// Plan tells what Up would do and changes nothing. A schema that this program can't run on, because a newer one has
// contracted it, is refused with a SchemaError.
func (m Migrator) Plan(ctx context.Context) (Migrated, error) {
	have, w, err := readSchema(ctx, m.DB)
	if err != nil {
		return Migrated{}, err
	}
	own := schema.Version(m.Migrations)
	if have > own || w.oldestProgram > own {
		err := misfit(have, w, m.Migrations)
		return Migrated{From: have, To: have, Newer: err == nil}, err
	}
	plan := Migrated{From: have, To: have}
	for i, next := range m.Migrations {
		if next.Version <= have {
			continue
		}
		begun := w.migrating == next.Version
		if next.Contracts() && !m.Contract && have > 0 && !begun {
			plan.Waiting = m.Migrations[i:]
			break
		}
		plan.Apply = append(plan.Apply, next)
		plan.To = next.Version
	}
	return plan, nil
}

// Up does what Plan tells. Two migrators at once take turns. A migration that was cut off, which MySQL can't roll back, goes
// on after the last statement that was finished; Up can be repeated until it succeeds.
func (m Migrator) Up(ctx context.Context) (Migrated, error) {
	conn, err := m.DB.Conn(ctx)
	if err != nil {
		return Migrated{}, fmt.Errorf("connect for the migration: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// The statements run in the session that holds the lock: where a client dies in the middle of a statement, the server
	// gives the lock back when that statement has ended.
	if err := lockMigrations(ctx, conn); err != nil {
		return Migrated{}, err
	}
	defer unlockMigrations(ctx, conn)
	plan, err := m.Plan(ctx)
	if err != nil || len(plan.Apply) == 0 {
		return plan, err
	}
	if err := makeWindow(ctx, conn); err != nil {
		return plan, err
	}
	provider, err := m.provider(conn)
	if err != nil {
		return plan, err
	}
	if _, err := provider.UpTo(ctx, plan.To); err != nil {
		return plan, fmt.Errorf("migrate the schema: %w", err)
	}
	return plan, nil
}

// provider keeps goose's table of versions; the statements are run here, one by one, so that a repeat knows where to go on.
func (m Migrator) provider(conn *sql.Conn) (*goose.Provider, error) {
	var all []*goose.Migration
	for _, next := range m.Migrations {
		run := func(ctx context.Context, _ *sql.DB) error { return applyMigration(ctx, conn, next) }
		all = append(all, goose.NewGoMigration(next.Version, &goose.GoFunc{RunDB: run}, nil))
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, m.DB.DB, nil, goose.WithGoMigrations(all...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations: %w", err)
	}
	return provider, nil
}

// DropUnfinishedFirstMigration empties a database whose very first migration was cut off: there are tables and not one
// finished migration, so there are no data either. Any other database is left alone. It tells whether it had to.
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

const errNoSuchTable = 1146

func schemaVersion(ctx context.Context, db sqlx.QueryerContext) (int64, error) {
	var version int64
	err := sqlx.GetContext(ctx, db, &version, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	var my *mysql.MySQLError
	if errors.As(err, &my) && my.Number == errNoSuchTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}

// The wait is cut into short ones, because a connection's read time may be bounded.
const (
	migrationLockWaitSeconds = 10
	migrationLockWaits       = 30
)

// The lock is a named one of the database server.
const migrationLockName = `LEFT(CONCAT('migrate ', DATABASE()), 64)`

func lockMigrations(ctx context.Context, conn *sql.Conn) error {
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
	return errors.New("wait for another migration: it has not ended in time; run this again later")
}

// unlockMigrations gives the lock back; where that fails, the server does so when the session ends.
func unlockMigrations(ctx context.Context, conn *sql.Conn) {
	_, _ = conn.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK(`+migrationLockName+`)`)
}
