package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
)

// Why two records may be one person.
const (
	matchSamePhone = "same-phone"
	matchSameIDNo  = "same-id-no"
	matchSameName  = "same-name"
)

// holdersCompared bounds with how many people of one phone or ID number a new person is compared.
const holdersCompared = 8

// matchPlan collects what a run of rows leaves open about who is who.
type matchPlan struct {
	owners []newOwner
	met    []metPerson
	looks  []matchLook
	pairs  []matchPair
	rows   []matchPair // the pairs to write
}

// metPerson is a person whom a row means, with what the row says: other records that it means too are the same person by
// the rule, and only a person may merge what bills may stand on.
type metPerson struct {
	take   *rosterTake
	person *personRow
	facts  personFacts
}

func (m *matchPlan) meet(t *rosterTake, person *personRow, f personFacts) {
	if !f.Company && (f.Phone != "" || f.IDNo != "" && !f.IDShared) {
		m.met = append(m.met, metPerson{t, person, f})
	}
}

// matchLook is a person whom the run makes, to be compared with people of other names.
type matchLook struct {
	take   *rosterTake
	unitID string
	person *personRow
	shared bool // the ID number tells nobody from another
}

// matchPair are two records that may be one person.
type matchPair struct {
	take   *rosterTake
	person *personRow
	other  *personRow
	why    string
	id     string
}

func (m *matchPlan) look(t *rosterTake, unitID string, person *personRow, idShared bool) {
	if person.Kind != "company" {
		m.looks = append(m.looks, matchLook{t, unitID, person, idShared})
	}
}

func (m *matchPlan) pair(t *rosterTake, person, other *personRow, why string) {
	if person != other && person.Kind != "company" && other.Kind != "company" {
		m.pairs = append(m.pairs, matchPair{take: t, person: person, other: other, why: why})
	}
}

// settleMatches turns what was left open into doubts on the rows and pairs for a person to decide.
func (p *rosterPlan) settleMatches(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	if err := p.doubtOwners(); err != nil {
		return err
	}
	for _, m := range p.matches.met {
		for _, other := range p.people.find(m.facts, "") {
			p.matches.pair(m.take, m.person, other, sameAs(p.people, other, m.facts))
		}
	}
	for _, reason := range []struct {
		why, column, label, shared string
		index                      func(*personRow) []byte
		family                     bool // people of one unit share it
	}{
		{matchSameIDNo, "id_no_bidx", "id_no", "该证件号码已登记在多人名下，像是占位号码，不据此认人。请核对。", func(r *personRow) []byte { return r.IDNoBidx }, false},
		{matchSamePhone, "phone_bidx", "phone", "该电话已登记在多人名下，不据此认人。请核对是否为公用号码。", func(r *personRow) []byte { return r.PhoneBidx }, true},
	} {
		holders := p.holders[reason.why]
		if holders == nil {
			holders = map[string][]*personRow{}
			p.holders[reason.why] = holders
		}
		if err := p.readHolders(ctx, q, orgID, reason.column, reason.index, holders); err != nil {
			return err
		}
		for _, l := range p.matches.looks {
			key := string(reason.index(l.person))
			if key == "" || l.shared && reason.why == matchSameIDNo {
				continue
			}
			others := p.othersThan(l, holders[key], reason.family)
			if len(holders[key]) < holdersCompared {
				holders[key] = append(holders[key], l.person)
			}
			switch len(others) {
			case 0:
			case 1:
				p.matches.pair(l.take, l.person, others[0], reason.why)
			default:
				l.take.doubt(reason.label, reason.why+"-shared", reason.shared)
			}
		}
	}
	return p.settlePairs(ctx, q, orgID)
}

// othersThan gives those of the holders of a phone or an ID number who are somebody else by name.
func (p *rosterPlan) othersThan(l matchLook, holders []*personRow, family bool) (others []*personRow) {
	for _, h := range holders {
		h = p.people.heir(h)
		if h == l.person || h.Kind == "company" || p.people.called(h, l.person.NameBidx) || family && p.isIn(l.unitID, h) {
			continue
		}
		others = append(others, h)
	}
	return others
}

func (p *rosterPlan) isIn(unitID string, person *personRow) bool {
	for _, o := range p.occupancies[unitID] {
		if o.person == person {
			return true
		}
	}
	return false
}

// readHolders adds by index at most two people who had the new people's phones or ID numbers before: the first and the last
// of all, however many they are.
func (p *rosterPlan) readHolders(ctx context.Context, q sqlx.QueryerContext, orgID, column string, index func(*personRow) []byte, holders map[string][]*personRow) error {
	var wanted [][]byte
	for _, l := range p.matches.looks {
		i := index(l.person)
		if _, known := holders[string(i)]; i != nil && !known && (!l.shared || column != "id_no_bidx") {
			wanted = append(wanted, i)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var ends []struct {
		First string `db:"first_id"`
		Last  string `db:"last_id"`
	}
	err := selectIn(ctx, q, &ends, `SELECT MIN(id) AS first_id, MAX(id) AS last_id FROM person WHERE org_id = ? AND `+column+` IN (?) GROUP BY org_id, `+column,
		orgID, distinctBytes(wanted))
	if err != nil {
		return fmt.Errorf("look for people with the same %s: %w", column, err)
	}
	var ids []string
	for _, e := range ends {
		for _, id := range []string{e.First, e.Last} {
			if p.people.byID[id] == nil {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) > 0 {
		if err := p.people.load(ctx, q, `p.org_id = ? AND p.id IN (?)`, "", orgID, ids); err != nil {
			return err
		}
		if err := p.people.complete(ctx, q, orgID); err != nil {
			return err
		}
	}
	for _, e := range ends {
		first, last := p.people.byID[e.First], p.people.byID[e.Last]
		if first == nil || last == nil { // gone since
			continue
		}
		for _, one := range []*personRow{first, last} {
			if key := string(index(one)); !slices.Contains(holders[key], one) {
				holders[key] = append(holders[key], one)
			}
		}
	}
	return nil
}

// settlePairs leaves out the pairs that were listed before, whatever was decided about them, and puts the others on their rows.
func (p *rosterPlan) settlePairs(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	if len(p.matches.pairs) == 0 {
		return nil
	}
	var ids []string
	for i := range p.matches.pairs {
		pair := &p.matches.pairs[i]
		pair.person, pair.other = p.people.heir(pair.person), p.people.heir(pair.other)
		if pair.other.ID < pair.person.ID {
			pair.person, pair.other = pair.other, pair.person
		}
		ids = append(ids, pair.person.ID)
	}
	var listed []struct {
		PersonID string `db:"person_id"`
		OtherID  string `db:"other_id"`
	}
	if err := selectIn(ctx, q, &listed, `SELECT person_id, other_id FROM person_match WHERE org_id = ? AND person_id IN (?)`, orgID, ids); err != nil {
		return fmt.Errorf("read who was compared before: %w", err)
	}
	known := p.listed
	for _, l := range listed {
		known[[2]string{l.PersonID, l.OtherID}] = true
	}
	for _, pair := range p.matches.pairs {
		key := [2]string{pair.person.ID, pair.other.ID}
		if pair.person == pair.other || known[key] {
			continue
		}
		known[key] = true
		pair.id = NewID()
		p.plan.makes("person_match", pair.id)
		p.matches.rows = append(p.matches.rows, pair)
		if err := p.doubtPair(pair); err != nil {
			return err
		}
	}
	return nil
}

func (p *rosterPlan) doubtPair(pair matchPair) error {
	var names [2]string
	for i, r := range []*personRow{pair.person, pair.other} {
		name, err := p.keys.Open(r.NameEnc)
		if err != nil {
			return fmt.Errorf("read a name: %w", err)
		}
		names[i] = estate.MaskName(name)
	}
	column, what := "name", "同名但电话和证件号码都不同"
	switch same := bytes.Equal(pair.person.NameBidx, pair.other.NameBidx); {
	case pair.why == matchSamePhone && same:
		column, what = "phone", "姓名和电话都相同"
	case pair.why == matchSamePhone:
		column, what = "phone", "电话相同、姓名不同"
	case pair.why == matchSameIDNo && same:
		column, what = "id_no", "姓名和证件号码都相同"
	case pair.why == matchSameIDNo:
		column, what = "id_no", "证件号码相同、姓名不同"
	}
	pair.take.doubt(column, pair.why, fmt.Sprintf("“%s”与“%s”%s，可能是同一个人，已列入待核对名单，请确认是否合并。", names[0], names[1], what))
	return nil
}

func (s *Store) writeMatches(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p *rosterPlan) error {
	var rows [][]any
	for _, m := range p.matches.rows {
		rows = append(rows, []any{sc.OrgID, m.id, p.communityID, nullable(p.importID), m.person.ID, m.other.ID, m.why, s.clock.Now()})
	}
	err := insertRows(ctx, tx, `INSERT INTO person_match (org_id, id, community_id, import_id, person_id, other_id, why, noted_at)`, rows)
	if err != nil {
		return fmt.Errorf("list who may be one person: %w", err)
	}
	return nil
}
