package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
)

// resolvePeople prepares the rows of a roster, owner or tenant file as a whole: they get the units that their rooms mean,
// and rows that mean one person agree about him or her.
func (s *Store) resolvePeople(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, error) {
	if src.Kind == importing.Roster {
		if err := s.completeRooms(ctx, sc.OrgID, src.CommunityID, &r); err != nil {
			return r, err
		}
	} else {
		places, err := s.readPlaces(ctx, sc.OrgID, src.CommunityID)
		if err != nil {
			return r, err
		}
		r.Good.Roster = places.placePeople(src.Kind, &r)
	}
	return r, s.agreePeople(ctx, sc, src, &r)
}

// completeRooms gives rooms that are written without an entrance ("3#1501") the one that they have in the community or
// elsewhere in the file. A room that may be any of several is refused; where there is none, the building has no entrances.
func (s *Store) completeRooms(ctx context.Context, orgID, communityID string, r *importing.Result) error {
	rows := r.Good.Roster
	if !slices.ContainsFunc(rows, func(r importing.RosterRow) bool { return r.AnyEntrance }) {
		return nil
	}
	var there []string
	if err := s.db.SelectContext(ctx, &there, `SELECT unit_key FROM unit WHERE org_id = ? AND community_id = ?`, orgID, communityID); err != nil {
		return fmt.Errorf("read the community's units: %w", err)
	}
	byRoom := map[string]map[string]bool{} // building and room -> the units that this may mean
	add := func(key string) {
		room := withoutEntrance(key)
		if byRoom[room] == nil {
			byRoom[room] = map[string]bool{}
		}
		byRoom[room][key] = true
	}
	for _, key := range there {
		add(key)
	}
	for _, row := range rows {
		if !row.AnyEntrance {
			add(row.UnitKey)
		}
	}
	wrong := map[int]bool{}
	for i := range rows {
		row := &rows[i]
		meant := byRoom[withoutEntrance(row.UnitKey)]
		if !row.AnyEntrance || len(meant) == 0 || meant[row.UnitKey] {
			continue
		}
		if len(meant) > 1 {
			if !wrong[row.Row] {
				wrong[row.Row] = true
				r.Reject(importing.Roster, row.Row, "room", "ambiguous-unit", "%s", ambiguous(estate.Room{Building: row.Building, Number: row.Room}, len(meant)))
			}
			continue
		}
		row.UnitKey = sortedKeys(meant)[0]
		row.Entrance = strings.TrimSuffix(strings.TrimPrefix(row.UnitKey, row.Building+"-"), "-"+row.Room)
	}
	r.Good.Roster = slices.DeleteFunc(rows, func(row importing.RosterRow) bool { return wrong[row.Row] })
	return nil
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
