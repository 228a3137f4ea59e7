package main

import (
	"context"
	"fmt"
	"strings"

	"steward/schema"
	"steward/store"
)

// MigrateCmd brings the database to this program's schema. It can be repeated, and two at once take turns.
type MigrateCmd struct {
	Database
	Organization string `help:"Name of the organization, made the first time." default:"物业服务公司" env:"STEWARD_ORGANIZATION"`
	Contract     bool   `help:"Also take away what older programs need: only when none of them runs any more, and with a backup at hand."`
	Plan         bool   `help:"Say what would be done, and do nothing."`
	Dev          bool   `hidden:"" help:"Nobody else uses this database, so that nothing has to wait." env:"STEWARD_DEV"`
}

// Run migrates, then makes the organization and its defaults where they are missing. On a newer schema it does neither.
func (c *MigrateCmd) Run(ctx context.Context) error {
	done, err := c.migrate(ctx)
	if err != nil {
		return err
	}
	fmt.Print(migrateWords(done, c.Plan))
	if c.Plan || done.Newer {
		return nil
	}
	d, err := c.openRestored(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.EnsureOrganization(ctx, c.Organization)
	if err != nil {
		return err
	}
	return seedDefaults(ctx, d.store, orgID)
}

func (c *MigrateCmd) migrate(ctx context.Context) (store.Migrated, error) {
	address, err := c.address()
	if err != nil {
		return store.Migrated{}, err
	}
	db, err := store.OpenForMigration(ctx, address)
	if err != nil {
		return store.Migrated{}, err
	}
	defer func() { _ = db.Close() }()
	if err := store.CheckRestored(ctx, db, true); err != nil {
		return store.Migrated{}, err
	}
	m, err := store.NewMigrator(db, c.Contract || c.Dev)
	if err != nil {
		return store.Migrated{}, err
	}
	if c.Plan {
		return m.Plan(ctx)
	}
	return m.Up(ctx)
}

// migrateWords tells what was done, or would be done, and what waits for which condition.
func migrateWords(done store.Migrated, plan bool) string {
	var b strings.Builder
	names := func(migrations []schema.Migration) string {
		var all []string
		for _, m := range migrations {
			all = append(all, m.Name)
		}
		return strings.Join(all, ", ")
	}
	switch {
	case done.Newer:
		fmt.Fprintf(&b, "数据库结构版本 %[1]d 比本程序新，只做过扩展，本程序可以运行；未作任何改动\n"+
			"the schema is version %[1]d, newer than this program, and only expanded: this program runs on it; nothing was changed\n", done.From)
	case len(done.Apply) > 0 && plan:
		fmt.Fprintf(&b, "将从版本 %[1]d 升级到 %[2]d / would go from version %[1]d to %[2]d: %[3]s\n", done.From, done.To, names(done.Apply))
	case len(done.Apply) > 0:
		fmt.Fprintf(&b, "数据库结构已从版本 %[1]d 升级到 %[2]d / the database went from version %[1]d to %[2]d: %[3]s\n", done.From, done.To, names(done.Apply))
	default:
		fmt.Fprintf(&b, "数据库结构已是版本 %[1]d，无需升级 / the database is at version %[1]d, nothing to do\n", done.To)
	}
	if len(done.Waiting) > 0 {
		fmt.Fprintf(&b, "等待执行 / waiting: %[1]s\n"+
			"其中 %[2]s 会使结构版本低于 %[3]d 的程序无法运行。确认它们都已停止并备好备份后，运行 steward migrate --contract\n"+
			"%[2]s ends programs of a schema version below %[3]d. When none of them runs any more and a backup is at hand: steward migrate --contract\n",
			names(done.Waiting), done.Waiting[0].Name, done.Waiting[0].Oldest)
	}
	return b.String()
}

// seedDefaults gives an organization what it cannot work without; what is there already stays as it is.
func seedDefaults(ctx context.Context, s *store.Store, orgID string) error {
	if err := s.SeedHolidays(ctx, orgID); err != nil {
		return err
	}
	return s.SeedDefaultPolicy(ctx, orgID)
}

// SeedUsersCmd makes the sign-ins of dev, whose passwords everyone knows.
type SeedUsersCmd struct {
	Database
	Dev bool `help:"Says that this is no production database." env:"STEWARD_DEV" required:""`
}

// Run makes the users that are missing.
func (c *SeedUsersCmd) Run(ctx context.Context) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.SoleOrganization(ctx)
	if err != nil {
		return err
	}
	return d.store.SeedDemoUsers(ctx, orgID)
}

// demoUsers are the sign-ins that seed-users makes.
var demoUsers = store.DemoLogins()
