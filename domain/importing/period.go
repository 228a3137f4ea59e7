package importing

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// Period is the span that a bill is for. Text is its natural key: 2026-01, 2026Q1, 2026H1, 2026, a range of months
// 2026-01..2026-05 or of days 2026-01-05..2026-03-04, whichever is the shortest that says the same.
type Period struct {
	Text string        `json:"text"`
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
}

// PeriodOf names the span between two days, both included.
func PeriodOf(from, to calendar.Date) Period {
	p := Period{From: from, To: to}
	months := (to.Year-from.Year)*12 + int(to.Month-from.Month) + 1
	whole := from.Day == 1 && to.AddDays(1).Day == 1
	first := int(from.Month)
	switch {
	case !whole:
		p.Text = from.String() + ".." + to.String()
	case months == 1:
		p.Text = from.String()[:7]
	case months == 3 && first%3 == 1:
		p.Text = fmt.Sprintf("%04dQ%d", from.Year, first/3+1)
	case months == 6 && first%6 == 1:
		p.Text = fmt.Sprintf("%04dH%d", from.Year, first/6+1)
	case months == 12 && first == 1:
		p.Text = fmt.Sprintf("%04d", from.Year)
	default:
		p.Text = from.String()[:7] + ".." + to.String()[:7]
	}
	return p
}

// between names the span of a bill or a payment that is given by two dates. The payment histories of other systems end a
// span on the day on which the following one begins (2016-01-01 to 2017-01-01 is the year 2016): where the end is a whole
// number of months after the start it is not part of the span. Any other end is its last day.
func between(from, to calendar.Date) Period {
	months := (to.Year-from.Year)*12 + int(to.Month-from.Month)
	if months > 0 && to.Day == from.Day {
		to = to.AddDays(-1)
	}
	return PeriodOf(from, to)
}

// maxPeriodMonths is the longest span that one bill or payment is for.
const maxPeriodMonths = 120

// period reads what a bill or a payment is for: the period's own column, or the two dates of its span, or a date and a
// number of months.
func (r *row) period() (p Period) {
	if s := r.text(colPeriod, cellLimit); s != "" {
		p, f := period(s, r.line.Date1904)
		if f != nil {
			r.fault(colPeriod, f)
		}
		return p
	}
	from, to := r.date(colPeriodFrom), r.date(colPeriodTo)
	months := 0
	if s := r.text(colCycleMonths, cellLimit); s != "" && to.IsZero() {
		months, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(s, "月"), "个"))
	}
	switch {
	case from.IsZero():
		return Period{}
	case to.IsZero() && months > 0 && months <= maxPeriodMonths:
		return PeriodOf(from, lastOfMonths(from, months))
	case to.IsZero():
		return Period{}
	case to.Before(from):
		r.fault(colPeriodTo, faultf("bad-period", "“%s”早于“%s”，请核对。", r.label(colPeriodTo), r.label(colPeriodFrom)))
		return Period{}
	}
	return between(from, to)
}

var (
	monthText   = regexp.MustCompile(`^(\d{4})[-/.年]?(\d{1,2})月?份?$`)
	quarterText = regexp.MustCompile(`^(\d{4})年?[-/.]?(?:Q([1-4])|第?([1-4一二三四])季度?)$`)
	halfText    = regexp.MustCompile(`^(\d{4})年?[-/.]?(?:H([12])|(上|下)半年)$`)
	yearText    = regexp.MustCompile(`^(\d{4})(?:年度?|全年|年全年)?$`)
	rangeText   = regexp.MustCompile(`^(.+?)(?:至|到|~|\.\.|—+|–|--|/| - )(.+)$`)
	dotRange    = regexp.MustCompile(`^(\d{4}[./年]\d{1,2}(?:[./月]\d{1,2}[日号]?|月)?)-(\d{4}[./年]\d{1,2}(?:[./月]\d{1,2}[日号]?|月)?)$`)
)

// period reads an accounting period in any habit, also a serial date, which means its month.
func period(s string, date1904 bool) (Period, *fault) {
	t := strings.ToUpper(strings.ReplaceAll(estate.Fold(s), "～", "~"))
	if from, to, ok := span(t); ok {
		return PeriodOf(from, to), sane(s, from, to)
	}
	for _, pattern := range []*regexp.Regexp{dotRange, rangeText} {
		if m := pattern.FindStringSubmatch(t); m != nil {
			from, _, okFrom := spanOrDay(strings.TrimSpace(m[1]))
			_, to, okTo := spanOrDay(strings.TrimSpace(m[2]))
			if okFrom && okTo {
				return PeriodOf(from, to), sane(s, from, to)
			}
		}
	}
	if d, f := day(t, date1904); f == nil {
		from := calendar.Date{Year: d.Year, Month: d.Month, Day: 1}
		return PeriodOf(from, lastOfMonths(from, 1)), nil
	}
	return Period{}, faultf("bad-period", "账期“%s”无法识别，请写成 2026-01、2026年第一季度 或 2026-01至2026-06。", short(s))
}

func sane(s string, from, to calendar.Date) *fault {
	switch {
	case to.Before(from):
		return faultf("bad-period", "账期“%s”的结束早于开始，请核对。", short(s))
	case from.Year < 1990 || to.Year > 2099 || to.Year-from.Year > 10:
		return faultf("bad-period", "账期“%s”的年份不合理，请核对。", short(s))
	}
	return nil
}

// span reads one month, quarter, half-year or year.
func span(s string) (from, to calendar.Date, ok bool) {
	start, months := 0, 0
	var year string
	if m := quarterText.FindStringSubmatch(s); m != nil {
		q := strings.Index("1234", m[2]+m[3])
		if i := strings.Index("一二三四", m[3]); m[2] == "" && i >= 0 && len(m[3]) > 1 {
			q = i / len("一")
		}
		year, start, months = m[1], q*3+1, 3
	} else if m := halfText.FindStringSubmatch(s); m != nil {
		year, start, months = m[1], 1, 6
		if m[2] == "2" || m[3] == "下" {
			start = 7
		}
	} else if m := yearText.FindStringSubmatch(s); m != nil {
		year, start, months = m[1], 1, 12
	} else if m := monthText.FindStringSubmatch(s); m != nil && len(m[1]+m[2]) > 4 {
		year, months = m[1], 1
		start, _ = strconv.Atoi(m[2])
	}
	if start < 1 || start > 12 {
		return from, to, false
	}
	y, _ := strconv.Atoi(year)
	if y < 1990 || y > 2099 { // a serial number or nonsense
		return from, to, false
	}
	from = calendar.Date{Year: y, Month: time.Month(start), Day: 1}
	return from, lastOfMonths(from, months), true
}

var monthAlone = regexp.MustCompile(`^\d{4}[-/.年]\d{1,2}月?$`)

// month reads a month that stands where a day should: 2022-01, 2022年1月.
func month(s string) (from, to calendar.Date, ok bool) {
	if !monthAlone.MatchString(s) {
		return from, to, false
	}
	return span(s)
}

func spanOrDay(s string) (from, to calendar.Date, ok bool) {
	if from, to, ok = span(s); ok {
		return from, to, true
	}
	d, f := day(strings.ReplaceAll(s, "号", "日"), false)
	return d, d, f == nil
}

func lastOfMonths(from calendar.Date, months int) calendar.Date {
	next := calendar.DateOf(from.At(12, 0).AddDate(0, months, 0))
	return next.AddDays(-1)
}
