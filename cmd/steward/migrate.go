package main

import (
	"context"
	"fmt"

	"steward/store"
)

// MigrateCmd brings the database to this program's schema. It can be repeated, and two at once take turns.
type MigrateCmd struct {
	Database
	Organization string `help:"Name of the organization, made the first time." default:"物业服务公司" env:"STEWARD_ORGANIZATION"`
}

// Run migrates, then makes the organization and its defaults where they are missing.
func (c *MigrateCmd) Run(ctx context.Context) error {
	db, err := c.connect(ctx)
	if err != nil {
		return err
	}
	err = store.Migrate(ctx, db)
	_ = db.Close()
	if err != nil {
		return err
	}
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.EnsureOrganization(ctx, c.Organization)
	if err != nil {
		return err
	}
	if err := seedDefaults(ctx, d.store, orgID); err != nil {
		return err
	}
	fmt.Println("数据库结构已是最新 / the database is up to date")
	return nil
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
