package main

import (
	"fmt"
	"log/slog"

	"steward/engine"
	"steward/schema"
	"steward/store"
	"steward/telemetry"
)

// Watched is what /metrics tells of the machine; embedded in every command that serves it.
type Watched struct {
	WatchFolder string `help:"Folder whose free disk space /metrics tells: the database's, where it is on this machine." env:"STEWARD_WATCH_FOLDER" type:"path" placeholder:"DIR"`
}

// watch adds the figures of the database, of Temporal and of this machine to what /metrics shows.
func (w Watched) watch(running *telemetry.Running, d *database, door *engine.Engine, log *slog.Logger) error {
	migrations, err := schema.All()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	figures := telemetry.NewFigures(telemetry.Sources{
		Figures: d.store.Figures, Settled: d.store.SettledMessages, ClockSkew: d.store.ClockSkew, Temporal: door.Ping,
		Pool: d.db.Stats, Faults: store.Faults, Clock: d.clock, SchemaWanted: schema.Needs(migrations),
		Version: buildVersion(), Folder: w.WatchFolder, Log: log,
	})
	if err := running.Registry.Register(figures); err != nil {
		return fmt.Errorf("register the figures: %w", err)
	}
	return nil
}
