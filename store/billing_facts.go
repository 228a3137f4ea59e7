package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/metering"
)

// unitsPerBillingChunk is how many units one step computes: below the 500 rows of a statement, and few enough that a step's
// transaction is short.
const unitsPerBillingChunk = 400

// chargedUnits is one chunk of a community's units with every fact that their bills depend on, read with a number of
// statements that does not grow with the units.
type chargedUnits struct {
	units    []billing.Unit
	through  string                       // the last unit's key
	readings map[[2]string]map[string]int // by unit and fee item: the readings that its lines stand on, with their versions
}

type billedUnitRow struct {
	ID          string            `db:"id"`
	Key         string            `db:"unit_key"`
	Display     string            `db:"display"`
	Kind        string            `db:"kind"`
	BuiltAreaM2 sql.NullString    `db:"built_area_m2"`
	InnerAreaM2 sql.NullString    `db:"inner_area_m2"`
	Status      estate.UnitStatus `db:"status"`
	DeliveredOn calendar.Date     `db:"delivered_on"`
	FeeStartOn  calendar.Date     `db:"fee_start_on"`
}

// readChargedUnits reads the next units of the community in the order of their rooms.
func (s *Store) readChargedUnits(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, after string, limit int) (chargedUnits, error) {
	var rows []billedUnitRow
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT id, unit_key, display, kind, built_area_m2, inner_area_m2, status, delivered_on, fee_start_on
		FROM unit FORCE INDEX (unit_natural) WHERE org_id = ? AND community_id = ? AND unit_key > ? ORDER BY unit_key LIMIT ?`,
		b.orgID, b.communityID, after, limit)
	if err != nil {
		return chargedUnits{}, fmt.Errorf("read the units to charge: %w", err)
	}
	c := chargedUnits{units: make([]billing.Unit, len(rows)), readings: map[[2]string]map[string]int{}}
	if len(rows) == 0 {
		return c, nil
	}
	at := make(map[string]*billing.Unit, len(rows))
	ids := make([]string, len(rows))
	for i, r := range rows {
		c.units[i] = billing.Unit{ID: r.ID, Display: r.Display, Kind: r.Kind, Delivered: r.DeliveredOn, FeeStart: r.FeeStartOn,
			States: []billing.State{{BuiltAreaM2: r.BuiltAreaM2.String, InnerAreaM2: r.InnerAreaM2.String, Status: r.Status}}}
		at[r.ID], ids[i] = &c.units[i], r.ID
	}
	c.through = rows[len(rows)-1].Key
	for _, read := range []func(context.Context, sqlx.QueryerContext, *billingBasis, []string, map[string]*billing.Unit) error{
		readChargedStates, readTenures, readAssignments, readEntered, readUsedInYear, c.readMeters,
	} {
		if err := read(ctx, q, b, ids, at); err != nil {
			return c, err
		}
	}
	return c, nil
}

// readChargedStates replaces a unit's own state by its dated ones, where it has any.
func readChargedStates(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	var rows []struct {
		UnitID      string            `db:"unit_id"`
		From        calendar.Date     `db:"from_on"`
		BuiltAreaM2 sql.NullString    `db:"built_area_m2"`
		InnerAreaM2 sql.NullString    `db:"inner_area_m2"`
		Status      estate.UnitStatus `db:"status"`
	}
	err := selectIn(ctx, q, &rows, `SELECT unit_id, from_on, built_area_m2, inner_area_m2, status FROM unit_change FORCE INDEX (unit_change_day)
		WHERE org_id = ? AND unit_id IN (?) ORDER BY unit_id, from_on`, b.orgID, ids)
	if err != nil {
		return fmt.Errorf("read what units were: %w", err)
	}
	dated := map[string][]billing.State{}
	for _, r := range rows {
		dated[r.UnitID] = append(dated[r.UnitID], billing.State{From: r.From, BuiltAreaM2: r.BuiltAreaM2.String, InnerAreaM2: r.InnerAreaM2.String, Status: r.Status})
	}
	for id, states := range dated {
		at[id].States = states
	}
	return nil
}

func readTenures(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	var rows []struct {
		ID       string        `db:"id"`
		UnitID   string        `db:"unit_id"`
		PersonID string        `db:"person_id"`
		Role     estate.Role   `db:"role"`
		From     calendar.Date `db:"from_on"`
		To       calendar.Date `db:"to_on"`
	}
	err := selectIn(ctx, q, &rows, `SELECT id, unit_id, person_id, role, from_on, to_on FROM occupancy FORCE INDEX (occupancy_natural)
		WHERE org_id = ? AND unit_id IN (?) AND role IN ('owner','tenant','developer')`, b.orgID, ids)
	if err != nil {
		return fmt.Errorf("read who was in units: %w", err)
	}
	for _, r := range rows {
		u := at[r.UnitID]
		u.Tenures = append(u.Tenures, estate.Tenure{ID: r.ID, PersonID: r.PersonID, Role: r.Role, From: r.From, To: r.To})
	}
	return nil
}

func readAssignments(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	if len(b.items) == 0 {
		return nil
	}
	var rows []struct {
		UnitID    string         `db:"unit_id"`
		FeeItemID string         `db:"fee_item_id"`
		From      calendar.Date  `db:"from_on"`
		To        calendar.Date  `db:"to_on"`
		PriceYuan sql.NullString `db:"price_yuan"`
	}
	err := selectIn(ctx, q, &rows, `SELECT unit_id, fee_item_id, from_on, to_on, price_yuan FROM unit_fee FORCE INDEX (unit_fee_natural)
		WHERE org_id = ? AND unit_id IN (?) AND fee_item_id IN (?)`, b.orgID, ids, b.items)
	if err != nil {
		return fmt.Errorf("read which units pay what: %w", err)
	}
	for _, r := range rows {
		u := at[r.UnitID]
		u.Fees = append(u.Fees, billing.Assignment{FeeItemID: r.FeeItemID, From: r.From, To: r.To, PriceYuan: r.PriceYuan.String})
	}
	return nil
}

// useProblems are the sentences for why a meter's use can't be billed yet.
var useProblems = map[string]string{
	metering.WaitsForReview: "本期读数异常，等待复核。请先在“抄表”中处理。",
	metering.UnknownUse:     "换表或归零时缺少旧表止数等数据，无法算出用量。请补录后重新计算。",
}

// readMeters adds the meters of metered items with what they used in each item's own period.
func (c *chargedUnits) readMeters(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	byPeriod := map[billing.Period]map[string]string{}
	for item, metered := range b.metered {
		if !metered {
			continue
		}
		own := b.own[item]
		if byPeriod[own] == nil {
			byPeriod[own] = map[string]string{}
		}
		byPeriod[own][item] = b.meterKinds[item]
	}
	for period, items := range byPeriod {
		uses, err := readingsForBilling(ctx, q, b.orgID, b.communityID, items, ids, period.From, period.To)
		if err != nil {
			return err
		}
		for unitID, list := range uses {
			u := at[unitID]
			if u == nil {
				continue
			}
			for _, use := range list {
				u.Meters = append(u.Meters, c.meter(unitID, use))
			}
		}
	}
	return c.readVersions(ctx, q, b.orgID)
}

func (c *chargedUnits) meter(unitID string, use useForBilling) billing.Meter {
	m := billing.Meter{ID: use.MeterID, FeeItemID: use.FeeItemID, Name: use.Name}
	if use.Problem == metering.NoReading {
		return m
	}
	m.Uses = []billing.MeterUse{{From: use.From.AddDays(1), To: use.To, Previous: use.First.String(), Current: use.Last.String(), Quantity: use.Used.String(), Problem: useProblems[use.Problem]}}
	key := [2]string{unitID, use.FeeItemID}
	if c.readings[key] == nil {
		c.readings[key] = map[string]int{}
	}
	for _, id := range use.ReadingIDs {
		c.readings[key][id] = 0
	}
	return m
}

// readVersions notes at which version each reading was computed with.
func (c *chargedUnits) readVersions(ctx context.Context, q sqlx.QueryerContext, orgID string) error {
	if len(c.readings) == 0 {
		return nil
	}
	versions, err := readingVersions(ctx, q, orgID, c.readings, "")
	if err != nil {
		return err
	}
	for _, ids := range c.readings {
		for id := range ids {
			ids[id] = versions[id]
		}
	}
	return nil
}

// readingVersions gives the versions of accepted readings; one that is gone or was rejected is left out.
func readingVersions[K comparable](ctx context.Context, q sqlx.QueryerContext, orgID string, of map[K]map[string]int, lock string) (map[string]int, error) {
	var ids []string
	for _, some := range of {
		ids = append(ids, sortedKeys(some)...)
	}
	versions := make(map[string]int, len(ids))
	for chunk := range slices.Chunk(named(ids), rowsPerStatement) {
		var rows []struct {
			ID      string `db:"id"`
			Version int    `db:"version"`
		}
		err := selectIn(ctx, q, &rows, `SELECT id, version FROM meter_reading FORCE INDEX (PRIMARY) WHERE org_id = ? AND id IN (?) AND status = 'accepted' ORDER BY id`+lock, orgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("read the versions of readings: %w", err)
		}
		for _, r := range rows {
			versions[r.ID] = r.Version
		}
	}
	return versions, nil
}
