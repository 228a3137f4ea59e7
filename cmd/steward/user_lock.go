package main

import (
	"context"
	"fmt"
	"os"

	"steward/domain/access"
)

// UserPasswordCmd gives a user another password.
type UserPasswordCmd struct {
	Database
	Login string `arg:"" help:"Who."`
}

// Run sets the password from standard input.
func (c *UserPasswordCmd) Run(ctx context.Context) error {
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	return c.asSystem(ctx, func(d *database, sc access.Scope) error {
		if err := d.store.SetPassword(ctx, sc, c.Login, password); err != nil {
			return err
		}
		fmt.Printf("已更换密码，原有登录全部失效 / password set, all sessions ended: %s\n", c.Login)
		return nil
	})
}

// UserLockCmd keeps a user out.
type UserLockCmd struct {
	Database
	Login string `arg:"" help:"Who."`
}

// Run locks the user.
func (c *UserLockCmd) Run(ctx context.Context) error {
	return c.asSystem(ctx, func(d *database, sc access.Scope) error {
		if err := d.store.LockUser(ctx, sc, c.Login); err != nil {
			return err
		}
		fmt.Printf("已锁定，原有登录全部失效 / locked, all sessions ended: %s\n", c.Login)
		return nil
	})
}

// asSystem works on the open database in the name of this machine's operator.
func (d Database) asSystem(ctx context.Context, work func(*database, access.Scope) error) error {
	open, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer open.close()
	orgID, err := open.store.SoleOrganization(ctx)
	if err != nil {
		return fmt.Errorf("find the organization (has steward migrate run?): %w", err)
	}
	return work(open, access.ForSystem(orgID))
}
