package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"steward/store"
	"steward/telemetry"
)

// Database is where the data is and what unseals it; embedded in every command that opens it.
type Database struct {
	DSN          string `name:"mysql-dsn" help:"MySQL address: user:password@tcp(host:3306)/steward" env:"STEWARD_MYSQL_DSN"`
	DSNFile      string `name:"mysql-dsn-file" help:"File that holds the address." env:"STEWARD_MYSQL_DSN_FILE" secret:"mysql-dsn" placeholder:"FILE"`
	Password     string `name:"mysql-password" help:"Password for an address without one." env:"STEWARD_MYSQL_PASSWORD"`
	PasswordFile string `name:"mysql-password-file" help:"File that holds the password." env:"STEWARD_MYSQL_PASSWORD_FILE" secret:"mysql-password" placeholder:"FILE"`
	MaxConns     int    `name:"mysql-max-conns" help:"Connections to MySQL at most." env:"STEWARD_MYSQL_MAX_CONNS" default:"20"`
	DataKey      string `help:"Key that seals personal data: 32 bytes as 64 hexadecimal digits." env:"STEWARD_DATA_KEY"`
	DataKeyFile  string `help:"File that holds the key." env:"STEWARD_DATA_KEY_FILE" secret:"data-key" placeholder:"FILE"`
}

// address is the MySQL address with its password.
func (d Database) address() (string, error) {
	if d.DSN == "" {
		return "", errors.New("no MySQL address: set --mysql-dsn (STEWARD_MYSQL_DSN) or --mysql-dsn-file (STEWARD_MYSQL_DSN_FILE)")
	}
	if d.Password == "" {
		return d.DSN, nil
	}
	parsed, err := mysql.ParseDSN(d.DSN)
	if err != nil {
		return "", fmt.Errorf("read the MySQL address (--mysql-dsn, STEWARD_MYSQL_DSN): %w", err)
	}
	if parsed.Passwd != "" {
		return "", errors.New("the MySQL address (--mysql-dsn, STEWARD_MYSQL_DSN) has a password, and --mysql-password (STEWARD_MYSQL_PASSWORD, " +
			"or its -file) gives another: leave one of them out")
	}
	parsed.Passwd = d.Password
	return parsed.FormatDSN(), nil
}

// database is an open database with what its rows need.
type database struct {
	store  *store.Store
	db     *sqlx.DB
	clock  *store.Clock
	secret []byte // the data key
}

// open connects and ties the pool to its keys and the business clock; close ends all of it. A database that was restored
// and not reconciled yet is refused.
func (d Database) open(ctx context.Context) (*database, error) {
	opened, err := d.openRestored(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.CheckRestored(ctx, opened.db, false); err != nil {
		opened.close()
		return nil, err
	}
	return opened, nil
}

// openRestored is open for the commands that bring a restored database back to work.
func (d Database) openRestored(ctx context.Context) (*database, error) {
	secret, err := d.secret()
	if err != nil {
		return nil, err
	}
	keys, err := store.NewKeyRing(secret)
	if err != nil {
		return nil, err
	}
	db, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.CheckRestored(ctx, db, true); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := store.CheckSchema(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := store.ProveDataKey(ctx, db, keys); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	source, err := store.OpenClock(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{store: store.New(db, keys, source), db: db, clock: source, secret: secret}, nil
}

func (d *database) close() {
	d.clock.Close()
	_ = d.db.Close()
}

// connect opens the pool alone, whatever schema it finds.
func (d Database) connect(ctx context.Context) (*sqlx.DB, error) {
	address, err := d.address()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, address, d.MaxConns)
}

// secret is the data key.
func (d Database) secret() ([]byte, error) {
	if d.DataKey == "" {
		return nil, errors.New("no data key: set --data-key-file (STEWARD_DATA_KEY_FILE) or STEWARD_DATA_KEY; make one with: openssl rand -hex 32")
	}
	secret, err := hex.DecodeString(strings.TrimSpace(d.DataKey))
	if err != nil || len(secret) != 32 {
		return nil, errors.New("the data key must be 64 hexadecimal digits (32 bytes)")
	}
	return secret, nil
}

// Logging is how a process writes its log.
type Logging struct {
	LogFormat string     `help:"json or text." enum:"json,text" default:"json" env:"STEWARD_LOG_FORMAT"`
	LogLevel  slog.Level `help:"debug, info, warn or error." default:"info" env:"STEWARD_LOG_LEVEL"`
}

// logger writes to standard error and becomes the default of this process.
func (l Logging) logger(process string) *slog.Logger {
	log := telemetry.NewLogger(os.Stderr, l.LogFormat, l.LogLevel).With(slog.String("process", process))
	slog.SetDefault(log)
	return log
}

// TemporalAt says where Temporal is; what is left out comes from Temporal's standard environment configuration
// (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_..., profiles).
type TemporalAt struct {
	TemporalAddress   string `help:"Temporal's host:port; TEMPORAL_ADDRESS when left out."`
	TemporalNamespace string `help:"Temporal's namespace; TEMPORAL_NAMESPACE when left out."`
	APIKey            string `name:"temporal-api-key" help:"Temporal's API key, where it asks for one." env:"TEMPORAL_API_KEY"`
	APIKeyFile        string `name:"temporal-api-key-file" help:"File that holds the API key." env:"STEWARD_TEMPORAL_API_KEY_FILE" secret:"temporal-api-key" placeholder:"FILE"`
}
