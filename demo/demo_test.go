package demo_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/demo"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/spreadsheet"
)

func TestTheDemoCommunityIsACleanImport(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 3, Day: 9}
	files, err := demo.Make(today)
	require.NoError(t, err)
	again, err := demo.Make(today)
	require.NoError(t, err)
	require.Equal(t, files, again, "the same every time")
	require.Equal(t, 300, files.Households)
	require.InDelta(t, 105, files.InArrears, 10)

	read := func(kind importing.Kind, content []byte) importing.Result {
		r := importing.NewReading(kind, demo.Community, nil, today.At(10, 0))
		require.NoError(t, spreadsheet.New().Read("demo.csv", content, r.Take))
		require.Empty(t, r.Result().Problems)
		return r.Result()
	}
	roster := read(importing.Roster, files.Roster)
	roles := map[estate.Role]int{}
	phones := map[string]bool{}
	for _, r := range roster.Good.Roster {
		roles[r.Role]++
		phones[r.Phone] = true
		require.Regexp(t, `^(1380000\d{4}|057188880000)$`, r.Phone)
	}
	require.Equal(t, 10, roles[estate.RoleDeveloper])
	require.Greater(t, roles[estate.RoleTenant], 10)
	require.Greater(t, roles[estate.RoleOwner], 300, "with co-owners")
	require.Len(t, phones, len(roster.Good.Roster)-9, "one developer, nobody else shares a phone")
	bills := read(importing.Receivables, files.Receivables)
	periods := map[string]int{}
	for _, b := range bills.Good.Receivables {
		periods[b.Period.Text]++
		require.Positive(t, b.AmountFen)
	}
	require.Len(t, periods, 3)
	require.Contains(t, periods, "2026-03")
}

func TestTheDemoCommunityWorksOnEveryDay(t *testing.T) {
	for _, day := range []calendar.Date{{Year: 2026, Month: 1, Day: 1}, {Year: 2026, Month: 12, Day: 31}, {Year: 2028, Month: 2, Day: 29}} {
		files, err := demo.Make(day)
		require.NoError(t, err)
		r := importing.NewReading(importing.Receivables, demo.Community, nil, day.At(0, 0).Add(time.Hour))
		require.NoError(t, spreadsheet.New().Read("demo.csv", files.Receivables, r.Take))
		require.Empty(t, r.Result().Problems)
	}
}

func TestTheExampleFilesBelongTogether(t *testing.T) {
	read := func(kind importing.Kind, name string) importing.Result {
		content, err := os.ReadFile("../examples/" + name)
		require.NoError(t, err)
		r := importing.NewReading(kind, "示例花园", nil, time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC))
		require.NoError(t, spreadsheet.New().Read(name, content, r.Take))
		require.Empty(t, r.Result().Problems)
		return r.Result()
	}
	units := map[string]bool{}
	for _, r := range read(importing.Roster, "roster.csv").Good.Roster {
		units[r.UnitKey] = true
	}
	require.Len(t, units, 40)
	for _, b := range read(importing.Receivables, "receivables.csv").Good.Receivables {
		require.True(t, units[b.Room.Key()], b.Room)
	}
}
