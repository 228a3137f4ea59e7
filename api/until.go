package api

import (
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Until is the end of something as clients write it: an instant with offset, or a day, which counts to its end.
type Until string

// instant gives the moment at which it is over; zero when nothing was said.
func (u Until) instant() (time.Time, error) {
	if u == "" {
		return time.Time{}, nil
	}
	if day, err := calendar.ParseDate(string(u)); err == nil {
		return day.AddDays(1).At(0, 0), nil
	}
	at, err := time.Parse(time.RFC3339, string(u))
	if err != nil {
		return at, refusal.New(refusal.Rule, "invalid-field", "截止时间的格式不正确，请按提示修改。").
			At("body.until", "应为日期（2026-03-31）或带时区的时间（2026-03-31T09:00:00+08:00）", string(u))
	}
	return at, nil
}

// day gives the last day; zero when nothing was said.
func (u Until) day() (calendar.Date, error) {
	if day, err := calendar.ParseDate(string(u)); err == nil {
		return day, nil
	}
	at, err := u.instant()
	if err != nil || at.IsZero() {
		return calendar.Date{}, err
	}
	return calendar.DateOf(at), nil
}
