// Package backup takes and restores copies of the two stores, MySQL and Temporal's, with the servers' own tools. A backup is
// one folder with the copy and a manifest; the folder gets its name when both are whole, so that one of the right name is a
// whole one.
package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"steward/domain/clock"
)

// The kinds of backup.
const (
	MySQL          = "mysql"
	TemporalMySQL  = "temporal-mysql"
	TemporalSQLite = "temporal-sqlite"
)

const (
	manifestName = "manifest.json"
	product      = "steward"
	format       = 1
)

// Manifest says what a backup holds. It has no secret and no personal data in it.
type Manifest struct {
	Product    string    `json:"product"`
	Format     int       `json:"format"`
	Kind       string    `json:"kind"`
	Program    string    `json:"program"`  // version of the steward that took it
	TakenAt    time.Time `json:"taken_at"` // wall time; everything committed before is in the copy
	FinishedAt time.Time `json:"finished_at"`

	Server    string   `json:"server"` // what the database server says it is, or sqlite's library
	Databases []string `json:"databases,omitempty"`

	SchemaVersion  int64         `json:"schema_version,omitempty"`
	OrganizationID string        `json:"organization_id,omitempty"`
	Clock          *clock.Anchor `json:"clock,omitempty"`          // business clock when it was taken
	DataKeyProof   []byte        `json:"data_key_proof,omitempty"` // opened by the data key of this database, and by no other
	Binlog         *Binlog       `json:"binlog,omitempty"`         // from where a binary log goes on after the copy

	File       string `json:"file"`
	Bytes      int64  `json:"bytes"`       // of the file
	PlainBytes int64  `json:"plain_bytes"` // unpacked
	SHA256     string `json:"sha256"`      // of the file
}

// Binlog is a place in the server's binary log.
type Binlog struct {
	File     string `json:"file"`
	Position int64  `json:"position"`
}

// Stored is a whole backup on disk.
type Stored struct {
	Manifest
	Dir string
}

// Name is the folder's name, which is also how a restored database names its backup.
func (s Stored) Name() string { return filepath.Base(s.Dir) }

// Open reads the manifest of a backup; path is its folder or a file in it. It checks that the copy is there at its full
// size, not what is in it.
func Open(path string) (Stored, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return Stored{}, fmt.Errorf("find the backup: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return Stored{}, fileProblem(dir, "open the backup", err)
	}
	if !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	content, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return Stored{}, notABackup(dir, err)
	}
	if err != nil {
		return Stored{}, fileProblem(dir, "read the backup's manifest", err)
	}
	s := Stored{Dir: dir}
	if err := json.Unmarshal(content, &s.Manifest); err != nil || s.Product != product || s.File == "" || s.File != filepath.Base(s.File) {
		return Stored{}, notABackup(dir, err)
	}
	if s.Format > format {
		return Stored{}, newerBackup(dir, s.Program)
	}
	copied, err := os.Stat(s.file())
	if err != nil {
		return Stored{}, damaged(dir, err)
	}
	if copied.Size() != s.Bytes {
		return Stored{}, damaged(dir, fmt.Errorf("%s has %d bytes, the manifest says %d", s.File, copied.Size(), s.Bytes))
	}
	return s, nil
}

func (s Stored) file() string { return filepath.Join(s.Dir, s.File) }
