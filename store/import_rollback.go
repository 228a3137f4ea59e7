package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/refusal"
)

// RollBackImport takes an import back as a whole, in one transaction: what it made goes, what it changed is as before.
// Where anything stands on it, or a row was changed since, it is refused with what that is, and nothing is touched. Bills
// and payments are taken back in the books, by entries of their own. A second call gives the job.
func (s *Store) RollBackImport(ctx context.Context, sc access.Scope, id string) (importing.Job, error) {
	r, err := s.visibleImport(ctx, sc, id)
	if err != nil {
		return importing.Job{}, err
	}
	if err := sc.Require(importing.Kind(r.Kind).Needs(), r.CommunityID.String); err != nil {
		return importing.Job{}, err
	}
	switch importing.Kind(r.Kind) {
	case importing.Payments, importing.Receivables, importing.BankStatements:
		if err := sc.Require(access.ReverseMoney, r.CommunityID.String); err != nil {
			return importing.Job{}, err
		}
	}
	err = s.inTx(ctx, "roll back the import", func(tx *sqlx.Tx) error { return s.rollBack(ctx, tx, sc, r.ID) })
	if err != nil {
		return importing.Job{}, err
	}
	return s.Import(ctx, sc, r.ID)
}

func (s *Store) rollBack(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string) error {
	r, err := s.importRow(ctx, tx, sc.OrgID, id, " FOR UPDATE")
	if err != nil || r.RolledBackAt.Valid {
		return err
	}
	switch {
	case importing.Status(r.Status) == importing.Running:
		return refusal.New(refusal.Conflict, "import-running", "导入还在进行中，请等它结束后再撤销。")
	case r.DryRun || importing.Status(r.Status) == importing.Failed:
		return refusal.New(refusal.Conflict, "nothing-to-roll-back", "这次导入没有写入任何数据，无需撤销。")
	}
	if r.CommunityID.Valid {
		if err := takeTurns(ctx, tx, sc.OrgID, r.CommunityID.String); err != nil {
			return err
		}
	}
	switch importing.Kind(r.Kind) {
	case importing.Receivables:
		err = s.takeBackBills(ctx, tx, sc, r)
	case importing.Payments:
		err = s.takeBackPayments(ctx, tx, sc, r)
	case importing.BankStatements:
		err = s.takeBackStatement(ctx, tx, sc, r)
	default:
		err = s.takeBackRows(ctx, tx, sc.OrgID, r)
	}
	if err != nil {
		return err
	}
	return s.markRolledBack(ctx, tx, sc, r)
}

func (s *Store) markRolledBack(ctx context.Context, tx *sqlx.Tx, sc access.Scope, r importRow) error {
	now := s.clock.Now()
	_, err := tx.ExecContext(ctx, `UPDATE import_job SET rolled_back_at = ?, rolled_back_by = ?, rev = rev + 1 WHERE org_id = ? AND id = ?`, now, sc.ActorID, sc.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("mark the import: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE import_effect SET writes_enc = NULL WHERE org_id = ? AND import_id = ?`, sc.OrgID, r.ID); err != nil {
		return fmt.Errorf("forget what was written: %w", err)
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "import", SubjectID: r.ID, CommunityID: r.CommunityID.String}); err != nil {
		return err
	}
	return recordAudit(ctx, tx, sc, now, Audited{Action: "roll-back-import", SubjectKind: "import", SubjectID: r.ID, CommunityID: r.CommunityID.String})
}

// undoing is what one import wrote, all batches together.
type undoing struct {
	made    map[string]map[string]bool       // by table
	changed map[string]map[string]writtenRow // by table and id: the values before the first change, the version after the last
}

func (s *Store) readWrites(ctx context.Context, tx *sqlx.Tx, orgID, importID string) (*undoing, error) {
	var sealed [][]byte
	err := tx.SelectContext(ctx, &sealed, `SELECT writes_enc FROM import_effect WHERE org_id = ? AND import_id = ? AND writes_enc IS NOT NULL ORDER BY n`, orgID, importID)
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	u := &undoing{made: map[string]map[string]bool{}, changed: map[string]map[string]writtenRow{}}
	for _, one := range sealed {
		plain, err := s.keys.OpenBytes(one)
		if err != nil {
			return nil, fmt.Errorf("open what was written: %w", err)
		}
		var w importWrites
		if err := json.Unmarshal(plain, &w); err != nil {
			return nil, fmt.Errorf("read what was written: %w", err)
		}
		u.add(w)
	}
	return u, nil
}

func (u *undoing) add(w importWrites) {
	for table, ids := range w.Made {
		if u.made[table] == nil {
			u.made[table] = map[string]bool{}
		}
		for _, id := range ids {
			u.made[table][id] = true
		}
	}
	for table, rows := range w.Changed {
		if u.changed[table] == nil {
			u.changed[table] = map[string]writtenRow{}
		}
		for _, r := range rows {
			if first, again := u.changed[table][r.ID]; again {
				r.Before, r.Was = first.Before, first.Was
			}
			u.changed[table][r.ID] = r
		}
	}
}

// takeBackRows undoes an import of master data.
func (s *Store) takeBackRows(ctx context.Context, tx *sqlx.Tx, orgID string, r importRow) error {
	u, err := s.readWrites(ctx, tx, orgID, r.ID)
	if err != nil {
		return err
	}
	standing, err := u.standing(ctx, tx, orgID)
	if err != nil {
		return err
	}
	if len(standing) > 0 {
		return standsOn(standing)
	}
	for _, t := range importedTables {
		// What goes first may free a natural key that comes back.
		if err := u.remove(ctx, tx, orgID, t); err != nil {
			return err
		}
		if err := u.putBack(ctx, tx, orgID, t); err != nil {
			return err
		}
	}
	return removeEmptyCommunity(ctx, tx, orgID, r)
}

// Standing is what keeps an import from being rolled back.
type Standing struct {
	What  string `json:"what"`
	Code  string `json:"code"` // a table's name, or changed-since
	Count int    `json:"count"`
}

func standsOn(standing []Standing) error {
	var words []string
	for _, st := range standing {
		words = append(words, fmt.Sprintf("%d 条%s", st.Count, st.What))
	}
	return refusal.New(refusal.Conflict, "import-in-use", "不能撤销：这次导入的数据之后又被使用或修改过（%s）。请先处理这些记录，或改用修正后的文件重新导入。", strings.Join(words, "、")).
		With("standing", standing)
}

// standing finds what was built on the rows since.
func (u *undoing) standing(ctx context.Context, tx *sqlx.Tx, orgID string) ([]Standing, error) {
	var found []Standing
	counted := map[string]map[string]bool{} // by table: a bill names a unit and a person, and is one bill
	for _, t := range importedTables {
		changedSince, err := u.changedSince(ctx, tx, orgID, t)
		if err != nil {
			return nil, err
		}
		if changedSince > 0 {
			found = append(found, Standing{What: "之后修改过的" + t.title, Code: "changed-since", Count: changedSince})
		}
		for _, ref := range t.references {
			ids, err := u.referring(ctx, tx, orgID, t, ref)
			if err != nil {
				return nil, err
			}
			if counted[ref.table] == nil {
				counted[ref.table] = map[string]bool{}
			}
			before := len(counted[ref.table])
			for _, id := range ids {
				counted[ref.table][id] = true
			}
			if n := len(counted[ref.table]) - before; n > 0 {
				found = add(found, Standing{What: ref.title, Code: ref.table, Count: n})
			}
		}
	}
	return found, nil
}

// changedSince counts rows whose version is not the one that this import left.
func (u *undoing) changedSince(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable) (int, error) {
	if !t.versioned {
		return 0, nil
	}
	want := make(map[string]int, len(u.made[t.name]))
	for id := range u.made[t.name] {
		want[id] = 1
	}
	for id, row := range u.changed[t.name] {
		want[id] = row.Version
	}
	have, err := readVersions(ctx, tx, orgID, t, sortedKeys(want))
	if err != nil {
		return 0, err
	}
	n := 0
	for id, version := range have {
		if version != want[id] {
			n++
		}
	}
	return n, nil
}

// add puts a cause beside the others, together with what is there of its kind.
func add(found []Standing, s Standing) []Standing {
	for i := range found {
		if found[i].Code == s.Code && found[i].What == s.What {
			found[i].Count += s.Count
			return found
		}
	}
	return append(found, s)
}

// referring finds the rows of a table that name one of the made rows and will still do so when the rows that the same
// import made and changed are as before.
func (u *undoing) referring(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable, ref tableReference) ([]string, error) {
	var others []string
	for chunk := range slices.Chunk(sortedKeys(u.made[t.name]), idsPerRead) {
		var ids []string
		err := selectIn(ctx, tx, &ids, `SELECT `+ref.key+` FROM `+ref.table+` WHERE org_id = ? AND `+ref.column+` IN (?)`, orgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("look for %s on %s: %w", ref.table, t.name, err)
		}
		for _, id := range ids {
			if _, changed := u.changed[ref.table][id]; !changed && !u.made[ref.table][id] {
				others = append(others, id)
			}
		}
	}
	return others, nil
}

// putBack restores the changed rows of a table.
func (u *undoing) putBack(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable) error {
	for _, id := range sortedKeys(u.changed[t.name]) {
		if u.made[t.name][id] {
			continue
		}
		var set []string
		var args []any
		for _, c := range t.columns {
			before, kept := u.changed[t.name][id].Before[c]
			if !kept {
				continue
			}
			value, err := restorable(before)
			if err != nil {
				return fmt.Errorf("restore %s of %s: %w", c, t.name, err)
			}
			set, args = append(set, c+" = ?"), append(args, value)
		}
		_, err := tx.ExecContext(ctx, `UPDATE `+t.name+` SET `+strings.Join(set, ", ")+`, version = ? WHERE org_id = ? AND `+t.key+` = ?`, append(args, u.changed[t.name][id].Was, orgID, id)...)
		if duplicate(err) {
			return standsOn([]Standing{{What: "与原值冲突的" + t.title, Code: "changed-since", Count: 1}})
		}
		if err != nil {
			return fmt.Errorf("restore a row of %s: %w", t.name, err)
		}
	}
	return nil
}

func (u *undoing) remove(ctx context.Context, tx *sqlx.Tx, orgID string, t importedTable) error {
	for chunk := range slices.Chunk(sortedKeys(u.made[t.name]), rowsPerStatement) {
		for _, f := range t.followers {
			if err := execIn(ctx, tx, `DELETE FROM `+f.table+` WHERE org_id = ? AND `+f.column+` IN (?)`, orgID, chunk); err != nil {
				return fmt.Errorf("take away what follows rows of %s: %w", t.name, err)
			}
		}
		keep := ""
		if t.keeps != "" {
			keep = ` AND NOT (` + t.keeps + `)`
		}
		if err := execIn(ctx, tx, `DELETE FROM `+t.name+` WHERE org_id = ? AND `+t.key+` IN (?)`+keep, orgID, chunk); err != nil {
			return fmt.Errorf("take away rows of %s: %w", t.name, err)
		}
	}
	return nil
}

// removeEmptyCommunity takes away the community that this import made, with the grants that came with it, if nothing is
// in it and nobody has set anything up for it.
func removeEmptyCommunity(ctx context.Context, tx *sqlx.Tx, orgID string, r importRow) error {
	made, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM audit a JOIN community c ON c.org_id = a.org_id AND c.id = a.subject_id
		WHERE a.org_id = ? AND a.action = 'create-community' AND a.subject_kind = 'community' AND a.subject_id = ? AND c.version = 1 AND c.created_at >= ?)`,
		orgID, r.CommunityID.String, r.RequestedAt)
	if err != nil || !made {
		return err
	}
	for _, table := range communityReferences {
		used, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM `+table+` WHERE org_id = ? AND community_id = ?)`, orgID, r.CommunityID.String)
		if err != nil || used {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM role_grant WHERE org_id = ? AND level = 'community' AND scope_id = ?`, orgID, r.CommunityID.String)
	if err != nil {
		return fmt.Errorf("take back the grants of the community: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM community WHERE org_id = ? AND id = ? AND name_key = ?`, orgID, r.CommunityID.String, estate.NameKey(r.CommunityName)); err != nil {
		return fmt.Errorf("take away the community: %w", err)
	}
	return nil
}
