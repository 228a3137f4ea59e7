package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/metering"
	"steward/domain/page"
	"steward/domain/refusal"
)

// meterListed is a meter in the order in which a reader walks past: by building and room, the common parts last.
type meterListed struct {
	metering.Meter
	BuildingKey string `db:"building_key"`
	UnitKey     string `db:"unit_key"`
}

const selectMetersListed = `SELECT m.id, m.community_id, COALESCE(m.unit_id, '') AS unit_id, COALESCE(u.display, '') AS unit, m.kind, m.serial,
	COALESCE(m.name, '') AS name, COALESCE(f.name, '') AS fee_item, COALESCE(m.digits, 0) AS digits, COALESCE(b.name_key, '~~~~') AS building_key,
	COALESCE(u.unit_key, '') AS unit_key
	FROM meter m LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id LEFT JOIN building b ON b.org_id = u.org_id AND b.id = u.building_id
	LEFT JOIN fee_item f ON f.org_id = m.org_id AND f.id = m.fee_item_id WHERE m.org_id = ?`

// walkOrder compares 2 before 10: shorter keys first.
const walkOrder = `LENGTH(COALESCE(b.name_key, '~~~~')), COALESCE(b.name_key, '~~~~'), LENGTH(COALESCE(u.unit_key, '')), COALESCE(u.unit_key, ''), m.id`

// Meters lists meters with what they showed last, in the order in which a reader walks past.
func (s *Store) Meters(ctx context.Context, sc access.Scope, f metering.MeterFilter, q page.Query) (page.Of[metering.Meter], error) {
	var none page.Of[metering.Meter]
	reach, args, err := ledgerReach(sc, "m.community_id", f.CommunityID)
	if err == nil {
		err = sc.Require(access.EnterReadings, f.CommunityID)
	}
	if err != nil {
		return none, err
	}
	query, args := selectMetersListed+reach, append([]any{sc.OrgID}, args...)
	add := func(condition string, values ...any) { query, args = query+condition, append(args, values...) }
	if f.BuildingID != "" {
		add(` AND u.building_id = ?`, asciiKey(f.BuildingID))
	}
	if f.Kind != "" {
		add(` AND m.kind = ?`, asciiKey(f.Kind))
	}
	if text := estate.Fold(f.Q); text != "" {
		condition, values := meterSearch(text)
		add(condition, values...)
	}
	if !f.NotSince.IsZero() {
		add(` AND NOT EXISTS (SELECT 1 FROM meter_reading r WHERE r.org_id = m.org_id AND r.meter_id = m.id AND r.read_on >= ? AND r.status <> 'rejected')`, f.NotSince)
	}
	if q.Cursor != "" {
		condition, values, err := s.afterMeter(ctx, sc, q)
		if err != nil {
			return none, err
		}
		add(condition, values...)
	}
	var rows []meterListed
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY `+walkOrder+` LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list meters: %w", err)
	}
	meters := make([]metering.Meter, len(rows))
	for i := range rows {
		meters[i] = rows[i].Meter
	}
	p := page.Cut(meters, q.Limit, func(m metering.Meter) string { return m.ID })
	return p, s.fillLastReadings(ctx, sc.OrgID, p.Items)
}

// meterSearch finds by room, by serial, or by a part of the name.
func meterSearch(text string) (string, []any) {
	conditions, args := []string{`m.serial_key = ?`, `m.name LIKE ?`}, []any{serialKey(text), "%" + likeText(text) + "%"}
	if room, ok := estate.ParseRoom(text); ok {
		switch {
		case !room.AnyEntrance && room.Building != "":
			conditions, args = append(conditions, `u.unit_key = ?`), append(args, room.Key())
		case room.Building != "":
			conditions, args = append(conditions, `u.unit_key LIKE ?`), append(args, likeText(room.Building)+"-%-"+likeText(room.Number))
		default:
			conditions, args = append(conditions, `u.unit_key LIKE ?`), append(args, "%-"+likeText(room.Number))
		}
	}
	return ` AND (` + strings.Join(conditions, " OR ") + `)`, args
}

// afterMeter is the condition for the meters behind the one that the cursor names.
func (s *Store) afterMeter(ctx context.Context, sc access.Scope, q page.Query) (string, []any, error) {
	if err := checkCursor(q); err != nil {
		return "", nil, err
	}
	var at []meterListed
	if err := s.db.SelectContext(ctx, &at, selectMetersListed+` AND m.id = ?`, sc.OrgID, q.Cursor); err != nil {
		return "", nil, fmt.Errorf("read the cursor's meter: %w", err)
	}
	if len(at) == 0 {
		return "", nil, badCursor(q.Cursor)
	}
	return ` AND (` + walkOrder + `) > (?,?,?,?,?)`, []any{len(at[0].BuildingKey), at[0].BuildingKey, len(at[0].UnitKey), at[0].UnitKey, at[0].ID}, nil
}

func (s *Store) fillLastReadings(ctx context.Context, orgID string, meters []metering.Meter) error {
	ids := distinct(meters, func(m metering.Meter) string { return m.ID })
	have, err := readReadings(ctx, s.db, orgID, ids, calendar.DateOf(s.clock.Now()))
	if err != nil {
		return err
	}
	for i := range meters {
		m := &meters[i]
		rules := readingRules(have[m.ID])
		steps := metering.Steps(rules)
		m.PerDay = metering.PerDay(steps, metering.UsualRule.Periods)
		for at := len(rules) - 1; at >= 0; at-- {
			if rules[at].Status == metering.Rejected {
				continue
			}
			m.LastOn, m.LastReading, m.Waiting = known(rules[at].On), rules[at].Value.String(), rules[at].Status == metering.Review
			if len(steps) > 0 && steps[len(steps)-1].Known {
				m.LastUsed = steps[len(steps)-1].Used.String()
			}
			break
		}
	}
	return nil
}

// fillUse says of each reading what was used since the one before.
func (s *Store) fillUse(ctx context.Context, orgID string, rows []estate.MeterReading) error {
	if len(rows) == 0 {
		return nil
	}
	first := rows[0].ReadOn
	for _, r := range rows {
		if r.ReadOn.Before(first) {
			first = r.ReadOn
		}
	}
	have, err := readReadings(ctx, s.db, orgID, distinct(rows, func(r estate.MeterReading) string { return r.MeterID }), first)
	if err != nil {
		return err
	}
	for i := range rows {
		all := readingRules(have[rows[i].MeterID])
		at := slices.IndexFunc(all, func(r metering.Reading) bool { return r.ID == rows[i].ID })
		if at < 0 {
			continue
		}
		before, _, _ := metering.Around(all[:at], rows[i].ReadOn)
		if before == nil {
			continue
		}
		rows[i].Previous, rows[i].PreviousOn = before.Value.String(), known(before.On)
		if step := metering.StepTo(*before, all[at]); step.Known {
			rows[i].Used = step.Used.String()
		}
	}
	return nil
}

// readingsByID gives readings in the order of their ids' list.
func (s *Store) readingsByID(ctx context.Context, sc access.Scope, ids []string) ([]estate.MeterReading, error) {
	var rows []estate.MeterReading
	if err := selectIn(ctx, s.db, &rows, selectMeterReadings+` AND r.id IN (?)`, sc.OrgID, orNone(ids)); err != nil {
		return nil, fmt.Errorf("read readings: %w", err)
	}
	slices.SortFunc(rows, func(a, b estate.MeterReading) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, s.fillUse(ctx, sc.OrgID, rows)
}

// CreateMeter registers a meter.
func (s *Store) CreateMeter(ctx context.Context, sc access.Scope, m metering.NewMeter) (metering.Meter, error) {
	if err := sc.Require(access.RunBilling, m.CommunityID); err != nil {
		return metering.Meter{}, err
	}
	if m.UnitID == "" && estate.NameKey(m.Name) == "" {
		return metering.Meter{}, refusal.New(refusal.Rule, "meter-name-needed", "公共部位的表请填写表名称，如“1号电梯电表”。").At("body.name", "请填写表名称", nil)
	}
	id := or(sc.CommandID, NewID())
	err := s.inTx(ctx, "register a meter", func(tx *sqlx.Tx) error {
		if _, done, err := carriedOut(ctx, tx, sc); err != nil || done {
			return err
		}
		return s.insertMeter(ctx, tx, sc, id, m)
	})
	if err != nil {
		return metering.Meter{}, err
	}
	var rows []meterListed
	if err := s.db.SelectContext(ctx, &rows, selectMetersListed+` AND m.id = ?`, sc.OrgID, id); err != nil || len(rows) == 0 {
		return metering.Meter{}, fmt.Errorf("read the meter: %w", err)
	}
	return rows[0].Meter, nil
}

func (s *Store) insertMeter(ctx context.Context, tx *sqlx.Tx, sc access.Scope, id string, m metering.NewMeter) error {
	if err := takeTurns(ctx, tx, sc.OrgID, m.CommunityID); err != nil {
		return err
	}
	for _, c := range []struct{ id, table, field, message string }{
		{m.UnitID, "unit", "body.unit_id", "小区里没有这套房屋"}, {m.FeeItemID, "fee_item", "body.fee_item_id", "小区里没有这个收费项目"},
	} {
		if c.id == "" {
			continue
		}
		found, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM `+c.table+` WHERE org_id = ? AND community_id = ? AND id = ?)`, sc.OrgID, m.CommunityID, asciiKey(c.id))
		if err != nil {
			return err
		}
		if !found {
			return refusal.New(refusal.Rule, "reference-unknown", "%s，请核对。", c.message).At(c.field, c.message, c.id)
		}
	}
	serial := strings.ReplaceAll(estate.Fold(m.Serial), " ", "")
	taken, err := rowExists(ctx, tx, `SELECT EXISTS (SELECT 1 FROM meter WHERE org_id = ? AND community_id = ? AND kind = ? AND serial_key = ? AND serial_key <> '')`,
		sc.OrgID, m.CommunityID, m.Kind, serialKey(serial))
	if err != nil {
		return err
	}
	if taken {
		return refusal.New(refusal.Conflict, "meter-exists", "小区里已有表号为“%s”的同类型的表。", serial).At("body.serial", "表号已登记", serial)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO meter (org_id, id, community_id, unit_id, kind, serial, serial_key, name, fee_item_id, digits, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
		sc.OrgID, id, m.CommunityID, nullable(m.UnitID), m.Kind, serial, serialKey(serial), nullable(strings.TrimSpace(m.Name)), nullable(m.FeeItemID), positive(m.Digits), s.clock.Now())
	if err != nil {
		return fmt.Errorf("register the meter: %w", err)
	}
	return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{ID: sc.CommandID, Action: "create-meter", SubjectKind: "meter", SubjectID: id, CommunityID: m.CommunityID,
		Detail: map[string]any{"kind": m.Kind, "unit_id": m.UnitID}})
}
