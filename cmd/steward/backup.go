package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/backup"
	"steward/devstack"
	"steward/store"
)

// BackupCmd takes backups of the two stores while they are in use.
type BackupCmd struct {
	MySQL    BackupMySQLCmd    `cmd:"" name:"mysql" help:"Take a backup of Steward's database while it is in use."`
	Temporal BackupTemporalCmd `cmd:"" help:"Take a backup of Temporal's store while it is in use."`
}

// BackupTo is where backups go and how many stay.
type BackupTo struct {
	To   string `help:"Folder that holds the backups; each is a folder of its own in it." required:"" type:"path" placeholder:"DIR"`
	Keep int    `help:"Remove older backups of this kind until so many are left; 0 keeps all." default:"0"`
}

// BackupSource is Steward's database for the commands that copy it.
type BackupSource struct {
	Database
	Dev string `help:"Folder of a steward dev on this machine, instead of an address." type:"path" placeholder:"DIR"`
}

// target gives the database's address.
func (d BackupSource) target() (backup.Address, error) {
	if d.Dev != "" {
		f, err := readDevFile(d.Dev)
		if err != nil {
			return backup.Address{}, err
		}
		return backup.ParseAddress(f.MySQLDSN)
	}
	dsn, err := d.address()
	if err != nil {
		return backup.Address{}, err
	}
	return backup.ParseAddress(dsn)
}

// readDevFile reads dev.json of a running steward dev.
func readDevFile(dir string) (devFile, error) {
	var f devFile
	content, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	if err != nil {
		return f, &devstack.Problem{
			Code: "dev-not-running", Zh: fmt.Sprintf("%s 中没有正在运行的 steward dev。", dir), En: fmt.Sprintf("No steward dev runs in %s.", dir),
			FixZh: "请先启动它，再备份数据库。", FixEn: "Start it, and take the backup of its database then.", Cause: err,
		}
	}
	return f, nil
}

// BackupMySQLCmd takes a backup of Steward's database.
type BackupMySQLCmd struct {
	BackupSource
	BackupTo
}

// backupConns is one: other connections count as other programs.
const backupConns = 1

// Run takes the backup and says where it is.
func (c *BackupMySQLCmd) Run(ctx context.Context) error {
	address, err := c.target()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, address.DSN(address.Database()), backupConns)
	if err != nil {
		return backup.ServerProblem(err)
	}
	defer func() { _ = db.Close() }()
	if err := store.CheckRestored(ctx, db, false); err != nil {
		return err
	}
	began, err := store.ReadSchemaStand(ctx, db)
	if err != nil {
		return backup.ServerProblem(err)
	}
	m, err := describe(ctx, db)
	if err != nil {
		return err
	}
	stored, err := backup.DumpMySQL(ctx, db, backup.Source{
		Address: address, Databases: []string{address.Database()}, LeaveOut: []string{address.Database() + "." + store.RestoreMarkTable},
		Confirm: func(ctx context.Context) error { return stoodStill(ctx, db, began) },
	}, c.To, m)
	if err != nil {
		return err
	}
	return c.tell(stored)
}

// stoodStill refuses a copy during which a migration ran.
func stoodStill(ctx context.Context, db *sqlx.DB, began store.SchemaStand) error {
	ended, err := store.ReadSchemaStand(ctx, db)
	if err != nil {
		return backup.ServerProblem(err)
	}
	if ended != began {
		return backup.SchemaChanged(fmt.Sprintf("version %d, then %d", began.Version, ended.Version))
	}
	return nil
}

// describe reads what the manifest says of a database before the copy is taken: what is committed now is in it.
func describe(ctx context.Context, db *sqlx.DB) (backup.Manifest, error) {
	m := backup.Manifest{Kind: backup.MySQL, Program: buildVersion(), TakenAt: time.Now().UTC().Truncate(time.Microsecond)}
	var err error
	if m.SchemaVersion, err = store.SchemaVersion(ctx, db); err != nil {
		return m, backup.ServerProblem(err)
	}
	if m.SchemaVersion == 0 {
		return m, &devstack.Problem{
			Code: "nothing-to-back-up", Zh: "这个数据库里没有 steward 的数据。", En: "This database holds nothing of steward.",
			FixZh: "请检查地址中的库名。", FixEn: "Check the database's name in the address.",
		}
	}
	if m.OrganizationID, err = store.New(db, nil, nil).SoleOrganization(ctx); err != nil && !errors.Is(err, store.ErrNoOrganization) {
		return m, err
	}
	anchor, err := store.ReadAnchor(ctx, db)
	if err != nil {
		return m, err
	}
	m.Clock = &anchor
	m.DataKeyProof, err = store.DataKeyProof(ctx, db)
	return m, err
}

// tell removes what is too old and prints one line for each thing done.
func (b BackupTo) tell(s backup.Stored) error {
	fmt.Printf("已备份 / backed up: %s (%.1f MiB, %s)\n", s.Dir, float64(s.Bytes)/(1<<20), s.FinishedAt.Sub(s.TakenAt).Round(10*time.Millisecond))
	removed, err := backup.Keep(b.To, s.Kind, b.Keep)
	for _, name := range removed {
		fmt.Printf("已清理旧备份 / removed: %s\n", name)
	}
	return err
}

// TemporalStore says where Temporal keeps its processes.
type TemporalStore struct {
	StoreDSN   string `name:"store-dsn" help:"Temporal's store on MySQL: user:password@tcp(host:3306)/temporal" env:"STEWARD_TEMPORAL_STORE_DSN"`
	StoreFile  string `name:"store-dsn-file" help:"File that holds that address." env:"STEWARD_TEMPORAL_STORE_DSN_FILE" secret:"store-dsn" placeholder:"FILE"`
	Visibility string `name:"visibility-database" help:"Temporal's second database on that server." default:"temporal_visibility" env:"STEWARD_TEMPORAL_VISIBILITY"`
	SQLite     string `name:"sqlite" help:"Temporal's file, of a server on one machine (temporal server start-dev --db-filename)." type:"path" placeholder:"FILE" env:"STEWARD_TEMPORAL_SQLITE"`
	Dev        string `help:"Folder of a steward dev on this machine, instead of either." type:"path" placeholder:"DIR"`
}

// file gives the path of Temporal's SQLite file, "" for a store on MySQL.
func (t TemporalStore) file() (string, error) {
	switch {
	case t.Dev != "":
		return filepath.Join(devSettings{dir: t.Dev}.temporalDir(), "temporal.db"), nil
	case t.SQLite != "":
		return t.SQLite, nil
	case t.StoreDSN == "":
		return "", errors.New("no store of Temporal: set --store-dsn, --sqlite, or --dev for the one of a steward dev on this machine")
	}
	return "", nil
}

// databases gives the address of a store on MySQL with the names of its two databases.
func (t TemporalStore) databases() (backup.Address, []string, error) {
	address, err := backup.ParseAddress(t.StoreDSN)
	return address, []string{address.Database(), t.Visibility}, err
}

// BackupTemporalCmd takes a backup of Temporal's store.
type BackupTemporalCmd struct {
	TemporalStore
	BackupTo
}

// Run takes the backup and says where it is.
func (c *BackupTemporalCmd) Run(ctx context.Context) error {
	m := backup.Manifest{Kind: backup.TemporalSQLite, Program: buildVersion(), TakenAt: time.Now().UTC().Truncate(time.Microsecond)}
	file, err := c.file()
	if err != nil {
		return err
	}
	if file != "" {
		stored, err := backup.DumpSQLite(ctx, file, c.To, m)
		if err != nil {
			return err
		}
		return c.tell(stored)
	}
	address, databases, err := c.databases()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, address.DSN(address.Database()), backupConns)
	if err != nil {
		return backup.ServerProblem(err)
	}
	defer func() { _ = db.Close() }()
	if err := temporalDatabases(ctx, db, databases); err != nil {
		return err
	}
	m.Kind = backup.TemporalMySQL
	stored, err := backup.DumpMySQL(ctx, db, backup.Source{Address: address, Databases: databases}, c.To, m)
	if err != nil {
		return err
	}
	return c.tell(stored)
}

// temporalDatabases refuses databases that are not Temporal's.
func temporalDatabases(ctx context.Context, db *sqlx.DB, databases []string) error {
	for i, table := range []string{"executions", "executions_visibility"} {
		var n int
		err := db.GetContext(ctx, &n, `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?`, databases[i], table)
		if err != nil {
			return backup.ServerProblem(fmt.Errorf("look at %s: %w", databases[i], err))
		}
		if n == 0 {
			return &devstack.Problem{
				Code:  "not-temporals-database",
				Zh:    fmt.Sprintf("数据库 %s 里没有 Temporal 的数据（缺少表 %s）。", databases[i], table),
				En:    fmt.Sprintf("The database %s is not Temporal's: it has no table %s.", databases[i], table),
				FixZh: "请检查 --store-dsn 和 --visibility-database，并授予该用户读取两个库的权限。",
				FixEn: "Check --store-dsn and --visibility-database, and that the user may read both.",
			}
		}
	}
	return nil
}
