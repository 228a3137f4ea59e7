package importing

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// fault is why one cell cannot be taken.
type fault struct{ code, message string }

func faultf(code, format string, args ...any) *fault {
	return &fault{code, fmt.Sprintf(format, args...)}
}

// maxAmountFen is the most that one line may say: ten million yuan.
const maxAmountFen = 1_000_000_000

var (
	grouped     = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d*)?$`)
	ungroup     = regexp.MustCompile(`^-?(\d+(\.\d*)?|\.\d+)$`)
	numberSigns = strings.NewReplacer("，", ",", "−", "-")
	yuanSign    = strings.NewReplacer("¥", "", "￥", "", "RMB", "", "CNY", "", "人民币", "", "元", "", " ", "")
)

// number reads a decimal in any habit: full width, thousands separated, with a currency sign, (1.00) for negative.
func number(s string) (decimal.Decimal, bool) {
	if strings.Trim(s, "0123456789.") != "" {
		s = numberSigns.Replace(yuanSign.Replace(strings.ToUpper(estate.Fold(s))))
	}
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = "-" + s[1:len(s)-1]
	}
	s = strings.TrimPrefix(s, "+")
	if len(s) > 40 || !grouped.MatchString(s) && !ungroup.MatchString(s) {
		return decimal.Zero, false
	}
	d, err := decimal.NewFromString(strings.TrimSuffix(strings.ReplaceAll(s, ",", ""), "."))
	return d, err == nil
}

// amount reads yuan into fen, exactly: a third decimal is a fault, not rounded away.
func amount(s string) (fen int64, f *fault) {
	d, ok := number(s)
	if !ok {
		return 0, faultf("bad-amount", "金额“%s”不是数字，请填写如 1234.50 的金额。", short(s))
	}
	d = d.Shift(2)
	switch {
	case d.IsNegative():
		return 0, faultf("amount-negative", "金额不能为负数。冲减请在账单上做调整。")
	case d.IsZero():
		return 0, faultf("amount-not-positive", "金额必须大于 0 元；没有欠费的房屋请删除此行。")
	case d.GreaterThan(decimal.NewFromInt(maxAmountFen)):
		return 0, faultf("amount-absurd", "单行金额超过 1000 万元，请核对是否多填了位数。")
	case !d.IsInteger():
		return 0, faultf("amount-precision", "金额最多保留两位小数（分）。")
	}
	return d.IntPart(), nil
}

var areaSigns = strings.NewReplacer("㎡", "", "平方米", "", "平方", "", "平米", "", "m2", "", "M2", "", "m²", "", "平", "")

var maxAreaM2 = decimal.NewFromInt(100_000)

// area reads square metres with at most two decimals; a third is rounded, as certificates do.
func area(s string) (string, *fault) {
	if strings.Trim(s, "0123456789.") != "" {
		s = areaSigns.Replace(s)
	}
	d, ok := number(s)
	if !ok {
		return "", faultf("bad-area", "面积“%s”不是数字，请填写如 89.50。", short(s))
	}
	if d.IsNegative() || d.GreaterThan(maxAreaM2) {
		return "", faultf("bad-area", "面积应在 0 到 100000 平方米之间。")
	}
	if d.IsZero() {
		return "", nil
	}
	return d.Round(2).StringFixed(2), nil
}

var (
	dateText  = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]?(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?[秒分]?)?$`)
	eightDays = regexp.MustCompile(`^(19|20)\d{6}$`)
)

// Serial dates are taken between 1990 and 2099; other bare numbers are no dates.
const (
	firstSerial = 32874
	lastSerial  = 73050
)

// instant reads a date with or without a time of day, as text or as a spreadsheet's serial number, in Shanghai.
func instant(s string, date1904 bool) (t time.Time, f *fault) {
	s = strings.TrimSpace(estate.Fold(s))
	if m := dateText.FindStringSubmatch(s); m != nil {
		n := make([]int, 7)
		for i := 1; i < 7; i++ {
			if m[i] != "" {
				n[i], _ = strconv.Atoi(m[i])
			}
		}
		return civil(s, n[1], n[2], n[3], n[4], n[5], n[6])
	}
	if eightDays.MatchString(s) {
		y, _ := strconv.Atoi(s[:4])
		m, _ := strconv.Atoi(s[4:6])
		d, _ := strconv.Atoi(s[6:])
		return civil(s, y, m, d, 0, 0, 0)
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		if date1904 {
			v += 1462
		}
		if v >= firstSerial && v < lastSerial {
			day := calendar.Date{Year: 1899, Month: time.December, Day: 30}.AddDays(int(v))
			seconds := time.Duration(math.Round((v - math.Floor(v)) * 86400))
			return day.At(0, 0).Add(seconds * time.Second), nil
		}
	}
	return time.Time{}, faultf("bad-date", "日期“%s”无法识别，请写成 2026-01-05。", short(s))
}

func civil(s string, y, mo, d, h, mi, sec int) (time.Time, *fault) {
	t := time.Date(y, time.Month(mo), d, h, mi, sec, 0, calendar.Shanghai)
	if t.Year() != y || int(t.Month()) != mo || t.Day() != d || h > 23 || mi > 59 || sec > 59 {
		return time.Time{}, faultf("bad-date", "日期“%s”不存在，请核对。", short(s))
	}
	if y < 1950 || y > 2099 {
		return time.Time{}, faultf("date-absurd", "日期“%s”的年份不合理，请核对。", short(s))
	}
	return t, nil
}

// day reads a date; a time of day is dropped.
func day(s string, date1904 bool) (calendar.Date, *fault) {
	t, f := instant(s, date1904)
	if f != nil {
		return calendar.Date{}, f
	}
	return calendar.DateOf(t), nil
}

// short cuts what a message repeats of a cell.
func short(s string) string {
	r := []rune(estate.Fold(s))
	if len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return string(r)
}
