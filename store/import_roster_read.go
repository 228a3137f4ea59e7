package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/importing"
)

// readPlaces reads the buildings, and the units with who is in them, as far as no run before did.
func (p *rosterPlan) readPlaces(ctx context.Context, q sqlx.QueryerContext, orgID string, buildingKeys, unitKeys []string) error {
	unitKeys = slices.DeleteFunc(unitKeys, func(key string) bool { return p.units[key] != nil })
	if len(unitKeys) == 0 {
		return nil
	}
	var places []struct {
		BuildingID  string  `db:"building_id"`
		Building    string  `db:"building"`
		EntranceID  *string `db:"entrance_id"`
		EntranceKey *string `db:"entrance"`
	}
	err := selectIn(ctx, q, &places, `SELECT b.id AS building_id, b.name_key AS building, e.id AS entrance_id, e.name_key AS entrance
		FROM building b LEFT JOIN entrance e ON e.org_id = b.org_id AND e.building_id = b.id
		WHERE b.org_id = ? AND b.community_id = ? AND b.name_key IN (?)`, orgID, p.communityID, buildingKeys)
	if err != nil {
		return fmt.Errorf("read buildings: %w", err)
	}
	for _, r := range places {
		p.buildings[r.Building] = r.BuildingID
		if r.EntranceID != nil {
			p.entrances[[2]string{r.BuildingID, *r.EntranceKey}] = *r.EntranceID
		}
	}
	var units []rosterUnit
	err = selectIn(ctx, q, &units, `SELECT id, unit_key, building_id, COALESCE(entrance_id, '') AS entrance_id, room, kind, COALESCE(floor, '') AS floor,
		COALESCE(built_area_m2, '') AS built_area_m2, COALESCE(inner_area_m2, '') AS inner_area_m2, status, delivered_on, keys_on, fee_start_on, display,
		EXISTS (SELECT 1 FROM unit_change c WHERE c.org_id = unit.org_id AND c.unit_id = unit.id) AS dated FROM unit WHERE org_id = ? AND community_id = ? AND unit_key IN (?)`, orgID, p.communityID, unitKeys)
	if err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	ids := make([]string, 0, len(units))
	for _, u := range units {
		p.units[u.Key] = &u
		ids = append(ids, u.ID)
	}
	return p.readOccupancies(ctx, q, orgID, ids)
}

// readOccupancies reads who is in units.
func (p *rosterPlan) readOccupancies(ctx context.Context, q sqlx.QueryerContext, orgID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var occupancies []struct {
		rosterOcc
		personRow
	}
	err := selectIn(ctx, q, &occupancies, `SELECT o.id AS occ_id, o.unit_id, o.role, o.from_on, o.to_on, `+personColumns+`
		FROM occupancy o FORCE INDEX (occupancy_natural) JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id WHERE o.org_id = ? AND o.unit_id IN (?) ORDER BY o.id`, orgID, ids)
	if err != nil {
		return fmt.Errorf("read occupancies: %w", err)
	}
	for _, o := range occupancies {
		occ := o.rosterOcc
		occ.person = p.people.add(o.personRow)
		p.occupancies[o.UnitID] = append(p.occupancies[o.UnitID], &occ)
	}
	return nil
}

// readPeople reads the records that the rows' people may be.
func (p *rosterPlan) readPeople(ctx context.Context, q sqlx.QueryerContext, orgID string, rows []importing.RosterRow) error {
	var wanted []sought
	for _, r := range rows {
		if r.Name != "" {
			unitID := ""
			if u, ok := p.units[r.UnitKey]; ok {
				unitID = u.ID
			}
			wanted = append(wanted, sought{factsOf(r), unitID})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return p.people.read(ctx, q, orgID, wanted)
}

func factsOf(r importing.RosterRow) personFacts {
	return personFacts{Name: r.Name, Company: r.Company, Phone: r.Phone, OtherPhones: r.OtherPhones, IDNo: r.IDNo, Email: r.Email, IDShared: r.IDShared}
}
