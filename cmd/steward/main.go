// Command steward is the whole product in one binary: the API, the worker, migrations, imports, and `dev`, which runs
// everything on one machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// commands are what the binary can do; each stands in its own file.
type commands struct {
	Dev       DevCmd       `cmd:"" help:"Run the whole system on this machine, with a demo community."`
	API       APICmd       `cmd:"" name:"api" help:"Serve the HTTP API and the console."`
	Worker    WorkerCmd    `cmd:"" help:"Work on processes: advance campaigns, send messages, apply imports."`
	Backup    BackupCmd    `cmd:"" help:"Copy MySQL or Temporal's store while they are in use."`
	Restore   RestoreCmd   `cmd:"" help:"Fill MySQL or Temporal's store from a backup; run reconcile afterwards."`
	Reconcile ReconcileCmd `cmd:"" help:"Compare MySQL with Temporal after a restore, and mend what differs."`
	Migrate   MigrateCmd   `cmd:"" help:"Bring the database to this program's schema and make the organization's defaults."`
	Release   ReleaseCmd   `cmd:"" help:"See which build of the workers gets the tasks, and change it: the step of an upgrade."`
	User      UserCmd      `cmd:"" help:"Make sign-ins from this machine: the first administrator, for one."`
	Books     BooksCmd     `cmd:"" help:"Check that the money agrees with itself."`
	Import    ImportCmd    `cmd:"" help:"Bring in an office's spreadsheets, and take imports back."`
	Campaign  CampaignCmd  `cmd:"" help:"Start and watch collection campaigns."`
	OpenAPI   OpenAPICmd   `cmd:"" name:"openapi" help:"Print the description of the HTTP API (OpenAPI 3.1)."`
	Version   VersionCmd   `cmd:"" help:"Print the version."`

	Healthcheck HealthcheckCmd `cmd:"" help:"Ask a running process whether it is ready: the probe of a container that has no shell."`

	SeedDemo  SeedDemoCmd  `cmd:"" hidden:"" help:"Import the demo community through the running API."`
	SeedUsers SeedUsersCmd `cmd:"" hidden:"" help:"Make the sign-ins of dev."`
}

func main() {
	var c commands
	parser := kong.Parse(&c,
		kong.Name("steward"),
		kong.Description("Property management: collections that stop when they should, money that adds up."),
		kong.UsageOnError(),
		kong.BindToProvider(untilSignal),
	)
	err := readSecretFiles(parser.Flags())
	if err == nil {
		err = parser.Run()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "steward: %v\n", err)
		var code exitCode
		if errors.As(err, &code) {
			os.Exit(int(code))
		}
		os.Exit(1)
	}
}

// sameSignal is how soon a second signal still belongs to the first: one sent to a whole process group reaches a program
// twice when its parent passes it on as well.
const sameSignal = time.Second

// untilSignal gives the context of a command: the first Ctrl-C or SIGTERM ends it, a second one the process.
func untilSignal() (context.Context, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(sameSignal, stop) })
	return ctx, nil
}

// exitCode is an error that wants a certain exit status.
type exitCode int

// Error implements error.
func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }
