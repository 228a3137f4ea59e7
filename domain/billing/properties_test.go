package billing_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
)

// anyUnit draws a unit whose owners follow each other without a gap, and whose area and vacancy change on any days.
func anyUnit(t *rapid.T) billing.Unit {
	u := billing.Unit{ID: "U", Kind: "home", States: []billing.State{{BuiltAreaM2: "80", InnerAreaM2: "70", Status: estate.Occupied}}}
	start := calendar.Date{Year: 2026, Month: 1, Day: 1}
	from := calendar.Date{Year: 2000, Month: 1, Day: 1}
	for i, n := range rapid.SliceOfN(rapid.IntRange(0, 400), 0, 4).Draw(t, "handovers") {
		to := start.AddDays(n)
		if to.Before(from) {
			continue
		}
		u.Tenures = append(u.Tenures, estate.Tenure{ID: string(rune('a' + i)), PersonID: string(rune('A' + i)), Role: estate.RoleOwner, From: from, To: to})
		from = to.AddDays(1)
	}
	u.Tenures = append(u.Tenures, estate.Tenure{ID: "z", PersonID: "Z", Role: estate.RoleOwner, From: from})
	for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 400), 0, 3, rapid.ID[int]).Draw(t, "changes") {
		u.States = append(u.States, billing.State{From: start.AddDays(n), BuiltAreaM2: "80", InnerAreaM2: "70",
			Status: rapid.SampledFrom([]estate.UnitStatus{estate.Occupied, estate.Vacant}).Draw(t, "status")})
	}
	return u
}

func anyPeriod(t *rapid.T) billing.Period {
	p, err := billing.ParsePeriod(rapid.SampledFrom([]string{"2026-02", "2026-03", "2026-12", "2026Q1", "2026Q4", "2026H2", "2026"}).Draw(t, "period"))
	require.NoError(t, err)
	return p
}

func cycleOf(p billing.Period) billing.Cycle {
	return map[int]billing.Cycle{1: billing.Month, 3: billing.Quarter, 6: billing.HalfYear, 12: billing.Year}[p.Months]
}

// TestPartsAddUpToTheWhole: however a period is split, every day is in exactly one line, and the lines together are the
// whole within the rounding of each.
func TestPartsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, p := anyUnit(t), anyPeriod(t)
		it := billing.Item{FeeItemID: "I", FeeItem: "物业费", VersionID: "V", No: 1, DebtorRole: estate.RoleOwner, From: calendar.Date{Year: 2000, Month: 1, Day: 1}, BillDay: 1,
			Cycle: cycleOf(p), VacantShare: "0.999999", // so that vacancy splits and hardly changes the sum
			Prorate:  rapid.SampledFrom([]billing.Prorate{billing.ActualDays, billing.Days30, billing.Days365}).Draw(t, "prorate"),
			Rounding: rapid.SampledFrom([]billing.Rounding{billing.HalfUp, billing.HalfDown, billing.Down, billing.Up}).Draw(t, "rounding")}
		c := rapid.SampledFrom([]struct {
			formula billing.Formula
			params  string
			fen     int64 // of a month, or of the period
			months  bool
		}{
			{billing.BuiltArea, `{"price_yuan":"2.37"}`, 18960, true}, {billing.Fixed, `{"extra_yuan":"365.01"}`, 36501, false},
			{billing.SharedArea, `{}`, 45455, false}, {billing.GivenAmount, `{}`, 99999, false},
		}).Draw(t, "formula")
		it.Formula, it.Parameters = c.formula, json.RawMessage(c.params)
		u.Shares = []billing.Shared{{FeeItemID: "I", Period: p.Text, TotalYuan: "5000.05", TotalAreaM2: "880"}}
		u.Amounts = []billing.Entered{{FeeItemID: "I", Period: p.Text, Value: "999.99"}}
		lines := billing.Compute(u, []billing.Item{it}, p)
		next, sum := p.From, int64(0)
		seen := map[int]bool{}
		for _, l := range lines {
			require.Nil(t, l.Problem)
			require.Equal(t, next, l.From, "no day is lost or charged twice")
			require.False(t, seen[l.LineNo])
			require.Equal(t, p.From.DaysUntil(l.From), l.LineNo)
			next, seen[l.LineNo], sum = l.To.AddDays(1), true, sum+l.AmountFen
		}
		require.Equal(t, p.To.AddDays(1), next)
		whole := c.fen
		if c.months {
			whole *= int64(p.Months)
		}
		slack := int64(len(lines)) + whole/1_000_000 + 1
		require.InDelta(t, whole, sum, float64(slack))
	})
}

// TestTheOrderOfFactsDoesNotMatter: the same facts in another order make the same lines.
func TestTheOrderOfFactsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, p := anyUnit(t), anyPeriod(t)
		u.Tenures = append(u.Tenures, estate.Tenure{ID: "y", PersonID: "Y", Role: estate.RoleOwner, From: calendar.Date{Year: 2026, Month: 3, Day: 9}})
		items := []billing.Item{}
		for i, from := range []calendar.Date{{Year: 2000, Month: 1, Day: 1}, {Year: 2026, Month: 3, Day: 11}, {Year: 2026, Month: 11, Day: 2}} {
			items = append(items, billing.Item{FeeItemID: "I", VersionID: string(rune('1' + i)), No: i + 1, Formula: billing.BuiltArea, Cycle: cycleOf(p), From: from, BillDay: 1,
				Parameters: json.RawMessage(`{"price_yuan":"2.` + string(rune('1'+i)) + `"}`), DebtorRole: estate.RoleOwner, VacantShare: "0.5"})
		}
		want := billing.Compute(u, items, p)
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, seed))
		v := u
		v.States, v.Tenures = slices.Clone(u.States), slices.Clone(u.Tenures)
		r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		r.Shuffle(len(v.Tenures), func(i, j int) { v.Tenures[i], v.Tenures[j] = v.Tenures[j], v.Tenures[i] })
		r.Shuffle(len(v.States)-1, func(i, j int) { v.States[i+1], v.States[j+1] = v.States[j+1], v.States[i+1] })
		require.Equal(t, want, billing.Compute(v, items, p))
	})
}

// TestRubbishIsRefusedNotMadeIntoMoney: whatever stands in the parameters, nothing panics, and what Check lets pass computes.
func TestRubbishIsRefusedNotMadeIntoMoney(t *testing.T) {
	word := rapid.SampledFrom([]string{"built_area", "usage", "price", "extra", "total", "households", "days", "x", "1", "0", "2.5", "1e9", "+", "-", "*", "/", "(", ")", ">", "?", ":", ",",
		"max", "min", "round", "and", "not", "let", "in", "|", "..", "[", "]", "'a'", "#", "面积", "建筑面积", "**", "%", ";", "true"})
	rapid.Check(t, func(t *rapid.T) {
		p := anyPeriod(t)
		text := ""
		for _, w := range rapid.SliceOfN(word, 0, 9).Draw(t, "words") {
			text += w + " "
		}
		params, err := json.Marshal(map[string]any{"expression": text, "price_yuan": rapid.SampledFrom([]string{"1.5", "", "-1", "x", "1e9"}).Draw(t, "price")})
		require.NoError(t, err)
		raw := json.RawMessage(params)
		if rapid.Bool().Draw(t, "noise") {
			raw = rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "bytes")
		}
		it := billing.Item{FeeItemID: "I", VersionID: "V", No: 1, Formula: rapid.SampledFrom(billing.Formulas).Draw(t, "formula"), Parameters: raw, DebtorRole: estate.RoleOwner,
			From: calendar.Date{Year: 2000, Month: 1, Day: 1}, BillDay: 1, Cycle: cycleOf(p), VacantShare: rapid.SampledFrom([]string{"", "1", "0.5", "2", "rubbish"}).Draw(t, "share")}
		good := it.Check() == nil
		for _, l := range billing.Compute(anyUnit(t), []billing.Item{it}, p) {
			require.GreaterOrEqual(t, l.AmountFen, int64(0))
			require.NotEmpty(t, l.Basis.Text)
			if !good {
				require.NotNil(t, l.Problem)
			}
			if l.Problem == nil {
				_, err := json.Marshal(l.Basis)
				require.NoError(t, err)
			}
		}
	})
}
