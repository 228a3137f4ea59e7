package importing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/calendar"
)

func TestAMonthWhereADayShouldStand(t *testing.T) {
	got := readPages(Roster, nil, page{"", "楼栋|房号|业主|联系电话|交付日期|终止日期\n1|101|测试甲|13800000001|2022-01|2024年2月"})
	problems, notices := told(got)
	require.Empty(t, problems)
	require.Equal(t, "2022-01-01", got.Good.Roster[0].DeliveredOn.String())
	require.Equal(t, "2024-02-29", got.Good.Roster[0].To.String())
	require.Equal(t, []string{"2:终止日期:month-only", "2:交付日期:month-only"}, notices)
}

// However a date is written, the same day is read.
func TestEveryHabitOfWritingADate(t *testing.T) {
	wide := strings.NewReplacer("0", "０", "1", "１", "2", "２", "-", "－", "/", "／")
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.Date{Year: 1995, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 35000).Draw(t, "days"))
		serial := calendar.Date{Year: 1899, Month: 12, Day: 30}.DaysUntil(d)
		for _, written := range []string{
			d.String(), fmt.Sprintf("%d-%d-%d", d.Year, d.Month, d.Day), fmt.Sprintf("%d/%d/%d", d.Year, d.Month, d.Day), fmt.Sprintf("%d.%d.%d", d.Year, d.Month, d.Day),
			fmt.Sprintf("%d年%d月%d日", d.Year, d.Month, d.Day), fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day), wide.Replace(d.String()), d.String() + " 08:30:00",
			fmt.Sprint(serial), fmt.Sprintf("%d.0", serial), fmt.Sprintf("%d.354166", serial),
		} {
			got, f := day(written, false)
			require.Nil(t, f, written)
			require.Equal(t, d, got, written)
		}
	})
}

func TestASpanByTwoDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := calendar.Date{Year: 2015, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 4000).Draw(t, "from"))
		from.Day = min(from.Day, 28)
		months := rapid.IntRange(1, 60).Draw(t, "months")
		last := lastOfMonths(from, months)
		require.Equal(t, PeriodOf(from, last), between(from, last), "the end is the last day")
		require.Equal(t, PeriodOf(from, last), between(from, last.AddDays(1)), "the end is the day on which the next span begins")
	})
}

func TestPhonesOfOneCell(t *testing.T) {
	for in, want := range map[string][]string{
		"13800000001": {"13800000001"}, "13800000001/13800000002": {"13800000001", "13800000002"}, "13800000001、139-0000-0002": {"13800000001", "13900000002"},
		"13800000001 13800000002": {"13800000001", "13800000002"}, "138 0000 0001": {"13800000001"}, "+86 13800000001": {"13800000001"}, "0571-88880000；13800000001": {"057188880000", "13800000001"},
		"13800000001或13800000001": {"13800000001"}, "18999999999/13800000001": {"13800000001"}, "妻：13800000002": {"13800000002"}, "13800000001（本人）/13800000002（配偶）": {"13800000001", "13800000002"},
		"(0571)88880000": {"057188880000"}, "无": nil, "8888-0000": {"88880000"},
	} {
		got, _, ok := splitPhones(in)
		require.True(t, ok, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"1380000000", "13800000001/1380000", "138000000011380000000", "abc", "13800000001 转 12"} {
		_, _, ok := splitPhones(in)
		require.False(t, ok, in)
	}
}

func TestPhoneListsAreTakenApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfNDistinct(rapid.StringMatching(`1[3-9][0-9]{5}[1-8][0-9]{3}`), 1, 4, func(s string) string { return s }).Draw(t, "numbers")
		sign := rapid.SampledFrom([]string{"/", "、", ",", "，", "；", ";", " / ", " ", "\n"}).Draw(t, "sign")
		style := rapid.SampledFrom([]func(string) string{
			func(s string) string { return s }, func(s string) string { return s[:3] + "-" + s[3:7] + "-" + s[7:] }, func(s string) string { return "+86" + s },
		}).Draw(t, "style")
		var written []string
		for _, n := range numbers {
			written = append(written, style(n))
		}
		got, remark, ok := splitPhones(strings.Join(written, sign))
		require.True(t, ok)
		require.False(t, remark)
		require.Equal(t, numbers, got)
	})
}

func TestNamesOfOneCell(t *testing.T) {
	for in, want := range map[string][]string{
		"测试甲": {"测试甲"}, "测试甲、测试乙": {"测试甲", "测试乙"}, "测试甲/测试乙/测试丙": {"测试甲", "测试乙", "测试丙"}, "测试甲,测试乙": {"测试甲", "测试乙"}, "甲、乙商贸有限公司": {"甲、乙商贸有限公司"},
		"Smith, John": {"Smith, John"}, "阿卜杜·热合曼": {"阿卜杜·热合曼"}, "甲/乙": {"甲/乙"}, "无": nil, "": nil,
	} {
		require.Equal(t, want, splitNames(in), in)
	}
}
