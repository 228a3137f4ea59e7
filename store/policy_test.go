package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

func oneStage(name string) dunning.Draft {
	return dunning.Draft{Name: name, Stages: []dunning.Stage{{Key: "a", OffsetDays: 1, Action: dunning.Message, Channels: []dunning.Channel{dunning.SMS}, Template: "您好 {{name}}"}}}
}

func TestPolicyVersions(t *testing.T) {
	e := storetest.New(t)
	ctx, sc := t.Context(), e.Scope
	sc.CommandID = store.NewID()
	made, err := e.Store.CreatePolicy(ctx, sc, oneStage("甲"))
	require.NoError(t, err)
	again, err := e.Store.CreatePolicy(ctx, sc, oneStage("甲"))
	require.NoError(t, err)
	require.Equal(t, made, again, "a repeated command finds its own policy")
	require.Equal(t, 1, made.Version)

	_, err = e.Store.CreatePolicy(ctx, e.Scope, oneStage("甲"))
	require.True(t, refusal.Is(err, "policy-name-taken"), "%v", err)

	sc.CommandID = store.NewID()
	next := oneStage("甲")
	next.Stages[0].OffsetDays = 9
	second, err := e.Store.AddPolicyVersion(ctx, sc, made.ID, next, 1)
	require.NoError(t, err)
	require.Equal(t, 2, second.Version)
	require.Equal(t, made.ID, second.ID)
	again, err = e.Store.AddPolicyVersion(ctx, sc, made.ID, next, 1)
	require.NoError(t, err)
	require.Equal(t, second, again)
	_, err = e.Store.AddPolicyVersion(ctx, e.Scope, made.ID, next, 1)
	require.True(t, refusal.Is(err, "stale-version"), "%v", err)

	got, err := e.Store.Policy(ctx, e.Scope, made.ID)
	require.NoError(t, err)
	require.Equal(t, second, got)
	require.Equal(t, 9, got.Stages[0].OffsetDays)
	_, err = e.Store.Policy(ctx, e.Scope, store.NewID())
	require.True(t, refusal.Is(err, "unknown-policy"), "%v", err)
}

func TestSeedsCanBeRepeated(t *testing.T) {
	e := storetest.New(t)
	for range 2 {
		require.NoError(t, e.Store.SeedHolidays(t.Context(), e.OrgID))
		require.NoError(t, e.Store.SeedDefaultPolicy(t.Context(), e.OrgID))
	}
	list, err := e.Store.Policies(t.Context(), e.Scope, page.Query{Limit: 50})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	var days int
	require.NoError(t, e.DB.Get(&days, `SELECT COUNT(*) FROM holiday WHERE org_id = ?`, e.OrgID))
	require.Len(t, calendar.Statutory(), days)
}

func TestCalendarOfACommunity(t *testing.T) {
	e := newMoneyEnv(t)
	ctx := t.Context()
	require.NoError(t, e.Store.SeedHolidays(ctx, e.OrgID))
	sheet, err := e.Store.Calendar(ctx, e.Scope, e.community)
	require.NoError(t, err)
	require.Equal(t, calendar.QuietHours{From: "22:00", To: "08:00"}, sheet.QuietHours)
	require.Equal(t, []int{2020, 2021, 2022, 2023, 2024, 2025, 2026}, sheet.LoadedYears)

	before := 2
	newYear := calendar.SpecialDay{Date: date("2027-02-08"), Name: "春节", Off: true}
	changed, err := e.Store.ChangeCalendar(ctx, e.Scope, e.community, calendar.Change{
		QuietHours: &calendar.QuietHours{From: "20:00", To: "09:00"}, MuteDaysBefore: &before, ProvisionalDays: &[]calendar.SpecialDay{newYear}}, sheet.Version)
	require.NoError(t, err)
	require.Equal(t, calendar.QuietHours{From: "20:00", To: "09:00"}, changed.QuietHours)
	require.True(t, changed.ClosedWeekends, "what is left out stays")
	newYear.Provisional = true
	require.Equal(t, []calendar.SpecialDay{newYear}, changed.ProvisionalDays)
	require.Len(t, changed.Holidays, len(calendar.Statutory())+1)
	require.NotContains(t, changed.LoadedYears, 2027)

	_, err = e.Store.ChangeCalendar(ctx, e.Scope, e.community, calendar.Change{}, sheet.Version)
	require.True(t, refusal.Is(err, "stale-version"), "%v", err)
	for code, c := range map[string]calendar.Change{
		"quiet-hours":       {QuietHours: &calendar.QuietHours{From: "09:00", To: "08:30"}},
		"special-day":       {ProvisionalDays: &[]calendar.SpecialDay{{Name: "无日期", Off: true}}},
		"published-day":     {ProvisionalDays: &[]calendar.SpecialDay{{Date: date("2026-10-01"), Name: "国庆节", Off: false}}},
		"too-many-days-off": {ProvisionalDays: manyDaysOff()},
	} {
		_, err := e.Store.ChangeCalendar(ctx, e.Scope, e.community, c, 0)
		require.True(t, refusal.Is(err, code), "%s: %v", code, err)
	}
	same, err := e.Store.Calendar(ctx, e.Scope, e.community)
	require.NoError(t, err)
	require.Equal(t, changed, same, "a refused change leaves nothing behind")
	_, err = e.Store.Calendar(ctx, e.Scope, store.NewID())
	require.True(t, refusal.Is(err, "unknown-community"), "%v", err)
}

func manyDaysOff() *[]calendar.SpecialDay {
	var days []calendar.SpecialDay
	for n := range 60 {
		days = append(days, calendar.SpecialDay{Date: date("2027-05-03").AddDays(n), Name: "停工", Off: true})
	}
	return &days
}
