package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/billingrun"
	"steward/domain/money"
)

// TestTiersThatCountTheYear: 180 in January, 60 in March and 30 in the next January, at 3.00 up to 220 and 4.20 above. A
// handover in March splits the quantity, not what the year has used; a void bill no longer counts.
func TestTiersThatCountTheYear(t *testing.T) {
	e := newBillingEnv(t)
	item, version := e.item("水费", "usage", false, map[string]any{"tier_basis": "year",
		"tiers": []map[string]string{{"up_to": "220", "price_yuan": "3"}, {"price_yuan": "4.2"}}})
	e.sign(version)
	unit, owner := e.room("1|1|101", "80", "2020-01-01")
	e.exec(`UPDATE occupancy SET to_on = '2026-03-10' WHERE org_id = ? AND unit_id = ? AND person_id = ?`, e.OrgID, unit, owner)
	e.occupy(unit, e.addPerson(), "2026-03-11", "")
	bill := func(period, quantity string) billingrun.Detail {
		_, err := e.Store.EnterFeeFigures(t.Context(), e.maker, item, period, []money.FeeEntry{{UnitID: unit, Value: quantity}})
		require.NoError(t, err)
		return e.issue(e.open(period).ID)
	}
	sum := func(period string) (fen int64) {
		for _, b := range e.bills(period) {
			fen += b.PrincipalFen
		}
		return fen
	}
	bill("2026-01", "180")
	require.EqualValues(t, 54_000, sum("2026-01"))
	bill("2026-03", "60")
	require.Len(t, e.bills("2026-03"), 2)
	require.EqualValues(t, 40*300+20*420, sum("2026-03"))
	ready := bill("2026-04", "10")
	require.EqualValues(t, 10*420, sum("2026-04"))
	require.Contains(t, e.lines(ready.ID, "")[0].Explanation, "本年此前已计费 240")
	bill("2027-01", "30")
	require.EqualValues(t, 30*300, sum("2027-01"), "the year begins anew")
	e.exec(`UPDATE bill SET voided_at = ?, line_no = -1 WHERE org_id = ? AND period = '2026-01'`, e.Clock.Now(), e.OrgID)
	bill("2026-05", "10")
	require.EqualValues(t, 10*300, sum("2026-05"), "60 and 10 stand")
}
