package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// roomUnit is a unit that rows name, with the dates from which fees may run.
type roomUnit struct {
	ID          string        `db:"id"`
	Key         string        `db:"unit_key"`
	Display     string        `db:"display"`
	FeeStartOn  calendar.Date `db:"fee_start_on"`
	DeliveredOn calendar.Date `db:"delivered_on"`
}

// roomIndex finds the units that the rooms of a run of rows mean.
type roomIndex struct {
	places *places
	units  map[string]*roomUnit // by id
}

const selectRoomUnits = `SELECT u.id, u.unit_key, u.display, u.fee_start_on, u.delivered_on FROM unit u`

// readRooms reads the units with the rooms' keys, and for rooms that no key names all units of that building and number.
func (s *Store) readRooms(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, rooms []estate.Room) (*roomIndex, error) {
	x := &roomIndex{places: &places{keys: s.keys, byKey: map[string]*place{}, byRoom: map[string][]*place{}}, units: map[string]*roomUnit{}}
	keys := distinct(rooms, estate.Room.Key)
	if len(keys) == 0 {
		return x, nil
	}
	var found []*roomUnit
	if err := selectIn(ctx, q, &found, selectRoomUnits+` WHERE u.org_id = ? AND u.community_id = ? AND u.unit_key IN (?)`, orgID, communityID, keys); err != nil {
		return nil, fmt.Errorf("read the rows' units: %w", err)
	}
	x.add(found)
	var open []estate.Room
	for _, r := range rooms {
		if _, ok := x.places.byKey[r.Key()]; !ok {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		return x, nil
	}
	found = nil
	err := selectIn(ctx, q, &found, selectRoomUnits+` JOIN building b ON b.org_id = u.org_id AND b.id = u.building_id
		WHERE u.org_id = ? AND u.community_id = ? AND b.name_key IN (?) AND u.room IN (?)`, orgID, communityID,
		distinct(open, func(r estate.Room) string { return estate.NameKey(r.Building) }), distinct(open, func(r estate.Room) string { return r.Number }))
	if err != nil {
		return nil, fmt.Errorf("read the rows' units by room: %w", err)
	}
	x.add(found)
	return x, nil
}

func (x *roomIndex) add(found []*roomUnit) {
	for _, u := range found {
		if x.units[u.ID] != nil {
			continue
		}
		x.units[u.ID] = u
		one := &place{id: u.ID, key: u.Key}
		x.places.byKey[u.Key] = one
		short := withoutEntrance(u.Key)
		x.places.byRoom[short] = append(x.places.byRoom[short], one)
	}
}

// find gives the unit that a room means, or why it is none.
func (x *roomIndex) find(room estate.Room) (u *roomUnit, code, message string) {
	p, code, message := x.places.find(room)
	if p == nil {
		return nil, code, message
	}
	return x.units[p.id], "", ""
}
