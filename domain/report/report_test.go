package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/refusal"
	"steward/domain/report"
)

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestWhatCannotBeAnsweredIsRefused(t *testing.T) {
	today := day("2026-03-15")
	for _, c := range []struct {
		ask  report.Ask
		code string
	}{
		{report.Ask{Name: "work-orders", CommunityID: "c"}, "report-unknown"},
		{report.Ask{Name: report.Takings}, "community-needed"},
		{report.Ask{Name: report.Takings, CommunityID: "c", From: day("2026-03-02"), To: day("2026-03-01")}, "range-malformed"},
		{report.Ask{Name: report.Takings, CommunityID: "c", From: day("2025-03-01"), To: day("2026-03-02")}, "range-too-long"},
	} {
		_, err := c.ask.Settle(today)
		require.True(t, refusal.Is(err, c.code), "%v", err)
	}
	a, err := report.Ask{Name: report.Takings, CommunityID: "c", AsOf: day("2027-01-01")}.Settle(today)
	require.NoError(t, err)
	require.Equal(t, []calendar.Date{day("2026-03-01"), today, today}, []calendar.Date{a.From, a.To, a.AsOf})
}

func TestTheCollectionRateHasOneDefinition(t *testing.T) {
	figures, sections := report.CollectionSections([]report.Collected{
		{FeeItemID: "1", FeeItem: "物业费", DebtorID: "paid", DueFen: 100, AllocatedFen: 100},
		{FeeItemID: "2", FeeItem: "水费", DebtorID: "paid", DueFen: 50, AllocatedFen: 40, WaivedFen: 10},
		{FeeItemID: "1", FeeItem: "物业费", DebtorID: "part", DueFen: 100, AllocatedFen: 50},
		{FeeItemID: "1", FeeItem: "物业费", DebtorID: "let off", DueFen: 100, WaivedFen: 100},
		{FeeItemID: "1", FeeItem: "物业费", DebtorID: "old", PriorFen: 400, RecoveredFen: 100},
	})
	require.Equal(t, report.Row{"due_fen": int64(350), "collected_fen": int64(190), "waived_fen": int64(110), "unpaid_fen": int64(50), "rate": "0.5428",
		"households": int64(3), "households_paid": int64(1), "households_waived": int64(1), "household_rate": "0.3333",
		"prior_fen": int64(400), "recovered_fen": int64(100), "recovery_rate": "0.2500"}, figures)
	require.Len(t, sections[0].Rows, 2)
	require.Equal(t, "0.8000", sections[0].Rows[0]["rate"])
	none, _ := report.CollectionSections(nil)
	require.Empty(t, none["rate"])
}

func TestSharesAreRoundedDown(t *testing.T) {
	require.Equal(t, "0.9999", report.ShareOf(999_999, 1_000_000))
	require.Equal(t, "1.0000", report.ShareOf(7, 7))
	require.Equal(t, "1.5000", report.ShareOf(3, 2))
	require.Equal(t, "0.0000", report.ShareOf(-1, 2))
}

func TestArrearsFallIntoTheirAges(t *testing.T) {
	today := day("2026-03-31")
	for due, key := range map[string]string{"2026-04-01": "not_due", "2026-03-31": "d0_30", "2026-03-01": "d0_30", "2026-02-28": "d31_90", "2025-12-31": "d31_90",
		"2025-12-30": "d91_180", "2025-10-01": "d181_365", "2025-03-31": "d181_365", "2025-03-30": "y1_2", "2024-03-30": "y2_3", "2023-04-01": "y2_3", "2023-03-30": "over_3y"} {
		require.Equal(t, key, report.BucketOf(day(due), today), due)
	}
	owed := []report.Owed{{FeeItem: "物业费", DebtorID: "a", DueOn: day("2026-03-01"), Bills: 2, OwedFen: 10}, {FeeItem: "水费", DebtorID: "b", DueOn: day("2022-01-01"), Bills: 1, OwedFen: 20},
		{FeeItem: "物业费", DebtorID: "b", DueOn: day("2026-05-01"), Bills: 1, OwedFen: 5}}
	total, sections := report.ArrearsSections(owed, map[string]report.Debtor{"a": {Name: "甲"}, "b": {Name: "乙"}}, today, 1)
	require.EqualValues(t, 35, total["total_fen"])
	require.EqualValues(t, 30, total["overdue_fen"])
	require.Len(t, sections, 2)
	require.Equal(t, "乙", sections[1].Rows[0]["debtor"])
	require.True(t, sections[1].Truncated)
	_, without := report.ArrearsSections(owed, nil, today, 1)
	require.Len(t, without, 1)
}

func TestTakingsAddUp(t *testing.T) {
	total, sections := report.TakingsSections([]money.CashMovement{
		{Day: day("2026-03-02"), Channel: "counter", Kind: money.EntryPayment, Method: "cash", Number: 2, AmountFen: 300},
		{Day: day("2026-03-02"), Channel: "counter", Kind: money.EntryReversal, Method: "cash", Number: 1, AmountFen: -100},
		{Day: day("2026-03-01"), Channel: "pos", Kind: money.EntryPayment, Method: "pos", Number: 1, AmountFen: 50},
		{Day: day("2026-03-03"), Channel: "counter", Kind: money.EntryPaidOut, Method: "cash", Number: 1, AmountFen: -20},
	})
	require.EqualValues(t, 230, total["net_fen"])
	require.Equal(t, []any{"pos", "counter", "counter"}, []any{sections[0].Rows[0]["channel"], sections[0].Rows[1]["channel"], sections[0].Rows[2]["channel"]})
	require.EqualValues(t, 200, sections[0].Rows[1]["net_fen"])
	require.EqualValues(t, 20, sections[1].Rows[0]["refunded_fen"])
}
