package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/metering"
)

// meterRow is a meter with what its readings depend on.
type meterRow struct {
	ID          string `db:"id"`
	CommunityID string `db:"community_id"`
	UnitID      string `db:"unit_id"`
	Unit        string `db:"unit"`
	UnitStatus  string `db:"unit_status"`
	Kind        string `db:"kind"`
	Serial      string `db:"serial"`
	Name        string `db:"name"`
	FeeItemID   string `db:"fee_item_id"`
	Digits      int    `db:"digits"`
}

const selectMeterRows = `SELECT m.id, m.community_id, COALESCE(m.unit_id, '') AS unit_id, COALESCE(u.display, '') AS unit, COALESCE(u.status, '') AS unit_status,
	m.kind, m.serial, COALESCE(m.name, '') AS name, COALESCE(m.fee_item_id, '') AS fee_item_id, COALESCE(m.digits, 0) AS digits
	FROM meter m LEFT JOIN unit u ON u.org_id = m.org_id AND u.id = m.unit_id WHERE m.org_id = ?`

// called is how people tell the meter from others.
func (m meterRow) called() string {
	name := or(m.Name, m.Unit+meterWord(m.Kind))
	if m.Serial != "" {
		name += "（" + m.Serial + "）"
	}
	return name
}

// readingRow is one reading as it is stored.
type readingRow struct {
	ID        string              `db:"id"`
	MeterID   string              `db:"meter_id"`
	ReadOn    calendar.Date       `db:"read_on"`
	Reading   decimal.Decimal     `db:"reading"`
	Reset     string              `db:"reset_kind"`
	Status    string              `db:"status"`
	Why       string              `db:"review_why"`
	Final     decimal.NullDecimal `db:"final_reading"`
	Start     decimal.NullDecimal `db:"start_reading"`
	Digits    int                 `db:"digits"`
	EnteredBy string              `db:"entered_by"`
	Reviewed  string              `db:"reviewed_by"`
	Billed    bool                `db:"billed"`
	Version   int                 `db:"version"`
}

const readingRowColumns = `r.id, r.meter_id, r.read_on, r.reading, r.reset_kind, r.status, r.review_why, r.final_reading, r.start_reading, COALESCE(r.digits, 0) AS digits,
	COALESCE(r.entered_by, '') AS entered_by, COALESCE(r.reviewed_by, '') AS reviewed_by, r.version,
	EXISTS (SELECT 1 FROM reading_billed b WHERE b.org_id = r.org_id AND b.reading_id = r.id) AS billed`

// rule gives the reading as the rules see it.
func (r readingRow) rule() metering.Reading {
	return metering.Reading{ID: r.ID, On: r.ReadOn, Value: r.Reading, Reset: metering.Reset(r.Reset), Final: r.Final, Start: r.Start.Decimal, Digits: r.Digits,
		Status: metering.Status(r.Status), Billed: r.Billed}
}

// readingsKept is how far back the readings are read that tell what is usual.
const readingsKept = 800

// metersPerRead bounds the meters whose readings are read by one statement.
const metersPerRead = 150

// readReadings gives the readings of meters in order of their days: all since some time before a day, and the last one before
// that.
func readReadings(ctx context.Context, q sqlx.QueryerContext, orgID string, meterIDs []string, since calendar.Date) (map[string][]readingRow, error) {
	out := make(map[string][]readingRow, len(meterIDs))
	since = since.AddDays(-readingsKept)
	for chunk := range slices.Chunk(meterIDs, metersPerRead) {
		var rows []readingRow
		err := selectIn(ctx, q, &rows, `SELECT `+readingRowColumns+` FROM meter_reading r FORCE INDEX (meter_reading_day) WHERE r.org_id = ? AND r.meter_id IN (?)
			AND r.read_on >= COALESCE((SELECT MAX(p.read_on) FROM meter_reading p WHERE p.org_id = r.org_id AND p.meter_id = r.meter_id AND p.read_on < ?
				AND p.status <> 'rejected'), ?) ORDER BY r.meter_id, r.read_on`, orgID, chunk, since, since)
		if err != nil {
			return nil, fmt.Errorf("read the meters' readings: %w", err)
		}
		for _, r := range rows {
			out[r.MeterID] = append(out[r.MeterID], r)
		}
	}
	return out, nil
}

// rules gives readings as the rules see them.
func readingRules(rows []readingRow) []metering.Reading {
	out := make([]metering.Reading, len(rows))
	for i, r := range rows {
		out[i] = r.rule()
	}
	return out
}
