package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/estate"
)

// people are the persons whom rows may mean. The same name with the same phone, or with the same ID number, is the same
// person; a company is its name; who has neither phone nor ID number is the name in the unit. A further phone counts as a
// phone. A record that a person decided to be another one (merged_into) stands for that one, with its name, phone and ID
// number.
type people struct {
	keys       *KeyRing
	byID       map[string]*personRow
	byIdentity map[string]*personRow
	byName     map[string][]*personRow // records of a name, the oldest first
	aliases    map[string][]*personRow // by person: the records merged into it
	heirs      map[string]string       // merged record -> person
	bare       []string                // records whose further phones and merged records are not read
}

func newPeople(k *KeyRing) *people {
	return &people{keys: k, byID: map[string]*personRow{}, byIdentity: map[string]*personRow{}, byName: map[string][]*personRow{},
		aliases: map[string][]*personRow{}, heirs: map[string]string{}}
}

// add takes in a record that was read or made and gives the one that is kept of it.
func (p *people) add(r personRow) *personRow {
	if have, ok := p.byID[r.ID]; ok {
		return have
	}
	one := &r
	p.byID[r.ID] = one
	p.bare = append(p.bare, r.ID)
	p.byIdentity[string(r.IdentityBidx)] = one
	name := string(r.NameBidx)
	p.byName[name] = append(p.byName[name], one)
	if r.MergedInto != "" {
		p.heirs[r.ID] = r.MergedInto
		p.aliases[r.MergedInto] = append(p.aliases[r.MergedInto], one)
	}
	return one
}

// sought is one row's person, for reading records.
type sought struct {
	facts  personFacts
	unitID string
}

// read takes in every record that the rows may mean, with a handful of statements.
func (p *people) read(ctx context.Context, q sqlx.QueryerContext, orgID string, rows []sought) error {
	var identities, names, phones, idNos [][]byte
	for _, r := range rows {
		identities = append(identities, p.keys.identity(r.facts, r.unitID))
		if r.facts.Company {
			continue
		}
		names = append(names, p.keys.Index(indexName, estate.NameKey(r.facts.Name)))
		phones = append(phones, p.keys.numbers(r.facts)...)
		if r.facts.IDNo != "" && !r.facts.IDShared {
			idNos = append(idNos, p.keys.Index(indexIDNo, r.facts.IDNo))
		}
	}
	if err := p.load(ctx, q, `p.org_id = ? AND p.identity_bidx IN (?)`, "FORCE INDEX (person_identity)", orgID, orNoIndex(identities)); err != nil {
		return err
	}
	if len(phones)+len(idNos) > 0 {
		// By name: an ID number that a form's example gave to everybody would be read a hundred thousand times.
		err := p.load(ctx, q, `p.org_id = ? AND p.name_bidx IN (?) AND (p.phone_bidx IN (?) OR p.id_no_bidx IN (?))`, "FORCE INDEX (person_name)",
			orgID, distinctBytes(names), orNoIndex(phones), orNoIndex(idNos))
		if err != nil {
			return err
		}
	}
	if len(phones) > 0 {
		if err := p.readByOtherPhones(ctx, q, orgID, distinctBytes(names), distinctBytes(phones)); err != nil {
			return err
		}
	}
	return p.complete(ctx, q, orgID)
}

// readByOtherPhones takes in the records of the names that have one of the phones as a further one.
func (p *people) readByOtherPhones(ctx context.Context, q sqlx.QueryerContext, orgID string, names, phones [][]byte) error {
	var ids []string
	err := selectIn(ctx, q, &ids, `SELECT DISTINCT person_id FROM person_phone FORCE INDEX (person_phone_number) WHERE org_id = ? AND phone_bidx IN (?)`, orgID, phones)
	if err != nil {
		return fmt.Errorf("look for people by further phones: %w", err)
	}
	for chunk := range slices.Chunk(ids, idsPerRead) {
		if err := p.load(ctx, q, `p.org_id = ? AND p.id IN (?) AND p.name_bidx IN (?)`, "", orgID, chunk, names); err != nil {
			return err
		}
	}
	return nil
}

// idsPerDive is a list short enough for the server to look each id up in the index (eq_range_index_dive_limit is 200); for
// a longer one it goes by statistics, and reads everybody who was never merged.
const idsPerDive = 150

// complete gives the records that were taken in their further phones, the persons that they were merged into, and the
// records merged into them.
func (p *people) complete(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	for len(p.bare) > 0 {
		chunk := p.bare[:min(idsPerDive, len(p.bare))]
		p.bare = p.bare[len(chunk):]
		phones, err := readOtherPhones(ctx, q, orgID, chunk)
		if err != nil {
			return err
		}
		var missing []string
		for _, id := range chunk {
			p.byID[id].otherPhones = append(phones[id], p.byID[id].otherPhones...)
			if heir := p.heirs[id]; heir != "" && p.byID[heir] == nil {
				missing = append(missing, heir)
			}
		}
		if len(missing) > 0 {
			if err := p.load(ctx, q, `p.org_id = ? AND p.id IN (?)`, "", orgID, missing); err != nil {
				return err
			}
		}
		if err := p.load(ctx, q, `p.org_id = ? AND p.merged_into IN (?)`, "FORCE INDEX (person_merged)", orgID, chunk); err != nil {
			return err
		}
	}
	return nil
}

// load reads records. Its callers name the index: while a table fills, the server's picture of it is old, and it would read
// every person of the organization instead.
func (p *people) load(ctx context.Context, q sqlx.QueryerContext, where, hint string, args ...any) error {
	var rows []personRow
	if err := selectIn(ctx, q, &rows, `SELECT `+personColumns+` FROM person p `+hint+` WHERE `+where+` ORDER BY p.id`, args...); err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	for _, r := range rows {
		p.add(r)
	}
	return nil
}

func orNoIndex(indexes [][]byte) [][]byte {
	if len(indexes) == 0 {
		return [][]byte{{}}
	}
	return distinctBytes(indexes)
}

func distinctBytes(values [][]byte) [][]byte {
	sorted := slices.SortedFunc(slices.Values(values), bytes.Compare)
	return slices.CompactFunc(sorted, bytes.Equal)
}

// heir is the person that a record stands for.
func (p *people) heir(r *personRow) *personRow {
	for range len(p.heirs) {
		next, merged := p.heirs[r.ID]
		if !merged || p.byID[next] == nil {
			break
		}
		r = p.byID[next]
	}
	return r
}

// find gives the persons whom the facts mean, the surest first: by ID number, by the phone, by any of the phones, and of
// these the oldest.
func (p *people) find(f personFacts, unitID string) []*personRow {
	if f.Company || f.Phone == "" && (f.IDNo == "" || f.IDShared) {
		if r, ok := p.byIdentity[string(p.keys.identity(f, unitID))]; ok {
			return []*personRow{p.heir(r)}
		}
		return nil
	}
	var found []*personRow
	namesakes := slices.SortedFunc(slices.Values(p.byName[string(p.keys.Index(indexName, estate.NameKey(f.Name)))]), func(a, b *personRow) int { return strings.Compare(a.ID, b.ID) })
	take := func(same func(*personRow) bool) {
		for _, r := range namesakes {
			if heir := p.heir(r); r.Kind != "company" && same(r) && !slices.Contains(found, heir) {
				found = append(found, heir)
			}
		}
	}
	if idNo := p.keys.Index(indexIDNo, f.IDNo); idNo != nil && !f.IDShared {
		take(func(r *personRow) bool { return bytes.Equal(r.IDNoBidx, idNo) })
	}
	if phone := p.keys.Index(indexPhone, f.Phone); phone != nil {
		take(func(r *personRow) bool { return bytes.Equal(r.PhoneBidx, phone) })
	}
	numbers := p.keys.numbers(f)
	take(func(r *personRow) bool { return meet(r.numbers(), numbers) })
	return found
}

// numbers are the indexes of all phones that a row gives a person.
func (k *KeyRing) numbers(f personFacts) [][]byte {
	var all [][]byte
	for _, phone := range append([]string{f.Phone}, f.OtherPhones...) {
		if index := k.Index(indexPhone, phone); index != nil {
			all = append(all, index)
		}
	}
	return all
}

func meet(a, b [][]byte) bool {
	return slices.ContainsFunc(a, func(one []byte) bool { return holds(b, one) })
}

// called tells whether a person, or a record merged into it, has the name.
func (p *people) called(r *personRow, nameBidx []byte) bool {
	return bytes.Equal(r.NameBidx, nameBidx) || slices.ContainsFunc(p.aliases[r.ID], func(a *personRow) bool { return bytes.Equal(a.NameBidx, nameBidx) })
}

// verdict of one contact value of a row against a person's.
type verdict int

const (
	unsaid verdict = iota // one of the two is not known
	agrees
	differs
)

func (p *people) compare(r *personRow, purpose, said string) verdict {
	index := p.keys.Index(purpose, said)
	if index == nil {
		return unsaid
	}
	var have [][]byte
	for _, one := range append([]*personRow{r}, p.aliases[r.ID]...) {
		have = append(have, map[string][]byte{indexPhone: one.PhoneBidx, indexIDNo: one.IDNoBidx, indexEmail: one.EmailBidx}[purpose])
	}
	switch {
	case slices.ContainsFunc(have, func(h []byte) bool { return bytes.Equal(h, index) }):
		return agrees
	case have[0] == nil:
		return unsaid
	}
	return differs
}

// comparePhones is compare for all phones of a row with all those of a person.
func (p *people) comparePhones(r *personRow, f personFacts) verdict {
	said := p.keys.numbers(f)
	for _, one := range append([]*personRow{r}, p.aliases[r.ID]...) {
		if meet(one.numbers(), said) {
			return agrees
		}
	}
	if len(said) == 0 || r.PhoneBidx == nil {
		return unsaid
	}
	return differs
}

// likeness tells how surely facts mean a person of their name: 3 by ID number and phone, 2 by ID number, 1 by phone, 0 by
// the name alone, as a company always is meant. other: ID number and phone both are somebody else's.
func (p *people) likeness(r *personRow, f personFacts) (sure int, other bool) {
	if f.Company {
		return 0, false
	}
	idNo, phone := p.compare(r, indexIDNo, f.IDNo), p.comparePhones(r, f)
	if idNo == agrees && !f.IDShared {
		sure += 2
	}
	if phone == agrees {
		sure++
	}
	return sure, idNo == differs && phone == differs
}

// fresh gives the contact data that a row changes. A company keeps the first phone it was given: rows of one file give
// different ones.
func (p *people) fresh(r *personRow, f personFacts) (changed personFacts, any bool) {
	pick := func(purpose, said string) string {
		switch p.compare(r, purpose, said) {
		case agrees:
			return ""
		case differs:
			if r.Kind == "company" {
				return ""
			}
		}
		return said
	}
	changed = personFacts{Phone: pick(indexPhone, f.Phone), IDNo: pick(indexIDNo, f.IDNo), Email: pick(indexEmail, f.Email)}
	return changed, changed.Phone+changed.IDNo+changed.Email != ""
}
