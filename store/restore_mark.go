package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"steward/domain/clock"
	"steward/schema"
)

// RestoreMarkTable is left out of dumps: it tells of the database that a dump is loaded into, not of the one it came from.
const RestoreMarkTable = "restore_mark"

// The states of a restored database.
const (
	RestoreLoading    = "loading"
	RestoreDone       = "restored"
	RestoreReconciled = "reconciled"
)

// RestoreMark says that this database was filled from a backup. Instants are wall time, except BusinessAt.
type RestoreMark struct {
	ID         string    `db:"id"`
	State      string    `db:"state"`
	BackupName string    `db:"backup_name"`
	TakenAt    time.Time `db:"taken_at"`    // everything committed before it is in the database
	BusinessAt time.Time `db:"business_at"` // business time at that instant
	RestoredAt time.Time `db:"restored_at"`
}

// RestoreError keeps programs off a database that is half restored, or restored and not yet compared with Temporal.
type RestoreError struct{ Mark RestoreMark }

// Error names the remedy in Chinese and English.
func (e *RestoreError) Error() string {
	if e.Mark.State == RestoreLoading {
		return "数据库的恢复没有完成，内容不完整：请重新运行 steward restore mysql。\n" +
			"The restore of this database did not come to its end, and it is incomplete: run steward restore mysql again."
	}
	return fmt.Sprintf("数据库刚从备份（%s）恢复，尚未与流程引擎核对：请先运行 steward reconcile。\n"+
		"This database was restored from a backup (%s) and not compared with Temporal yet: run steward reconcile first.", e.Mark.BackupName, e.Mark.BackupName)
}

// CheckRestored returns a RestoreError while a restore is unfinished; with loadingOnly a whole database that waits for
// its reconciliation passes.
func CheckRestored(ctx context.Context, db *sqlx.DB, loadingOnly bool) error {
	mark, err := PendingRestore(ctx, db)
	if err != nil || mark == nil || loadingOnly && mark.State != RestoreLoading {
		return err
	}
	return &RestoreError{Mark: *mark}
}

// PendingRestore gives the restore that is not reconciled yet, nil when there is none.
func PendingRestore(ctx context.Context, q sqlx.QueryerContext) (*RestoreMark, error) {
	var mark RestoreMark
	err := sqlx.GetContext(ctx, q, &mark, `SELECT id, state, backup_name, taken_at, business_at, restored_at FROM restore_mark
		WHERE state <> 'reconciled' ORDER BY state = 'loading' DESC, id DESC LIMIT 1`)
	var my *mysql.MySQLError
	if errors.Is(err, sql.ErrNoRows) || errors.As(err, &my) && my.Number == errNoSuchTable {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for an unfinished restore: %w", err)
	}
	return &mark, nil
}

// BeginRestore marks a database as half filled before the first statement of a dump reaches it.
func BeginRestore(ctx context.Context, db *sqlx.DB, mark RestoreMark) error {
	table, err := markTable()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("mark the database as being restored: %w", err)
	}
	_, err = db.ExecContext(ctx, `INSERT INTO restore_mark (id, state, backup_name, taken_at, business_at, restored_at) VALUES (?,?,?,?,?,?)`,
		mark.ID, RestoreLoading, mark.BackupName, mark.TakenAt.UTC(), mark.BusinessAt.UTC(), mark.RestoredAt.UTC())
	if err != nil {
		return fmt.Errorf("mark the database as being restored: %w", err)
	}
	return nil
}

// markTable gives the statement that makes the mark's table, from its migration.
func markTable() (string, error) {
	text, err := fs.ReadFile(schema.Migrations, "migrations/00004_restored.sql")
	if err != nil {
		return "", fmt.Errorf("read the mark's table: %w", err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	_, create, found := strings.Cut(up, "CREATE TABLE")
	create, _, ended := strings.Cut(create, ";\n")
	if !found || !ended {
		return "", errors.New("read the mark's table: its migration makes none")
	}
	return "CREATE TABLE" + create, nil
}

// EndRestore says that the dump is loaded whole; marks of attempts before it go.
func EndRestore(ctx context.Context, db *sqlx.DB, id string) error {
	for _, q := range []string{`DELETE FROM restore_mark WHERE id <> ?`, `UPDATE restore_mark SET state = 'restored' WHERE id = ?`} {
		if _, err := db.ExecContext(ctx, q, id); err != nil {
			return fmt.Errorf("mark the database as restored: %w", err)
		}
	}
	return nil
}

// MarkReconciled lets the programs work on a restored database again.
func (s *Store) MarkReconciled(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE restore_mark SET state = 'reconciled', reconciled_at = ? WHERE id = ? AND state = 'restored'`, time.Now().UTC(), id)
	if err != nil {
		return fmt.Errorf("mark the database as reconciled: %w", err)
	}
	return nil
}

// PendingRestore gives the restore that is not reconciled yet, nil when there is none.
func (s *Store) PendingRestore(ctx context.Context) (*RestoreMark, error) {
	return PendingRestore(ctx, s.db)
}

// SchemaVersion is the version of a database's schema, 0 for an empty one.
func SchemaVersion(ctx context.Context, db *sqlx.DB) (int64, error) { return schemaVersion(ctx, db) }

// SchemaStand is how far a database's schema is: its version, and the statements of the migration that was begun last.
type SchemaStand struct {
	Version, Migrating int64
	Begun, Done        int
}

// ReadSchemaStand tells how far a database's schema is. Two equal answers say that no migration ran between them.
func ReadSchemaStand(ctx context.Context, db *sqlx.DB) (SchemaStand, error) {
	version, w, err := readSchema(ctx, db)
	return SchemaStand{Version: version, Migrating: w.migrating, Begun: w.begun, Done: w.done}, err
}

// ProgramSchema is the version of the schema that this program was built with.
func ProgramSchema() (int64, error) {
	all, err := schema.All()
	return schema.Version(all), err
}

// FitsDataKey tells whether a key opens the proof of a database or of a backup's manifest.
func FitsDataKey(keys *KeyRing, proof []byte) error {
	if plain, err := keys.Open(proof); err != nil || plain != keyProof {
		return ErrWrongDataKey
	}
	return nil
}

// DataKeyProof gives the proof of the key with which a database is sealed, nil where none has been used yet.
func DataKeyProof(ctx context.Context, db *sqlx.DB) ([]byte, error) {
	var proof []byte
	err := db.GetContext(ctx, &proof, `SELECT proof FROM data_key WHERE generation = ?`, keyGeneration)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the proof of the data key: %w", err)
	}
	return proof, nil
}

// ReadAnchor gives the business clock of a database; wall time where it was never turned.
func ReadAnchor(ctx context.Context, db *sqlx.DB) (clock.Anchor, error) { return readAnchor(ctx, db) }
