package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Shanghai is the zone in which every rule of this domain is written. China has had no summer time since 1991.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a day of the civil calendar without a zone. The zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the day on which an instant falls in Shanghai.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not YYYY-MM-DD", s)
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// At gives the instant of a wall-clock time of this day in Shanghai.
func (d Date) At(hour, minute int) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, Shanghai)
}

// AddDays moves by natural days.
func (d Date) AddDays(n int) Date { return DateOf(d.At(12, 0).AddDate(0, 0, n)) }

// DaysUntil counts natural days from d to e (negative when e is earlier).
func (d Date) DaysUntil(e Date) int {
	return int(e.At(0, 0).Sub(d.At(0, 0)) / (24 * time.Hour))
}

// Before orders dates.
func (d Date) Before(e Date) bool { return d.At(0, 0).Before(e.At(0, 0)) }

// After orders dates.
func (d Date) After(e Date) bool { return e.Before(d) }

// Weekday of the date.
func (d Date) Weekday() time.Weekday { return d.At(0, 0).Weekday() }

// String is YYYY-MM-DD, or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD; empty text is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Value stores the date as text that DATE columns take; no date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a DATE column.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
	case time.Time: // the driver gives midnight UTC of the stored day
		*d = Date{v.Year(), v.Month(), v.Day()}
	case []byte:
		return d.UnmarshalText(v)
	case string:
		return d.UnmarshalText([]byte(v))
	default:
		return fmt.Errorf("cannot read a date from %T", src)
	}
	return nil
}
