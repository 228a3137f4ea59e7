package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// TestAUnitBecomesWhatWasWrittenDownForTheDay: the row changes when the calendar looks on the day, once, and not before.
func TestAUnitBecomesWhatWasWrittenDownForTheDay(t *testing.T) {
	e := newBillingEnv(t)
	unit, _ := e.room("1-1-101", "80.00", "2020-01-01")
	other, _ := e.room("1-1-102", "70.00", "2020-01-01")
	day := calendar.DateOf(e.Clock.Now()).AddDays(3)
	_, err := e.Store.ChangeUnit(t.Context(), e.maker, unit, estate.NewUnitChange{From: day, BuiltAreaM2: "95", Status: estate.Vacant})
	require.NoError(t, err)
	look := func(on calendar.Date) {
		e.Clock.Set(on.At(8, 0).UTC())
		_, err := e.Store.OpenDueRuns(t.Context(), e.Scope, e.community, on)
		require.NoError(t, err)
	}
	look(day.AddDays(-1))
	require.Equal(t, []string{"80.00 - occupied"}, e.unitRow(unit))
	for range 2 {
		look(day)
		require.Equal(t, []string{"95.00 - vacant"}, e.unitRow(unit))
		var version int
		require.NoError(t, e.DB.GetContext(t.Context(), &version, `SELECT version FROM unit WHERE org_id = ? AND id = ?`, e.OrgID, unit))
		require.Equal(t, 2, version)
	}
	require.Equal(t, []string{"70.00 - occupied"}, e.unitRow(other))
}
