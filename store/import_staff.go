package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// staffPlan is what a run of rows of staff would change. Names and phones are sealed; nobody gets a sign-in by it.
type staffPlan struct {
	plan    planned
	f       planFor
	keys    *KeyRing
	known   *knownStaff
	named   map[string]int // how often the run holds a name
	toMake  []*staffState
	changed map[string]*staffState
}

// knownStaff are the people whom rows may mean, as they are once the rows before are written.
type knownStaff struct {
	byIdentity map[string]*staffState
	byName     map[string][]*staffState // by blind index
	seen       map[string]bool
	taken      map[string]bool // ids of people who are another row's already
}

type staffState struct {
	ID           string        `db:"id"`
	IdentityBidx []byte        `db:"identity_bidx"`
	StaffNo      string        `db:"staff_no"`
	NameEnc      []byte        `db:"name_enc"`
	NameBidx     []byte        `db:"name_bidx"`
	PhoneEnc     []byte        `db:"phone_enc"`
	PhoneBidx    []byte        `db:"phone_bidx"`
	Post         string        `db:"post"`
	Role         string        `db:"role"`
	Team         string        `db:"team"`
	Skills       string        `db:"skills"`
	JoinedOn     calendar.Date `db:"joined_on"`
	LeftOn       calendar.Date `db:"left_on"`
	name, phone  string        // as written
	made         bool
}

// The purposes of staff's own blind indexes: an index of one table says nothing about another's rows.
const (
	indexStaff           = "staff"
	indexStaffName       = "staff-name"
	indexStaffPhone      = "staff-phone"
	indexStaffPhoneLast4 = "staff-phone-last4"
)

// staffIdentity is the natural key of staff in a community: the number, else the name with the phone.
func (k *KeyRing) staffIdentity(staffNo, name, phone string) []byte {
	if staffNo != "" {
		return k.Index(indexStaff, "no|"+estate.NameKey(staffNo))
	}
	return k.Index(indexStaff, "name|"+estate.NameKey(name)+"|"+phone)
}

const staffColumns = `id, identity_bidx, COALESCE(staff_no, '') AS staff_no, name_enc, name_bidx, phone_enc, phone_bidx, COALESCE(post, '') AS post, role,
	COALESCE(team, '') AS team, COALESCE(skills, '') AS skills, joined_on, left_on`

func planStaff(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &staffPlan{f: f, keys: s.keys, named: map[string]int{}, changed: map[string]*staffState{}}
	p.known = carried(f, func() *knownStaff {
		return &knownStaff{byIdentity: map[string]*staffState{}, byName: map[string][]*staffState{}, seen: map[string]bool{}, taken: map[string]bool{}}
	})
	if len(rows.Staff) == 0 {
		return p, nil
	}
	for _, r := range rows.Staff {
		p.named[estate.NameKey(r.Name)]++
	}
	// A community has some dozens of staff, at most some thousands.
	var found []*staffState
	err := sqlx.SelectContext(ctx, q, &found, `SELECT `+staffColumns+` FROM staff WHERE org_id = ? AND community_id = ?`, f.scope.OrgID, f.communityID)
	if err != nil {
		return nil, fmt.Errorf("read the community's staff: %w", err)
	}
	for _, m := range found {
		if p.known.seen[m.ID] {
			continue
		}
		if m.name, err = p.keys.Open(m.NameEnc); err == nil {
			m.phone, err = p.keys.Open(m.PhoneEnc)
		}
		if err != nil {
			return nil, fmt.Errorf("open the staff of the community: %w", err)
		}
		p.known.add(m)
	}
	for _, r := range rows.Staff {
		p.take(r)
	}
	return p, nil
}

func (k *knownStaff) add(m *staffState) {
	k.seen[m.ID] = true
	k.byIdentity[string(m.IdentityBidx)] = m
	k.byName[string(m.NameBidx)] = append(k.byName[string(m.NameBidx)], m)
}

func (p *staffPlan) planned() *planned { return &p.plan }

// take decides one row and remembers what it makes.
func (p *staffPlan) take(r importing.StaffRow) {
	e := importing.Effect{Row: r.Row, Outcome: importing.Unchanged, Subject: r.Name}
	if r.Post != "" {
		e.Subject += " " + r.Post
	}
	have := p.find(r)
	if have == nil {
		have = p.make(r)
		e.Outcome = importing.Created
	} else {
		if r.StaffNo == "" && have.phone != "" && r.Phone != "" && r.Phone != have.phone {
			e.Doubts = append(e.Doubts, importing.Notice{Row: r.Row, Column: importing.ColumnTitle(importing.Staff, "phone"), Code: "same-name-other-phone",
				Message: fmt.Sprintf("已有同名员工“%s”，电话不同，按换了号码处理。如果是两个人，请为他们填写工号后重新导入。", r.Name)})
		}
		if e.Changes = p.change(have, r); len(e.Changes) > 0 {
			e.Outcome = importing.Updated
		}
	}
	p.known.taken[have.ID] = true
	p.plan.settle(e)
}

// find gives the person whom a row means: by number; by name with phone, unless both have numbers that differ; else, where
// neither the file nor the community has two of that name, by name.
func (p *staffPlan) find(r importing.StaffRow) *staffState {
	if r.StaffNo != "" {
		if m := p.known.byIdentity[string(p.keys.staffIdentity(r.StaffNo, "", ""))]; m != nil {
			return m
		}
	}
	var free []*staffState
	phone := p.keys.Index(indexStaffPhone, r.Phone)
	for _, m := range p.known.byName[string(p.keys.Index(indexStaffName, estate.NameKey(r.Name)))] {
		switch {
		case p.known.taken[m.ID] || r.StaffNo != "" && m.StaffNo != "":
		case phone != nil && bytes.Equal(m.PhoneBidx, phone):
			return m
		default:
			free = append(free, m)
		}
	}
	if len(free) != 1 || r.Namesake || p.named[estate.NameKey(r.Name)] > 1 {
		return nil
	}
	return free[0]
}

func (p *staffPlan) make(r importing.StaffRow) *staffState {
	m := &staffState{ID: NewID(), StaffNo: r.StaffNo, Post: r.Post, Role: r.Role, Team: r.Team, Skills: r.Skills, JoinedOn: r.JoinedOn, LeftOn: r.LeftOn,
		name: r.Name, phone: r.Phone, made: true}
	p.index(m)
	p.known.add(m)
	p.plan.makes("staff", m.ID)
	p.toMake = append(p.toMake, m)
	return m
}

func (p *staffPlan) index(m *staffState) {
	m.IdentityBidx = p.keys.staffIdentity(m.StaffNo, m.name, m.phone)
	m.NameBidx, m.PhoneBidx = p.keys.Index(indexStaffName, estate.NameKey(m.name)), p.keys.Index(indexStaffPhone, m.phone)
}

func (p *staffPlan) change(m *staffState, r importing.StaffRow) []importing.Change {
	c := changeList{kind: importing.Staff}
	c.text("staff_no", &m.StaffNo, r.StaffNo)
	c.text("name", &m.name, r.Name)
	c.text("phone", &m.phone, r.Phone)
	posted := m.Post
	c.text("post", &m.Post, r.Post)
	if r.Role != "" || r.Post != "" && r.Post != posted {
		if r.Role != m.Role {
			c.note("role", importing.WordOf("staff_role", m.Role), importing.WordOf("staff_role", r.Role))
			m.Role = r.Role
		}
	}
	c.text("team", &m.Team, r.Team)
	c.text("skills", &m.Skills, r.Skills)
	c.date("joined_on", &m.JoinedOn, r.JoinedOn)
	c.date("left_on", &m.LeftOn, r.LeftOn)
	if len(c.found) == 0 {
		return nil
	}
	p.index(m)
	p.known.byIdentity[string(m.IdentityBidx)] = m
	if !m.made && p.changed[m.ID] == nil {
		p.changed[m.ID] = m
		p.plan.changes("staff", m.ID)
	}
	return c.found
}

// write implements importPlan.
func (p *staffPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	now := s.clock.Now()
	var rows [][]any
	for _, m := range p.toMake {
		rows = append(rows, append([]any{sc.OrgID, m.ID, p.f.communityID, now}, p.values(m)...))
	}
	err := insertRows(ctx, tx, `INSERT INTO staff (org_id, id, community_id, created_at, identity_bidx, staff_no, name_enc, name_bidx, phone_enc, phone_bidx,
		phone_last4_bidx, post, role, team, skills, joined_on, left_on)`, rows)
	if err != nil {
		return fmt.Errorf("write staff: %w", err)
	}
	for _, id := range sortedKeys(p.changed) {
		_, err := tx.ExecContext(ctx, `UPDATE staff SET identity_bidx = ?, staff_no = ?, name_enc = ?, name_bidx = ?, phone_enc = ?, phone_bidx = ?, phone_last4_bidx = ?,
			post = ?, role = ?, team = ?, skills = ?, joined_on = ?, left_on = ?, version = version + 1 WHERE org_id = ? AND id = ?`,
			append(p.values(p.changed[id]), sc.OrgID, id)...)
		if err != nil {
			return fmt.Errorf("change staff: %w", err)
		}
	}
	return nil
}

func (p *staffPlan) values(m *staffState) []any {
	k := p.keys
	return []any{m.IdentityBidx, nullable(m.StaffNo), k.Seal(m.name), m.NameBidx, k.Seal(m.phone), m.PhoneBidx, k.Index(indexStaffPhoneLast4, estate.LastFour(m.phone)),
		nullable(m.Post), m.Role, nullable(m.Team), nullable(m.Skills), m.JoinedOn, m.LeftOn}
}
