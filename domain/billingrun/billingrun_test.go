package billingrun_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
)

func day(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func TestWhatFallsDueByADay(t *testing.T) {
	keys := func(through, first string, billDay int) (keys []string) {
		for _, d := range billingrun.DueThrough(day(t, through), day(t, first), billDay) {
			keys = append(keys, d.Key())
		}
		return keys
	}
	for name, c := range map[string]struct {
		through, first string
		billDay        int
		want           []string
	}{
		"nothing without a bill day":          {"2026-12-31", "2026-01-01", 0, nil},
		"the first day of the first month":    {"2026-01-01", "2026-01-15", 1, []string{"2026-01/prepaid"}},
		"a month later":                       {"2026-02-01", "2026-01-15", 1, []string{"2026-01/prepaid", "2026-01/postpaid", "2026-02/prepaid"}},
		"the 31st of February":                {"2026-02-28", "2026-01-01", 31, []string{"2026-01/prepaid", "2026-02/prepaid", "2026-01/postpaid", "2026-03/prepaid"}},
		"the day before it":                   {"2026-02-27", "2026-01-01", 31, []string{"2026-01/prepaid", "2026-02/prepaid"}},
		"the 29th of February of a leap year": {"2028-02-29", "2028-02-01", 30, []string{"2028-02/prepaid", "2028-03/prepaid"}},
		"over a new year":                     {"2027-01-25", "2026-12-01", 25, []string{"2026-12/prepaid", "2027-01/prepaid", "2026-12/postpaid", "2027-02/prepaid"}},
	} {
		require.Equal(t, c.want, keys(c.through, c.first, c.billDay), name)
	}
	require.Len(t, keys("2031-01-01", "2026-01-01", 1), 121, "five years and not a month left out")
}

func TestWhyALineDiffers(t *testing.T) {
	line := func(fen int64, days int, inputs map[string]string) billing.Line {
		return billing.Line{AmountFen: fen, Basis: billing.Basis{Formula: billing.BuiltArea, Days: days, Inputs: inputs, Rule: billing.Rule{No: 2}}}
	}
	past := func(fen int64, basis string) billingrun.Past {
		return billingrun.Past{AmountFen: fen, Basis: json.RawMessage(basis)}
	}
	old := `{"formula":"built_area","days":31,"rule":{"no":1},"inputs":{"price_yuan":"2.8","built_area_m2":"100"}}`
	now := line(30000, 31, map[string]string{"price_yuan": "3", "built_area_m2": "100"})

	d := billingrun.Compare([]billingrun.Past{past(28000, old)}, []billing.Line{now})
	require.Equal(t, int64(2000), d.Fen)
	require.Equal(t, []billingrun.Cause{{What: "version", Before: "1", After: "2"}, {What: "price_yuan", Before: "2.8", After: "3"}}, d.Causes)
	require.Equal(t, "较上期增加 ¥20.00：收费标准版本 1 → 2，单价 2.8 → 3", d.Text)

	d = billingrun.Compare([]billingrun.Past{past(28000, old)}, []billing.Line{line(10000, 14, nil), line(12000, 17, nil)})
	require.Equal(t, int64(-6000), d.Fen)
	require.Contains(t, d.Causes, billingrun.Cause{What: "parts", Before: "1", After: "2"})

	d = billingrun.Compare([]billingrun.Past{past(25000, `{"inputs":{"amount_fen":25000}}`)}, []billing.Line{now})
	require.Empty(t, d.Causes, "an imported bill explains nothing")
	require.Equal(t, "较上期增加 ¥50.00", d.Text)
	require.Zero(t, billingrun.Compare([]billingrun.Past{past(30000, old)}, []billing.Line{now}).Fen)
}
