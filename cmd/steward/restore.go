package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"steward/backup"
	"steward/devstack"
	"steward/store"
)

// RestoreCmd fills a store from a backup.
type RestoreCmd struct {
	MySQL    RestoreMySQLCmd    `cmd:"" name:"mysql" help:"Fill Steward's database from a backup."`
	Temporal RestoreTemporalCmd `cmd:"" help:"Fill Temporal's store from a backup."`
}

// RestoreFrom names the backup.
type RestoreFrom struct {
	From    string `help:"Folder that steward backup made." required:"" type:"path" placeholder:"DIR"`
	Replace bool   `help:"Throw away what is there. Of a file, the old one is kept under another name."`
}

// RestoreMySQLCmd fills Steward's database.
type RestoreMySQLCmd struct {
	Database
	RestoreFrom
	Dev string `help:"Folder of a stopped steward dev on this machine, instead of an address and a key." type:"path" placeholder:"DIR"`
}

// Run checks everything that can be checked before the first change, and leaves a database that no program works on until
// it is whole and reconciled.
func (c *RestoreMySQLCmd) Run(ctx context.Context) error {
	from, err := backup.Open(c.From)
	if err != nil {
		return err
	}
	if err := from.Check(backup.MySQL); err != nil {
		return err
	}
	if err := fitsProgram(from); err != nil {
		return err
	}
	if c.Dev != "" {
		stop, err := c.startDevDatabase(ctx)
		if err != nil {
			return err
		}
		defer stop()
	}
	if err := c.fitsKey(from); err != nil {
		return err
	}
	dsn, err := c.address()
	if err != nil {
		return err
	}
	address, err := backup.ParseAddress(dsn)
	if err != nil {
		return err
	}
	db, err := openOrMake(ctx, address, address.Database())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := c.fill(ctx, db, address, from); err != nil {
		return err
	}
	return sayRestored(ctx, db, from)
}

// startDevDatabase starts the private server of a steward dev that is stopped, for as long as the restore takes.
func (c *RestoreMySQLCmd) startDevDatabase(ctx context.Context) (stop func(), err error) {
	settings := devSettings{dir: c.Dev}
	unlock, err := lockDataFolder(settings.dir)
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(settings.keyFile())
	if err != nil {
		unlock()
		return nil, &devstack.Problem{
			Code: "data-key-missing", Zh: fmt.Sprintf("找不到数据密钥 %s。", settings.keyFile()), En: fmt.Sprintf("The data key %s is not there.", settings.keyFile()),
			FixZh: "备份中不含密钥：请先把另行保存的密钥文件放到该位置。", FixEn: "A backup does not hold it: put the copy that was kept apart in its place first.", Cause: err,
		}
	}
	server, err := devstack.StartMariaDB(ctx, devstack.MariaDBOptions{Dir: settings.mysqlDir()})
	if err != nil {
		unlock()
		return nil, err
	}
	c.DSN, c.Password, c.DataKey = server.DSN(), "", strings.TrimSpace(string(key))
	return func() { server.Stop(); unlock() }, nil
}

// fitsProgram refuses a dump of a newer schema: this program could neither check nor migrate it.
func fitsProgram(from backup.Stored) error {
	own, err := store.ProgramSchema()
	if err != nil || from.SchemaVersion <= own {
		return err
	}
	return &devstack.Problem{
		Code:  "backup-newer",
		Zh:    fmt.Sprintf("备份的数据库结构版本是 %d，本程序只到 %d。", from.SchemaVersion, own),
		En:    fmt.Sprintf("The backup has schema version %d, this program knows versions up to %d.", from.SchemaVersion, own),
		FixZh: fmt.Sprintf("请用生成备份的 steward（%s）或更新的版本恢复。", from.Program), FixEn: fmt.Sprintf("Restore it with the steward that made it (%s) or a newer one.", from.Program),
	}
}

// fitsKey refuses a key that does not open what the backup was sealed with.
func (c *RestoreMySQLCmd) fitsKey(from backup.Stored) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	keys, err := store.NewKeyRing(secret)
	if err != nil || from.DataKeyProof == nil {
		return err
	}
	if store.FitsDataKey(keys, from.DataKeyProof) == nil {
		return nil
	}
	return &devstack.Problem{
		Code: "wrong-data-key", Zh: "手头的数据密钥打不开这份备份，没有恢复任何内容。", En: "The data key at hand does not open this backup; nothing was restored.",
		FixZh: "请使用备份时所用的密钥（STEWARD_DATA_KEY_FILE）。", FixEn: "Use the key that was in use when it was taken (STEWARD_DATA_KEY_FILE).",
	}
}

// openOrMake opens a database, making it where the server does not have it.
func openOrMake(ctx context.Context, address backup.Address, database string) (*sqlx.DB, error) {
	db, err := store.Open(ctx, address.DSN(database), backupConns)
	var my *mysql.MySQLError
	if err == nil || !errors.As(err, &my) || my.Number != errUnknownDatabase {
		return db, backup.ServerProblem(err)
	}
	server, serverErr := store.Open(ctx, address.DSN(""), backupConns)
	if serverErr != nil {
		return nil, backup.ServerProblem(err)
	}
	defer func() { _ = server.Close() }()
	_, makeErr := server.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS `"+strings.ReplaceAll(database, "`", "``")+"` CHARACTER SET utf8mb4")
	if makeErr != nil {
		return nil, backup.ServerProblem(err)
	}
	db, err = store.Open(ctx, address.DSN(database), backupConns)
	return db, backup.ServerProblem(err)
}

const errUnknownDatabase = 1049

// fill empties and loads. From the first change on the database is marked as half filled, until it is whole.
func (c *RestoreMySQLCmd) fill(ctx context.Context, db *sqlx.DB, address backup.Address, from backup.Stored) error {
	if err := backup.InUse(ctx, db, address.Database()); err != nil {
		return err
	}
	tables, err := backup.Tables(ctx, db, address.Database(), store.RestoreMarkTable)
	if err != nil {
		return err
	}
	before, err := store.PendingRestore(ctx, db)
	if err != nil {
		return err
	}
	unfinished := before != nil && before.State == store.RestoreLoading
	if len(tables) > 0 && !c.Replace && !unfinished {
		return backup.NotEmpty(address.Database(), len(tables))
	}
	mark := store.RestoreMark{ID: store.NewID(), BackupName: from.Name(), TakenAt: from.TakenAt, BusinessAt: from.TakenAt, RestoredAt: time.Now()}
	if from.Clock != nil {
		mark.BusinessAt = from.Clock.BusinessAt(from.TakenAt)
	}
	if err := store.BeginRestore(ctx, db, mark); err != nil {
		return err
	}
	if err := backup.Empty(ctx, db, address.Database(), tables); err != nil {
		return halfFilled(err)
	}
	if err := from.LoadMySQL(ctx, db, address, address.Database()); err != nil {
		return halfFilled(err)
	}
	version, err := store.SchemaVersion(ctx, db)
	if err == nil && version != from.SchemaVersion {
		err = fmt.Errorf("the database has schema version %d after loading, the backup has %d", version, from.SchemaVersion)
	}
	if err != nil {
		return halfFilled(err)
	}
	return store.EndRestore(ctx, db, mark.ID)
}

// halfFilled says what state a restore that broke has left.
func halfFilled(err error) error {
	return fmt.Errorf("恢复中断：数据库内容不完整，steward 的程序会拒绝在其上启动。排除下面的原因后重新运行同一命令即可。\n"+
		"The restore broke off: the database is incomplete, and steward's programs refuse to start on it. Mend the cause below and run the same command again.\n%w", err)
}

func sayRestored(ctx context.Context, db *sqlx.DB, from backup.Stored) error {
	fmt.Printf("已恢复 / restored: %s（%s）\n", from.Name(), from.TakenAt.Format(time.RFC3339))
	var misfit *store.SchemaError
	err := store.CheckSchema(ctx, db)
	switch {
	case errors.As(err, &misfit):
		fmt.Printf("%s\n", misfit.Error())
	case err != nil:
		return err
	}
	fmt.Println("下一步：确认 Temporal 已启动，运行 steward reconcile；之后再启动 api 和 worker。\n" +
		"Next: see that Temporal is up and run steward reconcile; api and worker start only after it.")
	return nil
}

// RestoreTemporalCmd fills Temporal's store.
type RestoreTemporalCmd struct {
	TemporalStore
	RestoreFrom
}

// Run checks the backup and puts it in place.
func (c *RestoreTemporalCmd) Run(ctx context.Context) error {
	from, err := backup.Open(c.From)
	if err != nil {
		return err
	}
	file, err := c.file()
	if err != nil {
		return err
	}
	if file == "" {
		err = c.fillDatabases(ctx, from)
	} else {
		err = c.placeFile(ctx, from, file)
	}
	if err != nil {
		return err
	}
	fmt.Printf("已恢复 / restored: %s（%s）\n", from.Name(), from.TakenAt.Format(time.RFC3339))
	fmt.Println("下一步：启动 Temporal，运行 steward reconcile。\nNext: start Temporal and run steward reconcile.")
	return nil
}

func (c *RestoreTemporalCmd) placeFile(ctx context.Context, from backup.Stored, file string) error {
	if err := from.Check(backup.TemporalSQLite); err != nil {
		return err
	}
	if c.Dev != "" {
		unlock, err := lockDataFolder(c.Dev)
		if err != nil {
			return err
		}
		defer unlock()
	}
	aside, err := from.RestoreSQLite(ctx, file, c.Replace)
	if err != nil {
		return err
	}
	if aside != "" {
		fmt.Printf("原文件保留为 / the old file is kept as: %s\n", aside)
	}
	if c.Dev == "" {
		return nil
	}
	return devstack.AdoptTemporal(filepath.Dir(file))
}

func (c *RestoreTemporalCmd) fillDatabases(ctx context.Context, from backup.Stored) error {
	if err := from.Check(backup.TemporalMySQL); err != nil {
		return err
	}
	address, databases, err := c.databases()
	if err != nil {
		return err
	}
	if strings.Join(databases, " ") != strings.Join(from.Databases, " ") {
		return &devstack.Problem{
			Code:  "other-databases",
			Zh:    fmt.Sprintf("备份的库名是 %s，与目标 %s 不同。", strings.Join(from.Databases, "、"), strings.Join(databases, "、")),
			En:    fmt.Sprintf("The backup is of the databases %s, not of %s.", strings.Join(from.Databases, ", "), strings.Join(databases, ", ")),
			FixZh: "请恢复到同名的库。", FixEn: "Restore into databases of the same names.",
		}
	}
	var all []*sqlx.DB
	for _, name := range databases {
		db, err := openOrMake(ctx, address, name)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		all = append(all, db)
	}
	return c.fillBoth(ctx, all, address, databases, from)
}

// fillBoth loads both databases; when that breaks it leaves them empty, and Temporal does not start on an empty store.
func (c *RestoreTemporalCmd) fillBoth(ctx context.Context, all []*sqlx.DB, address backup.Address, databases []string, from backup.Stored) error {
	for i := range all[1:] {
		_ = all[i+1].Close() // another connection of ours would count as another program
	}
	if err := backup.InUse(ctx, all[0], databases...); err != nil {
		return err
	}
	empty := func(ctx context.Context) error {
		for _, name := range databases {
			tables, err := backup.Tables(ctx, all[0], name)
			if err != nil {
				return err
			}
			if err := backup.Empty(ctx, all[0], name, tables); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range databases {
		tables, err := backup.Tables(ctx, all[0], name)
		if err != nil {
			return err
		}
		if len(tables) > 0 && !c.Replace {
			return backup.NotEmpty(name, len(tables))
		}
	}
	if err := empty(ctx); err != nil {
		return err
	}
	if err := from.LoadMySQL(ctx, all[0], address, ""); err != nil {
		return errors.Join(fmt.Errorf("恢复中断，两个库已清空；排除原因后重新运行 / the restore broke off and both databases were emptied; mend the cause and run it again: %w", err),
			empty(context.WithoutCancel(ctx)))
	}
	return nil
}
