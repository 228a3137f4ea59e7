package estate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/estate"
)

func TestDebtorOn(t *testing.T) {
	day := func(s string) calendar.Date {
		if s == "" {
			return calendar.Date{}
		}
		d, err := calendar.ParseDate(s)
		require.NoError(t, err)
		return d
	}
	tenure := func(id string, role estate.Role, from, to string) estate.Tenure {
		return estate.Tenure{ID: id, PersonID: "p" + id, Role: role, From: day(from), To: day(to)}
	}
	resold := []estate.Tenure{
		tenure("1", estate.RoleDeveloper, "1900-01-01", "2019-06-29"), tenure("2", estate.RoleOwner, "2019-06-30", "2025-05-31"),
		tenure("3", estate.RoleOwner, "2025-06-01", ""), tenure("4", estate.RoleTenant, "2020-01-01", ""),
	}
	for on, want := range map[string]string{"2018-01-01": "p1", "2019-06-29": "p1", "2019-06-30": "p2", "2025-05-31": "p2", "2025-06-01": "p3", "2030-01-01": "p3"} {
		got, ok := estate.DebtorOn(resold, day(on))
		require.True(t, ok)
		require.Equal(t, want, got, on)
	}
	coOwners := []estate.Tenure{tenure("9", estate.RoleOwner, "1900-01-01", ""), tenure("2", estate.RoleOwner, "1900-01-01", ""), tenure("1", estate.RoleFamily, "1900-01-01", "")}
	got, _ := estate.DebtorOn(coOwners, day("2026-01-01"))
	require.Equal(t, "p2", got)
	got, _ = estate.DebtorOn([]estate.Tenure{tenure("5", estate.RoleOwner, "2026-06-01", "")}, day("2026-01-01"))
	require.Equal(t, "p5", got, "the start on file is later than the debt")
	_, ok := estate.DebtorOn([]estate.Tenure{tenure("4", estate.RoleTenant, "2020-01-01", "")}, day("2026-01-01"))
	require.False(t, ok)
}
