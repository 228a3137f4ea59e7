package store

import (
	"context"
	"fmt"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// ledgerReach limits a list of what a community keeps to the communities in which the caller works; residents have none.
func ledgerReach(sc access.Scope, column, communityID string) (condition string, args []any, err error) {
	if sc.ResidentOnly() {
		return "", nil, access.Forbidden()
	}
	if communityID != "" {
		return ` AND ` + column + ` = ?`, []any{asciiKey(communityID)}, sc.Require(access.SeeEstate, communityID)
	}
	all, communities := sc.Reach(access.SeeEstate)
	if all {
		return "", nil, nil
	}
	return ` AND ` + column + ` IN (?)`, []any{orNone(communities)}, sc.Require(access.SeeEstate, "")
}

const selectMeterReadings = `SELECT r.id, m.community_id, r.meter_id, m.kind, m.serial, COALESCE(m.name, '') AS name, COALESCE(m.unit_id, '') AS unit_id,
	COALESCE(u.display, '') AS unit, COALESCE(f.name, '') AS fee_item, r.read_on, r.reading, r.reset_kind, r.source_kind, r.status, r.review_why,
	COALESCE(r.final_reading, '') AS final_reading, COALESCE(r.start_reading, '') AS start_reading, COALESCE(r.note, '') AS note,
	COALESCE(r.entered_by, '') AS entered_by, COALESCE(r.reviewed_by, '') AS reviewed_by, COALESCE(r.reviewed_note, '') AS reviewed_note,
	EXISTS (SELECT 1 FROM reading_billed x WHERE x.org_id = r.org_id AND x.reading_id = r.id) AS billed
	FROM meter_reading r JOIN meter m ON m.org_id = r.org_id AND m.id = r.meter_id LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id
	LEFT JOIN fee_item f ON f.org_id = m.org_id AND f.id = m.fee_item_id WHERE r.org_id = ?`

// MeterReadings lists readings, the newest first. A resident sees those of the own units.
func (s *Store) MeterReadings(ctx context.Context, sc access.Scope, f estate.MeterReadingFilter, q page.Query) (page.Of[estate.MeterReading], error) {
	if err := sc.Require(access.SeeEstate, ""); err != nil {
		return page.Of[estate.MeterReading]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[estate.MeterReading]{}, err
	}
	query, args := selectMeterReadings, []any{sc.OrgID}
	add := func(condition string, values ...any) {
		query, args = query+condition, append(args, values...)
	}
	column := "m.community_id"
	if sc.ResidentOnly() {
		column = "m.unit_id"
		add(` AND r.status = 'accepted'`)
	}
	limit, limitArgs := s.visible(sc, column, `SELECT o.unit_id FROM occupancy o WHERE `+ownOccupancy)
	add(limit, limitArgs...)
	if f.CommunityID != "" {
		add(` AND m.community_id = ?`, asciiKey(f.CommunityID))
	}
	if f.UnitID != "" {
		add(` AND m.unit_id = ?`, asciiKey(f.UnitID))
	}
	if f.MeterID != "" {
		add(` AND r.meter_id = ?`, asciiKey(f.MeterID))
	}
	if f.Status != "" {
		add(` AND r.status = ?`, asciiKey(f.Status))
	}
	if q.Cursor != "" {
		add(` AND r.id < ?`, q.Cursor)
	}
	var rows []estate.MeterReading
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY r.id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[estate.MeterReading]{}, fmt.Errorf("list meter readings: %w", err)
	}
	p := page.Cut(rows, q.Limit, func(r estate.MeterReading) string { return r.ID })
	return p, s.fillUse(ctx, sc.OrgID, p.Items)
}

type equipmentListed struct {
	equipmentState
	CommunityID string `db:"community_id"`
	Version     int    `db:"version"`
}

func (r equipmentListed) shown() estate.Equipment {
	return estate.Equipment{ID: r.ID, CommunityID: r.CommunityID, Code: r.Code, Name: r.Name, Category: r.Category, Location: r.Location, Maker: r.Maker,
		Model: r.Model, Serial: r.Serial, Maintainer: r.Maintainer, Status: r.Status, InstalledOn: known(r.InstalledOn), WarrantyTo: known(r.WarrantyTo),
		InspectedOn: known(r.InspectedOn), InspectBy: known(r.InspectBy), MaintenanceDays: r.MaintenanceDays, Version: r.Version}
}

// Equipment lists the 设备台账 of the communities in which the caller works.
func (s *Store) Equipment(ctx context.Context, sc access.Scope, f estate.EquipmentFilter, q page.Query) (page.Of[estate.Equipment], error) {
	reach, args, err := ledgerReach(sc, "community_id", f.CommunityID)
	if err != nil {
		return page.Of[estate.Equipment]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[estate.Equipment]{}, err
	}
	query, args := `SELECT community_id, version, `+equipmentColumns+` FROM equipment WHERE org_id = ?`+reach, append([]any{sc.OrgID}, args...)
	if text := estate.Fold(f.Q); text != "" {
		like := "%" + likeText(text) + "%"
		query, args = query+` AND (code LIKE ? OR name LIKE ? OR category LIKE ? OR location LIKE ?)`, append(args, like, like, like, like)
	}
	if q.Cursor != "" {
		query, args = query+` AND id > ?`, append(args, q.Cursor)
	}
	var rows []equipmentListed
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[estate.Equipment]{}, fmt.Errorf("list equipment: %w", err)
	}
	items := make([]estate.Equipment, 0, len(rows))
	for _, r := range rows {
		items = append(items, r.shown())
	}
	return page.Cut(items, q.Limit, func(e estate.Equipment) string { return e.ID }), nil
}

// Staff lists who works in the communities in which the caller works.
func (s *Store) Staff(ctx context.Context, sc access.Scope, communityID string, q page.Query) (page.Of[estate.Staff], error) {
	reach, args, err := ledgerReach(sc, "community_id", communityID)
	if err != nil {
		return page.Of[estate.Staff]{}, err
	}
	if err := checkCursor(q); err != nil {
		return page.Of[estate.Staff]{}, err
	}
	query, args := `SELECT community_id, version, `+staffColumns+` FROM staff WHERE org_id = ?`+reach, append([]any{sc.OrgID}, args...)
	if q.Cursor != "" {
		query, args = query+` AND id > ?`, append(args, q.Cursor)
	}
	var rows []struct {
		staffState
		CommunityID string `db:"community_id"`
		Version     int    `db:"version"`
	}
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY id LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[estate.Staff]{}, fmt.Errorf("list staff: %w", err)
	}
	items := make([]estate.Staff, 0, len(rows))
	for _, r := range rows {
		m := estate.Staff{ID: r.ID, CommunityID: r.CommunityID, StaffNo: r.StaffNo, Post: r.Post, Role: r.Role, Team: r.Team, Skills: r.Skills,
			JoinedOn: known(r.JoinedOn), LeftOn: known(r.LeftOn), Version: r.Version}
		if m.Name, err = s.keys.Open(r.NameEnc); err == nil {
			m.Phone, err = s.keys.Open(r.PhoneEnc)
		}
		if err != nil {
			return page.Of[estate.Staff]{}, fmt.Errorf("open staff %s: %w", r.ID, err)
		}
		if sc.Require(access.SeePeople, r.CommunityID) != nil {
			m.Phone = estate.MaskPhone(m.Phone)
		}
		items = append(items, m)
	}
	return page.Cut(items, q.Limit, func(m estate.Staff) string { return m.ID }), nil
}
