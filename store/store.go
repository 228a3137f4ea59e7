// Package store keeps master data, money, cases and lists in MySQL. Every method takes the caller's Scope and applies it;
// every write happens in a transaction that is retried when the database asks for it.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/oklog/ulid/v2"

	"steward/domain/clock"
)

// Store is the database with what its rows need: the key ring for personal data and business time.
type Store struct {
	db    *sqlx.DB
	keys  *KeyRing
	clock clock.Source
	// publicURL is under which address residents reach this system; see PublishAt.
	publicURL string

	calendars calendarCache
	windows   windowCache
	policies  sync.Map // immutable policy versions, by organization and version id
}

// New ties an open pool to its keys and clock.
func New(db *sqlx.DB, keys *KeyRing, source clock.Source) *Store {
	return &Store{db: db, keys: keys, clock: source}
}

// Open connects to MySQL or MariaDB with the settings that the schema relies on: UTC sessions, parsed times, client-side
// interpolation off, bounded dial, read and write times.
func Open(ctx context.Context, dsn string, maxConns int) (*sqlx.DB, error) {
	return open(ctx, dsn, maxConns, answerLimit)
}

// answerLimit is how long one statement may take to answer.
const answerLimit = 60 * time.Second

func open(ctx context.Context, dsn string, maxConns int, answerLimit time.Duration) (*sqlx.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the MySQL address: %w", err)
	}
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.Collation = "utf8mb4_unicode_520_ci"
	cfg.InterpolateParams = true // one round trip a statement; safe with utf8mb4
	cfg.Timeout = 5 * time.Second
	cfg.ReadTimeout = answerLimit
	cfg.WriteTimeout = 60 * time.Second
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("read the MySQL address: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(readCommitted{connector}), "mysql")
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxLifetime(30 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("reach MySQL: %w", err)
	}
	return db, nil
}

// NewID gives a ULID; ids of one process made in one millisecond still rise.
func NewID() string { return ulid.MustNew(ulid.Now(), entropy).String() }

var entropy = &ulid.LockedMonotonicReader{MonotonicReader: ulid.Monotonic(rand.Reader, 0)}

// isID tells whether text has the form of an id. Other text from outside must not reach a query: the database refuses to
// compare text beyond ASCII with an ASCII column.
func isID(s string) bool {
	_, err := ulid.ParseStrict(s)
	return err == nil
}

const txAttempts = 8

// inTx runs fn in a READ COMMITTED transaction and repeats the whole of it on deadlock, lock timeout or a lost
// connection before commit. fn must not keep anything from a failed attempt.
func (s *Store) inTx(ctx context.Context, what string, fn func(tx *sqlx.Tx) error) error {
	var err error
	for attempt := range txAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s: %w", what, errors.Join(ctx.Err(), err))
			case <-time.After(time.Duration(10<<attempt) * time.Millisecond):
			}
		}
		if err = s.tryTx(ctx, fn); err == nil || !retryable(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (s *Store) tryTx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// errOvertaken ends a transaction whose ground another one has changed: it is repeated as a whole.
var errOvertaken = errors.New("overtaken by another transaction")

// retryable lists what the transaction may be repeated for: deadlock, lock wait, too many connections, read-only after a
// failover, and a connection that died before the commit was sent.
func retryable(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		switch my.Number {
		case 1213, 1205, 1040, 1792, 1836:
			return true
		}
		return false
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, errOvertaken)
}

// duplicate tells whether a unique key refused the row.
func duplicate(err error) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && my.Number == 1062
}
