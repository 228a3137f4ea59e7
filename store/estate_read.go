package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
)

const selectCommunities = `SELECT c.id, c.name, COALESCE(c.region_id, '') AS region_id, c.version,
	(SELECT COUNT(*) FROM building b WHERE b.org_id = c.org_id AND b.community_id = c.id) AS buildings,
	(SELECT COUNT(*) FROM unit u WHERE u.org_id = c.org_id AND u.community_id = c.id) AS units
	FROM community c WHERE c.org_id = ?`

// Communities lists the communities that the caller may see, in the order in which they were made. A resident sees those
// with a unit of the own.
func (s *Store) Communities(ctx context.Context, sc access.Scope, q page.Query) (page.Of[estate.Community], error) {
	if err := sc.Require(access.SeeEstate, ""); err != nil {
		return page.Of[estate.Community]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[estate.Community]{}, err
	}
	query, args := selectCommunities, []any{sc.OrgID}
	limit, limitArgs := s.visible(sc, "c.id", `SELECT u.community_id FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id WHERE `+ownOccupancy)
	query, args = query+limit, append(args, limitArgs...)
	if q.Cursor != "" {
		query, args = query+` AND c.id > ?`, append(args, q.Cursor)
	}
	var rows []estate.Community
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY c.id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[estate.Community]{}, fmt.Errorf("list communities: %w", err)
	}
	return page.Cut(rows, q.Limit, func(c estate.Community) string { return c.ID }), nil
}

const ownOccupancy = `o.org_id = ? AND o.person_id = ? AND (o.to_on IS NULL OR o.to_on >= ?)`

// visible limits a list to the caller's communities; a resident's is limited to what ownQuery gives for the own person.
func (s *Store) visible(sc access.Scope, column, ownQuery string) (string, []any) {
	all, communities := sc.Reach(access.SeeEstate)
	switch {
	case all:
		return "", nil
	case len(communities) == 0:
		return ` AND ` + column + ` IN (` + ownQuery + `)`, []any{sc.OrgID, sc.PersonID, calendar.DateOf(s.clock.Now())}
	}
	return ` AND ` + column + ` IN (?)`, []any{communities}
}

// Community gives one community with its buildings.
func (s *Store) Community(ctx context.Context, sc access.Scope, id string) (estate.CommunityDetail, error) {
	var d estate.CommunityDetail
	err := s.db.GetContext(ctx, &d.Community, selectCommunities+` AND c.id = ?`, sc.OrgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && sc.Require(access.SeeEstate, d.ID) != nil {
		return d, refusal.New(refusal.NotFound, "not-found", "没有找到该小区，请核对编号。")
	}
	if err != nil {
		return d, fmt.Errorf("read the community: %w", err)
	}
	d.BuildingList = []estate.Building{}
	err = s.db.SelectContext(ctx, &d.BuildingList, `SELECT b.id, b.name, (SELECT COUNT(*) FROM unit u WHERE u.org_id = b.org_id AND u.building_id = b.id) AS units
		FROM building b WHERE b.org_id = ? AND b.community_id = ? ORDER BY LENGTH(b.name_key), b.name_key`, sc.OrgID, d.ID)
	if err != nil {
		return d, fmt.Errorf("read the community's buildings: %w", err)
	}
	return d, nil
}

const selectUnits = `SELECT u.id, u.community_id, c.name AS community, u.building_id, b.name AS building, COALESCE(e.name, '') AS entrance, u.room, u.unit_key,
	u.display, u.kind, COALESCE(u.floor, '') AS floor, COALESCE(u.built_area_m2, '') AS built_area_m2, COALESCE(u.inner_area_m2, '') AS inner_area_m2, u.status, u.version
	FROM unit u JOIN community c ON c.org_id = u.org_id AND c.id = u.community_id JOIN building b ON b.org_id = u.org_id AND b.id = u.building_id
	LEFT JOIN entrance e ON e.org_id = u.org_id AND e.id = u.entrance_id WHERE u.org_id = ?`

// Units lists units with who is in them.
func (s *Store) Units(ctx context.Context, sc access.Scope, f estate.UnitFilter, q page.Query) (page.Of[estate.Unit], error) {
	if err := sc.Require(access.SeeEstate, ""); err != nil {
		return page.Of[estate.Unit]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[estate.Unit]{}, err
	}
	query, args := selectUnits, []any{sc.OrgID}
	add := func(condition string, values ...any) {
		query, args = query+condition, append(args, values...)
	}
	limit, limitArgs := s.visible(sc, unitColumn(sc), `SELECT o.unit_id FROM occupancy o WHERE `+ownOccupancy)
	add(limit, limitArgs...)
	if f.CommunityID != "" {
		add(` AND u.community_id = ?`, asciiKey(f.CommunityID))
	}
	if f.Building != "" {
		name := estate.NewRoom(f.Building, "", "").Building
		add(` AND (u.building_id = ? OR b.name_key = ?)`, asciiKey(f.Building), estate.NameKey(name))
	}
	if estate.Fold(f.Q) != "" {
		condition, values := s.unitSearch(sc.OrgID, f.Q)
		add(condition, values...)
	}
	if q.Cursor != "" {
		add(` AND u.id > ?`, q.Cursor)
	}
	var units []estate.Unit
	if err := selectIn(ctx, s.db, &units, query+` ORDER BY u.id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[estate.Unit]{}, fmt.Errorf("list units: %w", err)
	}
	p := page.Cut(units, q.Limit, func(u estate.Unit) string { return u.ID })
	return p, s.fillOccupancies(ctx, sc, p.Items)
}

// unitColumn is what the caller's reach limits: staff by community, residents by their own units.
func unitColumn(sc access.Scope) string {
	if _, communities := sc.Reach(access.SeeEstate); len(communities) > 0 {
		return "u.community_id"
	}
	return "u.id"
}

// Unit gives one unit with who is in it, its vehicles and its people's parking spaces.
func (s *Store) Unit(ctx context.Context, sc access.Scope, id string) (estate.Unit, error) {
	if err := sc.Require(access.SeeEstate, ""); err != nil {
		return estate.Unit{}, err
	}
	limit, limitArgs := s.visible(sc, unitColumn(sc), `SELECT o.unit_id FROM occupancy o WHERE `+ownOccupancy)
	var units []estate.Unit
	args := append([]any{sc.OrgID, asciiKey(id)}, limitArgs...)
	if err := selectIn(ctx, s.db, &units, selectUnits+` AND u.id = ?`+limit, args...); err != nil {
		return estate.Unit{}, fmt.Errorf("read the unit: %w", err)
	}
	if len(units) == 0 {
		return estate.Unit{}, refusal.New(refusal.NotFound, "not-found", "没有找到该房屋，请核对编号。")
	}
	if err := s.fillOccupancies(ctx, sc, units); err != nil {
		return estate.Unit{}, err
	}
	err := s.fillParking(ctx, sc, &units[0])
	return units[0], err
}
