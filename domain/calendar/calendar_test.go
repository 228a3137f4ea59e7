package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
)

func statutory(t require.TestingT) calendar.Holidays {
	h, err := calendar.NewHolidays(calendar.Statutory())
	require.NoError(t, err)
	return h
}

func day(t require.TestingT, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func instant(t require.TestingT, s string) time.Time {
	v, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Shanghai)
	require.NoError(t, err)
	return v
}

func TestKnownDays(t *testing.T) {
	cal, err := calendar.New(calendar.DefaultRules(), statutory(t))
	require.NoError(t, err)
	for date, workday := range map[string]bool{
		"2020-02-03": true,  // listed as worked after the long Spring Festival
		"2020-01-31": false, // the extension of that festival
		"2022-12-31": false, // stands in the notice for 2023 only
		"2026-01-04": true,  // Sunday made up
		"2026-02-14": true,  // Saturday made up before Spring Festival
		"2026-02-15": false,
		"2026-02-23": false,
		"2026-02-24": true,
		"2026-02-28": true, // Saturday made up after it
		"2026-09-20": true, // Sunday made up before 国庆
		"2026-10-01": false,
		"2026-10-07": false,
		"2026-10-08": true,
		"2026-10-10": true,  // Saturday made up after it
		"2026-10-11": false, // an ordinary Sunday
		"2026-11-23": true,  // an ordinary Monday
		"2027-10-01": true,  // the notice is not out: a date follows its weekday
	} {
		require.Equal(t, workday, cal.IsWorkday(day(t, date)), date)
		require.Equal(t, workday, cal.OpenDay(day(t, date)), date)
	}
	require.True(t, cal.YearLoaded(2026))
	require.False(t, cal.YearLoaded(2027))
	require.False(t, cal.YearProvisional(2027))
}

func TestNextOpenMovesIntoTheWindow(t *testing.T) {
	cal, err := calendar.New(calendar.DefaultRules(), statutory(t))
	require.NoError(t, err)
	for _, c := range []struct{ at, opens string }{
		{"2026-11-23 07:59", "2026-11-23 08:00"},
		{"2026-11-23 08:00", "2026-11-23 08:00"},
		{"2026-11-23 21:59", "2026-11-23 21:59"},
		{"2026-11-23 22:00", "2026-11-24 08:00"},
		{"2026-11-27 22:00", "2026-11-30 08:00"}, // over a weekend
		{"2026-09-30 22:30", "2026-10-08 08:00"}, // over 国庆
		{"2026-02-14 23:00", "2026-02-24 08:00"}, // over 春节, from a make-up Saturday
		{"2026-10-10 09:30", "2026-10-10 09:30"}, // a make-up Saturday is open
	} {
		require.Equal(t, instant(t, c.opens).UTC(), cal.NextOpen(instant(t, c.at)), c.at)
	}
}

func TestMuteWidensSpringFestival(t *testing.T) {
	rules := calendar.DefaultRules()
	rules.MuteDaysBefore, rules.MuteDaysAfter = 3, 2
	cal, err := calendar.New(rules, statutory(t))
	require.NoError(t, err)
	require.False(t, cal.OpenDay(day(t, "2026-02-14")), "a make-up workday inside the mute stays closed")
	require.True(t, cal.IsWorkday(day(t, "2026-02-14")))
	require.True(t, cal.OpenDay(day(t, "2026-02-11")))
	require.False(t, cal.OpenDay(day(t, "2026-02-12")))
	require.False(t, cal.OpenDay(day(t, "2026-02-25")))
	require.True(t, cal.OpenDay(day(t, "2026-02-26")))
	require.True(t, cal.OpenDay(day(t, "2026-10-09")), "other festivals are not widened")
}

func TestProvisionalDays(t *testing.T) {
	h, err := calendar.NewHolidays(append(calendar.Statutory(),
		calendar.SpecialDay{Date: day(t, "2027-02-08"), Name: "春节", Off: true, Provisional: true}))
	require.NoError(t, err)
	cal, err := calendar.New(calendar.DefaultRules(), h)
	require.NoError(t, err)
	require.False(t, cal.OpenDay(day(t, "2027-02-08")))
	require.False(t, cal.YearLoaded(2027))
	require.True(t, cal.YearProvisional(2027))
}

func TestRefusedRules(t *testing.T) {
	for _, quiet := range [][2]string{{"8:00", "22:00"}, {"24:00", "08:00"}, {"", "08:00"}, {"09:01", "08:00"}, {"09:00", "08:00"}, {"xx", "yy"}} {
		_, err := calendar.New(calendar.Rules{QuietFrom: quiet[0], QuietTo: quiet[1]}, calendar.Holidays{})
		require.ErrorIs(t, err, calendar.ErrQuietHours, quiet)
	}
	_, err := calendar.New(calendar.Rules{MuteDaysBefore: 31}, calendar.Holidays{})
	require.ErrorIs(t, err, calendar.ErrMuteDays)

	var off []calendar.SpecialDay
	for n := range 60 {
		off = append(off, calendar.SpecialDay{Date: day(t, "2027-03-01").AddDays(n), Name: "停工", Off: true})
	}
	_, err = calendar.NewHolidays(off)
	require.ErrorIs(t, err, calendar.ErrTooManyDaysOff)
}

func TestNarrow(t *testing.T) {
	cal, err := calendar.New(calendar.DefaultRules(), statutory(t))
	require.NoError(t, err)
	narrow, ok := cal.Narrow("20:00", "10:30")
	require.True(t, ok)
	require.Equal(t, instant(t, "2026-11-23 10:30").UTC(), narrow.NextOpen(instant(t, "2026-11-23 08:00")))
	require.Equal(t, instant(t, "2026-11-24 10:30").UTC(), narrow.NextOpen(instant(t, "2026-11-23 20:00")))
	require.Equal(t, instant(t, "2026-11-23 10:30").UTC(), narrow.DayStart(day(t, "2026-11-23")))
	same, ok := cal.Narrow("07:00", "21:30") // leaves nothing of the community's day
	require.False(t, ok)
	require.Equal(t, cal.NextOpen(instant(t, "2026-11-23 07:00")), same.NextOpen(instant(t, "2026-11-23 07:00")))
	split, ok := cal.Narrow("12:00", "14:00") // a midday rest
	require.True(t, ok)
	require.False(t, split.Open(instant(t, "2026-11-23 13:00")))
	require.Equal(t, instant(t, "2026-11-23 14:00").UTC(), split.NextOpen(instant(t, "2026-11-23 12:30")))
	require.Equal(t, instant(t, "2026-11-23 08:00").UTC(), split.DayStart(day(t, "2026-11-23")))
}

func genCalendar() *rapid.Generator[calendar.Calendar] {
	return rapid.Custom(func(t *rapid.T) calendar.Calendar {
		hhmm := rapid.Custom(func(t *rapid.T) string {
			return time.Date(2000, 1, 1, rapid.IntRange(0, 23).Draw(t, "h"), rapid.IntRange(0, 59).Draw(t, "m"), 0, 0, time.UTC).Format("15:04")
		})
		r := calendar.Rules{
			QuietFrom: hhmm.Draw(t, "from"), QuietTo: hhmm.Draw(t, "to"), ClosedWeekends: rapid.Bool().Draw(t, "weekends"),
			MuteDaysBefore: rapid.IntRange(0, 30).Draw(t, "before"), MuteDaysAfter: rapid.IntRange(0, 30).Draw(t, "after"),
		}
		cal, err := calendar.New(r, statutory(t))
		if err != nil {
			t.Skip("quiet hours leave too little")
		}
		return cal
	})
}

func TestNextOpenProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal := genCalendar().Draw(t, "calendar")
		at := time.Unix(rapid.Int64Range(1577836800, 1830297600).Draw(t, "second"), int64(rapid.IntRange(0, 999999).Draw(t, "micro"))*1000)
		opens := cal.NextOpen(at)
		require.True(t, cal.Open(opens), "it is open")
		require.False(t, opens.Before(at), "it is not earlier")
		require.True(t, cal.NextOpen(opens).Equal(opens), "asking again changes nothing")
		require.Equal(t, cal.Open(at), opens.Equal(at), "an open instant stays, a closed one moves")
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "later")))
		require.False(t, cal.NextOpen(later).Before(opens), "a later instant never opens earlier")
		between := at.Add(time.Duration(rapid.Int64Range(0, int64(opens.Sub(at))).Draw(t, "between")))
		if between.Before(opens) {
			require.False(t, cal.Open(between), "nothing open lies between")
		}
	})
}
