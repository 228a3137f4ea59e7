package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// read takes in all that the rows touch, with a few statements.
func (p *vehiclePlan) read(ctx context.Context, s *Store, q sqlx.QueryerContext, orgID string, rows []importing.VehicleRow) (err error) {
	var rooms []estate.Room
	var lots, spaces []string
	var wanted []sought
	var plates [][]byte
	for _, r := range rows {
		if r.Unit.Number != "" {
			rooms = append(rooms, r.Unit)
		}
		if r.Space != "" {
			lots, spaces = append(lots, estate.NameKey(r.Lot)), append(spaces, spaceKey(r))
		}
		if r.Name != "" {
			wanted = append(wanted, sought{facts: personFacts{Name: r.Name, Company: r.Company, Phone: r.Phone, IDNo: r.IDNo}})
		}
		if r.Plate != "" {
			plates = append(plates, p.keys.Index(indexPlate, r.Plate))
		}
	}
	if p.rooms, err = s.readRooms(ctx, q, orgID, p.communityID, rooms); err != nil {
		return err
	}
	if len(spaces) > 0 {
		if err := p.readPlaces(ctx, q, orgID, lots, spaces); err != nil {
			return err
		}
	}
	for id, u := range p.rooms.units {
		p.places[id] = u.Display
	}
	for _, u := range p.units {
		p.places[u.ID] = u.Display
	}
	households := slices.DeleteFunc(sortedKeys(p.rooms.units), func(id string) bool { return p.occupancies[id] != nil })
	if err := p.readOccupancies(ctx, q, orgID, households); err != nil {
		return err
	}
	if len(wanted) > 0 {
		if err := p.people.read(ctx, q, orgID, wanted); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, sqlx.QueryerContext, string) error{p.readSpaces, p.readHomes} {
		if err := step(ctx, q, orgID); err != nil {
			return err
		}
	}
	return p.readVehicles(ctx, q, orgID, plates)
}

func (p *vehiclePlan) readSpaces(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	var ids []string
	for _, u := range p.units {
		ids = append(ids, u.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var found []spaceRow
	if err := selectIn(ctx, q, &found, `SELECT unit_id, level FROM parking_space WHERE org_id = ? AND unit_id IN (?)`, orgID, ids); err != nil {
		return fmt.Errorf("read parking spaces: %w", err)
	}
	for _, s := range found {
		p.spaces[s.UnitID] = &s
	}
	return nil
}

// readHomes reads where the people are today, parking spaces left out: a vehicle belongs to a person's home.
func (p *vehiclePlan) readHomes(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	for chunk := range slices.Chunk(sortedKeys(p.people.byID), idsPerRead) {
		var found []struct {
			PersonID string        `db:"person_id"`
			UnitID   string        `db:"unit_id"`
			Display  string        `db:"display"`
			To       calendar.Date `db:"to_on"`
		}
		err := selectIn(ctx, q, &found, `SELECT DISTINCT o.person_id, o.unit_id, u.display, o.to_on FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
			WHERE o.org_id = ? AND o.person_id IN (?) AND u.community_id = ? AND u.kind <> 'parking' ORDER BY o.unit_id`, orgID, chunk, p.communityID)
		if err != nil {
			return fmt.Errorf("read where people live: %w", err)
		}
		for _, h := range found {
			if homes := p.homes[h.PersonID]; (h.To.IsZero() || !h.To.Before(p.today)) && !slices.Contains(homes, h.UnitID) {
				p.homes[h.PersonID] = append(homes, h.UnitID)
				p.places[h.UnitID] = h.Display
			}
		}
	}
	return nil
}

const vehicleColumns = `v.id, v.plate_enc, v.plate_bidx, COALESCE(v.person_id, '') AS person_id, COALESCE(v.unit_id, '') AS unit_id, COALESCE(v.space_id, '') AS space_id,
	v.kind, COALESCE(v.brand, '') AS brand, COALESCE(v.colour, '') AS colour, v.from_on, v.to_on`

// readVehicles reads the vehicles of the plates, with the names of the places and people that they are to leave.
func (p *vehiclePlan) readVehicles(ctx context.Context, q sqlx.QueryerContext, orgID string, plates [][]byte) error {
	if len(plates) == 0 {
		return nil
	}
	var found []vehicleRow
	err := selectIn(ctx, q, &found, `SELECT `+vehicleColumns+` FROM vehicle v WHERE v.org_id = ? AND v.community_id = ? AND v.plate_bidx IN (?)`,
		orgID, p.communityID, distinctBytes(plates))
	if err != nil {
		return fmt.Errorf("read vehicles: %w", err)
	}
	var units, persons []string
	for _, v := range found {
		p.vehicles[string(v.PlateBidx)] = &v
		for _, id := range []string{v.UnitID, v.SpaceID} {
			if id != "" && p.places[id] == "" {
				units = append(units, id)
			}
		}
		if v.PersonID != "" && p.people.byID[v.PersonID] == nil {
			persons = append(persons, v.PersonID)
		}
	}
	if len(persons) > 0 {
		if err := p.people.load(ctx, q, `p.org_id = ? AND p.id IN (?)`, "", orgID, persons); err != nil {
			return err
		}
	}
	if len(units) == 0 {
		return nil
	}
	var names []struct {
		ID      string `db:"id"`
		Display string `db:"display"`
	}
	if err := selectIn(ctx, q, &names, `SELECT id, display FROM unit WHERE org_id = ? AND id IN (?)`, orgID, units); err != nil {
		return fmt.Errorf("read where vehicles were: %w", err)
	}
	for _, n := range names {
		p.places[n.ID] = n.Display
	}
	return nil
}

// write puts the plan into the database: places and people as a roster does, then spaces and vehicles.
func (p *vehiclePlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	if err := p.rosterPlan.write(ctx, tx, s, sc); err != nil {
		return err
	}
	org, now := sc.OrgID, s.clock.Now()
	var spaces, vehicles [][]any
	for _, sp := range p.newSpaces {
		spaces = append(spaces, []any{org, sp.UnitID, sp.Level})
	}
	for _, v := range p.newVehicles {
		vehicles = append(vehicles, []any{org, v.ID, p.communityID, v.PlateEnc, v.PlateBidx, nullable(v.PersonID), nullable(v.UnitID), nullable(v.SpaceID), v.Kind,
			nullable(v.Brand), nullable(v.Colour), v.From, v.To, now})
	}
	if err := insertRows(ctx, tx, `INSERT INTO parking_space (org_id, unit_id, level)`, spaces); err != nil {
		return fmt.Errorf("write parking spaces: %w", err)
	}
	err := insertRows(ctx, tx, `INSERT INTO vehicle (org_id, id, community_id, plate_enc, plate_bidx, person_id, unit_id, space_id, kind, brand, colour, from_on, to_on, created_at)`, vehicles)
	if err != nil {
		return fmt.Errorf("write vehicles: %w", err)
	}
	for _, id := range sortedKeys(p.changedSpaces) {
		_, err := tx.ExecContext(ctx, `UPDATE parking_space SET level = ?, version = version + 1 WHERE org_id = ? AND unit_id = ?`, p.changedSpaces[id].Level, org, id)
		if err != nil {
			return fmt.Errorf("change a parking space: %w", err)
		}
	}
	for _, id := range sortedKeys(p.changedVehicles) {
		v := p.changedVehicles[id]
		_, err := tx.ExecContext(ctx, `UPDATE vehicle SET person_id = ?, unit_id = ?, space_id = ?, kind = ?, brand = ?, colour = ?, from_on = ?, to_on = ?, version = version + 1
			WHERE org_id = ? AND id = ?`, nullable(v.PersonID), nullable(v.UnitID), nullable(v.SpaceID), v.Kind, nullable(v.Brand), nullable(v.Colour), v.From, v.To, org, id)
		if err != nil {
			return fmt.Errorf("change a vehicle: %w", err)
		}
	}
	return nil
}
