package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/refusal"
)

// findMeters finds and locks the meters that the entries name.
func (r *entryRun) findMeters(ctx context.Context, tx *sqlx.Tx) error {
	candidates, err := r.readCandidates(ctx, tx)
	if err != nil {
		return err
	}
	r.meters = map[string]meterRow{}
	for i := range r.entries {
		e := &r.entries[i]
		m, err := e.choose(candidates, r.scope)
		if err == nil {
			e.meter = m
			r.meters[m.ID] = m
			continue
		}
		if err := r.refuse(e, err); err != nil {
			return err
		}
	}
	if len(r.meters) == 0 {
		return nil
	}
	var locked []string
	if err := selectIn(ctx, tx, &locked, `SELECT id FROM meter WHERE org_id = ? AND id IN (?) ORDER BY id FOR UPDATE`, r.scope.OrgID, sortedKeys(r.meters)); err != nil {
		return fmt.Errorf("lock the meters: %w", err)
	}
	return nil
}

// readCandidates reads every meter that some entry may mean.
func (r *entryRun) readCandidates(ctx context.Context, tx *sqlx.Tx) ([]meterRow, error) {
	ids := distinct(r.entries, func(e enteredReading) string { return asciiKey(e.MeterID) })
	units := distinct(r.entries, func(e enteredReading) string { return asciiKey(e.UnitID) })
	serials := distinct(r.entries, func(e enteredReading) string { return serialKey(e.Serial) })
	communities := distinct(r.entries, func(e enteredReading) string { return asciiKey(e.CommunityID) })
	var found []meterRow
	for _, part := range []struct {
		where string
		args  []any
	}{
		{` AND m.id IN (?)`, []any{r.scope.OrgID, orNone(ids)}},
		{` AND m.unit_id IN (?)`, []any{r.scope.OrgID, orNone(units)}},
		{` AND m.community_id IN (?) AND m.kind IN (?) AND m.serial_key IN (?) AND m.serial_key <> ''`, []any{r.scope.OrgID, orNone(communities), meterKinds, orNone(serials)}},
	} {
		var some []meterRow
		if err := selectIn(ctx, tx, &some, selectMeterRows+part.where, part.args...); err != nil {
			return nil, fmt.Errorf("read the meters: %w", err)
		}
		found = append(found, some...)
	}
	return found, nil
}

// choose gives the one meter that an entry means, of those in the caller's reach.
func (e *enteredReading) choose(candidates []meterRow, sc access.Scope) (meterRow, error) {
	field := "meter_id"
	fits := func(m meterRow) bool { return e.MeterID != "" && m.ID == e.MeterID }
	switch {
	case e.MeterID != "":
	case e.UnitID != "":
		field = "unit_id"
		fits = func(m meterRow) bool {
			return m.UnitID == e.UnitID && (e.MeterKind == "" || m.Kind == e.MeterKind) && (e.Serial == "" || serialKey(m.Serial) == serialKey(e.Serial))
		}
	case e.Serial != "" && e.CommunityID != "":
		field = "serial"
		fits = func(m meterRow) bool {
			return m.CommunityID == e.CommunityID && serialKey(m.Serial) == serialKey(e.Serial) && (e.MeterKind == "" || m.Kind == e.MeterKind)
		}
	default:
		return meterRow{}, refusal.New(refusal.Rule, "meter-needed", "请说明是哪块表：表的编号，或房屋加表类型，或小区加表号。").At("meter_id", "请说明是哪块表", nil)
	}
	found := map[string]meterRow{}
	for _, m := range candidates {
		if fits(m) && sc.Require(access.EnterReadings, m.CommunityID) == nil {
			found[m.ID] = m
		}
	}
	switch len(found) {
	case 1:
		return found[sortedKeys(found)[0]], nil
	case 0:
		return meterRow{}, refusal.New(refusal.Rule, "meter-unknown", "没有找到这块表，请核对房屋、表类型和表号，或先登记这块表。").At(field, "没有这块表", nil)
	}
	var called []string
	for _, id := range sortedKeys(found) {
		called = append(called, found[id].called())
	}
	return meterRow{}, refusal.New(refusal.Rule, "ambiguous-meter", "有 %d 块表符合：%s。请指明是哪一块。", len(found), strings.Join(called, "、")).At(field, "不止一块表", nil)
}
