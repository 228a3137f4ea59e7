package store

import (
	"fmt"

	"steward/domain/estate"
	"steward/domain/importing"
)

// settlePerson finds or makes the row's person and the role in the unit. The same name in the same role in the same unit
// is the same person, so a changed phone changes the person instead of making a second one, unless phone and ID number
// both say that it is another.
func (p *rosterPlan) settlePerson(u *rosterUnit, r *importing.RosterRow, t *rosterTake) (made bool, changes []importing.Change, err error) {
	facts := factsOf(*r)
	found := p.people.find(facts, u.ID)
	occ, namesake := p.findOccupancy(u.ID, *r)
	switch {
	case occ != nil:
		changes = p.changeOccupancy(occ, *r)
		more, err := p.changePerson(occ.person, r, t)
		return false, append(changes, more...), err
	case len(found) > 0:
		if changes, err = p.changePerson(found[0], r, t); err != nil {
			return false, nil, err
		}
		p.stay(u.ID, found[0], *r, t)
		return true, changes, nil
	}
	person := p.makePerson(facts, u.ID)
	p.agree(person, r)
	p.matches.look(t, u.ID, person, facts.IDShared)
	if namesake != nil {
		p.matches.pair(t, person, namesake, matchSameName)
	}
	p.stay(u.ID, person, *r, t)
	return true, nil, nil
}

// stay gives a person a role in a unit.
func (p *rosterPlan) stay(unitID string, person *personRow, r importing.RosterRow, t *rosterTake) {
	from := r.From
	if from.IsZero() {
		from = estate.SinceEver
	}
	occ := &rosterOcc{OccID: NewID(), UnitID: unitID, Role: string(r.Role), From: from, To: r.To, person: person}
	p.occupancies[unitID] = append(p.occupancies[unitID], occ)
	p.plan.makes("occupancy", occ.OccID)
	p.newOccupancies = append(p.newOccupancies, rosterInsert{occ: occ})
	if occ.Role == string(estate.RoleOwner) && !r.From.IsZero() {
		p.matches.owners = append(p.matches.owners, newOwner{t, occ})
	}
}

// sameAs says why facts mean a person.
func sameAs(p *people, r *personRow, f personFacts) string {
	if p.compare(r, indexIDNo, f.IDNo) == agrees && !f.IDShared {
		return matchSameIDNo
	}
	return matchSamePhone
}

// doubtPhone points at a person who is known by the unit and the name alone and gets another phone.
func (p *rosterPlan) doubtPhone(person *personRow, f personFacts, t *rosterTake) {
	if f.Company || f.Phone == "" || p.people.comparePhones(person, f) != differs || p.people.compare(person, indexIDNo, f.IDNo) == agrees {
		return
	}
	t.doubt("phone", "phone-changes", fmt.Sprintf("“%s”在这套房屋里已有登记，电话不同：将按本行修改电话。如果不是同一个人，请补上证件号码再导入。", f.Name))
}

func (p *rosterPlan) makePerson(facts personFacts, unitID string) *personRow {
	k := p.keys
	id, identity := NewID(), k.identity(facts, unitID)
	if _, taken := p.people.byIdentity[string(identity)]; taken {
		identity = k.ownIdentity(id)
	}
	person := p.people.add(personRow{
		ID: id, Kind: facts.kind(), IdentityBidx: identity, NameBidx: k.Index(indexName, estate.NameKey(facts.Name)),
		PhoneBidx: k.Index(indexPhone, facts.Phone), IDNoBidx: k.Index(indexIDNo, facts.IDNo), EmailBidx: k.Index(indexEmail, facts.Email),
		NameEnc: k.Seal(facts.Name), PhoneEnc: k.Seal(facts.Phone), IDNoEnc: k.Seal(facts.IDNo), EmailEnc: k.Seal(facts.Email),
	})
	p.plan.makes("person", id)
	p.newPersons[id] = &newPerson{person, facts}
	p.addPhones(person, facts.OtherPhones)
	return person
}

// findOccupancy looks for the row's person among those in the unit with that role and that name: first for the one whose
// ID number or phone the row has. Of several tenures it is the one that begins on the row's day, then the one that lasts.
// namesake is one whose phone and ID number are both others.
func (p *rosterPlan) findOccupancy(unitID string, r importing.RosterRow) (best *rosterOcc, namesake *personRow) {
	facts := factsOf(r)
	name := p.keys.Index(indexName, estate.NameKey(r.Name))
	bestSure, bestRank := 0, 0
	for _, o := range p.occupancies[unitID] {
		if o.Role != string(r.Role) || o.person.Kind != facts.kind() || !p.people.called(o.person, name) {
			continue
		}
		sure, other := p.people.likeness(o.person, facts)
		if other {
			namesake = o.person
			continue
		}
		if rank := tenureRank(o, r); rank > 0 && (best == nil || sure > bestSure || sure == bestSure && rank > bestRank) {
			best, bestSure, bestRank = o, sure, rank
		}
	}
	return best, namesake
}

// tenureRank tells how well a row's dates fit a tenure; 0 is another stay of the same person.
func tenureRank(o *rosterOcc, r importing.RosterRow) int {
	switch {
	case !r.From.IsZero() && o.From == r.From, r.From.IsZero() && !r.To.IsZero() && o.To == r.To:
		return 4
	case !r.To.IsZero() && r.To.Before(o.From), !o.To.IsZero() && !r.From.IsZero() && o.To.Before(r.From):
		return 0
	case o.To.IsZero():
		return 3
	case r.From.IsZero():
		return 2
	}
	return 0
}

// changePerson takes over what a row says of a known person, and lists other records that the row means too.
func (p *rosterPlan) changePerson(person *personRow, r *importing.RosterRow, t *rosterTake) ([]importing.Change, error) {
	p.agree(person, r)
	facts := countingFacts(*r)
	p.doubtPhone(person, facts, t)
	p.matches.meet(t, person, factsOf(*r))
	changes, err := p.changeFacts(person, facts)
	if err != nil {
		return nil, err
	}
	more, err := p.changePhones(person, facts.OtherPhones)
	return append(changes, more...), err
}

func (p *rosterPlan) changeFacts(person *personRow, facts personFacts) ([]importing.Change, error) {
	changed, any := p.people.fresh(person, facts)
	if !any {
		return nil, nil
	}
	into := p.factsToWrite(person)
	notes := p.changeList()
	for _, f := range []struct {
		key, purpose string
		said         string
		have         *[]byte // sealed
		index        *[]byte
		into         *string
	}{
		{"phone", indexPhone, changed.Phone, &person.PhoneEnc, &person.PhoneBidx, &into.Phone},
		{"id_no", indexIDNo, changed.IDNo, &person.IDNoEnc, &person.IDNoBidx, &into.IDNo},
		{"email", indexEmail, changed.Email, &person.EmailEnc, &person.EmailBidx, &into.Email},
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
	if changed.Phone+changed.IDNo != "" {
		return notes.found, p.renameIdentity(person, facts.IDShared)
	}
	return notes.found, nil
}

// factsToWrite is where a person's changed facts go: into the insert of one who is made by this run, else into an update.
func (p *rosterPlan) factsToWrite(person *personRow) *personFacts {
	if fresh := p.newPersons[person.ID]; fresh != nil {
		return &fresh.facts
	}
	c := p.changedPersons[person.ID]
	if c == nil {
		c = &personChange{id: person.ID}
		p.changedPersons[person.ID] = c
		p.plan.changes("person", person.ID)
	}
	return &c.facts
}

// renameIdentity gives a person whose phone or ID number changed the natural key of what is known now; where that is
// another record's, one of its own, so that no key names somebody by an old phone.
func (p *rosterPlan) renameIdentity(person *personRow, idShared bool) error {
	if person.Kind == "company" || person.PhoneBidx == nil && idShared {
		return nil
	}
	facts := personFacts{}
	for _, f := range []struct {
		sealed []byte
		into   *string
	}{{person.NameEnc, &facts.Name}, {person.PhoneEnc, &facts.Phone}, {person.IDNoEnc, &facts.IDNo}} {
		plain, err := p.keys.Open(f.sealed)
		if err != nil {
			return fmt.Errorf("read who a person is: %w", err)
		}
		*f.into = plain
	}
	identity := p.keys.identity(facts, "")
	if other, taken := p.people.byIdentity[string(identity)]; taken && other != person {
		identity = p.keys.ownIdentity(person.ID)
	}
	person.IdentityBidx = identity
	p.people.byIdentity[string(identity)] = person
	if c := p.changedPersons[person.ID]; c != nil {
		c.identity = identity
	}
	return nil
}

func (p *rosterPlan) changeOccupancy(o *rosterOcc, r importing.RosterRow) []importing.Change {
	c := p.changeList()
	c.date("from", &o.From, r.From)
	c.date("to", &o.To, r.To)
	if len(c.found) > 0 && p.plan.changesOld("occupancy", o.OccID) {
		p.changedOccupancies[o.OccID] = o
	}
	return c.found
}

// noteAside lists the values of the row that gave way to an earlier row of the same person.
func (t *rosterTake) noteAside(r importing.RosterRow) {
	for _, a := range r.Aside {
		if a.Row == 0 {
			continue
		}
		t.doubt(a.Column, "values-differ", fmt.Sprintf("与第 %d 行是同一个人，但此列不同（本行为 %s），以第 %d 行为准。请核对。", a.Row, a.Said, a.Row))
	}
}

func unitName(r importing.RosterRow) string {
	return estate.BuildingName(r.Building) + estate.EntranceName(r.Entrance) + r.Room
}

// newOwner is an ownership that begins on a known day.
type newOwner struct {
	take *rosterTake
	occ  *rosterOcc
}

// doubtOwners points at owners who are joined by another one from a later day and whose own time has no end: a sale looks
// like this, and so does a co-owner who was added.
func (p *rosterPlan) doubtOwners() error {
	for _, n := range p.matches.owners {
		for _, o := range p.occupancies[n.occ.UnitID] {
			if o.Role != string(estate.RoleOwner) || o.person == n.occ.person || !o.To.IsZero() || !o.From.Before(n.occ.From) {
				continue
			}
			name, err := p.keys.Open(o.person.NameEnc)
			if err != nil {
				return fmt.Errorf("read an owner's name: %w", err)
			}
			n.take.doubt("from", "owner-changes", fmt.Sprintf("这套房屋已有业主“%s”，没有终止日期；本行的业主自 %s 起，两人将同为业主。如为过户，请给“%s”填上终止日期 %s 再导入。",
				name, n.occ.From, name, n.occ.From.AddDays(-1)))
			break
		}
	}
	return nil
}
