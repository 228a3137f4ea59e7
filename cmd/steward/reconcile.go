package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"go.temporal.io/sdk/client"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/engine"
)

// ReconcileCmd compares MySQL with Temporal after either was restored from a backup, and mends what it can.
type ReconcileCmd struct {
	Database
	Logging
	TemporalAt
	Channels
	DryRun       bool          `help:"Show differences and change nothing."`
	TemporalWait time.Duration `help:"How long to wait for Temporal." default:"10s"`
	Dev          bool          `help:"The sandbox serves channels that have no provider." env:"STEWARD_DEV"`
}

// Run prints what was found; it fails when something is left for a person or for time to mend.
func (c *ReconcileCmd) Run(ctx context.Context) error {
	log := c.logger("reconcile")
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	providers, err := c.registry(d.store, c.Dev)
	if err != nil {
		return err
	}
	options := engine.Options{Address: c.TemporalAddress, Namespace: c.TemporalNamespace, APIKey: c.APIKey, Secret: d.secret, Logger: log, Timeout: c.TemporalWait}
	namespace, err := options.NamespaceInUse()
	if err != nil {
		return err
	}
	temporal, err := engine.Dial(ctx, options)
	if err != nil {
		return err
	}
	defer temporal.Close()
	found, err := c.compare(ctx, d, temporal, namespace, providers.Channels())
	if err != nil {
		return err
	}
	return report(found)
}

func (c *ReconcileCmd) compare(ctx context.Context, d *database, temporal client.Client, namespace string, channels []dunning.Channel) ([]engine.Finding, error) {
	r := engine.Reconciler{Store: d.store, Engine: engine.New(temporal), Namespace: namespace, Speed: d.clock.Anchor().Speed, Channels: channels, DryRun: c.DryRun}
	found, err := r.Run(ctx)
	if err != nil {
		return nil, err
	}
	orgID, err := d.store.SoleOrganization(ctx)
	if err != nil {
		return nil, err
	}
	wrong, err := d.store.CheckBooks(ctx, access.ForSystem(orgID))
	if err != nil {
		return nil, err
	}
	for _, w := range wrong {
		found = append(found, engine.Finding{
			Subject: "books/" + w.SubjectID, What: fmt.Sprintf("%s: want %s, got %s", w.Rule, yuan(w.WantFen), yuan(w.GotFen)), Left: true,
		})
	}
	return found, nil
}

// report prints a table; the exit status is 3 when something is left.
func report(found []engine.Finding) error {
	if len(found) == 0 {
		fmt.Println("没有差异 / nothing to reconcile")
		return nil
	}
	t, left := newTable("对象 subject", "差异 difference", "处理 done"), 0
	for _, f := range found {
		done := f.Done
		if f.Left {
			left++
			if done == "" {
				done = "未处理 left"
			}
		}
		t.AppendRow(table.Row{f.Subject, f.What, done})
	}
	fmt.Println(t.Render())
	if left > 0 {
		return fmt.Errorf("%d differences are left: %w", left, exitCode(3))
	}
	return nil
}
