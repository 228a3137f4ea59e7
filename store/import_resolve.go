package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// ResolveImport implements importing.Store.
func (s *Store) ResolveImport(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, importing.Resolved, error) {
	var out importing.Resolved
	var err error
	switch src.Kind {
	case importing.Receivables:
		r, out, err = s.resolveReceivables(ctx, sc, src, r)
	case importing.Payments:
		r, out, err = s.resolvePayments(ctx, sc, src, r)
	default:
		r, out, err = s.resolvePlanned(ctx, sc, src, r)
	}
	out.Counts.Rejected = r.Rejected
	slices.SortStableFunc(r.Problems, func(a, b importing.Problem) int { return a.Row - b.Row })
	return r, out, err
}

// place is one unit with who was there, for finding what a row means.
type place struct {
	id      string
	key     string
	tenures []placeTenure
}

type placeTenure struct {
	estate.Tenure
	nameBidx []byte
}

// places are the units of one community.
type places struct {
	keys   *KeyRing
	byID   map[string]*place
	byKey  map[string]*place
	byRoom map[string][]*place // building and room, whatever the entrance
}

func (s *Store) readPlaces(ctx context.Context, orgID, communityID string) (*places, error) {
	p := &places{keys: s.keys, byID: map[string]*place{}, byKey: map[string]*place{}, byRoom: map[string][]*place{}}
	var units []struct {
		ID  string `db:"id"`
		Key string `db:"unit_key"`
	}
	if err := s.db.SelectContext(ctx, &units, `SELECT id, unit_key FROM unit WHERE org_id = ? AND community_id = ?`, orgID, communityID); err != nil {
		return nil, fmt.Errorf("read the community's units: %w", err)
	}
	for _, u := range units {
		one := &place{id: u.ID, key: u.Key}
		p.byID[u.ID], p.byKey[u.Key] = one, one
		short := withoutEntrance(u.Key)
		p.byRoom[short] = append(p.byRoom[short], one)
	}
	var people []struct {
		ID       string        `db:"id"`
		UnitID   string        `db:"unit_id"`
		PersonID string        `db:"person_id"`
		Role     string        `db:"role"`
		From     calendar.Date `db:"from_on"`
		To       calendar.Date `db:"to_on"`
		NameBidx []byte        `db:"name_bidx"`
	}
	err := s.db.SelectContext(ctx, &people, `SELECT o.id, o.unit_id, o.person_id, o.role, o.from_on, o.to_on, p.name_bidx
		FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id
		WHERE u.org_id = ? AND u.community_id = ?`, orgID, communityID)
	if err != nil {
		return nil, fmt.Errorf("read who is in the community's units: %w", err)
	}
	for _, o := range people {
		u := p.byID[o.UnitID]
		u.tenures = append(u.tenures, placeTenure{estate.Tenure{ID: o.ID, PersonID: o.PersonID, Role: estate.Role(o.Role), From: o.From, To: o.To}, o.NameBidx})
	}
	return p, nil
}

func withoutEntrance(key string) string {
	parts := strings.SplitN(key, "-", 3)
	return parts[0] + "-" + parts[len(parts)-1]
}

// find gives the unit that a room means, or why it is none.
func (p *places) find(room estate.Room) (u *place, code, message string) {
	if u, ok := p.byKey[room.Key()]; ok {
		return u, "", ""
	}
	// A file that leaves out the entrance, or writes one where the roster has none, still names one room if there is only one.
	found := p.byRoom[room.Building+"-"+room.Number]
	if !room.AnyEntrance && room.Entrance != "" {
		found = slices.DeleteFunc(slices.Clone(found), func(u *place) bool { return u.key != room.Building+"--"+room.Number })
	}
	switch len(found) {
	case 1:
		return found[0], "", ""
	case 0:
		return nil, "unknown-unit", fmt.Sprintf("小区里没有房屋“%s”。请核对楼栋、单元和房号，或先在房屋业主清册里补上。", room)
	}
	return nil, "ambiguous-unit", ambiguous(room, len(found))
}

func ambiguous(room estate.Room, n int) string {
	return fmt.Sprintf("“%s”对应 %d 套房屋，请补上单元。", room, n)
}

// debtor gives the named person if he or she belongs to the unit, else who owed on that day.
func (p *places) debtor(u *place, name string, on calendar.Date) (string, bool) {
	tenures := make([]estate.Tenure, 0, len(u.tenures))
	bidx := p.keys.Index(indexName, estate.NameKey(name))
	named := ""
	for _, t := range u.tenures {
		tenures = append(tenures, t.Tenure)
		if len(bidx) > 0 && bytes.Equal(t.nameBidx, bidx) && t.Role != estate.RoleFamily && (named == "" || t.Role == estate.RoleOwner) {
			named = t.PersonID
		}
	}
	if named != "" {
		return named, true
	}
	return estate.DebtorOn(tenures, on)
}
