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
		if n := names[r.IDNo]; r.IDNo != "" && !r.Company && len(n) < sharedByNames && !slices.Contains(n, estate.NameKey(r.Name)) {
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

// agree joins the rows of the group that mean one person, by what they say and by whom the database knows, and lets the
// first value of each count.
func (g *nameGroup) agree(k *KeyRing, rows []importing.RosterRow, known []namesake) {
	sets := joined{}
	for _, i := range g.rows {
		r, self := &rows[i], fmt.Sprintf("row|%d", i)
		phone, idNo := k.Index(indexPhone, r.Phone), k.Index(indexIDNo, r.IDNo)
		if r.IDShared {
			idNo = nil
		}
		if phone != nil {
			sets.join(self, "phone|"+string(phone))
		}
		if idNo != nil {
			sets.join(self, "id|"+string(idNo))
		}
		for _, n := range known {
			samePhone, sameID := phone != nil && bytes.Equal(phone, n.PhoneBidx), idNo != nil && bytes.Equal(idNo, n.IDNoBidx)
			otherPhone, otherID := phone != nil && n.PhoneBidx != nil && !samePhone, idNo != nil && n.IDNoBidx != nil && !sameID
			there := n.UnitKey == r.UnitKey && n.Role == string(r.Role) && !(otherPhone && otherID)
			if samePhone || sameID || there {
				sets.join(self, "person|"+n.PersonID)
			}
		}
	}
	first := map[string]int{} // field and set -> row that counts
	for _, f := range agreedFields {
		for _, i := range g.rows {
			said := f.of(&rows[i])
			if *said == "" || f.key == "id_no" && rows[i].IDShared {
				continue
			}
			key := f.key + "|" + sets.root(fmt.Sprintf("row|%d", i))
			counts, ok := first[key]
			switch {
			case !ok:
				first[key] = i
			case *said != *f.of(&rows[counts]):
				rows[i].Aside = append(rows[i].Aside, importing.Aside{Column: f.key, Said: *said, Row: rows[counts].Row})
				*said = *f.of(&rows[counts])
			}
		}
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
