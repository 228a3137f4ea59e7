package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/claiming"
	"steward/domain/estate"
)

// claimText is what one transfer says.
type claimText struct {
	AmountFen int64
	Payer     string
	Note      string
}

// claimIndex finds what transfers point to within one community: its units, who belongs to them, and what is owed.
type claimIndex struct {
	keys   *KeyRing
	today  calendar.Date
	places *places
	people map[string]*claimPerson      // by id
	owed   map[string][]claiming.Owed   // by debtor
	owing  map[string]map[string]bool   // unit -> debtors with open bills there
	traces map[claimText]claiming.Trace // read once
}

// claimPerson is somebody of the community with the blind indexes by which a transfer may name him or her.
type claimPerson struct {
	id       string
	nameBidx []byte
	idNoBidx []byte
	phones   [][]byte
	units    []string // where he or she belongs today
	family   bool     // nothing but family: the unit's debtor owes
}

func newClaimIndex(keys *KeyRing, today calendar.Date) *claimIndex {
	return &claimIndex{keys: keys, today: today, people: map[string]*claimPerson{}, owed: map[string][]claiming.Owed{}, owing: map[string]map[string]bool{},
		traces: map[claimText]claiming.Trace{}, places: &places{keys: keys, byID: map[string]*place{}, byKey: map[string]*place{}, byRoom: map[string][]*place{}}}
}

// readClaims reads a community's units and people, and the open bills of those to whom the transfers may point.
func (s *Store) readClaims(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, texts []claimText) (*claimIndex, error) {
	x := newClaimIndex(s.keys, calendar.DateOf(s.clock.Now()))
	if err := x.readUnits(ctx, q, orgID, communityID); err != nil {
		return nil, err
	}
	if err := x.readPeople(ctx, q, orgID, communityID); err != nil {
		return nil, err
	}
	units, persons := map[string]bool{}, map[string]bool{}
	for _, t := range texts {
		x.traces[t] = claiming.Read(t.Note)
		named, _ := x.unitsOf(x.traces[t])
		for _, u := range named {
			units[u] = true
			for _, tenure := range x.places.byID[u].tenures {
				persons[tenure.PersonID] = true
			}
		}
		for _, p := range x.said(t) {
			persons[p.id] = true
			for _, u := range p.units {
				units[u] = true
			}
		}
	}
	return x, x.readOwed(ctx, q, orgID, communityID, sortedKeys(units), sortedKeys(persons))
}

func (x *claimIndex) readUnits(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) error {
	var units []struct {
		ID  string `db:"id"`
		Key string `db:"unit_key"`
	}
	if err := sqlx.SelectContext(ctx, q, &units, `SELECT id, unit_key FROM unit WHERE org_id = ? AND community_id = ?`, orgID, communityID); err != nil {
		return fmt.Errorf("read the community's units: %w", err)
	}
	for _, u := range units {
		one := &place{id: u.ID, key: u.Key}
		x.places.byID[u.ID], x.places.byKey[u.Key] = one, one
		short := withoutEntrance(u.Key)
		x.places.byRoom[short] = append(x.places.byRoom[short], one)
	}
	return nil
}

func (x *claimIndex) readPeople(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string) error {
	var rows []struct {
		ID        string        `db:"id"`
		UnitID    string        `db:"unit_id"`
		PersonID  string        `db:"person_id"`
		Role      string        `db:"role"`
		From      calendar.Date `db:"from_on"`
		To        calendar.Date `db:"to_on"`
		NameBidx  []byte        `db:"name_bidx"`
		PhoneBidx []byte        `db:"phone_bidx"`
		IDNoBidx  []byte        `db:"id_no_bidx"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT o.id, o.unit_id, o.person_id, o.role, o.from_on, o.to_on, p.name_bidx, p.phone_bidx, p.id_no_bidx
		FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id
		WHERE u.org_id = ? AND u.community_id = ? ORDER BY o.id`, orgID, communityID)
	if err != nil {
		return fmt.Errorf("read who is in the community's units: %w", err)
	}
	for _, r := range rows {
		tenure := estate.Tenure{ID: r.ID, PersonID: r.PersonID, Role: estate.Role(r.Role), From: r.From, To: r.To}
		unit := x.places.byID[r.UnitID]
		unit.tenures = append(unit.tenures, placeTenure{tenure, r.NameBidx})
		p := x.people[r.PersonID]
		if p == nil {
			p = &claimPerson{id: r.PersonID, nameBidx: r.NameBidx, idNoBidx: r.IDNoBidx, family: true}
			if len(r.PhoneBidx) > 0 {
				p.phones = [][]byte{r.PhoneBidx}
			}
			x.people[r.PersonID] = p
		}
		p.family = p.family && tenure.Role == estate.RoleFamily
		if tenure.On(x.today) && !slices.Contains(p.units, r.UnitID) {
			p.units = append(p.units, r.UnitID)
		}
	}
	var further []struct {
		PersonID  string `db:"person_id"`
		PhoneBidx []byte `db:"phone_bidx"`
	}
	err = sqlx.SelectContext(ctx, q, &further, `SELECT DISTINCT f.person_id, f.phone_bidx FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id
		JOIN person_phone f ON f.org_id = o.org_id AND f.person_id = o.person_id WHERE u.org_id = ? AND u.community_id = ?`, orgID, communityID)
	if err != nil {
		return fmt.Errorf("read the community's further phones: %w", err)
	}
	for _, f := range further {
		if p := x.people[f.PersonID]; p != nil {
			p.phones = append(p.phones, f.PhoneBidx)
		}
	}
	return nil
}

// readOwed reads the open bills of units and of people, in order of their due dates.
func (x *claimIndex) readOwed(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, units, persons []string) error {
	seen := map[string]bool{}
	for _, part := range []struct {
		column string
		ids    []string
	}{{"unit_id", units}, {"debtor_id", persons}} {
		for chunk := range slices.Chunk(part.ids, rowsPerStatement) {
			var rows []struct {
				ID       string        `db:"id"`
				UnitID   string        `db:"unit_id"`
				DebtorID string        `db:"debtor_id"`
				DueOn    calendar.Date `db:"due_on"`
				OwedFen  int64         `db:"unpaid_fen"`
			}
			err := selectIn(ctx, q, &rows, `SELECT id, unit_id, debtor_id, due_on, unpaid_fen FROM bill WHERE org_id = ? AND community_id = ? AND `+part.column+` IN (?)
				AND unpaid_fen > 0 AND voided_at IS NULL ORDER BY due_on, id`, orgID, communityID, chunk)
			if err != nil {
				return fmt.Errorf("read what is owed: %w", err)
			}
			for _, r := range rows {
				if seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				x.owed[r.DebtorID] = append(x.owed[r.DebtorID], claiming.Owed{BillID: r.ID, UnitID: r.UnitID, DueOn: r.DueOn, OwedFen: r.OwedFen})
				if x.owing[r.UnitID] == nil {
					x.owing[r.UnitID] = map[string]bool{}
				}
				x.owing[r.UnitID][r.DebtorID] = true
			}
		}
	}
	return nil
}

// unitsOf gives the units that a note names; unclear tells that it names a room that is none, or several.
func (x *claimIndex) unitsOf(t claiming.Trace) (units []string, unclear bool) {
	for _, room := range t.Rooms {
		u, _, _ := x.places.find(room)
		switch {
		case u == nil:
			unclear = true
		case !slices.Contains(units, u.id):
			units = append(units, u.id)
		}
	}
	return units, unclear
}

// said gives the people whom a transfer names: by the payer's name, a whole phone, a whole ID number.
func (x *claimIndex) said(t claimText) (out []*claimPerson) {
	for _, id := range sortedKeys(x.people) {
		p := x.people[id]
		name, phone, idNo := x.names(t, p)
		if name || phone || idNo {
			out = append(out, p)
		}
	}
	return out
}

func (x *claimIndex) names(t claimText, p *claimPerson) (name, phone, idNo bool) {
	bidx := x.keys.Index(indexName, estate.NameKey(t.Payer))
	name = len(bidx) > 0 && bytes.Equal(bidx, p.nameBidx)
	for _, digits := range x.traces[t].Phones {
		wanted := x.keys.Index(indexPhone, digits)
		phone = phone || slices.ContainsFunc(p.phones, func(have []byte) bool { return bytes.Equal(have, wanted) })
	}
	for _, no := range x.traces[t].IDNos {
		idNo = idNo || bytes.Equal(x.keys.Index(indexIDNo, no), p.idNoBidx)
	}
	return name, phone, idNo
}

// debtor is who owes for a unit: the only one with open bills there, else whoever owns it today.
func (x *claimIndex) debtor(unitID string) string {
	if owing := x.owing[unitID]; len(owing) == 1 {
		return sortedKeys(owing)[0]
	}
	var tenures []estate.Tenure
	for _, t := range x.places.byID[unitID].tenures {
		tenures = append(tenures, t.Tenure)
	}
	debtor, _ := estate.DebtorOn(tenures, x.today)
	return debtor
}

// line gathers everything that a transfer points to.
func (x *claimIndex) line(t claimText) claiming.Line {
	l := claiming.Line{AmountFen: t.AmountFen, Debtor: map[string]string{}}
	l.Units, l.Unclear = x.unitsOf(x.traces[t])
	found := map[string]*claiming.Person{}
	person := func(id string) *claiming.Person {
		if found[id] == nil {
			found[id] = &claiming.Person{PersonID: id, Owed: x.owed[id]}
			if p := x.people[id]; p != nil {
				found[id].UnitIDs = p.units
			}
		}
		return found[id]
	}
	for _, u := range l.Units {
		l.Debtor[u] = x.debtor(u)
		if l.Debtor[u] != "" {
			p := person(l.Debtor[u])
			p.Named = append(p.Named, u)
		}
		for _, tenure := range x.places.byID[u].tenures {
			if p := x.people[tenure.PersonID]; tenure.On(x.today) && tenure.PersonID != l.Debtor[u] && p != nil && !p.family {
				named := person(tenure.PersonID)
				named.Named = append(named.Named, u)
			}
		}
	}
	for _, p := range x.said(t) {
		id := p.id
		if p.family && len(p.units) == 1 {
			id = or(x.debtor(p.units[0]), id)
		}
		name, phone, idNo := x.names(t, p)
		one := person(id)
		one.SameName, one.PhoneSaid, one.IDNoSaid = one.SameName || name, one.PhoneSaid || phone, one.IDNoSaid || idNo
	}
	for _, id := range sortedKeys(found) {
		l.People = append(l.People, *found[id])
	}
	return l
}

// pay takes an amount off what somebody owes, the oldest first, so that the next transfer is compared with the rest.
func (x *claimIndex) pay(debtorID string, fen int64) {
	rest := x.owed[debtorID][:0:0]
	for _, o := range x.owed[debtorID] {
		used := min(fen, o.OwedFen)
		fen, o.OwedFen = fen-used, o.OwedFen-used
		if o.OwedFen > 0 {
			rest = append(rest, o)
		}
	}
	x.owed[debtorID] = rest
}
