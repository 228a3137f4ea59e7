package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

const indexPlate = "plate"

// vehiclePlan is what a run of rows about parking spaces and vehicles would change. A space is a unit of kind parking, so
// that bills, payments and people belong to it as to any other; what it shares with a roster is planned as there.
type vehiclePlan struct {
	*rosterPlan
	rooms    *roomIndex
	today    calendar.Date
	spaces   map[string]*spaceRow   // by unit id
	vehicles map[string]*vehicleRow // by the plate's index
	homes    map[string][]string    // person id -> the units where the person is today
	places   map[string]string      // unit id -> as people call it

	newSpaces       []*spaceRow
	changedSpaces   map[string]*spaceRow
	newVehicles     []*vehicleRow
	changedVehicles map[string]*vehicleRow
}

type spaceRow struct {
	UnitID string `db:"unit_id"`
	Level  string `db:"level"`
}

type vehicleRow struct {
	ID        string        `db:"id"`
	PlateEnc  []byte        `db:"plate_enc"`
	PlateBidx []byte        `db:"plate_bidx"`
	PersonID  string        `db:"person_id"`
	UnitID    string        `db:"unit_id"`
	SpaceID   string        `db:"space_id"`
	Kind      string        `db:"kind"`
	Brand     string        `db:"brand"`
	Colour    string        `db:"colour"`
	From      calendar.Date `db:"from_on"`
	To        calendar.Date `db:"to_on"`
}

func planVehicles(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &vehiclePlan{
		rosterPlan: s.newRosterPlan(f), today: calendar.DateOf(s.clock.Now()), spaces: map[string]*spaceRow{}, vehicles: map[string]*vehicleRow{},
		homes: map[string][]string{}, places: map[string]string{}, changedSpaces: map[string]*spaceRow{}, changedVehicles: map[string]*vehicleRow{},
	}
	if err := p.read(ctx, s, q, f.scope.OrgID, rows.Vehicles); err != nil {
		return nil, err
	}
	wrong := p.rejectHomeless(rows.Vehicles)
	for _, r := range rows.Vehicles {
		if wrong[r.Row] {
			continue
		}
		if err := p.take(r); err != nil {
			return nil, err
		}
	}
	if err := p.settleMatches(ctx, q, f.scope.OrgID); err != nil {
		return nil, err
	}
	p.settle()
	return p, nil
}

// rejectHomeless refuses rows whose household nobody can find.
func (p *vehiclePlan) rejectHomeless(rows []importing.VehicleRow) map[int]bool {
	wrong := map[int]bool{}
	for _, r := range rows {
		if wrong[r.Row] {
			continue
		}
		if r.Unit.Number != "" {
			if u, code, message := p.rooms.find(r.Unit); u == nil {
				wrong[r.Row] = true
				p.plan.reject(r.Row, "room", code, "%s", message)
			}
			continue
		}
		if r.Name != "" && !r.Company && r.Phone == "" && r.IDNo == "" {
			wrong[r.Row] = true
			p.plan.reject(r.Row, "name", "unknown-owner", "只有姓名无法确定是哪一位业主，请补上房号、联系电话或业主编号。")
		}
	}
	return wrong
}

// take decides one row. Rows with one number are one row of the file: a space with several plates.
func (p *vehiclePlan) take(r importing.VehicleRow) error {
	t := &rosterTake{kind: p.kind, effect: importing.Effect{Row: r.Row, Outcome: importing.Unchanged}}
	if n := len(p.rows); n > 0 && p.rows[n-1].effect.Row == r.Row {
		t = p.rows[n-1]
	} else {
		p.rows = append(p.rows, t)
	}
	home, person := p.household(r, t)
	changes := p.changeList()
	var space *rosterUnit
	made := false
	if r.Space != "" {
		space, made = p.space(r, changes)
		t.units = append(t.units, space.Display)
		made = p.holdSpace(space, person, r, t, changes) || made
	}
	if r.Plate != "" {
		t.names = append(t.names, r.Plate)
		parked, err := p.park(r, home, person, space, t, changes)
		if err != nil {
			return err
		}
		made = made || parked
	}
	t.effect.Changes = append(t.effect.Changes, changes.found...)
	switch {
	case made:
		t.effect.Outcome = importing.Created
	case t.effect.Outcome == importing.Unchanged && len(t.effect.Changes) > 0:
		t.effect.Outcome = importing.Updated
	}
	return nil
}

// household finds the row's unit and person. A person whom nobody knows is made from name and phone: a visitor who rents
// a space. What the row says of a known person changes nothing of him or her: the roster does.
func (p *vehiclePlan) household(r importing.VehicleRow, t *rosterTake) (unitID string, person *personRow) {
	if r.Unit.Number != "" {
		u, _, _ := p.rooms.find(r.Unit)
		unitID = u.ID
	}
	facts := personFacts{Name: r.Name, Company: r.Company, Phone: r.Phone, IDNo: r.IDNo}
	if r.Name == "" {
		return unitID, p.ownerOf(unitID)
	}
	name := p.keys.Index(indexName, estate.NameKey(r.Name))
	for _, o := range p.occupancies[unitID] {
		if unitID != "" && p.people.called(o.person, name) && o.person.Kind == facts.kind() {
			return unitID, o.person
		}
	}
	found := p.people.find(facts, unitID)
	switch {
	case len(found) > 0:
		person = found[0]
	case !r.Company && r.Phone == "" && r.IDNo == "":
		t.doubt("name", "name-differs", fmt.Sprintf("房屋“%s”里没有登记“%s”，已记在该房屋的业主名下。请核对。", p.places[unitID], r.Name))
		return unitID, p.ownerOf(unitID)
	default:
		person = p.makePerson(facts, unitID)
		p.matches.look(t, unitID, person, false)
	}
	if homes := p.homes[person.ID]; unitID == "" && len(homes) == 1 {
		unitID = homes[0]
	}
	return unitID, person
}

func (p *vehiclePlan) ownerOf(unitID string) *personRow {
	var tenures []estate.Tenure
	for _, o := range p.occupancies[unitID] {
		tenures = append(tenures, estate.Tenure{ID: o.OccID, PersonID: o.person.ID, Role: estate.Role(o.Role), From: o.From, To: o.To})
	}
	id, ok := estate.DebtorOn(tenures, p.today)
	if !ok || unitID == "" {
		return nil
	}
	return p.people.byID[id]
}

func spaceKey(r importing.VehicleRow) string {
	return estate.Room{Building: r.Lot, Number: r.Space}.Key()
}

// space finds or makes the parking space.
func (p *vehiclePlan) space(r importing.VehicleRow, changes *changeList) (u *rosterUnit, made bool) {
	key := spaceKey(r)
	if u = p.units[key]; u == nil {
		made = true
		buildingID, entranceID := p.entrance(r.Lot, r.Lot, "")
		u = &rosterUnit{
			ID: NewID(), Key: key, BuildingID: buildingID, EntranceID: entranceID, Room: r.SpaceName, Kind: "parking", BuiltAreaM2: r.SpaceAreaM2,
			Status: spaceStatus(r.Role), Display: r.Lot + " " + r.SpaceName,
		}
		p.units[key] = u
		p.places[u.ID] = u.Display
		p.plan.makes("unit", u.ID)
		p.newUnits = append(p.newUnits, rosterInsert{unit: u})
	} else {
		before := len(changes.found)
		changes.text("space_area", &u.BuiltAreaM2, r.SpaceAreaM2)
		if r.Role != "" {
			changes.word("tenure", "unit_status", &u.Status, spaceStatus(r.Role))
		}
		if len(changes.found) > before && p.plan.changesOld("unit", u.ID) {
			p.changedUnits[u.ID] = u
		}
	}
	s := p.spaces[u.ID]
	if s == nil {
		s = &spaceRow{UnitID: u.ID, Level: r.Level}
		p.spaces[u.ID] = s
		p.plan.makes("parking_space", u.ID)
		p.newSpaces = append(p.newSpaces, s)
		return u, made
	}
	before := len(changes.found)
	changes.word("level", "level", &s.Level, r.Level)
	if len(changes.found) > before && p.plan.changesOld("parking_space", u.ID) {
		p.changedSpaces[u.ID] = s
	}
	return u, made
}

func spaceStatus(role estate.Role) string {
	switch role {
	case estate.RoleOwner:
		return string(estate.Occupied)
	case estate.RoleTenant:
		return string(estate.Rented)
	}
	return string(estate.Vacant)
}

// holdSpace gives the person the space: as the owner of one that was sold, as the tenant of one that is let.
func (p *vehiclePlan) holdSpace(u *rosterUnit, person *personRow, r importing.VehicleRow, t *rosterTake, changes *changeList) (made bool) {
	switch {
	case person == nil:
		return false
	case r.Role == "":
		for _, o := range p.occupancies[u.ID] {
			if o.person == person {
				return false
			}
		}
		t.doubt("tenure", "tenure-unknown", fmt.Sprintf("没有写明车位“%s”是出售还是出租，未登记它的业主或租户。需要按车位收费时，请补上后再导入。", u.Display))
		return false
	}
	dates := importing.RosterRow{Role: r.Role, From: r.From, To: r.To}
	var best *rosterOcc
	rank := 0
	for _, o := range p.occupancies[u.ID] {
		if n := tenureRank(o, dates); o.Role == string(r.Role) && o.person == person && n > rank {
			best, rank = o, n
		}
	}
	if best != nil {
		changes.found = append(changes.found, p.changeOccupancy(best, dates)...)
		return false
	}
	p.stay(u.ID, person, dates, t)
	return true
}

// park finds or makes the vehicle and puts it where the row says. One that belonged to another household moves, and a
// person should look.
func (p *vehiclePlan) park(r importing.VehicleRow, home string, person *personRow, space *rosterUnit, t *rosterTake, changes *changeList) (made bool, err error) {
	index := p.keys.Index(indexPlate, r.Plate)
	said := vehicleRow{UnitID: home, Kind: r.Kind, Brand: r.Brand, Colour: r.Colour}
	if person != nil {
		said.PersonID = person.ID
	}
	if space != nil {
		said.SpaceID = space.ID
	}
	if space == nil || r.Role == "" { // else the dates are those of the space
		said.From, said.To = r.From, r.To
	}
	v := p.vehicles[string(index)]
	if v == nil {
		v = &said
		v.ID, v.PlateEnc, v.PlateBidx, v.Kind = NewID(), p.keys.Seal(r.Plate), index, or(r.Kind, "car")
		p.vehicles[string(index)] = v
		p.plan.makes("vehicle", v.ID)
		p.newVehicles = append(p.newVehicles, v)
		return true, nil
	}
	before := len(changes.found)
	moved := v.UnitID != "" && said.UnitID != "" && v.UnitID != said.UnitID || v.UnitID == "" && v.PersonID != "" && said.PersonID != "" && v.PersonID != said.PersonID
	if err := p.changeHousehold(v, said, changes); err != nil {
		return false, err
	}
	if moved {
		t.doubt("plate", "vehicle-moves", fmt.Sprintf("车辆“%s”原来登记在另一户，将改到本行的一户。请核对车牌是否填对。", r.Plate))
	}
	changes.word("vehicle_kind", "vehicle_kind", &v.Kind, said.Kind)
	changes.text("brand", &v.Brand, said.Brand)
	changes.text("colour", &v.Colour, said.Colour)
	changes.date("from", &v.From, said.From)
	changes.date("to", &v.To, said.To)
	if len(changes.found) > before && p.plan.changesOld("vehicle", v.ID) {
		p.changedVehicles[v.ID] = v
	}
	return false, nil
}

// changeHousehold takes over whose the vehicle is; what the row leaves open changes nothing.
func (p *vehiclePlan) changeHousehold(v *vehicleRow, said vehicleRow, changes *changeList) error {
	if said.UnitID != "" && said.UnitID != v.UnitID {
		changes.note("place", p.places[v.UnitID], p.places[said.UnitID])
		v.UnitID = said.UnitID
	}
	if said.SpaceID != "" && said.SpaceID != v.SpaceID {
		changes.note("space", p.places[v.SpaceID], p.places[said.SpaceID])
		v.SpaceID = said.SpaceID
	}
	if said.PersonID == "" || said.PersonID == v.PersonID {
		return nil
	}
	var names [2]string
	for i, id := range []string{v.PersonID, said.PersonID} {
		if r := p.people.byID[id]; r != nil {
			name, err := p.keys.Open(r.NameEnc)
			if err != nil {
				return fmt.Errorf("read a vehicle's person: %w", err)
			}
			names[i] = name
		}
	}
	changes.note("name", names[0], names[1])
	v.PersonID = said.PersonID
	return nil
}
