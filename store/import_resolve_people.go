package store

import (
	"context"
	"fmt"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
)

// resolvePeople prepares the rows of a roster, owner or tenant file as a whole: owners and tenants get the units that their
// rooms mean, and rows that mean one person agree about him or her.
func (s *Store) resolvePeople(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, error) {
	if src.Kind != importing.Roster {
		places, err := s.readPlaces(ctx, sc.OrgID, src.CommunityID)
		if err != nil {
			return r, err
		}
		r.Good.Roster = places.placePeople(src.Kind, &r)
	}
	return r, s.agreePeople(ctx, sc, src, &r)
}

// placePeople gives each row the unit that its room means. A row of several units is refused as a whole.
func (p *places) placePeople(kind importing.Kind, r *importing.Result) (placed []importing.RosterRow) {
	wrong, seen := map[int]bool{}, map[string]int{}
	refuse := func(row int, code, message string) {
		if !wrong[row] {
			wrong[row] = true
			r.Reject(kind, row, "room", code, "%s", message)
		}
	}
	rows := r.Good.Roster
	for i := range rows {
		row := &rows[i]
		room := estate.Room{Building: row.Building, Entrance: row.Entrance, Number: row.Room}
		u, code, message := p.find(room)
		if u == nil {
			refuse(row.Row, code, message)
			continue
		}
		row.UnitKey = u.key
		key := u.key + "|" + string(row.Role) + "|" + estate.NameKey(row.Name)
		if first, again := seen[key]; again && first != row.Row {
			refuse(row.Row, "duplicate-row", fmt.Sprintf("与第 %d 行是同一套房屋的同一个人，请删除其中一行。", first))
			continue
		}
		seen[key] = row.Row
	}
	for _, row := range rows {
		if !wrong[row.Row] {
			placed = append(placed, row)
		}
	}
	return placed
}
