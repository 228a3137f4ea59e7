package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"go.temporal.io/sdk/client"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/engine"
	"steward/notify"
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
	d, err := c.openRestored(ctx)
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
	found, err := c.compare(ctx, d, temporal, namespace, providers)
	if err != nil {
		return err
	}
	return report(found)
}

func (c *ReconcileCmd) compare(ctx context.Context, d *database, temporal client.Client, namespace string, providers *notify.Registry) ([]engine.Finding, error) {
	r := engine.Reconciler{
		Store: d.store, Engine: engine.New(temporal), Namespace: namespace, Speed: d.clock.Anchor().Speed, Today: calendar.DateOf(d.clock.Now()),
		Channels: providers.Channels(), Recognises: recognising(providers), DryRun: c.DryRun,
	}
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
			Subject: "books/" + w.SubjectID, What: fmt.Sprintf("%s: want %s, got %s", w.Rule, yuan(w.WantFen), yuan(w.GotFen)), Done: engine.Left,
			Advice: "a person must look", Open: true,
		})
	}
	return found, nil
}

// recognising lists the channels whose provider tells a repeated message only once.
func recognising(providers *notify.Registry) []dunning.Channel {
	var out []dunning.Channel
	for _, ch := range providers.Channels() {
		if setting, err := providers.For(ch); err == nil && setting.Provider.Idempotent() {
			out = append(out, ch)
		}
	}
	return out
}

// doneWords are the words of a finding for people who read Chinese.
var doneWords = map[string]string{
	engine.Rearmed: "已重新唤醒", engine.Rebuilt: "已按数据重建", engine.Parked: "已停下待人决定", engine.Terminated: "已终止", engine.Left: "未处理",
}

// report prints a table; the exit status is 3 when something is left.
func report(found []engine.Finding) error {
	if len(found) == 0 {
		fmt.Println("没有差异 / nothing to reconcile")
		return nil
	}
	t, left, advice := newTable("对象 subject", "差异 difference", "处理 done"), 0, ""
	for _, f := range found {
		if f.Open {
			left++
		}
		if f.Advice != "" {
			advice += fmt.Sprintf("%s → %s\n", f.Subject, f.Advice)
		}
		t.AppendRow(table.Row{f.Subject, f.What, doneWords[f.Done] + " " + f.Done})
	}
	fmt.Printf("%s\n%s", t.Render(), advice)
	if left > 0 {
		return fmt.Errorf("%d 项需要人来处理或稍后复查 / %d differences wait for a person or for time: %w", left, left, exitCode(3))
	}
	return nil
}
