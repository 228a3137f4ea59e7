package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// rosterPlan is what a run of roster rows would change, found by comparing them with what is there. Checking counts it,
// applying writes it.
type rosterPlan struct {
	keys        *KeyRing
	communityID string
	today       calendar.Date

	buildings   map[string]string       // name key -> id
	entrances   map[[2]string]string    // building id, name key -> id
	units       map[string]*rosterUnit  // unit key -> unit
	persons     map[string]*personRow   // identity -> person
	occupancies map[string][]*rosterOcc // unit id -> who is there

	newBuildings, newEntrances, newUnits, newPersons, newOccupancies []rosterInsert
	changedUnits                                                     map[string]*rosterUnit
	changedPersons                                                   map[string]*personChange
	changedOccupancies                                               map[string]*rosterOcc
	plan                                                             planned
}

// rosterInsert is a row to write with the facts that its statement needs.
type rosterInsert struct {
	id       string
	parentID string // building of an entrance
	name     string
	key      string
	unit     *rosterUnit
	occ      *rosterOcc
	person   personFacts
	identity []byte
}

type rosterUnit struct {
	ID          string        `db:"id"`
	Key         string        `db:"unit_key"`
	BuildingID  string        `db:"building_id"`
	EntranceID  string        `db:"entrance_id"`
	Room        string        `db:"room"`
	Kind        string        `db:"kind"`
	Floor       string        `db:"floor"`
	BuiltAreaM2 string        `db:"built_area_m2"`
	InnerAreaM2 string        `db:"inner_area_m2"`
	Status      string        `db:"status"`
	DeliveredOn calendar.Date `db:"delivered_on"`
	KeysOn      calendar.Date `db:"keys_on"`
	FeeStartOn  calendar.Date `db:"fee_start_on"`
	Display     string        `db:"display"`
}

type rosterOcc struct {
	ID     string        `db:"occ_id"`
	UnitID string        `db:"unit_id"`
	Role   string        `db:"role"`
	From   calendar.Date `db:"from_on"`
	To     calendar.Date `db:"to_on"`
	personRow
}

func planRosterRows(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	return s.planRoster(ctx, q, f.scope.OrgID, f.communityID, rows.Roster)
}

// planRoster reads what the rows touch with a few statements and decides every row.
func (s *Store) planRoster(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, rows []importing.RosterRow) (*rosterPlan, error) {
	p := &rosterPlan{
		keys: s.keys, communityID: communityID, today: calendar.DateOf(s.clock.Now()),
		buildings: map[string]string{}, entrances: map[[2]string]string{}, units: map[string]*rosterUnit{}, persons: map[string]*personRow{},
		occupancies: map[string][]*rosterOcc{}, changedUnits: map[string]*rosterUnit{}, changedPersons: map[string]*personChange{}, changedOccupancies: map[string]*rosterOcc{},
	}
	if communityID != "" && len(rows) > 0 {
		if err := p.readPlaces(ctx, q, orgID, rows); err != nil {
			return nil, err
		}
	}
	if err := p.readPeople(ctx, q, orgID, rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := p.take(r); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *rosterPlan) planned() *planned { return &p.plan }

func (p *rosterPlan) readPlaces(ctx context.Context, q sqlx.QueryerContext, orgID string, rows []importing.RosterRow) error {
	var places []struct {
		BuildingID  string  `db:"building_id"`
		Building    string  `db:"building"`
		EntranceID  *string `db:"entrance_id"`
		EntranceKey *string `db:"entrance"`
	}
	err := selectIn(ctx, q, &places, `SELECT b.id AS building_id, b.name_key AS building, e.id AS entrance_id, e.name_key AS entrance
		FROM building b LEFT JOIN entrance e ON e.org_id = b.org_id AND e.building_id = b.id
		WHERE b.org_id = ? AND b.community_id = ? AND b.name_key IN (?)`, orgID, p.communityID,
		distinct(rows, func(r importing.RosterRow) string { return estate.NameKey(r.Building) }))
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
		COALESCE(built_area_m2, '') AS built_area_m2, COALESCE(inner_area_m2, '') AS inner_area_m2, status, delivered_on, keys_on, fee_start_on, display
		FROM unit WHERE org_id = ? AND community_id = ? AND unit_key IN (?)`, orgID, p.communityID,
		distinct(rows, func(r importing.RosterRow) string { return r.UnitKey }))
	if err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	ids := make([]string, 0, len(units))
	for _, u := range units {
		p.units[u.Key] = &u
		ids = append(ids, u.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var occupancies []rosterOcc
	err = selectIn(ctx, q, &occupancies, `SELECT o.id AS occ_id, o.unit_id, o.role, o.from_on, o.to_on, `+personColumns+`
		FROM occupancy o JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id WHERE o.org_id = ? AND o.unit_id IN (?) ORDER BY o.id`, orgID, ids)
	if err != nil {
		return fmt.Errorf("read occupancies: %w", err)
	}
	for _, o := range occupancies {
		p.occupancies[o.UnitID] = append(p.occupancies[o.UnitID], &o)
	}
	return nil
}

func (p *rosterPlan) readPeople(ctx context.Context, q sqlx.QueryerContext, orgID string, rows []importing.RosterRow) error {
	var identities [][]byte
	for _, r := range rows {
		if r.Name != "" {
			unitID := ""
			if u, ok := p.units[r.UnitKey]; ok {
				unitID = u.ID
			}
			identities = append(identities, p.keys.identity(factsOf(r), unitID))
		}
	}
	if len(identities) == 0 {
		return nil
	}
	var people []personRow
	err := selectIn(ctx, q, &people, `SELECT `+personColumns+` FROM person p WHERE p.org_id = ? AND p.identity_bidx IN (?)`, orgID, identities)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	for _, r := range people {
		p.persons[string(r.IdentityBidx)] = &r
	}
	return nil
}

func factsOf(r importing.RosterRow) personFacts {
	return personFacts{Name: r.Name, Company: r.Company, Phone: r.Phone, IDNo: r.IDNo, Email: r.Email}
}

// take decides one row and remembers what it makes, so that the next rows see it.
func (p *rosterPlan) take(r importing.RosterRow) error {
	e := importing.Effect{Row: r.Row, Outcome: importing.Unchanged}
	unit := p.units[r.UnitKey]
	if unit == nil {
		unit = p.makeUnit(r)
		e.Outcome = importing.Created
	} else {
		e.Changes = p.changeUnit(unit, r)
	}
	e.Subject = unit.Display
	if r.Name != "" {
		made, changes, err := p.settlePerson(unit, r)
		if err != nil {
			return err
		}
		e.Subject += " " + r.Name
		e.Changes = append(e.Changes, changes...)
		if made {
			e.Outcome = importing.Created
		}
	}
	if e.Outcome == importing.Unchanged && len(e.Changes) > 0 {
		e.Outcome = importing.Updated
	}
	p.plan.settle(e)
	return nil
}

func (p *rosterPlan) makeUnit(r importing.RosterRow) *rosterUnit {
	buildingKey := estate.NameKey(r.Building)
	buildingID, ok := p.buildings[buildingKey]
	if !ok {
		buildingID = NewID()
		p.buildings[buildingKey] = buildingID
		p.plan.makes("building", buildingID)
		p.newBuildings = append(p.newBuildings, rosterInsert{id: buildingID, name: estate.BuildingName(r.Building), key: buildingKey})
	}
	entranceKey := [2]string{buildingID, estate.NameKey(r.Entrance)}
	entranceID, ok := p.entrances[entranceKey]
	if !ok {
		entranceID = NewID()
		p.entrances[entranceKey] = entranceID
		p.plan.makes("entrance", entranceID)
		p.newEntrances = append(p.newEntrances, rosterInsert{id: entranceID, parentID: buildingID, name: estate.EntranceName(r.Entrance), key: entranceKey[1]})
	}
	u := &rosterUnit{
		ID: NewID(), Key: r.UnitKey, BuildingID: buildingID, EntranceID: entranceID, Room: r.Room, Kind: or(r.UnitKind, "home"), Floor: r.Floor,
		BuiltAreaM2: r.BuiltAreaM2, InnerAreaM2: r.InnerAreaM2, Status: or(r.Status, usualStatus(r)), DeliveredOn: r.DeliveredOn, KeysOn: r.KeysOn, FeeStartOn: r.FeeStartOn,
		Display: estate.BuildingName(r.Building) + estate.EntranceName(r.Entrance) + r.Room,
	}
	p.units[r.UnitKey] = u
	p.plan.makes("unit", u.ID)
	p.newUnits = append(p.newUnits, rosterInsert{unit: u})
	return u
}

func usualStatus(r importing.RosterRow) string {
	switch {
	case r.Name == "":
		return string(estate.Vacant)
	case r.Role == estate.RoleDeveloper:
		return string(estate.Unsold)
	}
	return string(estate.Occupied)
}

// changeUnit takes over what the row says and the unit does not have; a cell left empty changes nothing.
func (p *rosterPlan) changeUnit(u *rosterUnit, r importing.RosterRow) []importing.Change {
	c := rosterChanges{}
	c.text("unit_kind", &u.Kind, r.UnitKind)
	c.text("floor", &u.Floor, r.Floor)
	c.text("built_area", &u.BuiltAreaM2, r.BuiltAreaM2)
	c.text("inner_area", &u.InnerAreaM2, r.InnerAreaM2)
	c.text("status", &u.Status, r.Status)
	c.date("delivered_on", &u.DeliveredOn, r.DeliveredOn)
	c.date("keys_on", &u.KeysOn, r.KeysOn)
	c.date("fee_start_on", &u.FeeStartOn, r.FeeStartOn)
	if _, known := p.changedUnits[u.ID]; len(c) > 0 && !known {
		p.changedUnits[u.ID] = u
		p.plan.changes("unit", u.ID)
	}
	return c
}

// rosterChanges collects the values that a row changes.
type rosterChanges []importing.Change

func (c *rosterChanges) note(key, old, said string) {
	*c = append(*c, importing.Change{Column: importing.ColumnTitle(importing.Roster, key), Old: old, New: said})
}

func (c *rosterChanges) text(key string, have *string, said string) {
	if said != "" && said != *have {
		c.note(key, *have, said)
		*have = said
	}
}

func (c *rosterChanges) date(key string, have *calendar.Date, said calendar.Date) {
	if !said.IsZero() && said != *have {
		c.note(key, dateText(*have), dateText(said))
		*have = said
	}
}

func dateText(d calendar.Date) string {
	if d.IsZero() || d == estate.SinceEver {
		return ""
	}
	return d.String()
}

// settlePerson finds or makes the row's person and the role in the unit. The same name in the same role in the same unit
// is the same person, so a changed phone changes the person instead of making a second one.
func (p *rosterPlan) settlePerson(u *rosterUnit, r importing.RosterRow) (made bool, changes []importing.Change, err error) {
	facts := factsOf(r)
	occ := p.findOccupancy(u.ID, r)
	if occ != nil {
		changes, err = p.changePerson(&occ.personRow, facts, u.ID)
		return false, append(changes, p.changeOccupancy(occ, r)...), err
	}
	identity := p.keys.identity(facts, u.ID)
	person, known := p.persons[string(identity)]
	if known {
		if changes, err = p.changePerson(person, facts, u.ID); err != nil {
			return false, nil, err
		}
	} else {
		person = p.makePerson(facts, identity)
	}
	from := r.From
	if from.IsZero() {
		from = estate.SinceEver
	}
	occ = &rosterOcc{ID: NewID(), UnitID: u.ID, Role: string(r.Role), From: from, To: r.To, personRow: *person}
	p.occupancies[u.ID] = append(p.occupancies[u.ID], occ)
	p.plan.makes("occupancy", occ.ID)
	p.newOccupancies = append(p.newOccupancies, rosterInsert{occ: occ})
	return true, changes, nil
}

func (p *rosterPlan) makePerson(facts personFacts, identity []byte) *personRow {
	person := &personRow{
		ID: NewID(), Kind: facts.kind(), IdentityBidx: identity, NameBidx: p.keys.Index(indexName, estate.NameKey(facts.Name)),
		PhoneBidx: p.keys.Index(indexPhone, facts.Phone), IDNoBidx: p.keys.Index(indexIDNo, facts.IDNo), EmailBidx: p.keys.Index(indexEmail, facts.Email),
	}
	p.persons[string(identity)] = person
	p.plan.makes("person", person.ID)
	p.newPersons = append(p.newPersons, rosterInsert{id: person.ID, identity: identity, person: facts})
	return person
}

// findOccupancy looks for the person by name among those in the unit with that role; one that lasts comes first.
func (p *rosterPlan) findOccupancy(unitID string, r importing.RosterRow) *rosterOcc {
	name := p.keys.Index(indexName, estate.NameKey(r.Name))
	var ended *rosterOcc
	for _, o := range p.occupancies[unitID] {
		if o.Role != string(r.Role) || !bytes.Equal(o.NameBidx, name) {
			continue
		}
		if o.To.IsZero() {
			return o
		}
		if o.From == r.From || r.From.IsZero() {
			ended = o
		}
	}
	return ended
}

func (p *rosterPlan) changePerson(person *personRow, facts personFacts, unitID string) ([]importing.Change, error) {
	changed, any := p.keys.differs(*person, facts)
	if !any {
		return nil, nil
	}
	c := p.changedPersons[person.ID]
	if c == nil {
		c = &personChange{id: person.ID}
		p.changedPersons[person.ID] = c
		p.plan.changes("person", person.ID)
	}
	var notes rosterChanges
	for _, f := range []struct {
		key, purpose string
		said         string
		have         *[]byte // sealed
		index        *[]byte
		into         *string
	}{
		{"phone", indexPhone, changed.Phone, &person.PhoneEnc, &person.PhoneBidx, &c.facts.Phone},
		{"id_no", indexIDNo, changed.IDNo, &person.IDNoEnc, &person.IDNoBidx, &c.facts.IDNo},
		{"email", indexEmail, changed.Email, &person.EmailEnc, &person.EmailBidx, &c.facts.Email},
	} {
		if f.said == "" {
			continue
		}
		old, err := p.keys.Open(*f.have)
		if err != nil {
			return nil, fmt.Errorf("read what %s of a person is: %w", f.key, err)
		}
		notes.note(f.key, old, f.said)
		*f.into, *f.index, *f.have = f.said, p.keys.Index(f.purpose, f.said), p.keys.Seal(f.said)
	}
	identity := p.keys.identity(facts, unitID)
	if _, taken := p.persons[string(identity)]; !taken && changed.Phone+changed.IDNo != "" {
		c.identity = identity
		p.persons[string(identity)] = person
	}
	return notes, nil
}

func (p *rosterPlan) changeOccupancy(o *rosterOcc, r importing.RosterRow) []importing.Change {
	c := rosterChanges{}
	c.date("from", &o.From, r.From)
	c.date("to", &o.To, r.To)
	if _, known := p.changedOccupancies[o.ID]; len(c) > 0 && !known {
		p.changedOccupancies[o.ID] = o
		p.plan.changes("occupancy", o.ID)
	}
	return c
}
