package billing_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/billing"
	"steward/domain/refusal"
)

func TestParametersAreCheckedWhenTheyAreSaved(t *testing.T) {
	for _, c := range []struct {
		formula billing.Formula
		params  string
		code    string // "" is good
		at      string
	}{
		{billing.BuiltArea, `{"price_yuan":"2.8","extra_yuan":5}`, "", ""},
		{billing.BuiltArea, `{"price_yuan":2.8,"to_on":"2027-01-31"}`, "", ""},
		{billing.Fixed, `{"amount_fen":30000}`, "", ""},
		{billing.GivenAmount, ``, "", ""},
		{billing.BuiltArea, `{"price_yuan":"x"}`, "parameter-malformed", "parameters.price_yuan"},
		{billing.BuiltArea, `{"price_yuan":"-1"}`, "price-negative", "parameters.price_yuan"},
		{billing.BuiltArea, `{"price_yuan":"1e300"}`, "parameter-malformed", "parameters.price_yuan"},
		{billing.BuiltArea, `{"price_yuan":"1","colour":"red"}`, "parameter-not-used", "parameters.colour"},
		{billing.BuiltArea, `{"price_yuan":"1","tiers":[]}`, "parameter-not-used", "parameters.tiers"},
		{billing.BuiltArea, `{"price_yuan":"1","unit_kinds":["castle"]}`, "parameter-malformed", "parameters.unit_kinds"},
		{billing.BuiltArea, `[]`, "parameters-malformed", "parameters"},
		{billing.Fixed, `{}`, "price-needed", "parameters.extra_yuan"},
		{billing.Fixed, `{"amount_fen":-5}`, "price-needed", "parameters.extra_yuan"},
		{billing.Metered, `{"tiers":[{"up_to":"10","price_yuan":"1"},{"up_to":"20","price_yuan":"2"}]}`, "tier-closed", "parameters.tiers[1].up_to"},
		{billing.Metered, `{"tiers":[{"price_yuan":"1"},{"price_yuan":"2"}]}`, "tier-open", "parameters.tiers[0].up_to"},
		{billing.Metered, `{"tiers":[{"up_to":"10","price_yuan":"1"},{"up_to":"9","price_yuan":"1"},{"price_yuan":"2"}]}`, "tiers-out-of-order", "parameters.tiers[1].up_to"},
		{billing.RentSteps, `{"price_yuan":"3000","step_months":12}`, "parameter-malformed", "parameters.step_percent"},
		{billing.RentSteps, `{"steps":[{"from":"2026-01-01","amount_yuan":"1"},{"from":"2026-01-01","amount_yuan":"2"}]}`, "steps-out-of-order", "parameters.steps[1].from"},
		{billing.Expression, `{"expression":"建筑面积 * 单价","price_yuan":"2"}`, "", ""},
		{billing.Expression, `{"expression":"usage > 0 ? total / usage : 0"}`, "", ""},
		{billing.Expression, `{"expression":"built_area * discount","variables":{"discount":"0.9"}}`, "", ""},
		{billing.Expression, `{}`, "expression-needed", "parameters.expression"},
		{billing.Expression, `{"expression":"built_aera * 2"}`, "unknown-variable", "parameters.expression"},
		{billing.Expression, `{"expression":"built_area * price"}`, "price-needed", "parameters.price_yuan"},
		{billing.Expression, `{"expression":"100 / 0"}`, "division-by-zero", "parameters.expression"},
		{billing.Expression, `{"expression":"100 / usage"}`, "division-by-zero", "parameters.expression"},
		{billing.Expression, `{"expression":"100 / (built_area - inner_area)"}`, "division-by-zero", "parameters.expression"},
		{billing.Expression, `{"expression":"100 / free","variables":{"free":"0"}}`, "division-by-zero", "parameters.expression"},
		{billing.Expression, `{"expression":"built_area > 60"}`, "expression-not-a-number", "parameters.expression"},
		{billing.Expression, `{"expression":"'ten'"}`, "expression-not-allowed", "parameters.expression"},
		{billing.Expression, `{"expression":"[1,2,3]"}`, "expression-not-allowed", "parameters.expression"},
		{billing.Expression, `{"expression":"len(built_area)"}`, "expression-not-allowed", "parameters.expression"},
		{billing.Expression, `{"expression":"now()"}`, "expression-not-allowed", "parameters.expression"},
		{billing.Expression, `{"expression":"built_area ** 99999"}`, "expression-not-allowed", "parameters.expression"},
		{billing.Expression, `{"expression":"built_area *"}`, "expression-malformed", "parameters.expression"},
		{billing.Expression, `{"expression":"0.12345678901234567 * built_area"}`, "expression-too-precise", "parameters.expression"},
		{billing.Expression, `{"expression":"-5 * built_area"}`, "expression-negative", "parameters.expression"},
		{billing.Expression, `{"expression":"built_area * usage","variables":{"usage":"1"}}`, "variable-name-taken", "parameters.variables.usage"},
	} {
		err := item(t, c.formula, c.params).Check()
		if c.code == "" {
			require.NoError(t, err, c.params)
			continue
		}
		no, ok := refusal.As(err)
		require.True(t, ok, c.params)
		require.Equal(t, c.code, no.Code, c.params)
		require.Equal(t, c.at, no.Fields[0].Location, c.params)
	}
	for field, change := range map[string]func(*billing.Item){
		"cycle": func(i *billing.Item) { i.Cycle = "week" }, "rounding": func(i *billing.Item) { i.Rounding = "bankers" }, "prorate": func(i *billing.Item) { i.Prorate = "days31" },
		"debtor_role": func(i *billing.Item) { i.DebtorRole = "family" }, "bill_day": func(i *billing.Item) { i.BillDay = 32 }, "due_days": func(i *billing.Item) { i.DueDays = -1 },
		"vacant_share": func(i *billing.Item) { i.VacantShare = "1.1" }, "to": func(i *billing.Item) { i.To = day(t, "2019-12-31") },
	} {
		no, ok := refusal.As(item(t, billing.Fixed, `{"extra_yuan":"1"}`, change).Check())
		require.True(t, ok, field)
		require.Equal(t, field, no.Fields[0].Location)
	}
}

// TestAmountsAreExact: a sum that floating point would get wrong by a fen.
func TestAmountsAreExact(t *testing.T) {
	u := home(t)
	u.States[0].BuiltAreaM2 = "1.15"
	lines := billing.Compute(u, []billing.Item{item(t, billing.Expression, `{"expression":"built_area * 1.1"}`)}, period(t, "2026-03"))
	require.Equal(t, int64(127), lines[0].AmountFen) // 1.265 exactly; in binary 1.2649999999999999
	b, err := json.Marshal(lines[0].Basis)
	require.NoError(t, err)
	require.Contains(t, string(b), `"exact_yuan":"1.265"`)
}
