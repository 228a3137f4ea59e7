package store

import (
	"context"
	"fmt"
	"strings"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/page"
)

// Vehicles lists vehicles in the communities that the caller may see; a resident sees the own ones. Plates and names are masked where the caller may not see people, as on a unit.
func (s *Store) Vehicles(ctx context.Context, sc access.Scope, f estate.VehicleFilter, q page.Query) (page.Of[estate.Vehicle], error) {
	none := page.Of[estate.Vehicle]{}
	if err := sc.Require(access.SeeEstate, ""); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	query, args := `SELECT `+vehicleColumns+`, v.community_id, v.version, p.name_enc, COALESCE(p.kind, '') AS person_kind, COALESCE(u.display, '') AS unit,
		COALESCE(ps.display, '') AS space FROM vehicle v
		LEFT JOIN person p ON p.org_id = v.org_id AND p.id = v.person_id LEFT JOIN unit u ON u.org_id = v.org_id AND u.id = v.unit_id
		LEFT JOIN unit ps ON ps.org_id = v.org_id AND ps.id = v.space_id WHERE v.org_id = ?`, []any{sc.OrgID}
	add := func(condition string, values ...any) { query, args = query+condition, append(args, values...) }
	switch all, communities := sc.Reach(access.SeeEstate); {
	case all:
	case len(communities) > 0:
		add(` AND v.community_id IN (?)`, communities)
	default:
		add(` AND v.person_id = ?`, sc.PersonID)
	}
	if f.CommunityID != "" {
		add(` AND v.community_id = ?`, asciiKey(f.CommunityID))
	}
	if f.UnitID != "" {
		add(` AND (v.unit_id = ? OR v.space_id = ?)`, asciiKey(f.UnitID), asciiKey(f.UnitID))
	}
	if text := estate.Fold(f.Q); text != "" {
		condition, values := s.vehicleSearch(text)
		add(condition, values...)
	}
	if q.Cursor != "" {
		add(` AND v.id > ?`, q.Cursor)
	}
	var rows []listedVehicle
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY v.id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list vehicles: %w", err)
	}
	views := make([]estate.Vehicle, 0, len(rows))
	for _, r := range rows {
		v, err := s.vehicleView(sc, r)
		if err != nil {
			return none, err
		}
		views = append(views, v)
	}
	return page.Cut(views, q.Limit, func(v estate.Vehicle) string { return v.ID }), nil
}

// parkingShown bounds the vehicles and the spaces that a unit is shown with; the lists have them all.
const parkingShown = 100

// fillParking adds the unit's vehicles and the parking spaces that its people hold today; a resident sees the own ones. A
// company, which may hold a whole garage, is left out.
func (s *Store) fillParking(ctx context.Context, sc access.Scope, u *estate.Unit) error {
	vehicles, err := s.Vehicles(ctx, sc, estate.VehicleFilter{UnitID: u.ID}, page.Query{Limit: parkingShown})
	if err != nil {
		return err
	}
	if len(vehicles.Items) > 0 {
		u.Vehicles = vehicles.Items
	}
	if u.Kind == "parking" {
		return nil
	}
	today := calendar.DateOf(s.clock.Now())
	query, args := `SELECT DISTINCT s.id AS unit_id, s.display FROM occupancy h JOIN person p ON p.org_id = h.org_id AND p.id = h.person_id AND p.kind = 'person'
		JOIN occupancy o ON o.org_id = h.org_id AND o.person_id = h.person_id JOIN unit s ON s.org_id = o.org_id AND s.id = o.unit_id AND s.kind = 'parking'
		WHERE h.org_id = ? AND h.unit_id = ? AND s.community_id = ? AND (h.to_on IS NULL OR h.to_on >= ?) AND (o.to_on IS NULL OR o.to_on >= ?)`,
		[]any{sc.OrgID, u.ID, u.CommunityID, today, today}
	if sc.ResidentOnly() {
		query, args = query+` AND o.person_id = ?`, append(args, sc.PersonID)
	}
	if err := s.db.SelectContext(ctx, &u.Spaces, query+` ORDER BY s.id LIMIT ?`, append(args, parkingShown)...); err != nil {
		return fmt.Errorf("read the parking spaces of a unit's people: %w", err)
	}
	return nil
}

// vehicleSearch gives the condition for what somebody typed: a whole plate, a room in any habit, or a parking space.
func (s *Store) vehicleSearch(text string) (string, []any) {
	conditions, args := []string{`v.plate_bidx = ?`, `ps.room = ?`, `ps.display = ?`}, []any{s.keys.Index(indexPlate, estate.Plate(text)), strings.ToUpper(text), text}
	if room, ok := estate.ParseRoom(text); ok && room.Building != "" {
		key := room.Key()
		if room.AnyEntrance {
			key = likeText(room.Building) + "-%-" + likeText(room.Number)
		}
		conditions, args = append(conditions, `u.unit_key LIKE ?`, `ps.unit_key LIKE ?`), append(args, key, key)
	}
	return ` AND (` + strings.Join(conditions, ` OR `) + `)`, args
}

type listedVehicle struct {
	vehicleRow
	CommunityID string `db:"community_id"`
	Version     int    `db:"version"`
	NameEnc     []byte `db:"name_enc"`
	PersonKind  string `db:"person_kind"`
	Unit        string `db:"unit"`
	Space       string `db:"space"`
}

func (s *Store) vehicleView(sc access.Scope, r listedVehicle) (v estate.Vehicle, err error) {
	v = estate.Vehicle{
		ID: r.ID, CommunityID: r.CommunityID, Kind: r.Kind, Brand: r.Brand, Colour: r.Colour, PersonID: r.PersonID, UnitID: r.UnitID, Unit: r.Unit,
		SpaceID: r.SpaceID, Space: r.Space, From: dateText(r.From), To: dateText(r.To), Version: r.Version,
	}
	if v.Plate, err = s.keys.Open(r.PlateEnc); err != nil {
		return v, fmt.Errorf("read the plate of %s: %w", r.ID, err)
	}
	if v.Name, err = s.keys.Open(r.NameEnc); err != nil {
		return v, fmt.Errorf("read whose vehicle %s is: %w", r.ID, err)
	}
	if sc.Require(access.SeePeople, r.CommunityID) != nil && (sc.PersonID == "" || r.PersonID != sc.PersonID) {
		v.Plate = estate.MaskPlate(v.Plate)
		if r.PersonKind != "company" {
			v.Name = estate.MaskName(v.Name)
		}
	}
	return v, nil
}
