package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"steward/domain/estate"
	"steward/domain/importing"
)

// sharedByNames is how many names an ID number must have in one file to be taken for a placeholder.
const sharedByNames = 3

// agreePeople lets all rows of a file that mean one person say the same of him or her: the first row with a phone, an ID
// number or an e-mail address counts, what a later one says instead is set aside and listed. Without it two rows would
// change the person to and fro each time the file is imported.
func (s *Store) agreePeople(ctx context.Context, orgID, communityID string, r *importing.Result) error {
	rows := r.Good.Roster
	r.Notices = append(r.Notices, markSharedNumbers(rows)...)
	groups := contradicting(rows)
	if len(groups) == 0 {
		return nil
	}
	known, err := s.readNamesakes(ctx, orgID, communityID, groups)
	if err != nil {
		return err
	}
	for _, g := range groups {
		g.agree(s.keys, rows, known[string(s.keys.Index(indexName, g.name))])
	}
	return nil
}

// markSharedNumbers marks the rows whose ID number the file gives to several names.
func markSharedNumbers(rows []importing.RosterRow) (notices []importing.Notice) {
	names := map[string][]string{}
	for _, r := range rows {
		if n := names[r.IDNo]; r.IDNo != "" && r.Name != "" && !r.Company && len(n) < sharedByNames && !slices.Contains(n, estate.NameKey(r.Name)) {
			names[r.IDNo] = append(n, estate.NameKey(r.Name))
		}
	}
	told := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if len(names[r.IDNo]) < sharedByNames || r.Company {
			continue
		}
		r.IDShared = true
		if !told[r.IDNo] && len(notices) < importing.MaxNotices {
			told[r.IDNo] = true
			notices = append(notices, importing.Notice{
				Row: r.Row, Column: importing.ColumnTitle(importing.Roster, "id_no"), Code: "id-no-shared",
				Message: fmt.Sprintf("尾号 %s 的证件号码在本文件里给了多个不同的姓名，像是占位号码：会照样保存，但不据此认定是同一个人。", estate.LastFour(r.IDNo)),
			})
		}
	}
	return notices
}

// nameGroup are the rows of one name that do not all say the same.
type nameGroup struct {
	name string // key
	rows []int  // in the order of the file
}

func contradicting(rows []importing.RosterRow) []*nameGroup {
	byName := map[string]*nameGroup{}
	var all []*nameGroup
	for i, r := range rows {
		if r.Name == "" || r.Company {
			continue
		}
		key := estate.NameKey(r.Name)
		g := byName[key]
		if g == nil {
			g = &nameGroup{name: key}
			byName[key] = g
			all = append(all, g)
		}
		g.rows = append(g.rows, i)
	}
	return slices.DeleteFunc(all, func(g *nameGroup) bool { return !g.contradicts(rows) })
}

func (g *nameGroup) contradicts(rows []importing.RosterRow) bool {
	for _, f := range agreedFields {
		first := ""
		for _, i := range g.rows {
			said := *f.of(&rows[i])
			if first == "" {
				first = said
			}
			if said != "" && said != first {
				return true
			}
		}
	}
	return false
}

// agreedFields are what all rows of a person must agree on.
var agreedFields = []struct {
	key string
	of  func(*importing.RosterRow) *string
}{
	{"phone", func(r *importing.RosterRow) *string { return &r.Phone }},
	{"id_no", func(r *importing.RosterRow) *string { return &r.IDNo }},
	{"email", func(r *importing.RosterRow) *string { return &r.Email }},
}

// namesake is a record of a name, with one of the places where its person is.
type namesake struct {
	PersonID  string `db:"person_id"` // of the person that the record stands for
	NameBidx  []byte `db:"name_bidx"`
	PhoneBidx []byte `db:"phone_bidx"`
	IDNoBidx  []byte `db:"id_no_bidx"`
	UnitKey   string `db:"unit_key"`
	Role      string `db:"role"`
}

func (s *Store) readNamesakes(ctx context.Context, orgID, communityID string, groups []*nameGroup) (map[string][]namesake, error) {
	known := map[string][]namesake{}
	for chunk := range slices.Chunk(groups, idsPerRead) {
		names := make([][]byte, len(chunk))
		for i, g := range chunk {
			names[i] = s.keys.Index(indexName, g.name)
		}
		var rows []namesake
		err := selectIn(ctx, s.db, &rows, `SELECT COALESCE(p.merged_into, p.id) AS person_id, p.name_bidx, p.phone_bidx, p.id_no_bidx,
			COALESCE(u.unit_key, '') AS unit_key, COALESCE(o.role, '') AS role
			FROM person p FORCE INDEX (person_name)
			LEFT JOIN occupancy o ON o.org_id = p.org_id AND o.person_id = COALESCE(p.merged_into, p.id)
			LEFT JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id AND u.community_id = ?
			WHERE p.org_id = ? AND p.name_bidx IN (?) AND p.kind = 'person'`, communityID, orgID, names)
		if err != nil {
			return nil, fmt.Errorf("read namesakes: %w", err)
		}
		for _, n := range rows {
			known[string(n.NameBidx)] = append(known[string(n.NameBidx)], n)
		}
	}
	return known, nil
}

// agree joins the rows of the group that mean one person, first by what the rows themselves say, then by whom the database
// knows, and lets the first value of each count. It follows the order in which the rows will be applied: what an earlier
// row makes of a person is what a later row meets, so that the second import of the file meets the same.
func (g *nameGroup) agree(k *KeyRing, rows []importing.RosterRow, known []namesake) {
	persons := knownPersons(known)
	for _, set := range g.sets(k, rows) {
		said := set.first(rows)
		for _, p := range persons {
			if p.isMeant(k, rows, set, said) {
				p.agree(k, &said)
			}
		}
		for n, f := range agreedFields {
			for _, i := range set {
				if have := f.of(&rows[i]); *have != "" && *have != said[n].text {
					rows[i].Aside = append(rows[i].Aside, importing.Aside{Column: f.key, Said: *have, Row: said[n].row})
					*have = said[n].text
				}
			}
		}
	}
}

// rowSet are rows of one name that mean one person, in the order of the file.
type rowSet []int

// sets joins rows that have a phone or an ID number in common.
func (g *nameGroup) sets(k *KeyRing, rows []importing.RosterRow) (all []rowSet) {
	same := joined{}
	for _, i := range g.rows {
		self := fmt.Sprintf("row|%d", i)
		if rows[i].Phone != "" {
			same.join(self, "phone|"+rows[i].Phone)
		}
		if rows[i].IDNo != "" && !rows[i].IDShared {
			same.join(self, "id|"+rows[i].IDNo)
		}
	}
	at := map[string]int{}
	for _, i := range g.rows {
		root := same.root(fmt.Sprintf("row|%d", i))
		n, ok := at[root]
		if !ok {
			n = len(all)
			at[root], all = n, append(all, nil)
		}
		all[n] = append(all[n], i)
	}
	return all
}

// saying is a value with the row that says it.
type saying struct {
	text string
	row  int
}

// first gives what counts of each of agreedFields.
func (set rowSet) first(rows []importing.RosterRow) (said [3]saying) {
	for n, f := range agreedFields {
		for _, i := range set {
			if text := *f.of(&rows[i]); text != "" && said[n].text == "" {
				said[n] = saying{text, rows[i].Row}
			}
		}
	}
	return said
}

// knownPerson is a person of the name with what the rows so far make of him or her.
type knownPerson struct {
	phones, idNos [][]byte // of the person and of the records merged into it
	there         map[string]bool
	said          [3]saying
}

func knownPersons(known []namesake) (persons []*knownPerson) {
	byID := map[string]*knownPerson{}
	for _, n := range known {
		p := byID[n.PersonID]
		if p == nil {
			p = &knownPerson{there: map[string]bool{}}
			byID[n.PersonID] = p
			persons = append(persons, p)
		}
		p.there[n.UnitKey+"|"+n.Role] = true
		if n.PhoneBidx != nil {
			p.phones = append(p.phones, n.PhoneBidx)
		}
		if n.IDNoBidx != nil {
			p.idNos = append(p.idNos, n.IDNoBidx)
		}
	}
	return persons
}

func holds(indexes [][]byte, one []byte) bool {
	return one != nil && slices.ContainsFunc(indexes, func(i []byte) bool { return bytes.Equal(i, one) })
}

func (p *knownPerson) isMeant(k *KeyRing, rows []importing.RosterRow, set rowSet, said [3]saying) bool {
	phone, idNo := k.Index(indexPhone, said[0].text), k.Index(indexIDNo, said[1].text)
	if holds(p.phones, phone) || holds(p.idNos, idNo) && !rows[set[0]].IDShared {
		return true
	}
	there := slices.ContainsFunc(set, func(i int) bool { return p.there[rows[i].UnitKey+"|"+string(rows[i].Role)] })
	bothDiffer := phone != nil && len(p.phones) > 0 && idNo != nil && len(p.idNos) > 0 && !holds(p.idNos, idNo)
	return there && !bothDiffer
}

// agree lets what earlier rows said of the person count, and else takes over what these say.
func (p *knownPerson) agree(k *KeyRing, said *[3]saying) {
	for n := range said {
		switch {
		case p.said[n].text != "" && said[n].text != "":
			said[n] = p.said[n]
		case said[n].text != "":
			p.said[n] = said[n]
		}
	}
	if said[0].text != "" {
		p.phones = [][]byte{k.Index(indexPhone, said[0].text)}
	}
	if said[1].text != "" {
		p.idNos = [][]byte{k.Index(indexIDNo, said[1].text)}
	}
}

// joined are sets of things that are one.
type joined map[string]string

func (j joined) root(x string) string {
	for {
		up, ok := j[x]
		if !ok {
			return x
		}
		x = up
	}
}

func (j joined) join(a, b string) {
	if ra, rb := j.root(a), j.root(b); ra != rb {
		j[ra] = rb
	}
}
