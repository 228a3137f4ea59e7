package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"steward/domain/access"
)

// UserCmd manages sign-ins from the machine itself: the first administrator has nobody who could make one over HTTP.
type UserCmd struct {
	Add      UserAddCmd      `cmd:"" help:"Make a user with one role over the whole company; the password is read from standard input."`
	Password UserPasswordCmd `cmd:"" help:"Give a user another password, read from standard input; ends the user's sessions and unlocks."`
	Lock     UserLockCmd     `cmd:"" help:"Keep a user out until a password is set again; ends the user's sessions."`
}

// UserAddCmd makes one user.
type UserAddCmd struct {
	Database
	Login string `arg:"" help:"What the user signs in with: 3 to 64 letters, digits or . _ @ -"`
	Name  string `help:"Name that others see; the login when left out."`
	Role  string `help:"Role over the whole company." default:"admin"`
}

const (
	minPassword = 10
	maxPassword = 200
)

var loginForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{3,64}$`)

// Run makes the user.
func (c *UserAddCmd) Run(ctx context.Context) error {
	if !loginForm.MatchString(c.Login) {
		return fmt.Errorf("login %q: use 3 to 64 letters, digits or . _ @ -", c.Login)
	}
	if !slices.Contains(access.Roles, access.Role(c.Role)) {
		return fmt.Errorf("no role %q; there is: %s", c.Role, joinRoles())
	}
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	orgID, err := d.store.SoleOrganization(ctx)
	if err != nil {
		return fmt.Errorf("find the organization (has steward migrate run?): %w", err)
	}
	name := c.Name
	if name == "" {
		name = c.Login
	}
	user, err := d.store.CreateUser(ctx, access.ForSystem(orgID), access.NewUser{
		Login: c.Login, Name: name, Password: password,
		Roles: []access.RoleGrant{{Role: access.Role(c.Role), Scope: access.GrantArea{Level: access.LevelCompany}}},
	})
	if err != nil {
		return err
	}
	fmt.Printf("已创建用户 / user made: %s (%s)\n", user.Login, c.Role)
	return nil
}

// readPassword takes one line; the prompt goes to standard error so that a pipe stays clean.
func readPassword(in io.Reader) (string, error) {
	fmt.Fprint(os.Stderr, "密码 / password: ")
	line, err := bufio.NewReader(io.LimitReader(in, 4*maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if n := len([]rune(password)); n < minPassword || n > maxPassword {
		return "", fmt.Errorf("a password has %d to %d characters", minPassword, maxPassword)
	}
	return password, nil
}

func joinRoles() string {
	names := make([]string, len(access.Roles))
	for i, r := range access.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
