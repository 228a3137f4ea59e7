package billing_test

import (
	"fmt"
	"os" //nolint:depguard // the test reads the page whose figures it keeps true
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/billing"
	"steward/domain/estate"
)

// example is a charge that docs/formulas.md shows.
type example struct {
	says    string
	formula billing.Formula
	params  string
	period  string
	unit    func(*billing.Unit)
	item    func(*billing.Item)
	want    []string // as amounts writes them
}

func examples(t testing.TB) []example {
	from := func(s string) func(*billing.Unit) {
		return func(u *billing.Unit) { u.FeeStart = day(t, s) }
	}
	assigned := func(price, from, to string) func(*billing.Unit) {
		return func(u *billing.Unit) {
			a := billing.Assignment{FeeItemID: "I", From: day(t, from), PriceYuan: price}
			if to != "" {
				a.To = day(t, to)
			}
			u.Fees = []billing.Assignment{a}
		}
	}
	only := func(it *billing.Item) { it.Assigned = true }
	handed := func(u *billing.Unit) {
		u.Tenures[0].To = day(t, "2026-12-14")
		u.Tenures = append(u.Tenures, estate.Tenure{ID: "o2", PersonID: "B", Role: estate.RoleOwner, From: day(t, "2026-12-15")})
	}
	rented := func(u *billing.Unit) {
		u.Tenures = append(u.Tenures, estate.Tenure{ID: "t", PersonID: "T", Role: estate.RoleTenant, From: day(t, "2026-03-11"), To: day(t, "2026-03-20")})
	}
	meter := func(uses ...billing.MeterUse) func(*billing.Unit) {
		return func(u *billing.Unit) {
			u.Meters = []billing.Meter{{ID: "M", FeeItemID: "I", Name: "水表", Uses: uses}}
		}
	}
	march := billing.MeterUse{From: day(t, "2026-03-01"), To: day(t, "2026-03-31"), Previous: "120", Current: "148.5"}
	tiers := `{"tiers":[{"up_to":"15","price_yuan":"3"},{"up_to":"25","price_yuan":"4.2"},{"price_yuan":"6"}]}`
	yearly := `{"tiers":[{"up_to":"220","price_yuan":"3"},{"up_to":"300","price_yuan":"4.2"},{"price_yuan":"6"}],"tier_basis":"year"}`
	entered := func(value string) func(*billing.Unit) {
		return func(u *billing.Unit) {
			u.Amounts = []billing.Entered{{FeeItemID: "I", Period: "2026-03", Value: value}}
		}
	}
	quantity := func(u *billing.Unit) {
		u.Quantities = []billing.Entered{{FeeItemID: "I", Period: "2026-03", Value: "12.5"}}
	}
	shared := func(u *billing.Unit) {
		u.Shares = []billing.Shared{{FeeItemID: "I", Period: "2026-03", TotalYuan: "1000", TotalAreaM2: "7000", Households: 96}}
	}
	vacantFrom := func(u *billing.Unit) {
		u.States = append(u.States, billing.State{From: day(t, "2026-03-16"), BuiltAreaM2: "89.50", Status: estate.Vacant})
	}
	return []example{
		{"a month", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-03", nil, nil, []string{"2026-03-01..2026-03-31 A 250.60"}},
		{"handed over on 12-15, actual days", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-12", handed, nil,
			[]string{"2026-12-01..2026-12-14 A 113.17", "2026-12-15..2026-12-31 B 137.43"}},
		{"the same over 30 days", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-12", handed, func(it *billing.Item) { it.Prorate = billing.Days30 },
			[]string{"2026-12-01..2026-12-14 A 116.95", "2026-12-15..2026-12-31 B 133.65"}},
		{"the same over 365 days", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-12", handed, func(it *billing.Item) { it.Prorate = billing.Days365 },
			[]string{"2026-12-01..2026-12-14 A 115.34", "2026-12-15..2026-12-31 B 135.26"}},
		{"the same without pro-rating", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-12", handed, func(it *billing.Item) { it.Prorate = billing.NoProrate },
			[]string{"2026-12-01..2026-12-31 A 250.60"}},
		{"with an extra, to whole yuan", billing.InnerArea, `{"price_yuan":"3.333","extra_yuan":"5"}`, "2026-03", nil, func(it *billing.Item) { it.Rounding = billing.WholeYuan },
			[]string{"2026-03-01..2026-03-31 A 242.00"}},
		{"a quarter, charged from 02-15", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026Q1", from("2026-02-15"), func(it *billing.Item) { it.Cycle = billing.Quarter },
			[]string{"2026-02-15..2026-03-31 A 375.90"}},
		{"vacant from 03-16, a vacant unit pays 70 %", billing.BuiltArea, `{"price_yuan":"2.80"}`, "2026-03", vacantFrom, func(it *billing.Item) { it.VacantShare = "0.7" },
			[]string{"2026-03-01..2026-03-15 A 121.26", "2026-03-16..2026-03-31 A 90.54"}},
		{"a half-year", billing.Fixed, `{"extra_yuan":"360"}`, "2026H1", nil, func(it *billing.Item) { it.Cycle = billing.HalfYear }, []string{"2026-01-01..2026-06-30 A 360.00"}},
		{"a parking space assigned until 03-10 at its own price", billing.Fixed, `{"extra_yuan":"300","per":"month"}`, "2026-03", assigned("240", "2025-07-01", "2026-03-10"), only,
			[]string{"2026-03-01..2026-03-10 A 77.42"}},
		{"an entered amount", billing.GivenAmount, `{}`, "2026-03", entered("88.88"), nil, []string{"2026-03-01..2026-03-31 A 88.88"}},
		{"a rent of 3,000 that rises by 5 % every 12 months", billing.RentSteps, `{"price_yuan":"3000","step_months":12,"step_percent":"5","step_from":"2025-03-16"}`, "2026-03", nil, nil,
			[]string{"2026-03-01..2026-03-15 A 1451.61", "2026-03-16..2026-03-31 A 1625.81"}},
		{"water of 28.5 through three tiers", billing.Metered, tiers, "2026-03", meter(march), nil, []string{"2026-03-01..2026-03-31 A 108.00"}},
		{"the same where the year counts, 205 billed before", billing.Metered, yearly, "2026-03", func(u *billing.Unit) {
			meter(march)(u)
			u.Earlier = []billing.Used{{FeeItemID: "I", MeterID: "M", Quantity: "205"}, {FeeItemID: "I", MeterID: "another", Quantity: "99"}}
		}, nil, []string{"2026-03-01..2026-03-31 A 101.70"}},
		{"water for the tenant of ten days", billing.Metered, `{"price_yuan":"4"}`, "2026-03", func(u *billing.Unit) { rented(u); meter(march)(u) },
			func(it *billing.Item) { it.DebtorRole = estate.RoleTenant },
			[]string{"2026-03-01..2026-03-10 A 36.77", "2026-03-11..2026-03-20 T 36.77", "2026-03-21..2026-03-31 A 40.45"}},
		{"an entered quantity", billing.Usage, `{"price_yuan":"0.6","extra_yuan":"2"}`, "2026-03", quantity, nil, []string{"2026-03-01..2026-03-31 A 9.50"}},
		{"1,000 split over 7,000 square metres", billing.SharedArea, `{}`, "2026-03", shared, nil, []string{"2026-03-01..2026-03-31 A 12.79"}},
		{"1,000 split over 96 households", billing.SharedHousehold, `{}`, "2026-03", shared, nil, []string{"2026-03-01..2026-03-31 A 10.42"}},
		{"an expression", billing.Expression, `{"expression":"max(built_area - 60, 0) * price + base","price_yuan":"1.5","variables":{"base":"100"}}`, "2026-03", nil, nil,
			[]string{"2026-03-01..2026-03-31 A 144.25"}},
	}
}

func (e example) compute(t testing.TB) []billing.Line {
	u, it := home(t), item(t, e.formula, e.params)
	if e.unit != nil {
		e.unit(&u)
	}
	if e.item != nil {
		e.item(&it)
	}
	return billing.Compute(u, []billing.Item{it}, period(t, e.period))
}

// TestTheExamplesOfTheDocumentation keeps the figures of docs/formulas.md true.
func TestTheExamplesOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/formulas.md")
	require.NoError(t, err)
	for _, e := range examples(t) {
		require.Equal(t, e.want, amounts(e.compute(t)), e.says)
		row := fmt.Sprintf("| `%s` | %s | `%s` | %s | %s |", e.formula, e.says, e.params, e.period, strings.Join(e.want, "<br>"))
		require.Contains(t, string(page), row)
	}
}

func TestWhatCannotBeComputedIsSaidAndNeverFree(t *testing.T) {
	noOwner := func(u *billing.Unit) { u.Tenures = nil }
	noArea := func(u *billing.Unit) { u.States = []billing.State{{Status: estate.Occupied}} }
	back := billing.MeterUse{From: day(t, "2026-03-01"), To: day(t, "2026-03-31"), Previous: "120", Current: "90"}
	review := billing.MeterUse{From: day(t, "2026-03-01"), To: day(t, "2026-03-31"), Previous: "1", Current: "2", Problem: "等待复核"}
	meters := func(uses ...billing.MeterUse) func(*billing.Unit) {
		return func(u *billing.Unit) { u.Meters = []billing.Meter{{ID: "M", FeeItemID: "I", Uses: uses}} }
	}
	assigned := func(u *billing.Unit) { u.Fees = []billing.Assignment{{FeeItemID: "I", From: day(t, "2020-01-01")}} }
	for name, c := range map[string]struct {
		formula billing.Formula
		params  string
		unit    func(*billing.Unit)
		only    bool
		code    string // "" is no line at all
	}{
		"no owner":                   {billing.Fixed, `{"extra_yuan":"1"}`, noOwner, false, "debtor-missing"},
		"no area":                    {billing.BuiltArea, `{"price_yuan":"1"}`, noArea, false, "area-missing"},
		"no price":                   {billing.BuiltArea, `{}`, nil, false, "price-needed"},
		"no amount, not assigned":    {billing.GivenAmount, `{}`, nil, false, ""},
		"no amount":                  {billing.GivenAmount, `{}`, assigned, true, "amount-missing"},
		"no quantity":                {billing.Usage, `{"price_yuan":"1"}`, assigned, true, "quantity-missing"},
		"no total":                   {billing.SharedArea, `{}`, nil, false, "total-missing"},
		"no meter, not assigned":     {billing.Metered, `{"price_yuan":"1"}`, nil, false, ""},
		"no meter":                   {billing.Metered, `{"price_yuan":"1"}`, assigned, true, "meter-missing"},
		"no reading":                 {billing.Metered, `{"price_yuan":"1"}`, meters(), false, "reading-missing"},
		"a reading below the last":   {billing.Metered, `{"price_yuan":"1"}`, meters(back), false, "reading-below-last"},
		"a reading in review":        {billing.Metered, `{"price_yuan":"1"}`, meters(review), false, "reading-in-review"},
		"a reading below, in a term": {billing.Expression, `{"expression":"usage * 2"}`, meters(back), false, "reading-below-last"},
		"a negative amount":          {billing.Expression, `{"expression":"100 - built_area * 2"}`, nil, false, "amount-negative"},
		"a parking space":            {billing.BuiltArea, `{"price_yuan":"1"}`, func(u *billing.Unit) { u.Kind = "parking" }, false, ""},
		"not assigned":               {billing.Fixed, `{"extra_yuan":"1"}`, nil, true, ""},
		"rubbish":                    {"no-such-formula", `[]`, nil, false, "formula-unknown"},
	} {
		u, it := home(t), item(t, c.formula, c.params, func(it *billing.Item) { it.Assigned = c.only })
		if c.unit != nil {
			c.unit(&u)
		}
		lines := billing.Compute(u, []billing.Item{it}, period(t, "2026-03"))
		if c.code == "" {
			require.Empty(t, lines, name)
			continue
		}
		require.Len(t, lines, 1, name)
		require.NotNil(t, lines[0].Problem, name)
		require.Equal(t, c.code, lines[0].Problem.Code, name)
		require.NotEmpty(t, lines[0].Problem.Message, name)
		require.Zero(t, lines[0].AmountFen, name)
	}
}

func TestWhoOwesOnWhichDays(t *testing.T) {
	u := home(t)
	u.Tenures = append(u.Tenures, estate.Tenure{ID: "d", PersonID: "D", Role: estate.RoleDeveloper, From: day(t, "2019-01-01")})
	u.FeeStart = day(t, "2026-03-11")
	fee := item(t, billing.Fixed, `{"extra_yuan":"310"}`)
	require.Equal(t, []string{"2026-03-01..2026-03-10 D 100.00", "2026-03-11..2026-03-31 A 210.00"}, amounts(billing.Compute(u, []billing.Item{fee}, period(t, "2026-03"))))

	u.Tenures = u.Tenures[:1]
	require.Equal(t, []string{"2026-03-11..2026-03-31 A 210.00"}, amounts(billing.Compute(u, []billing.Item{fee}, period(t, "2026-03"))), "nobody pays before the fee starts")

	dearer := item(t, billing.Fixed, `{"extra_yuan":"620"}`, func(it *billing.Item) { it.No, it.VersionID, it.From = 2, "V2", day(t, "2026-03-21") })
	lines := billing.Compute(u, []billing.Item{dearer, fee}, period(t, "2026-03"))
	require.Equal(t, []string{"2026-03-11..2026-03-20 A 100.00", "2026-03-21..2026-03-31 A 220.00"}, amounts(lines))
	require.Equal(t, []billing.Split{billing.SplitPrice, billing.SplitStarted}, lines[0].Basis.Split)
	require.Equal(t, []int{10, 20}, []int{lines[0].LineNo, lines[1].LineNo})
	require.Equal(t, []int{1, 2}, []int{lines[0].VersionNo, lines[1].VersionNo})
}

func TestDatesOfABill(t *testing.T) {
	for _, c := range []struct {
		prepaid         bool
		billDay         int
		period          string
		billedOn, dueOn string
	}{
		{false, 1, "2026-03", "2026-04-01", "2026-04-11"}, {true, 1, "2026-03", "2026-03-01", "2026-03-11"}, {true, 25, "2026-03", "2026-02-25", "2026-03-07"},
		{false, 31, "2026-01", "2026-02-28", "2026-03-10"}, {true, 31, "2026-03", "2026-02-28", "2026-03-10"}, {false, 31, "2028-01", "2028-02-29", "2028-03-10"},
		{false, 15, "2026Q4", "2027-01-15", "2027-01-25"},
	} {
		billed, due := billing.Item{Prepaid: c.prepaid, BillDay: c.billDay, DueDays: 10}.Dates(period(t, c.period))
		require.Equal(t, []string{c.billedOn, c.dueOn}, []string{billed.String(), due.String()}, "%+v", c)
	}
}

func TestPeriods(t *testing.T) {
	for in, want := range map[string]string{"2026-03": "2026-03", "2026Q1": "2026Q1", "2026-01..2026-03": "2026Q1", "2026-01..2026-06": "2026H1", "2026-01..2026-12": "2026",
		"2026H2": "2026H2", "2026-02..2026-04": "2026-02..2026-04", "2026-11..2027-01": "2026-11..2027-01"} {
		require.Equal(t, want, period(t, in).Text)
	}
	for _, bad := range []string{"", "2026-13", "2026-00", "2026Q5", "2026-3", "2026-05..2026-04", "2026-01..2027-01", "0000-01", "2026-01..2026-99", "二〇二六"} {
		_, err := billing.ParsePeriod(bad)
		require.Error(t, err, bad)
	}
	quarter := billing.Item{Cycle: billing.Quarter}
	for month, due := range map[string]bool{"2026-01": false, "2026-02": false, "2026-03": true} {
		own, is := quarter.PeriodIn(period(t, month))
		require.Equal(t, due, is, month)
		require.Equal(t, "2026Q1", own.Text)
	}
	quarter.Prepaid = true
	_, is := quarter.PeriodIn(period(t, "2026-01"))
	require.True(t, is)
}
