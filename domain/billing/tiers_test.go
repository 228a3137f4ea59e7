package billing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/billing"
	"steward/domain/refusal"
)

const yearlyWater = `{"tiers":[{"up_to":"220","price_yuan":"3"},{"up_to":"300","price_yuan":"4.2"},{"price_yuan":"6"}],"tier_basis":"year"}`

func TestAYearlyTierSaysWhatTheYearHasUsed(t *testing.T) {
	u := home(t)
	u.Quantities = []billing.Entered{{FeeItemID: "I", Period: "2026-11", Value: "20"}}
	u.Earlier = []billing.Used{{FeeItemID: "I", Quantity: "290"}, {FeeItemID: "other", Quantity: "500"}}
	lines := billing.Compute(u, []billing.Item{item(t, billing.Usage, yearlyWater)}, period(t, "2026-11"))
	require.Equal(t, []string{"2026-11-01..2026-11-30 A 102.00"}, amounts(lines))
	require.Equal(t, []billing.TierUse{{Quantity: "10", PriceYuan: "4.2"}, {Quantity: "10", PriceYuan: "6"}}, lines[0].Basis.Tiers)
	require.Equal(t, "290", lines[0].Basis.Inputs["year_before"])
	require.Contains(t, lines[0].Basis.Text, "用量 20，按年阶梯，本年此前已计费 290，第 2 级 10 × 4.2 元，第 3 级 10 × 6 元")
}

// TestAYearCostsTheSameHoweverItIsBilled: month by month, each after what was billed before, is the year at once.
func TestAYearCostsTheSameHoweverItIsBilled(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		charge := func(quantity, before int) int64 {
			u := home(t)
			u.Quantities = []billing.Entered{{FeeItemID: "I", Period: "2026-06", Value: fmt.Sprint(quantity)}}
			u.Earlier = []billing.Used{{FeeItemID: "I", Quantity: fmt.Sprint(before)}}
			return billing.Compute(u, []billing.Item{item(t, billing.Usage, yearlyWater)}, period(t, "2026-06"))[0].AmountFen
		}
		total, fen := 0, int64(0)
		for _, q := range rapid.SliceOfN(rapid.IntRange(0, 90), 1, 12).Draw(r, "months") {
			fen += charge(q, total)
			total += q
		}
		require.Equal(t, charge(total, 0), fen)
	})
}

func TestATierBasisNeedsTiers(t *testing.T) {
	for params, code := range map[string]string{
		`{"price_yuan":"3","tier_basis":"year"}`:          "parameter-not-used",
		`{"tiers":[{"price_yuan":"3"}],"tier_basis":"月"}`: "parameter-malformed",
	} {
		_, err := billing.ReadParameters(billing.Usage, []byte(params))
		require.True(t, refusal.Is(err, code), "%s: %v", params, err)
	}
	_, err := billing.ReadParameters(billing.BuiltArea, []byte(`{"price_yuan":"3","tier_basis":"year"}`))
	require.True(t, refusal.Is(err, "parameter-not-used"))
}
