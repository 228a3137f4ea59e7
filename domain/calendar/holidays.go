package calendar

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// SpecialDay is a date that does not follow its weekday: a statutory day off, or a make-up workday. A provisional one was
// entered by an administrator before the State Council's notice of that year was out.
type SpecialDay struct {
	Date        Date   `json:"date" db:"on_date"`
	Name        string `json:"name" db:"name"`
	Off         bool   `json:"off" db:"off"`
	Provisional bool   `json:"provisional,omitempty" db:"provisional"`
}

const springFestival = "春节"

// maxDaysOffInARow bounds a run of days off; the longest real one (Spring Festival 2020) had ten.
const maxDaysOffInARow = 45

// ErrTooManyDaysOff refuses a list whose days off would keep a calendar closed for more than 45 days in a row.
var ErrTooManyDaysOff = errors.New("more than 45 days off in a row")

// Holidays is an immutable set of special days, shared by the calendars of one organization.
type Holidays struct {
	days  map[int]SpecialDay
	years map[int]yearState
}

type yearState struct{ loaded, provisional bool }

// NewHolidays takes special days in any order; a date named twice keeps the later entry.
func NewHolidays(days []SpecialDay) (Holidays, error) {
	h := Holidays{days: make(map[int]SpecialDay, len(days)), years: map[int]yearState{}}
	for _, d := range days {
		if d.Date.IsZero() {
			return Holidays{}, fmt.Errorf("special day %q has no date", d.Name)
		}
		h.days[dayNumber(d.Date)] = d
	}
	for _, d := range h.days {
		if !d.Off {
			continue
		}
		y := h.years[d.Date.Year]
		if d.Provisional {
			y.provisional = true
		} else if d.Name == springFestival {
			y.loaded = true
		}
		h.years[d.Date.Year] = y
		if h.closedRun(d.Date) > maxDaysOffInARow {
			return Holidays{}, fmt.Errorf("%w, from %s", ErrTooManyDaysOff, d.Date)
		}
	}
	return h, nil
}

// closedRun counts the days off in a row from d on, weekends without make-up work among them.
func (h Holidays) closedRun(d Date) int {
	n := 0
	for n <= maxDaysOffInARow && !h.workday(d.AddDays(n)) {
		n++
	}
	return n
}

func (h Holidays) on(d Date) (SpecialDay, bool) {
	s, ok := h.days[dayNumber(d)]
	return s, ok
}

func (h Holidays) workday(d Date) bool {
	if s, ok := h.on(d); ok {
		return !s.Off
	}
	return !weekend(d)
}

func (h Holidays) dayOff(d Date) bool {
	s, ok := h.on(d)
	return ok && s.Off
}

func (h Holidays) springFestivalOff(d Date) bool {
	s, ok := h.on(d)
	return ok && s.Off && s.Name == springFestival
}

func dayNumber(d Date) int { return d.Year*10000 + int(d.Month)*100 + d.Day }

//go:embed statutory.csv
var statutoryCSV string

// Statutory gives the special days of the State Council's notices for 2020 to 2026; a later year is not out yet.
var Statutory = sync.OnceValue(func() []SpecialDay {
	rows, err := csv.NewReader(strings.NewReader(statutoryCSV)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("embedded statutory.csv: %v", err))
	}
	days := make([]SpecialDay, 0, len(rows))
	for _, r := range rows[1:] {
		d, err := ParseDate(r[0])
		if err != nil {
			panic(fmt.Sprintf("embedded statutory.csv: %v", err))
		}
		days = append(days, SpecialDay{Date: d, Name: r[1], Off: r[2] == "off"})
	}
	return days
})
