package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/refusal"
	"steward/store"
)

func (e *moneyEnv) unitRow(unit string) (out []string) {
	e.t.Helper()
	require.NoError(e.t, e.DB.SelectContext(e.t.Context(), &out, `SELECT CONCAT_WS(' ', COALESCE(built_area_m2, '-'), COALESCE(inner_area_m2, '-'), status) FROM unit WHERE org_id = ? AND id = ?`, e.OrgID, unit))
	return out
}

func TestAUnitChangesFromADayOn(t *testing.T) {
	e := newMoneyEnv(t)
	unit, _ := e.household()
	e.exec(`UPDATE unit SET built_area_m2 = 80 WHERE id = ?`, unit)
	manager := e.staff(access.CommunityManager)
	states := func(c estate.NewUnitChange) (out []string) {
		t.Helper()
		got, err := e.Store.ChangeUnit(t.Context(), manager, unit, c)
		require.NoError(t, err)
		for _, s := range got.States {
			from := "always"
			if s.From != nil {
				from = s.From.String()
			}
			out = append(out, from+" "+s.BuiltAreaM2+" "+string(s.Status))
		}
		return out
	}
	require.Equal(t, []string{"always 80.00 occupied", "2026-01-10 80.00 vacant"}, states(estate.NewUnitChange{From: date("2026-01-10"), Status: estate.Vacant}))
	require.Equal(t, []string{"always 80.00 occupied", "2026-01-05 90.00 occupied", "2026-01-10 90.00 vacant"},
		states(estate.NewUnitChange{From: date("2026-01-05"), BuiltAreaM2: "90"}), "a later change keeps what it changed and takes over the rest")
	today := e.Clock.Now()
	require.False(t, today.Before(date("2026-01-10").At(0, 0)), "the tests' clock stands later: %s", today)
	require.Equal(t, []string{"90.00 - vacant"}, e.unitRow(unit))
	require.Len(t, states(estate.NewUnitChange{From: date("2026-09-01"), BuiltAreaM2: "95"}), 4)
	require.Equal(t, []string{"90.00 - vacant"}, e.unitRow(unit), "what begins later changes nothing today")

	for code, c := range map[string]estate.NewUnitChange{
		"change-empty":      {From: date("2026-01-10")},
		"from-needed":       {Status: estate.Vacant},
		"from-malformed":    {From: date("2036-01-10"), Status: estate.Vacant},
		"bad-area":          {From: date("2026-01-10"), BuiltAreaM2: "-1"},
		"nothing-changes":   {From: date("2026-01-12"), Status: estate.Vacant},
		"inner-above-built": {From: date("2026-01-12"), InnerAreaM2: "90.01"},
	} {
		_, err := e.Store.ChangeUnit(t.Context(), manager, unit, c)
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
	}
	_, err := e.Store.ChangeUnit(t.Context(), e.staff(access.Cashier), unit, estate.NewUnitChange{From: date("2026-01-10"), Status: estate.Rented})
	require.True(t, refusal.Is(err, "forbidden"))
}

func TestABuyerOwesFromTheHandoverAndTheSellerKeepsTheDebt(t *testing.T) {
	e := newMoneyEnv(t)
	unit, seller := e.household()
	line := e.line(unit, seller, "2026-01", "2026-01-31", 25060)
	line.PeriodFrom, line.PeriodTo = date("2026-01-01"), date("2026-01-31")
	e.issue(line)
	manager := e.staff(access.CommunityManager)
	manager.CommandID = store.NewID()
	buyer := estate.NewOccupancy{Role: estate.RoleOwner, Name: "买家", Phone: "13800009999", From: date("2026-01-15"), EndsPrevious: true}
	first, err := e.Store.ChangePeople(t.Context(), manager, unit, buyer)
	require.NoError(t, err)
	require.Len(t, first.Ended, 1)
	require.Len(t, first.Warnings, 1)
	require.Len(t, first.Warnings[0].BillIDs, 1)
	again, err := e.Store.ChangePeople(t.Context(), manager, unit, buyer)
	require.NoError(t, err)
	require.Equal(t, first, again, "a repeat finds its own work")

	var rows []string
	require.NoError(t, e.DB.SelectContext(t.Context(), &rows, `SELECT CONCAT_WS(' ', IF(person_id = ?, 'seller', 'buyer'), from_on, COALESCE(to_on, '-')) FROM occupancy
		WHERE org_id = ? AND unit_id = ? ORDER BY from_on`, seller, e.OrgID, unit))
	require.Equal(t, []string{"seller 2020-01-01 2026-01-14", "buyer 2026-01-15 -"}, rows)
	account, err := e.Store.DebtorAccount(t.Context(), e.Scope, seller, date("2026-02-28"))
	require.NoError(t, err)
	require.EqualValues(t, 25060, *account.PrincipalFen)

	manager.CommandID = ""
	e.exec(`UPDATE unit SET delivered_on = '2019-06-30' WHERE id = ?`, unit)
	for code, n := range map[string]estate.NewOccupancy{
		"role-taken":       {Role: estate.RoleOwner, Name: "丙", From: date("2026-01-20")},
		"later-occupancy":  {Role: estate.RoleOwner, Name: "丙", From: date("2026-01-10"), EndsPrevious: true},
		"before-delivery":  {Role: estate.RoleOwner, Name: "丙", From: date("2018-01-10"), EndsPrevious: true},
		"occupancy-exists": {Role: estate.RoleOwner, Name: "买家", Phone: "13800009999", From: date("2026-01-20"), CoOwner: true},
		"bad-phone":        {Role: estate.RoleTenant, Name: "丙", Phone: "12", From: date("2026-01-20")},
		"name-needed":      {Role: estate.RoleTenant, Name: " ", From: date("2026-01-20")},
	} {
		_, err := e.Store.ChangePeople(t.Context(), manager, unit, n)
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
	}
	_, err = e.Store.ChangePeople(t.Context(), manager, unit, estate.NewOccupancy{Role: estate.RoleOwner, Name: "共有人", From: date("2026-01-20"), CoOwner: true})
	require.NoError(t, err)
}

func TestARosterLeavesDatedAreasAlone(t *testing.T) {
	i := withHousehold(t)
	unit := i.texts(`SELECT id FROM unit WHERE org_id = ? AND unit_key = '3-2-1501'`)[0]
	_, err := i.Store.ChangeUnit(t.Context(), i.Scope, unit, estate.NewUnitChange{From: date("2026-01-01"), BuiltAreaM2: "99.5"})
	require.NoError(t, err)
	job := i.run(roster(household...))
	require.Empty(t, job.Problems)
	require.Equal(t, []string{"99.50"}, i.texts(`SELECT built_area_m2 FROM unit WHERE org_id = ? AND unit_key = '3-2-1501'`))
}
