package billing_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
)

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	require.NoError(t, err)
	return d
}

func period(t testing.TB, s string) billing.Period {
	t.Helper()
	p, err := billing.ParsePeriod(s)
	require.NoError(t, err)
	return p
}

// home is a unit of 89.5 square metres that A has owned since 2020.
func home(t testing.TB) billing.Unit {
	return billing.Unit{ID: "U", Kind: "home", Display: "3-2-1501", States: []billing.State{{BuiltAreaM2: "89.50", InnerAreaM2: "71.20", Status: estate.Occupied}},
		Tenures: []estate.Tenure{{ID: "o1", PersonID: "A", Role: estate.RoleOwner, From: day(t, "2020-01-01")}}}
}

func item(t testing.TB, f billing.Formula, parameters string, with ...func(*billing.Item)) billing.Item {
	it := billing.Item{FeeItemID: "I", FeeItem: "物业费", VersionID: "V1", No: 1, Formula: f, Parameters: json.RawMessage(parameters), DebtorRole: estate.RoleOwner,
		From: day(t, "2020-01-01"), BillDay: 1, DueDays: 30}
	for _, w := range with {
		w(&it)
	}
	return it
}

// amounts writes lines as from..to debtor amount, or from..to code.
func amounts(lines []billing.Line) []string {
	var out []string
	for _, l := range lines {
		if l.Problem != nil {
			out = append(out, fmt.Sprintf("%s..%s %s", l.From, l.To, l.Problem.Code))
		} else {
			out = append(out, fmt.Sprintf("%s..%s %s %d.%02d", l.From, l.To, l.DebtorID, l.AmountFen/100, l.AmountFen%100))
		}
	}
	return out
}

func TestAUnitHandedOverInsideAMonthIsSplitAtTheDay(t *testing.T) {
	u := home(t)
	u.Tenures[0].To = day(t, "2026-12-14")
	u.Tenures = append(u.Tenures, estate.Tenure{ID: "o2", PersonID: "B", Role: estate.RoleOwner, From: day(t, "2026-12-15")})
	lines := billing.Compute(u, []billing.Item{item(t, billing.BuiltArea, `{"price_yuan":"2.80"}`)}, period(t, "2026-12"))
	require.Equal(t, []string{"2026-12-01..2026-12-14 A 113.17", "2026-12-15..2026-12-31 B 137.43"}, amounts(lines))
	require.Equal(t, 0, lines[0].LineNo)
	require.Equal(t, 14, lines[1].LineNo)
	require.Equal(t, []billing.Split{billing.SplitDebtor}, lines[1].Basis.Split)
	require.Equal(t, "物业费：建筑面积 89.5 平方米 × 单价 2.8 元 = 250.60 元/月；2026-12-01 至 2026-12-14，共 14 天，按当月实际天数折算（2026-12 计 14/31），"+
		"应收 113.17 元（四舍五入到分）。分段原因：缴费人变更。", lines[0].Basis.Text)
}
