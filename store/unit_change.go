package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/refusal"
)

// changingUnit is a unit that somebody changes; its row is locked.
type changingUnit struct {
	ID          string        `db:"id"`
	CommunityID string        `db:"community_id"`
	BuiltAreaM2 string        `db:"built_area_m2"`
	InnerAreaM2 string        `db:"inner_area_m2"`
	Status      string        `db:"status"`
	DeliveredOn calendar.Date `db:"delivered_on"`
}

func lockUnit(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string) (changingUnit, error) {
	var found []changingUnit
	err := tx.SelectContext(ctx, &found, `SELECT id, community_id, COALESCE(built_area_m2, '') AS built_area_m2, COALESCE(inner_area_m2, '') AS inner_area_m2, status, delivered_on
		FROM unit WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(id))
	if err != nil {
		return changingUnit{}, fmt.Errorf("read the unit: %w", err)
	}
	if len(found) == 0 || sc.Require(access.EditPolicies, found[0].CommunityID) != nil {
		if err := sc.Require(access.EditPolicies, ""); err != nil {
			return changingUnit{}, err
		}
		return changingUnit{}, refusal.New(refusal.NotFound, "not-found", "没有找到该房屋，请核对编号。")
	}
	return found[0], nil
}

type unitStateRow struct {
	ID          string        `db:"id"`
	FromOn      calendar.Date `db:"from_on"`
	BuiltAreaM2 string        `db:"built_area_m2"`
	InnerAreaM2 string        `db:"inner_area_m2"`
	Status      string        `db:"status"`
	MadeBy      string        `db:"made_by"`
	MadeAt      time.Time     `db:"made_at"`
	Version     int           `db:"version"`
	made        bool
	touched     bool
}

func readUnitStates(ctx context.Context, q sqlx.QueryerContext, orgID, unitID string) ([]*unitStateRow, error) {
	var rows []*unitStateRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT id, from_on, COALESCE(built_area_m2, '') AS built_area_m2, COALESCE(inner_area_m2, '') AS inner_area_m2, status,
		made_by, made_at, version FROM unit_change WHERE org_id = ? AND unit_id = ? ORDER BY from_on`, orgID, unitID)
	if err != nil {
		return nil, fmt.Errorf("read the unit's changes: %w", err)
	}
	return rows, nil
}

// UnitChanges gives what a unit was on which days; empty for one that always was as it is.
func (s *Store) UnitChanges(ctx context.Context, sc access.Scope, unitID string) ([]estate.UnitState, error) {
	unit, err := s.Unit(ctx, sc, unitID)
	if err != nil {
		return nil, err
	}
	if sc.ResidentOnly() {
		return nil, access.Forbidden()
	}
	rows, err := readUnitStates(ctx, s.db, sc.OrgID, unit.ID)
	return unitStates(unit.ID, rows), err
}

func unitStates(unitID string, rows []*unitStateRow) []estate.UnitState {
	out := make([]estate.UnitState, 0, len(rows))
	for _, r := range rows {
		out = append(out, estate.UnitState{ID: r.ID, UnitID: unitID, From: known(r.FromOn), BuiltAreaM2: r.BuiltAreaM2, InnerAreaM2: r.InnerAreaM2,
			Status: estate.UnitStatus(r.Status), MadeBy: r.MadeBy, MadeAt: r.MadeAt, Version: r.Version})
	}
	return out
}

// ChangeUnit writes down what a unit is from a day on. Later changes keep what they changed and take over the rest; the unit's
// own row follows once the day has come (followUnits). Issued bills stay as they are and are listed.
func (s *Store) ChangeUnit(ctx context.Context, sc access.Scope, unitID string, c estate.NewUnitChange) (estate.ChangedUnit, error) {
	if err := sc.Require(access.EditPolicies, ""); err != nil {
		return estate.ChangedUnit{}, err
	}
	today := calendar.DateOf(s.clock.Now())
	if err := c.Check(today); err != nil {
		return estate.ChangedUnit{}, err
	}
	var out estate.ChangedUnit
	err := s.inTx(ctx, "change a unit", func(tx *sqlx.Tx) error {
		unit, err := lockUnit(ctx, tx, sc, unitID)
		if err != nil {
			return err
		}
		rows, err := readUnitStates(ctx, tx, sc.OrgID, unit.ID)
		if err != nil {
			return err
		}
		if _, done, err := carriedOut(ctx, tx, sc); err != nil {
			return err
		} else if !done {
			if rows, err = s.insertChange(ctx, tx, sc, unit, rows, c, today); err != nil {
				return err
			}
		}
		out.States = unitStates(unit.ID, rows)
		out.Warnings, err = billsAfter(ctx, tx, sc.OrgID, unit.ID, c.From, nil)
		return err
	})
	return out, err
}

func (s *Store) insertChange(ctx context.Context, tx *sqlx.Tx, sc access.Scope, unit changingUnit, rows []*unitStateRow, c estate.NewUnitChange, today calendar.Date) ([]*unitStateRow, error) {
	now := s.clock.Now()
	if len(rows) == 0 {
		rows = []*unitStateRow{{ID: NewID(), FromOn: estate.SinceEver, BuiltAreaM2: unit.BuiltAreaM2, InnerAreaM2: unit.InnerAreaM2, Status: unit.Status,
			MadeBy: sc.ActorID, MadeAt: now, Version: 1, made: true}}
	}
	at := 0
	for i, r := range rows {
		if !c.From.Before(r.FromOn) {
			at = i
		}
	}
	was := *rows[at]
	if rows[at].FromOn != c.From {
		next := was
		next.ID, next.FromOn, next.MadeBy, next.MadeAt, next.Version, next.made, next.touched = or(sc.CommandID, NewID()), c.From, sc.ActorID, now, 1, true, false
		at++
		rows = append(rows[:at:at], append([]*unitStateRow{&next}, rows[at:]...)...)
	}
	if !overlay(rows[at:], was, c) {
		return nil, refusal.New(refusal.Rule, "nothing-changes", "从 %s 起，房屋本来就是这样，没有变化。", c.From).At("body.from", "没有变化", c.From)
	}
	if b, i := rows[at].BuiltAreaM2, rows[at].InnerAreaM2; b != "" && i != "" && decimal.RequireFromString(i).GreaterThan(decimal.RequireFromString(b)) {
		return nil, refusal.New(refusal.Rule, "inner-above-built", "套内面积 %s 大于建筑面积 %s，请核对。", i, b).At("body.inner_area_m2", "大于建筑面积", i)
	}
	for _, r := range rows {
		if err := writeUnitState(ctx, tx, sc.OrgID, unit.ID, r); err != nil {
			return nil, err
		}
	}
	if err := followUnit(ctx, tx, sc.OrgID, unit, rows, today); err != nil {
		return nil, err
	}
	if err := recordChange(ctx, tx, sc.OrgID, now, Change{Kind: "unit", SubjectID: unit.ID, CommunityID: unit.CommunityID}); err != nil {
		return nil, err
	}
	return rows, recordAudit(ctx, tx, sc, now, Audited{ID: sc.CommandID, Action: "change-unit", SubjectKind: "unit", SubjectID: unit.ID, CommunityID: unit.CommunityID,
		Detail: map[string]any{"from": c.From.String(), "built_area_m2": c.BuiltAreaM2, "inner_area_m2": c.InnerAreaM2, "status": string(c.Status)}})
}

// overlay puts a change on the state of its day and on the later ones, as long as they only carried on what was there.
func overlay(rows []*unitStateRow, was unitStateRow, c estate.NewUnitChange) (changed bool) {
	area := func(text string) string {
		if text == "" {
			return ""
		}
		return decimal.RequireFromString(text).StringFixed(2)
	}
	for _, f := range []struct {
		is  string
		was string
		of  func(*unitStateRow) *string
	}{
		{area(c.BuiltAreaM2), was.BuiltAreaM2, func(r *unitStateRow) *string { return &r.BuiltAreaM2 }},
		{area(c.InnerAreaM2), was.InnerAreaM2, func(r *unitStateRow) *string { return &r.InnerAreaM2 }},
		{string(c.Status), was.Status, func(r *unitStateRow) *string { return &r.Status }},
	} {
		if f.is == "" || f.is == f.was {
			continue
		}
		changed = true
		for _, r := range rows {
			if *f.of(r) != f.was {
				break
			}
			*f.of(r), r.touched = f.is, true
		}
	}
	return changed
}

func writeUnitState(ctx context.Context, tx *sqlx.Tx, orgID, unitID string, r *unitStateRow) error {
	var err error
	switch {
	case r.made:
		_, err = tx.ExecContext(ctx, `INSERT INTO unit_change (org_id, id, unit_id, from_on, built_area_m2, inner_area_m2, status, made_by, made_at) VALUES (?,?,?,?,?,?,?,?,?)`,
			orgID, r.ID, unitID, r.FromOn, nullable(r.BuiltAreaM2), nullable(r.InnerAreaM2), r.Status, r.MadeBy, r.MadeAt)
	case r.touched:
		r.Version++
		_, err = tx.ExecContext(ctx, `UPDATE unit_change SET built_area_m2 = ?, inner_area_m2 = ?, status = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			nullable(r.BuiltAreaM2), nullable(r.InnerAreaM2), r.Status, orgID, r.ID)
	}
	if err != nil {
		return fmt.Errorf("write a unit's change: %w", err)
	}
	return nil
}

// followUnit brings the unit's own row in step with the state of today.
func followUnit(ctx context.Context, tx *sqlx.Tx, orgID string, unit changingUnit, rows []*unitStateRow, today calendar.Date) error {
	now := rows[0]
	for _, r := range rows {
		if !today.Before(r.FromOn) {
			now = r
		}
	}
	if now.BuiltAreaM2 == unit.BuiltAreaM2 && now.InnerAreaM2 == unit.InnerAreaM2 && now.Status == unit.Status {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE unit SET built_area_m2 = ?, inner_area_m2 = ?, status = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
		nullable(now.BuiltAreaM2), nullable(now.InnerAreaM2), now.Status, orgID, unit.ID)
	if err != nil {
		return fmt.Errorf("change the unit: %w", err)
	}
	return nil
}

// maxListedBills bounds how many bills a warning names.
const maxListedBills = 50

// billsAfter warns of bills that were issued for days from a day on; debtors limits them to those of some people.
func billsAfter(ctx context.Context, q sqlx.QueryerContext, orgID, unitID string, from calendar.Date, debtors []string) ([]estate.Warning, error) {
	query, args := `SELECT id FROM bill WHERE org_id = ? AND unit_id = ? AND voided_at IS NULL AND period_to >= ?`, []any{orgID, unitID, from}
	if debtors != nil {
		query, args = query+` AND debtor_id IN (?)`, append(args, orNone(debtors))
	}
	var ids []string
	if err := selectIn(ctx, q, &ids, query+` ORDER BY period_from, id LIMIT ?`, append(args, maxListedBills)...); err != nil {
		return nil, fmt.Errorf("read the bills after the change: %w", err)
	}
	if len(ids) == 0 {
		return []estate.Warning{}, nil
	}
	return []estate.Warning{{Code: "bills-issued-after", BillIDs: ids,
		Message: fmt.Sprintf("有 %d 张已出的账单包含 %s 及之后的日期，不会改写。如需更正，请对这些账单做调整。", len(ids), from)}}, nil
}
