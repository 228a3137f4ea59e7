package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// rosterPlan is what a run of roster, owner or tenant rows would change, found by comparing them with what is there.
// Checking counts it, applying writes it.
type rosterPlan struct {
	keys        *KeyRing
	communityID string
	importID    string
	kind        importing.Kind
	makesUnits  bool // a roster does; owners and tenants belong to units that are there

	buildings   map[string]string      // name key -> id
	entrances   map[[2]string]string   // building id, name key -> id
	units       map[string]*rosterUnit // unit key -> unit
	people      *people
	occupancies map[string][]*rosterOcc // unit id -> who is there

	newBuildings, newEntrances, newUnits, newOccupancies []rosterInsert
	newPersons                                           map[string]*newPerson // by id
	changedUnits                                         map[string]*rosterUnit
	changedPersons                                       map[string]*personChange
	changedOccupancies                                   map[string]*rosterOcc
	newPhones                                            []personPhone
	rows                                                 []*rosterTake
	matches                                              matchPlan
	plan                                                 planned

	said    map[string]*personSaid             // by person: what the file says, where rows are to agree; else nil
	holders map[string]map[string][]*personRow // who has a phone or an ID number, by why it matters and by its index
	listed  map[[2]string]bool                 // pairs that need not be listed again
}

// rosterInsert is a row to write with the facts that its statement needs.
type rosterInsert struct {
	id       string
	parentID string // building of an entrance
	name     string
	key      string
	unit     *rosterUnit
	occ      *rosterOcc
}

type newPerson struct {
	row   *personRow
	facts personFacts
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
	Dated       bool          `db:"dated"` // its area and status are written down by day
}

type rosterOcc struct {
	OccID  string        `db:"occ_id"`
	UnitID string        `db:"unit_id"`
	Role   string        `db:"role"`
	From   calendar.Date `db:"from_on"`
	To     calendar.Date `db:"to_on"`
	person *personRow
}

// rosterTake is what one row of the file comes to while the run is not over: later rows can answer its doubts.
type rosterTake struct {
	kind   importing.Kind
	effect importing.Effect
	units  []string // as people call them
	names  []string
}

func (s *Store) newRosterPlan(f planFor) *rosterPlan {
	p := &rosterPlan{
		keys: s.keys, communityID: f.communityID, importID: f.importID, kind: f.kind, makesUnits: f.kind == importing.Roster, people: newPeople(s.keys),
		buildings: map[string]string{}, entrances: map[[2]string]string{}, units: map[string]*rosterUnit{}, occupancies: map[string][]*rosterOcc{},
		holders: map[string]map[string][]*personRow{}, listed: map[[2]string]bool{},
	}
	p.begin()
	return p
}

// begin forgets what the runs before would write and keeps what is there once they are written.
func (p *rosterPlan) begin() {
	p.newBuildings, p.newEntrances, p.newUnits, p.newOccupancies, p.newPhones = nil, nil, nil, nil, nil
	p.newPersons, p.changedUnits, p.changedPersons, p.changedOccupancies = map[string]*newPerson{}, map[string]*rosterUnit{}, map[string]*personChange{}, map[string]*rosterOcc{}
	p.rows, p.matches, p.plan = nil, matchPlan{}, planned{}
}

func planRosterRows(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := carried(f, func() *rosterPlan { return s.newRosterPlan(f) })
	if err := p.takeRows(ctx, q, f.scope.OrgID, rows.Roster); err != nil {
		return nil, err
	}
	if err := p.settleMatches(ctx, q, f.scope.OrgID); err != nil {
		return nil, err
	}
	p.settle()
	return p, nil
}

// takeRows decides a run of rows, after those that the plan took before.
func (p *rosterPlan) takeRows(ctx context.Context, q sqlx.QueryerContext, orgID string, rows []importing.RosterRow) error {
	p.begin()
	if p.communityID != "" && len(rows) > 0 {
		buildings := distinct(rows, func(r importing.RosterRow) string { return estate.NameKey(r.Building) })
		units := distinct(rows, func(r importing.RosterRow) string { return r.UnitKey })
		if err := p.readPlaces(ctx, q, orgID, buildings, units); err != nil {
			return err
		}
	}
	if err := p.readPeople(ctx, q, orgID, rows); err != nil {
		return err
	}
	unknown := p.rejectUnknown(rows)
	for i := range rows {
		if unknown[rows[i].Row] {
			continue
		}
		if err := p.take(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *rosterPlan) planned() *planned { return &p.plan }

// rejectUnknown refuses rows about units that are not there, where the kind makes none.
func (p *rosterPlan) rejectUnknown(rows []importing.RosterRow) map[int]bool {
	unknown := map[int]bool{}
	for _, r := range rows {
		if !p.makesUnits && p.units[r.UnitKey] == nil && !unknown[r.Row] {
			unknown[r.Row] = true
			p.plan.reject(r.Row, "room", "unknown-unit", "小区里没有房屋“%s”。请核对楼栋、单元和房号，或先在房屋业主清册里补上。", unitName(r))
		}
	}
	return unknown
}

// take decides one row and remembers what it makes, so that the next rows see it. Rows with one number are one row of the
// file: a person with several units, or a unit with several people.
func (p *rosterPlan) take(r *importing.RosterRow) error {
	t := &rosterTake{kind: p.kind, effect: importing.Effect{Row: r.Row, Outcome: importing.Unchanged}}
	if n := len(p.rows); n > 0 && p.rows[n-1].effect.Row == r.Row {
		t = p.rows[n-1]
	} else {
		p.rows = append(p.rows, t)
	}
	e := &t.effect
	unit, made := p.units[r.UnitKey], false
	if unit == nil {
		unit, made = p.makeUnit(*r), true
	} else {
		if unit.keeps(r) {
			t.doubt("room", "changes-are-dated", "这套房屋的面积和状态按日期登记过变更，以变更记录为准，这一行没有改它们。确有变化请在“房屋”里登记变更。")
		}
		e.Changes = append(e.Changes, p.changeUnit(unit, *r)...)
	}
	t.units = append(t.units, unit.Display)
	if r.Name != "" {
		t.names = append(t.names, r.Name)
		occupied, changes, err := p.settlePerson(unit, r, t)
		if err != nil {
			return err
		}
		made = made || occupied
		e.Changes = append(e.Changes, changes...)
		t.noteAside(*r)
	}
	switch {
	case made:
		e.Outcome = importing.Created
	case e.Outcome == importing.Unchanged && len(e.Changes) > 0:
		e.Outcome = importing.Updated
	}
	return nil
}

func (t *rosterTake) doubt(columnKey, code, message string) {
	t.effect.Doubts = append(t.effect.Doubts, importing.Notice{
		Row: t.effect.Row, Column: importing.ColumnTitle(t.kind, columnKey), Code: code, Message: message,
	})
}

// settle counts the rows when the run is over.
func (p *rosterPlan) settle() {
	for _, t := range p.rows {
		t.effect.Subject = strings.Join(firstOfEach(t.units), "、")
		if names := strings.Join(firstOfEach(t.names), "、"); names != "" {
			t.effect.Subject += " " + names
		}
		p.plan.settle(t.effect)
	}
}

func firstOfEach(words []string) (once []string) {
	seen := map[string]bool{}
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			once = append(once, w)
		}
	}
	return once
}
