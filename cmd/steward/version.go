package main

import (
	"fmt"
	"runtime/debug"

	"steward/schema"
)

// version is set by the build with -ldflags "-X main.version=...".
var version = ""

// VersionCmd prints what was built.
type VersionCmd struct{}

// Run prints the version, and the schema version that contractions of the database compare with.
func (VersionCmd) Run() error {
	migrations, err := schema.All()
	if err != nil {
		return err
	}
	_, err = fmt.Printf("steward %s (schema version %d)\n", buildVersion(), schema.Version(migrations))
	return err
}

// buildVersion is the version of the build, or the commit it was made from.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if commit == "" {
		return "dev"
	}
	return commit + dirty
}
