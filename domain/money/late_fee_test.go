package money_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/money"
)

func on(t require.TestingT, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func terms(t require.TestingT, r money.LateFeeRule) money.LateFeeTerms {
	r.Enabled = true
	made, err := r.Terms()
	require.NoError(t, err)
	return made
}

func rate(t require.TestingT, from, daily string) money.LateFeeRate {
	return money.LateFeeRate{From: on(t, from), Daily: daily}
}

// TestLateFeeAfterAPartPayment: 2,400.00 due 2026-01-31 at 0.05 % a day, 1,000.00 paid on 03-02.
func TestLateFeeAfterAPartPayment(t *testing.T) {
	by := terms(t, money.LateFeeRule{Rates: []money.LateFeeRate{rate(t, "2020-01-01", "0.0005")}})
	b := money.LateFeeBase{PrincipalFen: 240_000, DueOn: on(t, "2026-01-31"), Moves: []money.PrincipalMove{{On: on(t, "2026-03-02"), Fen: -100_000}}}

	segments, fen := by.Accrue(b, on(t, "2026-03-31"))

	require.Equal(t, []money.LateFeeSegment{
		{From: on(t, "2026-02-01"), To: on(t, "2026-03-01"), Days: 29, BaseFen: 240_000, Rate: "0.0005", Fen: 29 * 120},
		{From: on(t, "2026-03-02"), To: on(t, "2026-03-31"), Days: 30, BaseFen: 140_000, Rate: "0.0005", Fen: 30 * 70},
	}, segments)
	require.EqualValues(t, 5580, fen)
}

func TestLateFeeRules(t *testing.T) {
	flat := []money.LateFeeRate{rate(t, "2020-01-01", "0.0005")}
	bill := money.LateFeeBase{PrincipalFen: 240_000, DueOn: on(t, "2026-01-31")}
	with := func(change func(*money.LateFeeBase)) money.LateFeeBase {
		b := bill
		change(&b)
		return b
	}
	for _, c := range []struct {
		name    string
		rule    money.LateFeeRule
		bill    money.LateFeeBase
		through string
		want    int64
	}{
		{"nothing on the due day", money.LateFeeRule{Rates: flat}, bill, "2026-01-31", 0},
		{"the first day after it", money.LateFeeRule{Rates: flat}, bill, "2026-02-01", 120},
		{"grace moves the start", money.LateFeeRule{Rates: flat, GraceDays: 15}, bill, "2026-02-16", 120},
		{"and is not charged afterwards", money.LateFeeRule{Rates: flat, GraceDays: 15}, bill, "2026-02-15", 0},
		{"the bill's own start counts before the rule", money.LateFeeRule{Rates: flat, GraceDays: 15},
			with(func(b *money.LateFeeBase) { b.StartOn = on(t, "2026-02-01") }), "2026-02-10", 1200},
		{"no rate before the table begins", money.LateFeeRule{Rates: []money.LateFeeRate{rate(t, "2026-02-11", "0.0005")}}, bill, "2026-02-12", 240},
		{"a rate counts until the next", money.LateFeeRule{Rates: []money.LateFeeRate{rate(t, "2026-02-11", "0.001"), rate(t, "2026-01-01", "0.0005")}}, bill, "2026-02-20", 1200 + 2400},
		{"disputed days are free, both ends", money.LateFeeRule{Rates: flat},
			with(func(b *money.LateFeeBase) {
				b.Freezes = []money.Freeze{{From: on(t, "2026-02-05"), To: on(t, "2026-02-14")}}
			}), "2026-02-28", 18 * 120},
		{"a dispute that lasts", money.LateFeeRule{Rates: flat},
			with(func(b *money.LateFeeBase) { b.Freezes = []money.Freeze{{From: on(t, "2026-02-05")}} }), "2026-12-31", 4 * 120},
		{"capped by a share of the principal", money.LateFeeRule{Rates: flat, CapShare: "0.1"}, bill, "2030-01-01", 24_000},
		{"capped a year", money.LateFeeRule{Rates: flat, CapYearly: "0.0365"}, bill, "2026-02-10", 240},
		{"rounded once, half-up", money.LateFeeRule{Rates: flat},
			with(func(b *money.LateFeeBase) { b.PrincipalFen = 1_000 }), "2026-02-05", 3}, // 5 x 0.5
	} {
		t.Run(c.name, func(t *testing.T) {
			_, fen := terms(t, c.rule).Accrue(c.bill, on(t, c.through))
			require.Equal(t, c.want, fen)
		})
	}
	off, err := money.LateFeeRule{Rates: flat}.Terms()
	require.NoError(t, err)
	_, fen := off.Accrue(bill, on(t, "2030-01-01"))
	require.Zero(t, fen, "a rule that is off charges nothing")
}

func TestLateFeeRuleRefused(t *testing.T) {
	for name, r := range map[string]money.LateFeeRule{
		"a rate that is no decimal": {Enabled: true, Rates: []money.LateFeeRate{rate(t, "2026-01-01", "1/3")}},
		"a rate without a day":      {Enabled: true, Rates: []money.LateFeeRate{{Daily: "0.0005"}}},
		"two rates of a day":        {Enabled: true, Rates: []money.LateFeeRate{rate(t, "2026-01-01", "0.0005"), rate(t, "2026-01-01", "0.0003")}},
		"a cap that is no decimal":  {Enabled: true, CapShare: "-1"},
	} {
		_, err := r.Terms()
		require.Error(t, err, name)
	}
}

func TestLateFeeAtLPR(t *testing.T) {
	yearly, since := money.OneYearLPR(on(t, "2024-08-01"))
	require.Equal(t, "0.0335", yearly)
	require.Equal(t, on(t, "2024-07-22"), since)
	b := money.LateFeeBase{PrincipalFen: 365_000, DueOn: on(t, "2024-07-31")}
	_, fen := terms(t, money.LateFeeRule{Rates: []money.LateFeeRate{rate(t, "2020-01-01", "0.0005")}}).AtLPR().Accrue(b, on(t, "2024-08-10"))
	require.EqualValues(t, 335, fen) // 3,650.00 x 3.35 % / 365 x 10 days
}

// drawn is any bill with any history, and any rule.
func drawn(t *rapid.T) (money.LateFeeRule, money.LateFeeBase) {
	r := money.LateFeeRule{Enabled: true, GraceDays: rapid.IntRange(0, 20).Draw(t, "grace"),
		CapShare:  rapid.SampledFrom([]string{"", "", "0.05", "1"}).Draw(t, "share"),
		CapYearly: rapid.SampledFrom([]string{"", "", "0.124"}).Draw(t, "yearly")}
	day := func(name string) calendar.Date { return today.AddDays(rapid.IntRange(-60, 90).Draw(t, name)) }
	for i := range rapid.IntRange(0, 3).Draw(t, "rates") {
		r.Rates = append(r.Rates, money.LateFeeRate{From: today.AddDays(40*i - 50), Daily: rapid.SampledFrom([]string{"0", "0.0003", "0.0005", "0.003"}).Draw(t, "rate")})
	}
	b := money.LateFeeBase{PrincipalFen: rapid.Int64Range(1, 500_000).Draw(t, "principal"), DueOn: today}
	for range rapid.IntRange(0, 5).Draw(t, "moves") {
		b.Moves = append(b.Moves, money.PrincipalMove{On: day("move"), Fen: rapid.Int64Range(-300_000, 100_000).Draw(t, "fen")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "freezes") {
		f := money.Freeze{From: day("from")}
		if rapid.Bool().Draw(t, "ends") {
			f.To = f.From.AddDays(rapid.IntRange(0, 30).Draw(t, "days"))
		}
		b.Freezes = append(b.Freezes, f)
	}
	return r, b
}

func TestLateFeeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule, b := drawn(t)
		by := terms(t, rule)
		through := today.AddDays(rapid.IntRange(-5, 150).Draw(t, "through"))
		segments, fen := by.Accrue(b, through)

		require.Equal(t, dayByDay(rule, b, through), fen, "what the days add up to, rounded once")
		var sum int64
		for i, s := range segments {
			sum += s.Fen
			require.Equal(t, s.Days, s.From.DaysUntil(s.To)+1)
			require.False(t, s.Frozen && s.Fen != 0)
			require.False(t, i > 0 && !segments[i-1].To.Before(s.From), "segments overlap")
		}
		require.Equal(t, fen, sum)
		_, next := by.Accrue(b, through.AddDays(1))
		require.GreaterOrEqual(t, next, fen, "it never falls with the days")
		if rule.CapShare == "0.05" {
			require.LessOrEqual(t, 20*fen, b.PrincipalFen)
		}

		shuffled := b
		shuffled.Moves = rapid.Permutation(b.Moves).Draw(t, "moves shuffled")
		shuffled.Freezes = rapid.Permutation(b.Freezes).Draw(t, "freezes shuffled")
		_, again := by.Accrue(shuffled, through)
		require.Equal(t, fen, again)

		split := b
		split.Moves = append([]money.PrincipalMove{{On: today, Fen: -7}, {On: today, Fen: 7}}, b.Moves...)
		same, again := by.Accrue(split, through)
		require.Equal(t, fen, again)
		require.Equal(t, segments, same, "what is taken back leaves no trace in the segments")

		frozen := b
		frozen.Freezes = append(frozen.Freezes, money.Freeze{From: today.AddDays(-100)})
		_, none := by.Accrue(frozen, through)
		require.Zero(t, none)
	})
}

// dayByDay is the late fee as a person would count it.
func dayByDay(rule money.LateFeeRule, b money.LateFeeBase, through calendar.Date) int64 {
	sum := new(big.Rat)
	for day := b.DueOn.AddDays(rule.GraceDays + 1); !day.After(through); day = day.AddDays(1) {
		owed, frozen, daily := b.PrincipalFen, false, "0"
		for _, m := range b.Moves {
			if !m.On.After(day) {
				owed += m.Fen
			}
		}
		for _, f := range b.Freezes {
			frozen = frozen || !f.From.After(day) && (f.To.IsZero() || !f.To.Before(day))
		}
		for _, r := range rule.Rates {
			if !r.From.After(day) {
				daily = r.Daily
			}
		}
		x, _ := new(big.Rat).SetString(daily)
		if yearly, ok := new(big.Rat).SetString(rule.CapYearly); ok && x.Cmp(new(big.Rat).Quo(yearly, big.NewRat(365, 1))) > 0 {
			x.Quo(yearly, big.NewRat(365, 1))
		}
		if !frozen && owed > 0 {
			sum.Add(sum, x.Mul(x, big.NewRat(owed, 1)))
		}
	}
	if share, ok := new(big.Rat).SetString(rule.CapShare); ok {
		most := share.Mul(share, big.NewRat(b.PrincipalFen, 1))
		if whole := new(big.Int).Quo(most.Num(), most.Denom()); sum.Cmp(new(big.Rat).SetInt(whole)) > 0 {
			return whole.Int64()
		}
	}
	sum.Add(sum, big.NewRat(1, 2))
	return new(big.Int).Quo(sum.Num(), sum.Denom()).Int64()
}
