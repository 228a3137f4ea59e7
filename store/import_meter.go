package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/metering"
	"steward/domain/money"
)

// meterPlan is what a run of rows of meters and readings would change. A reading is never overwritten.
type meterPlan struct {
	plan          planned
	f             planFor
	known         *knownMeters
	rooms         *roomIndex
	feeItems      map[string]string // name key -> id
	feeItemNames  map[string]string // id -> name
	newMeters     []*meterState
	changedMeters map[string]*meterState
	newReadings   []*importedReading
	here          []string // ids of the meters that this run may be about
	rules         reviewRules
	today         calendar.Date
}

// knownMeters are the meters that rows name, with the readings near those of the rows, as they are once the rows before
// are written.
type knownMeters struct {
	bySerial map[string][]*meterState // by serial key
	byUnit   map[string][]*meterState
	common   []*meterState
	readings map[string][]*importedReading // by meter
	seen     map[string]bool               // ids of meters and readings
}

type meterState struct {
	ID        string `db:"id"`
	UnitID    string `db:"unit_id"`
	Unit      string `db:"unit"` // as people write it
	Kind      string `db:"kind"`
	Serial    string `db:"serial"`
	SerialKey string `db:"serial_key"`
	Name      string `db:"name"`
	Mode      string `db:"mode"`
	FeeItemID string `db:"fee_item_id"`
	Maker     string `db:"maker"`
	Status    string `db:"unit_status"` // of the unit
	Digits    int    `db:"digits"`
	made      bool
}

// importedReading is a reading that is there, or that a row of the file makes.
type importedReading struct {
	readingRow
	why metering.Why
}

func planMeters(ctx context.Context, s *Store, q sqlx.QueryerContext, f planFor, rows importing.Rows) (importPlan, error) {
	p := &meterPlan{f: f, today: calendar.DateOf(s.clock.Now()), feeItems: map[string]string{}, feeItemNames: map[string]string{}, changedMeters: map[string]*meterState{}}
	p.known = carried(f, func() *knownMeters {
		return &knownMeters{bySerial: map[string][]*meterState{}, byUnit: map[string][]*meterState{}, readings: map[string][]*importedReading{}, seen: map[string]bool{}}
	})
	if len(rows.Meters) == 0 {
		return p, nil
	}
	var rooms []estate.Room
	for _, r := range rows.Meters {
		if r.HasUnit() {
			rooms = append(rooms, r.Unit)
		}
	}
	var err error
	if p.rooms, err = s.readRooms(ctx, q, f.scope.OrgID, f.communityID, rooms); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, sqlx.QueryerContext, []importing.MeterRow) error{p.readFeeItems, p.readMeters, p.readReadings} {
		if err := read(ctx, q, rows.Meters); err != nil {
			return nil, err
		}
	}
	for _, r := range rows.Meters {
		p.take(r)
	}
	return p, nil
}

func (p *meterPlan) planned() *planned { return &p.plan }

func (p *meterPlan) readFeeItems(ctx context.Context, q sqlx.QueryerContext, _ []importing.MeterRow) error {
	var items []struct {
		ID      string `db:"id"`
		Name    string `db:"name"`
		NameKey string `db:"name_key"`
	}
	err := sqlx.SelectContext(ctx, q, &items, `SELECT id, name, name_key FROM fee_item WHERE org_id = ? AND community_id = ?`, p.f.scope.OrgID, p.f.communityID)
	if err != nil {
		return fmt.Errorf("read the community's fee items: %w", err)
	}
	for _, i := range items {
		p.feeItems[i.NameKey], p.feeItemNames[i.ID] = i.ID, i.Name
	}
	return nil
}

const selectMeterStates = `SELECT m.id, COALESCE(m.unit_id, '') AS unit_id, COALESCE(u.display, '') AS unit, m.kind, m.serial, m.serial_key, COALESCE(m.name, '') AS name,
	m.mode, COALESCE(m.fee_item_id, '') AS fee_item_id, COALESCE(m.maker, '') AS maker,
	COALESCE(u.status, '') AS unit_status, COALESCE(m.digits, 0) AS digits
	FROM meter m LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id WHERE m.org_id = ? AND m.community_id = ?`

// meterKinds lead the index by which a meter is found by its serial.
var meterKinds = []string{"water", "hot_water", "electricity", "gas", "heat", "other"}

// readMeters reads the meters with the rows' serials, those of the rows' units, and those of the common parts.
func (p *meterPlan) readMeters(ctx context.Context, q sqlx.QueryerContext, rows []importing.MeterRow) error {
	serials, units := distinct(rows, func(r importing.MeterRow) string { return serialKey(r.Serial) }), sortedKeys(p.rooms.units)
	var found []*meterState
	err := selectIn(ctx, q, &found, selectMeterStates+` AND m.kind IN (?) AND m.serial_key IN (?) AND m.serial_key <> ''
		UNION `+selectMeterStates+` AND m.unit_id IN (?) UNION `+selectMeterStates+` AND m.unit_id IS NULL ORDER BY id`,
		p.f.scope.OrgID, p.f.communityID, meterKinds, serials, p.f.scope.OrgID, p.f.communityID, orNone(units), p.f.scope.OrgID, p.f.communityID)
	if err != nil {
		return fmt.Errorf("read the rows' meters: %w", err)
	}
	for _, m := range found {
		p.here = append(p.here, m.ID)
		if !p.known.seen[m.ID] {
			p.known.add(m)
		}
	}
	return nil
}

// serialKey is a serial as it is compared.
func serialKey(serial string) string { return estate.NameKey(serial) }

func (k *knownMeters) add(m *meterState) {
	k.seen[m.ID] = true
	if m.SerialKey != "" {
		k.bySerial[m.SerialKey] = append(k.bySerial[m.SerialKey], m)
	}
	if m.UnitID == "" {
		k.common = append(k.common, m)
	} else {
		k.byUnit[m.UnitID] = append(k.byUnit[m.UnitID], m)
	}
}

// readReadings reads the readings of the meters around the rows' days, with those that tell what is usual.
func (p *meterPlan) readReadings(ctx context.Context, q sqlx.QueryerContext, rows []importing.MeterRow) error {
	var first calendar.Date
	for _, r := range rows {
		if !r.ReadOn.IsZero() && (first.IsZero() || r.ReadOn.Before(first)) {
			first = r.ReadOn
		}
	}
	if first.IsZero() || len(p.here) == 0 {
		return nil
	}
	found, err := readReadings(ctx, q, p.f.scope.OrgID, p.here, first)
	if err != nil {
		return err
	}
	for meter, rows := range found {
		for _, r := range rows {
			if !p.known.seen[r.ID] {
				p.known.seen[r.ID] = true
				p.known.readings[meter] = append(p.known.readings[meter], &importedReading{readingRow: r})
			}
		}
	}
	p.rules, err = readReviewRules(ctx, q, p.f.scope.OrgID, []string{p.f.communityID})
	return err
}

// write implements importPlan.
func (p *meterPlan) write(ctx context.Context, tx *sqlx.Tx, s *Store, sc access.Scope) error {
	org, now := sc.OrgID, s.clock.Now()
	var meters, readings [][]any
	for _, m := range p.newMeters {
		meters = append(meters, []any{org, m.ID, p.f.communityID, nullable(m.UnitID), m.Kind, m.Serial, m.SerialKey, nullable(m.Name), m.Mode,
			nullable(m.FeeItemID), nullable(m.Maker), positive(m.Digits), now})
	}
	for _, r := range p.newReadings {
		readings = append(readings, []any{org, r.ID, r.MeterID, r.ReadOn, r.Reading.String(), r.Reset, r.Status, string(r.why), r.Final, r.Start,
			positive(r.Digits), sc.ActorID, money.FromImport, p.f.importID, now})
	}
	err := insertRows(ctx, tx, `INSERT INTO meter (org_id, id, community_id, unit_id, kind, serial, serial_key, name, mode, fee_item_id, maker, digits, created_at)`, meters)
	if err == nil {
		err = insertRows(ctx, tx, `INSERT INTO meter_reading (org_id, id, meter_id, read_on, reading, reset_kind, status, review_why, final_reading, start_reading,
			digits, entered_by, source_kind, source_id, created_at)`, readings)
	}
	if err != nil {
		return fmt.Errorf("write meters: %w", err)
	}
	for _, id := range sortedKeys(p.changedMeters) {
		m := p.changedMeters[id]
		_, err := tx.ExecContext(ctx, `UPDATE meter SET serial = ?, serial_key = ?, name = ?, mode = ?, fee_item_id = ?, maker = ?, digits = ?,
			version = version + 1 WHERE org_id = ? AND id = ?`, m.Serial, m.SerialKey, nullable(m.Name), m.Mode, nullable(m.FeeItemID), nullable(m.Maker), positive(m.Digits), org, id)
		if err != nil {
			return fmt.Errorf("change a meter: %w", err)
		}
	}
	return nil
}
