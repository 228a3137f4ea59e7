package metering_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
	"steward/domain/metering"
	"steward/domain/refusal"
)

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func number(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func reading(on, value string) metering.Reading {
	return metering.Reading{ID: on, On: day(on), Value: number(value), Status: metering.Accepted}
}

func TestAReadingFitsBetweenItsNeighbours(t *testing.T) {
	before, after := reading("2026-01-31", "100"), reading("2026-03-31", "120")
	today := day("2026-04-01")
	rollover := reading("2026-02-28", "5")
	rollover.Reset, rollover.Digits = metering.Rollover, 3
	replaced := reading("2026-02-28", "7")
	replaced.Reset, replaced.Final = metering.Replaced, decimal.NewNullDecimal(number("110"))
	with := func(r metering.Reading, change func(*metering.Reading)) metering.Reading {
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		r      metering.Reading
		before *metering.Reading
		after  *metering.Reading
		code   string
	}{
		"in order":                       {reading("2026-02-28", "110"), &before, &after, ""},
		"equal on both sides":            {reading("2026-02-28", "100"), &before, &after, ""},
		"the first":                      {reading("2026-02-28", "110"), nil, nil, ""},
		"below the last":                 {reading("2026-02-28", "99.999"), &before, nil, "reading-below-last"},
		"above the next":                 {reading("2026-02-28", "120.001"), &before, &after, "reading-above-next"},
		"tomorrow":                       {reading("2026-04-02", "130"), &before, nil, "reading-in-future"},
		"without a day":                  {metering.Reading{Value: number("1")}, nil, nil, "read-on-needed"},
		"negative":                       {reading("2026-02-28", "-1"), nil, nil, "bad-reading"},
		"too precise":                    {reading("2026-02-28", "1.0001"), nil, nil, "bad-reading"},
		"too large":                      {reading("2026-02-28", "10000000000"), nil, nil, "bad-reading"},
		"rolled over":                    {rollover, &before, nil, ""},
		"rolled over, digits unknown":    {with(rollover, func(r *metering.Reading) { r.Digits = 0 }), &before, nil, "digits-needed"},
		"rolled over a shorter display":  {with(rollover, func(r *metering.Reading) { r.Digits = 2 }), &before, nil, "reading-beyond-digits"},
		"called a rollover and is none":  {with(rollover, func(r *metering.Reading) { r.Value = number("101") }), &before, nil, "not-a-rollover"},
		"rolled over from nothing":       {rollover, nil, nil, "no-last-reading"},
		"replaced":                       {replaced, &before, nil, ""},
		"replaced, final below the last": {with(replaced, func(r *metering.Reading) { r.Final.Decimal = number("99") }), &before, nil, "final-below-last"},
		"below the new meter's start":    {with(replaced, func(r *metering.Reading) { r.Start = number("8") }), &before, nil, "reading-below-start"},
		"an unknown reset":               {with(replaced, func(r *metering.Reading) { r.Reset = "stolen" }), &before, nil, "bad-reset"},
	} {
		t.Run(name, func(t *testing.T) {
			err := metering.Fits(c.r, c.before, c.after, today)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			no, ok := refusal.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.code, no.Code)
			require.NotEmpty(t, no.Fields)
		})
	}
	no, _ := refusal.As(metering.Fits(reading("2026-02-28", "99"), &before, nil, today))
	require.Contains(t, no.Message, "2026-01-31")
	require.Contains(t, no.Message, "100")
}

func TestUnusualUseWaitsForReview(t *testing.T) {
	var history []metering.Step
	months := []string{"2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31"}
	for i := 1; i < len(months); i++ {
		history = append(history, metering.Step{From: day(months[i-1]), To: day(months[i]), Used: number("10"), Known: true})
	}
	step := func(used string) metering.Step {
		return metering.Step{From: day("2026-01-31"), To: day("2026-02-28"), Used: number(used), Known: true}
	}
	rollover := step("600")
	rollover.Reset = metering.Rollover
	usual := metering.UsualRule
	for name, c := range map[string]struct {
		rule    metering.Rule
		step    metering.Step
		history []metering.Step
		vacant  bool
		why     metering.Why
	}{
		"as usual":                     {usual, step("9"), history, false, ""},
		"three times a day's usual":    {usual, step("27.4"), history, false, metering.HighUse}, // 30/92 a day x 3 x 28 days
		"just below":                   {usual, step("27.3"), history, false, ""},
		"switched off":                 {metering.Rule{Periods: 6}, step("9000"), history, false, ""},
		"nothing":                      {usual, step("0"), history, false, metering.ZeroUse},
		"nothing in a vacant unit":     {usual, step("0"), history, true, ""},
		"the first use of a meter":     {usual, step("9000"), nil, false, ""},
		"more than half of the wheels": {usual, rollover, nil, false, metering.LargeRollover},
		"replaced without the last":    {usual, metering.Step{Reset: metering.Replaced}, history, false, metering.NoFinal},
		"rolled over without digits":   {usual, metering.Step{Reset: metering.Rollover}, history, false, metering.NoDigits},
	} {
		t.Run(name, func(t *testing.T) {
			status, why := metering.Judge(c.rule, c.step, 3, c.history, c.vacant)
			require.Equal(t, c.why, why)
			require.Equal(t, c.why != "", status == metering.Review)
		})
	}
	require.Error(t, metering.Rule{HighFactor: "1", Periods: 3}.Check())
	require.Error(t, metering.Rule{HighFactor: "viel", Periods: 3}.Check())
	require.Error(t, metering.Rule{Periods: 0}.Check())
	require.NoError(t, usual.Check())
}

func TestAPeriodBillsFromWhatWasBilledLast(t *testing.T) {
	from, to := day("2026-02-01"), day("2026-02-28")
	billed, waiting, rejected := reading("2026-01-20", "100"), reading("2026-02-20", "130"), reading("2026-02-10", "999")
	billed.Billed, waiting.Status, rejected.Status = true, metering.Review, metering.Rejected
	for name, c := range map[string]struct {
		readings []metering.Reading
		used     string
		ids      int
		problem  string
	}{
		"nothing at all":             {nil, "0", 0, metering.NoReading},
		"only a first one":           {[]metering.Reading{reading("2026-02-20", "130")}, "0", 0, metering.NoReading},
		"from the billed one":        {[]metering.Reading{reading("2026-01-01", "90"), billed, rejected, reading("2026-02-20", "130")}, "30", 2, ""},
		"from the last one before":   {[]metering.Reading{reading("2026-01-01", "90"), reading("2026-01-20", "100"), reading("2026-02-20", "130")}, "30", 2, ""},
		"from the first one there":   {[]metering.Reading{reading("2026-02-05", "100"), reading("2026-02-20", "130")}, "30", 2, ""},
		"what comes later waits":     {[]metering.Reading{billed, reading("2026-02-20", "130"), reading("2026-03-01", "150")}, "30", 2, ""},
		"nothing since":              {[]metering.Reading{billed, reading("2026-03-01", "150")}, "0", 0, metering.NoReading},
		"one waits for review":       {[]metering.Reading{billed, waiting}, "30", 2, metering.WaitsForReview},
		"one in between is rejected": {[]metering.Reading{billed, reading("2026-02-05", "110"), rejected, reading("2026-02-20", "130")}, "30", 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			use := metering.ForPeriod(c.readings, from, to)
			require.Equal(t, c.problem, use.Problem)
			require.Equal(t, c.used, use.Used.String())
			require.Len(t, use.ReadingIDs, c.ids)
		})
	}
}

// Over any history with rollovers, new meters and readings that were rejected, the periods together bill exactly what was used.
func TestPeriodsBillExactlyWhatWasUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const digits = 3
		wheel := decimal.New(1, digits)
		on, shown := day("2026-01-01"), decimal.New(rapid.Int64Range(0, 999_999).Draw(t, "first"), -3)
		readings := []metering.Reading{{ID: on.String(), On: on, Value: shown, Status: metering.Accepted}}
		total, billed := decimal.Zero, decimal.Zero
		for range rapid.IntRange(1, 20).Draw(t, "readings") {
			on = on.AddDays(rapid.IntRange(1, 40).Draw(t, "days"))
			used := decimal.New(rapid.Int64Range(0, 400_000).Draw(t, "used"), -3)
			next := metering.Reading{ID: on.String(), On: on, Status: metering.Accepted}
			switch rapid.SampledFrom([]string{"", "replaced", "rejected"}).Draw(t, "what") {
			case "rejected": // somebody mistyped; what was used shows in the next one
				next.Value, next.Status = decimal.New(rapid.Int64Range(0, 999_999).Draw(t, "nonsense"), -3), metering.Rejected
				readings = append(readings, next)
				continue
			case "replaced":
				old := decimal.Min(used, wheel.Sub(shown).Sub(decimal.New(1, -3)))
				next.Reset, next.Final = metering.Replaced, decimal.NewNullDecimal(shown.Add(old))
				next.Start = decimal.New(rapid.Int64Range(0, 9_000).Draw(t, "start"), -3)
				next.Value = next.Start.Add(used.Sub(old))
			default:
				next.Value = shown.Add(used)
				if next.Value.GreaterThanOrEqual(wheel) {
					next.Value, next.Reset, next.Digits = next.Value.Sub(wheel), metering.Rollover, digits
				}
			}
			before, _, _ := metering.Around(readings, on)
			require.NoError(t, metering.Fits(next, before, nil, on))
			readings, shown, total = append(readings, next), next.Value, total.Add(used)
			if rapid.Bool().Draw(t, "billed now") {
				use := metering.ForPeriod(readings, day("2026-01-01"), on)
				require.Empty(t, use.Problem)
				billed = billed.Add(use.Used)
				for i := range readings {
					readings[i].Billed = readings[i].Billed || readings[i].Status != metering.Rejected
				}
			}
		}
		if rest := metering.ForPeriod(readings, day("2026-01-01"), on); rest.Problem == "" {
			billed = billed.Add(rest.Used)
		}
		require.Equal(t, total.String(), billed.String())
	})
}
