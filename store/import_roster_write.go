package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

// write puts a plan into the database: what is new in one statement a table, what has changed one by one.
func (p *rosterPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	for _, write := range []func(context.Context, *sqlx.Tx, access.Scope, *rosterPlan) error{
		s.writePlaces, s.writePeople, s.writePhones, s.writeOccupancies, s.writeMatches,
	} {
		if err := write(ctx, tx, sc, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writePlaces(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p *rosterPlan) error {
	org, now := sc.OrgID, s.clock.Now()
	var buildings, entrances, units [][]any
	for _, b := range p.newBuildings {
		buildings = append(buildings, []any{org, b.id, p.communityID, b.name, b.key})
	}
	for _, e := range p.newEntrances {
		entrances = append(entrances, []any{org, e.id, e.parentID, e.name, e.key})
	}
	for _, n := range p.newUnits {
		u := n.unit
		units = append(units, []any{org, u.ID, p.communityID, u.BuildingID, u.EntranceID, u.Key, u.Room, u.Display, u.Kind, nullable(u.Floor),
			nullable(u.BuiltAreaM2), nullable(u.InnerAreaM2), u.Status, u.DeliveredOn, u.KeysOn, u.FeeStartOn, now})
	}
	for _, i := range []struct {
		statement string
		rows      [][]any
	}{
		{`INSERT INTO building (org_id, id, community_id, name, name_key)`, buildings},
		{`INSERT INTO entrance (org_id, id, building_id, name, name_key)`, entrances},
		{`INSERT INTO unit (org_id, id, community_id, building_id, entrance_id, unit_key, room, display, kind, floor, built_area_m2, inner_area_m2,
			status, delivered_on, keys_on, fee_start_on, created_at)`, units},
	} {
		if err := insertRows(ctx, tx, i.statement, i.rows); err != nil {
			return fmt.Errorf("write places: %w", err)
		}
	}
	for _, id := range sortedKeys(p.changedUnits) {
		u := p.changedUnits[id]
		_, err := tx.ExecContext(ctx, `UPDATE unit SET kind = ?, floor = ?, built_area_m2 = ?, inner_area_m2 = ?, status = ?, delivered_on = ?, keys_on = ?,
			fee_start_on = ?, version = version + 1 WHERE org_id = ? AND id = ?`, u.Kind, nullable(u.Floor), nullable(u.BuiltAreaM2), nullable(u.InnerAreaM2),
			u.Status, u.DeliveredOn, u.KeysOn, u.FeeStartOn, org, id)
		if err != nil {
			return fmt.Errorf("change a unit: %w", err)
		}
	}
	return nil
}

func (s *Store) writePeople(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p *rosterPlan) error {
	now := s.clock.Now()
	var rows [][]any
	for _, id := range sortedKeys(p.newPersons) {
		n := p.newPersons[id]
		rows = append(rows, s.personValues(sc.OrgID, id, n.row.IdentityBidx, n.facts, now))
	}
	if err := insertRows(ctx, tx, insertPersons, rows); err != nil {
		return fmt.Errorf("write people: %w", err)
	}
	for _, id := range sortedKeys(p.changedPersons) {
		if err := s.updatePerson(ctx, tx, sc.OrgID, *p.changedPersons[id]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writeOccupancies(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p *rosterPlan) error {
	now := s.clock.Now()
	var rows [][]any
	for _, n := range p.newOccupancies {
		o := n.occ
		rows = append(rows, []any{sc.OrgID, o.OccID, o.UnitID, o.person.ID, o.Role, o.From, o.To, now})
	}
	if err := insertRows(ctx, tx, `INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, to_on, created_at)`, rows); err != nil {
		return fmt.Errorf("write occupancies: %w", err)
	}
	for _, id := range sortedKeys(p.changedOccupancies) {
		o := p.changedOccupancies[id]
		_, err := tx.ExecContext(ctx, `UPDATE occupancy SET from_on = ?, to_on = ?, version = version + 1 WHERE org_id = ? AND id = ?`, o.From, o.To, sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("change an occupancy: %w", err)
		}
	}
	return nil
}
