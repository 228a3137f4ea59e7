package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// equipmentPlan is what a run of rows of the 设备台账 would change.
type equipmentPlan struct {
	plan    planned
	f       planFor
	today   calendar.Date
	known   map[string]*equipmentState // by code key
	toMake  []*equipmentState
	changed map[string]*equipmentState
}

type equipmentState struct {
	ID              string        `db:"id"`
	Code            string        `db:"code"`
	CodeKey         string        `db:"code_key"`
	Name            string        `db:"name"`
	Category        string        `db:"category"`
	Location        string        `db:"location"`
	Maker           string        `db:"maker"`
	Model           string        `db:"model"`
	Serial          string        `db:"serial"`
	Maintainer      string        `db:"maintainer"`
	Status          string        `db:"status"`
	InstalledOn     calendar.Date `db:"installed_on"`
	WarrantyTo      calendar.Date `db:"warranty_to"`
	InspectedOn     calendar.Date `db:"inspected_on"`
	InspectBy       calendar.Date `db:"inspect_by"`
	MaintenanceDays int           `db:"maintenance_days"`
	made            bool
}

const equipmentColumns = `id, code, code_key, name, COALESCE(category, '') AS category, COALESCE(location, '') AS location, COALESCE(maker, '') AS maker,
	COALESCE(model, '') AS model, COALESCE(serial, '') AS serial, COALESCE(maintainer, '') AS maintainer, status, installed_on, warranty_to, inspected_on, inspect_by,
	COALESCE(maintenance_days, 0) AS maintenance_days`

func planEquipment(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &equipmentPlan{f: f, today: calendar.DateOf(s.clock.Now()), changed: map[string]*equipmentState{}}
	p.known = carried(f, func() map[string]*equipmentState { return map[string]*equipmentState{} })
	if len(rows.Equipment) == 0 {
		return p, nil
	}
	keys := distinct(rows.Equipment, func(r importing.EquipmentRow) string { return estate.NameKey(r.Code) })
	keys = append(keys, distinct(rows.Equipment, func(r importing.EquipmentRow) string { return estate.NameKey(r.DerivedCode) })...)
	var found []*equipmentState
	err := selectIn(ctx, q, &found, `SELECT `+equipmentColumns+` FROM equipment WHERE org_id = ? AND community_id = ? AND code_key IN (?)`, f.scope.OrgID, f.communityID, keys)
	if err != nil {
		return nil, fmt.Errorf("read the rows' equipment: %w", err)
	}
	for _, e := range found {
		if p.known[e.CodeKey] == nil {
			p.known[e.CodeKey] = e
		}
	}
	for _, r := range rows.Equipment {
		p.take(r)
	}
	return p, nil
}

func (p *equipmentPlan) planned() *planned { return &p.plan }

// take decides one row. Equipment that was known without a code takes the code that a later file gives it.
func (p *equipmentPlan) take(r importing.EquipmentRow) {
	key := estate.NameKey(r.Code)
	have := p.known[key]
	if uncoded := p.known[estate.NameKey(r.DerivedCode)]; have == nil && uncoded != nil && uncoded.Code == r.DerivedCode {
		have = uncoded
	}
	e := importing.Effect{Row: r.Row, Outcome: importing.Unchanged, Subject: r.Name + "（" + r.Code + "）"}
	if !r.InspectBy.IsZero() && r.InspectBy.Before(p.today) && r.Status != "scrapped" {
		e.Doubts = append(e.Doubts, importing.Notice{Row: r.Row, Column: importing.ColumnTitle(importing.Equipment, "inspect_by"), Code: "certificate-expired",
			Message: fmt.Sprintf("“%s”的检验有效期到 %s，已经过期。请安排检验，或核对日期。", r.Name, r.InspectBy)})
	}
	if have == nil {
		p.make(r, key)
		e.Outcome = importing.Created
	} else if e.Changes = p.change(have, r, key); len(e.Changes) > 0 {
		e.Outcome = importing.Updated
	}
	p.plan.settle(e)
}

func (p *equipmentPlan) make(r importing.EquipmentRow, key string) {
	made := &equipmentState{ID: NewID(), Code: r.Code, CodeKey: key, Name: r.Name, Category: r.Category, Location: r.Location, Maker: r.Maker, Model: r.Model,
		Serial: r.Serial, Maintainer: r.Maintainer, Status: or(r.Status, "in_use"), InstalledOn: r.InstalledOn, WarrantyTo: r.WarrantyTo,
		InspectedOn: r.InspectedOn, InspectBy: r.InspectBy, MaintenanceDays: r.MaintenanceDays, made: true}
	p.known[key] = made
	p.plan.makes("equipment", made.ID)
	p.toMake = append(p.toMake, made)
}

func (p *equipmentPlan) change(have *equipmentState, r importing.EquipmentRow, key string) []importing.Change {
	c := changeList{kind: importing.Equipment}
	if key != have.CodeKey {
		c.text("code", &have.Code, r.Code)
		have.CodeKey = key
		p.known[key] = have
	}
	c.text("equipment_name", &have.Name, r.Name)
	c.text("category", &have.Category, r.Category)
	c.text("location", &have.Location, r.Location)
	c.text("maker", &have.Maker, r.Maker)
	c.text("model", &have.Model, r.Model)
	c.text("serial", &have.Serial, r.Serial)
	c.text("maintainer", &have.Maintainer, r.Maintainer)
	c.word("status", "equipment_status", &have.Status, r.Status)
	c.date("installed_on", &have.InstalledOn, r.InstalledOn)
	c.date("warranty_to", &have.WarrantyTo, r.WarrantyTo)
	c.date("inspected_on", &have.InspectedOn, r.InspectedOn)
	c.date("inspect_by", &have.InspectBy, r.InspectBy)
	if r.MaintenanceDays > 0 && r.MaintenanceDays != have.MaintenanceDays {
		c.note("maintenance_days", daysText(have.MaintenanceDays), daysText(r.MaintenanceDays))
		have.MaintenanceDays = r.MaintenanceDays
	}
	if len(c.found) > 0 && !have.made && p.changed[have.ID] == nil {
		p.changed[have.ID] = have
		p.plan.changes("equipment", have.ID)
	}
	return c.found
}

func daysText(days int) string {
	if days == 0 {
		return ""
	}
	return strconv.Itoa(days) + "天"
}

// write implements importPlan.
func (p *equipmentPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	now := s.clock.Now()
	var rows [][]any
	for _, e := range p.toMake {
		rows = append(rows, append([]any{sc.OrgID, e.ID, p.f.communityID, now}, e.values()...))
	}
	err := insertRows(ctx, tx, `INSERT INTO equipment (org_id, id, community_id, created_at, code, code_key, name, category, location, maker, model, serial, maintainer,
		status, installed_on, warranty_to, inspected_on, inspect_by, maintenance_days)`, rows)
	if err != nil {
		return fmt.Errorf("write equipment: %w", err)
	}
	for _, id := range sortedKeys(p.changed) {
		_, err := tx.ExecContext(ctx, `UPDATE equipment SET code = ?, code_key = ?, name = ?, category = ?, location = ?, maker = ?, model = ?, serial = ?, maintainer = ?,
			status = ?, installed_on = ?, warranty_to = ?, inspected_on = ?, inspect_by = ?, maintenance_days = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			append(p.changed[id].values(), sc.OrgID, id)...)
		if err != nil {
			return fmt.Errorf("change equipment: %w", err)
		}
	}
	return nil
}

func (e *equipmentState) values() []any {
	var days any
	if e.MaintenanceDays > 0 {
		days = e.MaintenanceDays
	}
	return []any{e.Code, e.CodeKey, e.Name, nullable(e.Category), nullable(e.Location), nullable(e.Maker), nullable(e.Model), nullable(e.Serial), nullable(e.Maintainer),
		e.Status, e.InstalledOn, e.WarrantyTo, e.InspectedOn, e.InspectBy, days}
}
