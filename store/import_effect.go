package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/importing"
	"steward/domain/page"
)

// writeEffects keeps one run of effects, sealed. writes is nil for a dry run.
func (s *Store) writeEffects(ctx context.Context, tx *sqlx.Tx, orgID, importID string, n int, effects []importing.Effect, writes *importWrites) error {
	if len(effects) == 0 && (writes == nil || writes.empty()) {
		return nil
	}
	first, last, created, updated, doubtful := 0, 0, 0, 0, 0
	for i, e := range effects {
		if i == 0 || e.Row < first {
			first = e.Row
		}
		last = max(last, e.Row)
		switch e.Outcome {
		case importing.Created:
			created++
		case importing.Updated:
			updated++
		}
		if len(e.Doubts) > 0 {
			doubtful++
		}
	}
	plain, err := json.Marshal(effects)
	if err != nil {
		return fmt.Errorf("write effects: %w", err)
	}
	var sealedWrites any
	if writes != nil {
		b, err := json.Marshal(writes)
		if err != nil {
			return fmt.Errorf("write effects: %w", err)
		}
		sealedWrites = s.keys.SealBytes(b)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO import_effect (org_id, import_id, n, row_from, row_to, created_n, updated_n, doubts_n, effects_enc, writes_enc)
		VALUES (?,?,?,?,?,?,?,?,?,?)`, orgID, importID, n, first, last, created, updated, doubtful, s.keys.SealBytes(plain), sealedWrites)
	if err != nil {
		return fmt.Errorf("write effects: %w", err)
	}
	return nil
}

// writeDryEffects keeps what a dry run found, in runs of at most importing.BatchRows.
func (s *Store) writeDryEffects(ctx context.Context, tx *sqlx.Tx, orgID, importID string, effects []importing.Effect) error {
	n := 0
	for part := range slices.Chunk(effects, importing.BatchRows) {
		if err := s.writeEffects(ctx, tx, orgID, importID, n, part, nil); err != nil {
			return err
		}
		n++
	}
	return nil
}

// ImportEffects lists what an import does row by row, in the order of the file: of one outcome, or of all but unchanged
// rows. Rows with doubts are listed by only "doubtful".
func (s *Store) ImportEffects(ctx context.Context, sc access.Scope, id string, which importing.EffectFilter, q page.Query) (page.Of[importing.Effect], error) {
	if _, err := s.visibleImport(ctx, sc, id); err != nil {
		return page.Of[importing.Effect]{}, err
	}
	at, err := effectCursor(q.Cursor)
	if err != nil {
		return page.Of[importing.Effect]{}, err
	}
	condition, ok := map[importing.EffectFilter]string{
		importing.AllEffects: ``, importing.CreatedEffects: ` AND created_n > 0`, importing.UpdatedEffects: ` AND updated_n > 0`, importing.DoubtfulEffects: ` AND doubts_n > 0`,
	}[which]
	if !ok {
		return page.Of[importing.Effect]{}, importing.UnknownEffectFilter(string(which))
	}
	found := make([]importing.Effect, 0, q.Limit)
	for run := at.run; ; run++ {
		var rows []struct {
			N          int    `db:"n"`
			EffectsEnc []byte `db:"effects_enc"`
		}
		err := s.db.SelectContext(ctx, &rows, `SELECT n, effects_enc FROM import_effect WHERE org_id = ? AND import_id = ? AND n >= ?`+condition+` ORDER BY n LIMIT 1`,
			sc.OrgID, asciiKey(id), run)
		if err != nil {
			return page.Of[importing.Effect]{}, fmt.Errorf("read the import's effects: %w", err)
		}
		if len(rows) == 0 {
			return page.Of[importing.Effect]{Items: found}, nil
		}
		plain, err := s.keys.OpenBytes(rows[0].EffectsEnc)
		if err != nil {
			return page.Of[importing.Effect]{}, fmt.Errorf("open the import's effects: %w", err)
		}
		var effects []importing.Effect
		if err := json.Unmarshal(plain, &effects); err != nil {
			return page.Of[importing.Effect]{}, fmt.Errorf("read the import's effects: %w", err)
		}
		from := 0
		if rows[0].N == at.run {
			from = min(at.index, len(effects))
		}
		run = rows[0].N
		for i := from; i < len(effects); i++ {
			if !which.Takes(effects[i]) {
				continue
			}
			if len(found) == q.Limit {
				return page.Of[importing.Effect]{Items: found, NextCursor: effectPlace{run, i}.String()}, nil
			}
			found = append(found, effects[i])
		}
	}
}

// effectPlace is where a page of effects begins: the run and the index in it.
type effectPlace struct{ run, index int }

func (p effectPlace) String() string { return fmt.Sprintf("%d.%d", p.run, p.index) }

func effectCursor(text string) (effectPlace, error) {
	if text == "" {
		return effectPlace{}, nil
	}
	var p effectPlace
	if _, err := fmt.Sscanf(text, "%d.%d", &p.run, &p.index); err != nil || p.String() != text || p.run < 0 || p.index < 0 {
		return p, badCursor(text)
	}
	return p, nil
}
