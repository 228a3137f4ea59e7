package billing

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Period is a stretch of whole months that is billed. Text is the shortest name of it: 2026-03, 2026Q1, 2026H1, 2026, or a
// range of months 2026-02..2026-04.
type Period struct {
	Text   string
	From   calendar.Date
	To     calendar.Date
	Months int
}

var (
	monthForm = regexp.MustCompile(`^(\d{4})-(\d{2})$`)
	rangeForm = regexp.MustCompile(`^(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})$`)
	partForm  = regexp.MustCompile(`^(\d{4})(?:Q([1-4])|H([12]))?$`)
)

// maxMonths is the longest period that is billed at once.
const maxMonths = 12

// ParsePeriod reads a period; a range of months that has a shorter name gets that. What is no period is refused.
func ParsePeriod(text string) (Period, error) {
	no := refusal.New(refusal.Rule, "period-malformed", "账期“%.24s”无法识别。请写成 2026-03、2026Q1、2026H1、2026 或 2026-01..2026-06。", text).
		At("period", "账期格式不正确", text)
	var year, first, months int
	if m := monthForm.FindStringSubmatch(text); m != nil {
		year, first, months = number(m[1]), number(m[2]), 1
	} else if m := rangeForm.FindStringSubmatch(text); m != nil {
		year, first = number(m[1]), number(m[2])
		months = (number(m[3])-year)*12 + number(m[4]) - first + 1
		if number(m[4]) < 1 || number(m[4]) > 12 {
			return Period{}, no
		}
	} else if m := partForm.FindStringSubmatch(text); m != nil {
		year, first, months = number(m[1]), 1, 12
		switch {
		case m[2] != "":
			first, months = 3*number(m[2])-2, 3
		case m[3] != "":
			first, months = 6*number(m[3])-5, 6
		}
	}
	if year < 1900 || first < 1 || first > 12 || months < 1 || months > maxMonths {
		return Period{}, no
	}
	return periodOf(year, first, months), nil
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func periodOf(year, firstMonth, months int) Period {
	from := calendar.Date{Year: year, Month: time.Month(firstMonth), Day: 1}
	last := addMonths(from, months-1)
	p := Period{From: from, To: calendar.Date{Year: last.Year, Month: last.Month, Day: daysIn(last.Year, last.Month)}, Months: months}
	switch {
	case months == 1:
		p.Text = from.String()[:7]
	case months == 3 && firstMonth%3 == 1:
		p.Text = fmt.Sprintf("%04dQ%d", year, firstMonth/3+1)
	case months == 6 && firstMonth%6 == 1:
		p.Text = fmt.Sprintf("%04dH%d", year, firstMonth/6+1)
	case months == 12 && firstMonth == 1:
		p.Text = fmt.Sprintf("%04d", year)
	default:
		p.Text = from.String()[:7] + ".." + p.To.String()[:7]
	}
	return p
}

// Months gives how many months a cycle has; 0 for what is no cycle.
func (c Cycle) Months() int {
	return map[Cycle]int{"": 1, Month: 1, Quarter: 3, HalfYear: 6, Year: 12}[c]
}

// Holding gives the period of this cycle that holds a day.
func (c Cycle) Holding(day calendar.Date) Period {
	n := max(1, c.Months())
	return periodOf(day.Year, (int(day.Month)-1)/n*n+1, n)
}

// PeriodIn gives the period that the item is billed for in a run for p, and whether it is billed in it at all. A run for one
// month bills a prepaid item in the first month of its cycle and a post-paid one in the last; a run for a longer period
// bills the items of that very cycle.
func (it Item) PeriodIn(p Period) (Period, bool) {
	own := it.Cycle.Holding(p.From)
	switch {
	case p.Months != 1:
		return p, own == p
	case it.Prepaid:
		return own, own.From == p.From
	}
	return own, own.To == p.To
}

// Dates gives the bill date and the due date of the item for a period. A prepaid item is billed on the last bill day that
// is not after the period's first day, a post-paid one on the first bill day after its last. The 31st is the last day of a
// month that is shorter.
func (it Item) Dates(p Period) (billedOn, dueOn calendar.Date) {
	day := min(max(it.BillDay, 1), 31)
	if it.Prepaid {
		billedOn = onDay(p.From, day)
		if p.From.Before(billedOn) {
			billedOn = onDay(addMonths(p.From, -1), day)
		}
	} else {
		billedOn = onDay(p.To.AddDays(1), day)
	}
	return billedOn, billedOn.AddDays(max(it.DueDays, 0))
}

// onDay gives a day of the month of d, or the month's last.
func onDay(d calendar.Date, day int) calendar.Date {
	return calendar.Date{Year: d.Year, Month: d.Month, Day: min(day, daysIn(d.Year, d.Month))}
}

// addMonths moves to the first day of another month.
func addMonths(d calendar.Date, n int) calendar.Date {
	at := d.Year*12 + int(d.Month) - 1 + n
	return calendar.Date{Year: at / 12, Month: time.Month(at%12 + 1), Day: 1}
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
