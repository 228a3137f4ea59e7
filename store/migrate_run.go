package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"steward/schema"
)

// OpenForMigration is Open for a Migrator: a statement that rebuilds a large table may take as long as it takes.
func OpenForMigration(ctx context.Context, dsn string) (*sqlx.DB, error) {
	return open(ctx, dsn, migrationConns, 0)
}

const migrationConns = 4 // the lock and the statements, goose's own, and two to look with

// applyMigration runs what is left of a migration. MySQL commits around every statement that changes tables, so that a
// migration is no transaction; each statement is one of its own instead:
//
//   - A statement that changes rows commits together with the note that it is done.
//   - A statement that changes tables is atomic in MySQL 8 and MariaDB 10.6 or newer. It is noted as begun before and as done
//     after. Where only the first note is found, nobody knows whether it ran: it is run again, and the refusal "it is there
//     already" counts as done.
//
// A contraction closes the window for older programs before its first statement.
func applyMigration(ctx context.Context, conn *sql.Conn, m schema.Migration) error {
	var w window
	if err := conn.QueryRowContext(ctx, selectWindow).Scan(w.fields()...); err != nil {
		return fmt.Errorf("read how far the migration is: %w", err)
	}
	if w.migrating != m.Version {
		w.migrating, w.begun, w.done = m.Version, 0, 0
	}
	w.oldestProgram = max(w.oldestProgram, m.Oldest)
	if err := w.note(ctx, conn); err != nil {
		return err
	}
	for i := w.done; i < len(m.Statements); i++ {
		run := runStatement
		if m.Statements[i].Transactional() {
			run = runInTransaction
		}
		if err := run(ctx, conn, &w, m.Statements[i].SQL); err != nil {
			return fmt.Errorf("migration %s, statement %d of %d: %w", m.Name, i+1, len(m.Statements), err)
		}
	}
	return nil
}

// runStatement runs the statement after w.done outside of a transaction.
func runStatement(ctx context.Context, conn *sql.Conn, w *window, statement string) error {
	unsure := w.begun > w.done
	w.begun = w.done + 1
	if err := w.note(ctx, conn); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, statement)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		if unsure && slices.Contains(doneBefore, refused.Number) {
			err = nil
		} else {
			w.begun = w.done // a refused statement has changed nothing
			return errors.Join(err, w.note(ctx, conn))
		}
	}
	if err != nil {
		return err
	}
	w.done = w.begun
	return w.note(ctx, conn)
}

// doneBefore are the refusals of a statement whose effect is there: a table, column, index, foreign key or check that exists,
// or one to drop that does not.
var doneBefore = []uint16{1050, 1051, 1060, 1061, 1091, 1826, 3821, 3822}

func runInTransaction(ctx context.Context, conn *sql.Conn, w *window, statement string) error {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, statement); err != nil {
		return err
	}
	w.begun, w.done = w.done+1, w.done+1
	if err := w.note(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (w *window) note(ctx context.Context, db executor) error {
	_, err := db.ExecContext(ctx, `UPDATE schema_window SET oldest_program = ?, migrating = ?, statements_begun = ?, statements_done = ? WHERE id = 1`,
		w.oldestProgram, w.migrating, w.begun, w.done)
	if err != nil {
		return fmt.Errorf("note how far the migration is: %w", err)
	}
	return nil
}
