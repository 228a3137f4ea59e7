package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/metering"
)

// useForBilling is what a meter used for a fee item and a period. Use.Problem says why it must not be billed yet.
type useForBilling struct {
	metering.Use
	FeeItemID string
	Name      string // as people call the meter
}

// readingsForBilling gives the use of the units' meters for a period, by unit; "" among the units stands for the meters of
// the common parts. items are fee items by id with the kind of meter that they go by; one without a kind goes by the meters
// that name it, one with a kind also by those that name another item or none. A meter without a usable reading is there
// with its problem. The readings that lines were made from are given to freezeReadings when the lines are issued.
func readingsForBilling(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, items map[string]string, unitIDs []string, from, to calendar.Date) (map[string][]useForBilling, error) {
	meters, err := metersForBilling(ctx, q, orgID, communityID, items, unitIDs)
	if err != nil {
		return nil, err
	}
	ids := distinct(meters, func(m meterRow) string { return m.ID })
	readings, err := readReadings(ctx, q, orgID, ids, from)
	if err != nil {
		return nil, err
	}
	billed, err := billedReadings(ctx, q, orgID, ids)
	if err != nil {
		return nil, err
	}
	out := map[string][]useForBilling{}
	for _, m := range meters {
		for _, item := range sortedKeys(items) {
			if m.FeeItemID != item && (items[item] == "" || items[item] != m.Kind) {
				continue
			}
			rules := readingRules(readings[m.ID])
			for i := range rules {
				rules[i].Billed = billed[[2]string{rules[i].ID, item}]
			}
			use := metering.ForPeriod(rules, from, to)
			use.MeterID, use.Kind, use.Serial, use.UnitID = m.ID, m.Kind, m.Serial, m.UnitID
			out[m.UnitID] = append(out[m.UnitID], useForBilling{Use: use, FeeItemID: item, Name: m.called()})
		}
	}
	return out, nil
}

func metersForBilling(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, items map[string]string, unitIDs []string) ([]meterRow, error) {
	if len(items) == 0 || len(unitIDs) == 0 {
		return nil, nil
	}
	var kinds []string
	for _, k := range items {
		if k != "" {
			kinds = append(kinds, k)
		}
	}
	where := ` AND m.community_id = ? AND m.mode = 'reading' AND (m.fee_item_id IN (?) OR m.kind IN (?))`
	var meters []meterRow
	for chunk := range slices.Chunk(slices.DeleteFunc(slices.Clone(unitIDs), func(id string) bool { return id == "" }), metersPerRead) {
		var some []meterRow
		if err := selectIn(ctx, q, &some, selectMeterRows+where+` AND m.unit_id IN (?) ORDER BY m.id`, orgID, communityID, sortedKeys(items), orNone(kinds), chunk); err != nil {
			return nil, fmt.Errorf("read the units' meters: %w", err)
		}
		meters = append(meters, some...)
	}
	if slices.Contains(unitIDs, "") {
		var some []meterRow
		if err := selectIn(ctx, q, &some, selectMeterRows+where+` AND m.unit_id IS NULL ORDER BY m.id`, orgID, communityID, sortedKeys(items), orNone(kinds)); err != nil {
			return nil, fmt.Errorf("read the meters of the common parts: %w", err)
		}
		meters = append(meters, some...)
	}
	return meters, nil
}

// billedReadings tells by which fee items the meters' readings are billed.
func billedReadings(ctx context.Context, q sqlx.QueryerContext, orgID string, meterIDs []string) (map[[2]string]bool, error) {
	billed := map[[2]string]bool{}
	for chunk := range slices.Chunk(meterIDs, metersPerRead) {
		var rows []struct {
			ReadingID string `db:"reading_id"`
			FeeItemID string `db:"fee_item_id"`
		}
		err := selectIn(ctx, q, &rows, `SELECT b.reading_id, b.fee_item_id FROM meter_reading r FORCE INDEX (meter_reading_day)
			JOIN reading_billed b ON b.org_id = r.org_id AND b.reading_id = r.id WHERE r.org_id = ? AND r.meter_id IN (?)`, orgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("read which readings are billed: %w", err)
		}
		for _, r := range rows {
			billed[[2]string{r.ReadingID, r.FeeItemID}] = true
		}
	}
	return billed, nil
}

// freezeReadings notes that lines of a run stand on readings: from then on nobody changes, rejects or rolls them back. A
// reading that an earlier run has frozen for the item stays with that run. errOvertaken tells that one of them was changed
// or rejected since it was read, so that the caller's transaction reads again.
func freezeReadings(ctx context.Context, tx *sqlx.Tx, orgID, feeItemID, runID string, readingIDs []string) error {
	ids := slices.Compact(slices.Sorted(slices.Values(readingIDs)))
	for chunk := range slices.Chunk(ids, rowsPerStatement) {
		var there []string
		err := selectIn(ctx, tx, &there, `SELECT id FROM meter_reading WHERE org_id = ? AND id IN (?) AND status = 'accepted' ORDER BY id FOR UPDATE`, orgID, chunk)
		if err != nil {
			return fmt.Errorf("lock the billed readings: %w", err)
		}
		if len(there) != len(chunk) {
			return fmt.Errorf("freeze readings: %w", errOvertaken)
		}
		rows := make([][]any, 0, len(chunk))
		for _, id := range chunk {
			rows = append(rows, []any{orgID, id, feeItemID, runID})
		}
		if err := insertRows(ctx, tx, `INSERT IGNORE INTO reading_billed (org_id, reading_id, fee_item_id, run_id)`, rows); err != nil {
			return fmt.Errorf("freeze readings: %w", err)
		}
	}
	return nil
}

// thawReadings lets the readings go that only this run's lines stood on, when its lines are void.
func thawReadings(ctx context.Context, tx *sqlx.Tx, orgID, runID string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM reading_billed WHERE org_id = ? AND run_id = ?`, orgID, runID); err != nil {
		return fmt.Errorf("let the run's readings go: %w", err)
	}
	return nil
}
