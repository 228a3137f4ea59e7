// Package calendar answers when something may happen: statutory days off and make-up workdays, quiet hours, closed
// weekends, and the next open instant. It gets its data as input.
package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Rules are what a community sets of its calendar. Quiet hours are HH:MM in Shanghai; From later than To spans midnight,
// both empty stand for the default. The Spring Festival mute covers the days off named 春节, widened on both sides.
type Rules struct {
	QuietFrom      string
	QuietTo        string
	ClosedWeekends bool
	MuteDaysBefore int
	MuteDaysAfter  int
}

// The quiet hours of a community that set none.
const (
	DefaultQuietFrom = "22:00"
	DefaultQuietTo   = "08:00"
)

// MinOpenMinutes is what quiet hours must leave open of a day.
const MinOpenMinutes = 120

// MaxMuteDays bounds the widening of the Spring Festival mute on each side.
const MaxMuteDays = 30

// maxClosedDays is how far NextOpen looks. Validation keeps every closed run far below it: at most 45 days off in a row,
// and 30 muted days on either side.
const maxClosedDays = 200

const minutesOfDay = 24 * 60

// The ways in which rules are refused.
var (
	ErrQuietHours = errors.New("quiet hours must be HH:MM and leave at least two hours of the day open")
	ErrMuteDays   = errors.New("mute days must be 0 to 30")
)

// DefaultRules is a calendar that nobody has changed.
func DefaultRules() Rules {
	return Rules{QuietFrom: DefaultQuietFrom, QuietTo: DefaultQuietTo, ClosedWeekends: true}
}

// Calendar is one community's calendar with the country's holidays. The zero value has the default quiet hours, open
// weekends and no holidays.
type Calendar struct {
	rules    Rules
	holidays Holidays
	windows  []window // open parts of a day, in order; nil stands for the default
}

// window is a half-open part of a day in minutes from midnight.
type window struct{ from, to int }

var defaultWindows = []window{{8 * 60, 22 * 60}}

// New checks the rules; its errors wrap ErrQuietHours and ErrMuteDays.
func New(r Rules, h Holidays) (Calendar, error) {
	if r.MuteDaysBefore < 0 || r.MuteDaysBefore > MaxMuteDays || r.MuteDaysAfter < 0 || r.MuteDaysAfter > MaxMuteDays {
		return Calendar{}, ErrMuteDays
	}
	if r.QuietFrom == "" && r.QuietTo == "" {
		r.QuietFrom, r.QuietTo = DefaultQuietFrom, DefaultQuietTo
	}
	w, err := windowsOutside(r.QuietFrom, r.QuietTo)
	if err != nil {
		return Calendar{}, err
	}
	return Calendar{rules: r, holidays: h, windows: w}, nil
}

// windowsOutside gives the parts of a day outside quiet hours; equal ends mean that there are none.
func windowsOutside(quietFrom, quietTo string) ([]window, error) {
	from, err := minuteOf(quietFrom)
	if err != nil {
		return nil, err
	}
	to, err := minuteOf(quietTo)
	if err != nil {
		return nil, err
	}
	var w []window
	switch {
	case from == to:
		w = []window{{0, minutesOfDay}}
	case from > to:
		w = []window{{to, from}}
	default:
		w = []window{{0, from}, {to, minutesOfDay}}
	}
	return compact(w)
}

func compact(ws []window) ([]window, error) {
	open := 0
	kept := ws[:0]
	for _, w := range ws {
		if w.from < w.to {
			kept = append(kept, w)
			open += w.to - w.from
		}
	}
	if open < MinOpenMinutes {
		return nil, ErrQuietHours
	}
	return kept, nil
}

func minuteOf(hhmm string) (int, error) {
	t, err := time.Parse("15:04", hhmm)
	if err != nil || len(hhmm) != 5 {
		return 0, fmt.Errorf("%w: %q", ErrQuietHours, hhmm)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Narrow closes a second span of quiet hours as well, the policy's beside the community's. Where the two together would
// leave less than two hours of the day, the community's stand alone and ok is false.
func (c Calendar) Narrow(quietFrom, quietTo string) (narrowed Calendar, ok bool) {
	if quietFrom == "" && quietTo == "" {
		return c, true
	}
	other, err := windowsOutside(quietFrom, quietTo)
	if err != nil {
		return c, false
	}
	var both []window
	for _, a := range c.openWindows() {
		for _, b := range other {
			both = append(both, window{max(a.from, b.from), min(a.to, b.to)})
		}
	}
	if both, err = compact(both); err != nil {
		return c, false
	}
	c.windows = both
	return c, true
}

// Rules gives back what the calendar was made from.
func (c Calendar) Rules() Rules { return c.rules }

// Open tells whether something may be sent at t.
func (c Calendar) Open(t time.Time) bool {
	d := DateOf(t)
	if !c.OpenDay(d) {
		return false
	}
	into := t.Sub(d.At(0, 0))
	for _, w := range c.openWindows() {
		if into >= minutes(w.from) && into < minutes(w.to) {
			return true
		}
	}
	return false
}

// NextOpen gives the first open instant that is not before t, in UTC.
func (c Calendar) NextOpen(t time.Time) time.Time {
	d := DateOf(t)
	for n := range maxClosedDays {
		day := d.AddDays(n)
		if !c.OpenDay(day) {
			continue
		}
		midnight := day.At(0, 0)
		for _, w := range c.openWindows() {
			if !t.Before(midnight.Add(minutes(w.to))) {
				continue
			}
			if opens := midnight.Add(minutes(w.from)); t.Before(opens) {
				return opens.UTC()
			}
			return t.UTC()
		}
	}
	return c.DayStart(d.AddDays(maxClosedDays)) // out of reach: New and NewHolidays bound every closed run
}

// DayStart is the instant at which the windows of a day begin, whether or not the day itself is open; in UTC. Quiet hours
// that lie within one day leave the night open: the day then begins where they end.
func (c Calendar) DayStart(d Date) time.Time {
	ws := c.openWindows()
	w := ws[0]
	if w.from == 0 && len(ws) > 1 {
		w = ws[1]
	}
	return d.At(0, 0).Add(minutes(w.from)).UTC()
}

// OpenDay tells whether something may be sent on a day at all.
func (c Calendar) OpenDay(d Date) bool {
	if c.muted(d) || c.holidays.dayOff(d) {
		return false
	}
	return !c.rules.ClosedWeekends || c.holidays.workday(d)
}

// IsWorkday tells whether people work on a day by the State Council's notices: no statutory day off, no weekend without make-up work.
func (c Calendar) IsWorkday(d Date) bool { return c.holidays.workday(d) }

// YearLoaded tells whether the notice of a year is in the data; its Spring Festival is what shows it.
func (c Calendar) YearLoaded(year int) bool { return c.holidays.years[year].loaded }

// YearProvisional tells whether a year stands on days that an administrator entered ahead of its notice.
func (c Calendar) YearProvisional(year int) bool { return c.holidays.years[year].provisional }

func (c Calendar) muted(d Date) bool {
	if c.rules.MuteDaysBefore == 0 && c.rules.MuteDaysAfter == 0 {
		return false // the days off themselves are closed anyway
	}
	for n := -c.rules.MuteDaysAfter; n <= c.rules.MuteDaysBefore; n++ {
		if c.holidays.springFestivalOff(d.AddDays(n)) {
			return true
		}
	}
	return false
}

func (c Calendar) openWindows() []window {
	if c.windows == nil {
		return defaultWindows
	}
	return c.windows
}

func weekend(d Date) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
