package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	partialPrefix = ".partial-"
	removedPrefix = ".removed-"
	// abandoned is how old an unfinished folder must be to be cleared away: no backup takes longer.
	abandoned = 24 * time.Hour
)

// folder is a backup in the making.
type folder struct {
	parent, name, making string
}

// begin makes the folder under a temporary name.
func begin(parent, kind string, at time.Time) (*folder, error) {
	parent, err := filepath.Abs(parent)
	if err != nil {
		return nil, fmt.Errorf("find the backup folder: %w", err)
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fileProblem(parent, "make the backup folder", err)
	}
	clearAbandoned(parent)
	f := &folder{parent: parent, name: fmt.Sprintf("steward-%s-%s", kind, at.UTC().Format("20060102T150405.000Z"))}
	f.making = filepath.Join(parent, partialPrefix+f.name)
	if err := os.Mkdir(f.making, 0o700); err != nil {
		return nil, fileProblem(parent, "make the backup folder", err)
	}
	return f, nil
}

func clearAbandoned(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		info, err := e.Info()
		old := err == nil && time.Since(info.ModTime()) > abandoned
		if old && (strings.HasPrefix(e.Name(), partialPrefix) || strings.HasPrefix(e.Name(), removedPrefix)) {
			_ = os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
}

// drop throws an unfinished backup away; after commit it does nothing.
func (f *folder) drop() { _ = os.RemoveAll(f.making) }

// commit writes the manifest and gives the folder its name.
func (f *folder) commit(m Manifest) (Stored, error) {
	m.Product, m.Format = product, format
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Stored{}, fmt.Errorf("write the manifest: %w", err)
	}
	if err := writeWhole(filepath.Join(f.making, manifestName), append(content, '\n')); err != nil {
		return Stored{}, fileProblem(f.parent, "write the manifest", err)
	}
	to := filepath.Join(f.parent, f.name)
	err = errors.Join(syncDir(f.making), os.Rename(f.making, to), syncDir(f.parent))
	if err != nil {
		return Stored{}, fileProblem(f.parent, "put the backup in its place", err)
	}
	return Stored{Manifest: m, Dir: to}, nil
}

func writeWhole(path string, content []byte) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	return errors.Join(err, out.Sync(), out.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Keep removes the oldest whole backups of the kind until n are left, and tells which. Folders that are not whole backups
// are left alone; n below 1 keeps all.
func Keep(parent, kind string, n int) (removed []string, err error) {
	if n < 1 {
		return nil, nil
	}
	all, err := List(parent, kind)
	if err != nil {
		return nil, err
	}
	for _, old := range all[:max(0, len(all)-n)] {
		aside := filepath.Join(filepath.Dir(old.Dir), removedPrefix+old.Name())
		if err := os.Rename(old.Dir, aside); err != nil {
			return removed, fileProblem(parent, "remove an old backup", err)
		}
		removed = append(removed, old.Name())
		if err := os.RemoveAll(aside); err != nil {
			return removed, fileProblem(parent, "remove an old backup", err)
		}
	}
	return removed, nil
}

// List gives the whole backups of a kind, oldest first.
func List(parent, kind string) ([]Stored, error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, fileProblem(parent, "list the backups", err)
	}
	var all []Stored
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if s, err := Open(filepath.Join(parent, e.Name())); err == nil && s.Kind == kind {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Stored) int { return a.TakenAt.Compare(b.TakenAt) })
	return all, nil
}
