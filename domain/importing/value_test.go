package importing

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
)

func TestAmountReadsEveryHabitExactly(t *testing.T) {
	for in, want := range map[string]int64{
		"1234.5": 123450, "1,234.50": 123450, "１，２３４．５０": 123450, "￥1,234.50元": 123450, "¥0.01": 1, "12,345,678.90": 0, "88.": 8800,
		".5": 50, "100.10000": 10010, "10000000": 1_000_000_000,
	} {
		got, f := amount(in)
		if want == 0 {
			require.NotNil(t, f, in)
			continue
		}
		require.Nil(t, f, in)
		require.Equal(t, want, got, in)
	}
	for in, code := range map[string]string{
		"-5": "amount-negative", "(12.00)": "amount-negative", "－5": "amount-negative", "0": "amount-not-positive", "0.00": "amount-not-positive",
		"10000000.01": "amount-absurd", "99999999999999999999": "amount-absurd", "1.005": "amount-precision", "一百": "bad-amount", "1,23": "bad-amount", "1e5": "bad-amount",
		"NaN": "bad-amount", "1 000.00.1": "bad-amount", "--1": "bad-amount",
	} {
		_, f := amount(in)
		require.NotNil(t, f, in)
		require.Equal(t, code, f.code, in)
	}
}

func TestAmountWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(1, maxAmountFen).Draw(t, "fen")
		got, f := amount(grouping(fen))
		require.Nil(t, f)
		require.Equal(t, fen, got)
	})
}

func grouping(fen int64) string {
	digits := []byte{byte('0' + fen%10), byte('0' + fen/10%10), '.'}
	yuan := fen / 100
	for i := 0; yuan > 0 || i == 0; i++ {
		if i > 0 && i%3 == 0 {
			digits = append(digits, ',')
		}
		digits = append(digits, byte('0'+yuan%10))
		yuan /= 10
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return string(digits)
}

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01-05": "2026-01-05", "2026/1/5": "2026-01-05", "2026年1月5日": "2026-01-05", "2026.1.5": "2026-01-05", "20260105": "2026-01-05", "２０２６－０１－０５": "2026-01-05",
		"46027": "2026-01-05", "42370": "2016-01-01", "46027.5": "2026-01-05", "2026-01-05 23:59:59": "2026-01-05", "2026-01-05T08:30": "2026-01-05", "2024-02-29": "2024-02-29",
	} {
		got, f := day(in, false)
		require.Nil(t, f, in)
		require.Equal(t, want, got.String(), in)
	}
	got, f := day("44565", true)
	require.Nil(t, f)
	require.Equal(t, "2026-01-05", got.String())
	for in, code := range map[string]string{
		"2026-02-30": "bad-date", "2026-13-01": "bad-date", "明天": "bad-date", "": "bad-date", "5": "bad-date", "1899-12-31": "date-absurd", "2026-01-05 25:00": "bad-date", "1501": "bad-date",
	} {
		_, f := day(in, false)
		require.NotNil(t, f, in)
		require.Equal(t, code, f.code, in)
	}
	at, f := instant("46027.604166666664", false)
	require.Nil(t, f)
	require.Equal(t, calendar.Date{Year: 2026, Month: 1, Day: 5}.At(14, 30), at)
}

func TestPeriods(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01": "2026-01", "2026-1": "2026-01", "2026/01": "2026-01", "202601": "2026-01", "2026年1月": "2026-01", "2026年01月份": "2026-01", "2026.1": "2026-01", "46027": "2026-01",
		"2026-01-01": "2026-01", "2026年第一季度": "2026Q1", "2026Q3": "2026Q3", "2026-Q3": "2026Q3", "2026年4季度": "2026Q4", "2026年上半年": "2026H1", "2026下半年": "2026H2", "2026H2": "2026H2",
		"2026": "2026", "2026年度": "2026", "2026年": "2026", "2026-01至2026-03": "2026Q1", "2026.01-2026.06": "2026H1", "2026-01~2026-05": "2026-01..2026-05",
		"2026-01-01~2026-01-31": "2026-01", "2026/1/1-2026/3/31": "2026Q1", "2026年1月-2026年12月": "2026", "2026-01-05至2026-03-04": "2026-01-05..2026-03-04", "2026-01..2026-05": "2026-01..2026-05",
		"2025-12-01 - 2026-02-28": "2025-12..2026-02",
	} {
		got, f := period(in, false)
		require.Nil(t, f, in)
		require.Equal(t, want, got.Text, in)
		require.LessOrEqual(t, len(got.Text), 24)
	}
	for _, in := range []string{"", "上个月", "2026-13", "2026-03至2026-01", "1800", "2026Q5", "第一季度"} {
		_, f := period(in, false)
		require.NotNil(t, f, in)
		require.Equal(t, "bad-period", f.code, in)
	}
}

func TestPeriodNameIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := calendar.Date{Year: 2020, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 3000).Draw(t, "from"))
		p := PeriodOf(from, from.AddDays(rapid.IntRange(0, 800).Draw(t, "days")))
		got, f := period(p.Text, false)
		require.Nil(t, f)
		require.Equal(t, p, got)
	})
}
