package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/money"
)

// agreedOn is a version of one rate since 2020, in force from a day on.
func agreedOn(t require.TestingT, from, daily string, change ...func(*money.LateFeeRule)) money.AgreedLateFee {
	r := money.LateFeeRule{Rates: []money.LateFeeRate{rate(t, "2020-01-01", daily)}}
	for _, c := range change {
		c(&r)
	}
	return money.AgreedLateFee{From: on(t, from), Terms: terms(t, r)}
}

func TestEachDayIsChargedByTheVersionInForce(t *testing.T) {
	off := func(from string) money.AgreedLateFee { return money.AgreedLateFee{From: on(t, from)} }
	share := func(s string) func(*money.LateFeeRule) { return func(r *money.LateFeeRule) { r.CapShare = s } }
	grace := func(days int) func(*money.LateFeeRule) { return func(r *money.LateFeeRule) { r.GraceDays = days } }
	for _, c := range []struct {
		name    string
		agreed  []money.AgreedLateFee
		through string
		want    int64
	}{
		{"the first counts for the days before it", []money.AgreedLateFee{agreedOn(t, "2026-03-01", "0.0005")}, "2026-02-10", 1200},
		{"a later rate counts from its day on", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), agreedOn(t, "2026-02-06", "0.001")}, "2026-02-10", 600 + 1200},
		{"off from its day on", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), off("2026-02-06")}, "2026-12-31", 600},
		{"off at first", []money.AgreedLateFee{off("2026-01-01"), agreedOn(t, "2026-02-06", "0.0005")}, "2026-02-10", 600},
		{"and on again", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), off("2026-02-06"), agreedOn(t, "2026-02-10", "0.001")}, "2026-02-10", 600 + 240},
		{"the last of one day", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), off("2026-02-06"), agreedOn(t, "2026-02-06", "0.001")}, "2026-02-06", 600 + 240},
		{"grace by the due date", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005", grace(5)), agreedOn(t, "2026-02-06", "0.0005", grace(30))}, "2026-02-10", 600},
		{"grace where none was agreed on the due date", []money.AgreedLateFee{off("2026-01-01"), agreedOn(t, "2026-02-06", "0.0005", grace(8))}, "2026-02-10", 240},
		{"a higher cap", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005", share("0.001")), agreedOn(t, "2026-02-06", "0.0005", share("0.002"))}, "2026-02-10", 480},
		{"before a lower cap", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), agreedOn(t, "2026-02-06", "0.0005", share("0.002"))}, "2026-02-05", 600},
		{"a lower cap", []money.AgreedLateFee{agreedOn(t, "2026-01-01", "0.0005"), agreedOn(t, "2026-02-06", "0.001", share("0.002"))}, "2026-02-10", 480},
	} {
		t.Run(c.name, func(t *testing.T) {
			segments, fen := money.LateFeeInForce(c.agreed).Accrue(money.LateFeeBase{PrincipalFen: 240_000, DueOn: on(t, "2026-01-31")}, on(t, c.through))
			require.Equal(t, c.want, fen)
			require.Equal(t, fen, sumOf(t, segments))
		})
	}
	require.Equal(t, on(t, "2026-02-01"), money.LateFeeInForce(nil).Start(money.LateFeeBase{DueOn: on(t, "2026-01-31")}))
}

func sumOf(t require.TestingT, segments []money.LateFeeSegment) int64 {
	var sum int64
	for _, s := range segments {
		require.GreaterOrEqual(t, s.Fen, int64(0))
		sum += s.Fen
	}
	return sum
}

// TestALaterVersionChangesNoEarlierDay, whatever it says.
func TestALaterVersionChangesNoEarlierDay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		day := on(rt, "2026-01-01")
		var agreed []money.AgreedLateFee
		for range rapid.IntRange(1, 5).Draw(rt, "versions") {
			a := agreedOn(rt, day.String(), rapid.SampledFrom([]string{"0", "0.0003", "0.001"}).Draw(rt, "rate"), func(r *money.LateFeeRule) {
				r.GraceDays = rapid.SampledFrom([]int{0, 10, 40}).Draw(rt, "grace")
				r.CapShare = rapid.SampledFrom([]string{"", "0.01", "0.03"}).Draw(rt, "cap")
			})
			if rapid.IntRange(0, 3).Draw(rt, "off") == 0 {
				a.Terms = money.LateFeeTerms{}
			}
			agreed = append(agreed, a)
			day = day.AddDays(rapid.IntRange(0, 40).Draw(rt, "days"))
		}
		b := money.LateFeeBase{PrincipalFen: rapid.Int64Range(1, 1_000_000).Draw(rt, "fen"), DueOn: on(rt, "2025-12-20"),
			Moves: []money.PrincipalMove{{On: on(rt, "2026-02-10"), Fen: -300_000}}}
		if rapid.Bool().Draw(rt, "start") {
			b.StartOn = on(rt, "2026-01-10")
		}
		last := agreed[len(agreed)-1].From
		for back := range 60 {
			through := last.AddDays(-1 - back)
			segments, fen := money.LateFeeInForce(agreed).Accrue(b, through)
			require.Equal(rt, fen, sumOf(rt, segments))
			_, was := money.LateFeeInForce(before(agreed, last)).Accrue(b, through)
			require.Equal(rt, was, fen, "through %s", through)
		}
	})
}

// before are the versions in force before a day; the first always is.
func before(agreed []money.AgreedLateFee, day calendar.Date) []money.AgreedLateFee {
	for i, a := range agreed {
		if i > 0 && !a.From.Before(day) {
			return agreed[:i]
		}
	}
	return agreed
}
