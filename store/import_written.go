package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// importWrites is what one batch wrote: a rollback takes it back.
type importWrites struct {
	Made    map[string][]string     `json:"made,omitempty"`    // by table: ids
	Changed map[string][]writtenRow `json:"changed,omitempty"` // by table
}

// writtenRow is a row as it was before, and the version it has after. A rollback gives the old version back with the old
// values, so that the import before this one can be rolled back next.
type writtenRow struct {
	ID      string         `json:"id"`
	Version int            `json:"version"`
	Was     int            `json:"was"` // the version before
	Before  map[string]any `json:"before"`
}

func (w *importWrites) empty() bool { return len(w.Made) == 0 && len(w.Changed) == 0 }

func importedTableOf(name string) (importedTable, error) {
	i := slices.IndexFunc(importedTables, func(t importedTable) bool { return t.name == name })
	if i < 0 {
		return importedTable{}, fmt.Errorf("an import wrote to %s, which no rollback knows", name)
	}
	return importedTables[i], nil
}

// rowsBefore reads the rows that a plan is about to change, as they are.
func rowsBefore(ctx context.Context, tx *sqlx.Tx, orgID string, changed map[string][]string) (*importWrites, error) {
	w := &importWrites{Changed: map[string][]writtenRow{}}
	for _, name := range sortedKeys(changed) {
		table, err := importedTableOf(name)
		if err != nil {
			return nil, err
		}
		ids := slices.Compact(slices.Sorted(slices.Values(changed[name])))
		for chunk := range slices.Chunk(ids, rowsPerStatement) {
			rows, err := readWritten(ctx, tx, orgID, table, chunk)
			if err != nil {
				return nil, err
			}
			w.Changed[name] = append(w.Changed[name], rows...)
		}
	}
	return w, nil
}

func readWritten(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable, ids []string) ([]writtenRow, error) {
	query, args, err := sqlx.In(`SELECT `+t.key+` AS row_id, version, `+strings.Join(t.columns, ", ")+` FROM `+t.name+` WHERE org_id = ? AND `+t.key+` IN (?) FOR UPDATE`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read %s before the change: %w", t.name, err)
	}
	rows, err := tx.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s before the change: %w", t.name, err)
	}
	defer func() { _ = rows.Close() }()
	var out []writtenRow
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, fmt.Errorf("read %s before the change: %w", t.name, err)
		}
		r := writtenRow{ID: textOf(values[0]), Before: make(map[string]any, len(t.columns))}
		if _, err := fmt.Sscan(textOf(values[1]), &r.Was); err != nil {
			return nil, fmt.Errorf("read the version of a row of %s: %w", t.name, err)
		}
		for i, c := range t.columns {
			r.Before[c] = keepable(values[i+2])
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func textOf(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// keepable turns a column's value into one that survives JSON: bytes become base64, instants the database's own text.
func keepable(v any) any {
	switch v := v.(type) {
	case time.Time:
		return map[string]string{"at": v.UTC().Format("2006-01-02 15:04:05.999999")}
	case string:
		return []byte(v)
	}
	return v
}

// afterWriting fills in the versions that the changed rows have now, and the rows that were made.
func (w *importWrites) afterWriting(ctx context.Context, tx *sqlx.Tx, orgID string, made map[string][]string) error {
	w.Made = made
	for name, rows := range w.Changed {
		t, err := importedTableOf(name)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		versions, err := readVersions(ctx, tx, orgID, t, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Version = versions[rows[i].ID]
		}
	}
	return nil
}

// readVersions gives the versions of rows that are there; an unversioned row has 0.
func readVersions(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable, ids []string) (map[string]int, error) {
	version := "version"
	if !t.versioned {
		version = "0"
	}
	out := make(map[string]int, len(ids))
	for chunk := range slices.Chunk(ids, idsPerRead) {
		var rows []struct {
			ID      string `db:"row_id"`
			Version int    `db:"version"`
		}
		err := selectIn(ctx, tx, &rows, `SELECT `+t.key+` AS row_id, `+version+` AS version FROM `+t.name+` WHERE org_id = ? AND `+t.key+` IN (?) FOR UPDATE`, orgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("read versions of %s: %w", t.name, err)
		}
		for _, r := range rows {
			out[r.ID] = r.Version
		}
	}
	return out, nil
}

// idsPerRead bounds the list of ids in one read; from 1,000 MariaDB makes a subquery of it.
const idsPerRead = 900

// restorable turns a kept value back into what the database takes.
func restorable(v any) (any, error) {
	switch v := v.(type) {
	case string:
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return nil, fmt.Errorf("read a kept value: %w", err)
		}
		return b, nil
	case map[string]any:
		return v["at"], nil
	}
	return v, nil
}
