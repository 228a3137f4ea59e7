package calendar

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"steward/domain/refusal"
)

// QuietHours is the daily span in which nothing is sent, HH:MM in Shanghai; From later than To spans midnight.
type QuietHours struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Sheet is a community's calendar as people read and edit it. Holidays are the organization's, the same for every
// community, provisional days among them; the loaded years are those whose notice is in the data.
type Sheet struct {
	CommunityID     string       `json:"community_id"`
	QuietHours      QuietHours   `json:"quiet_hours"`
	ClosedWeekends  bool         `json:"closed_weekends"`
	MuteDaysBefore  int          `json:"mute_days_before"`
	MuteDaysAfter   int          `json:"mute_days_after"`
	Holidays        []SpecialDay `json:"holidays"`
	ProvisionalDays []SpecialDay `json:"provisional_days"`
	LoadedYears     []int        `json:"loaded_years"`
	Version         int          `json:"version"`
}

// Change is what an editor of a calendar sets; what is left out stays. ProvisionalDays replace the ones entered before.
type Change struct {
	QuietHours      *QuietHours   `json:"quiet_hours,omitempty"`
	ClosedWeekends  *bool         `json:"closed_weekends,omitempty"`
	MuteDaysBefore  *int          `json:"mute_days_before,omitempty"`
	MuteDaysAfter   *int          `json:"mute_days_after,omitempty"`
	ProvisionalDays *[]SpecialDay `json:"provisional_days,omitempty"`
}

const maxSpecialDayName = 40

// Apply gives the rules after a change, or refuses rules that leave no open window.
func (c Change) Apply(r Rules) (Rules, error) {
	if c.QuietHours != nil {
		r.QuietFrom, r.QuietTo = c.QuietHours.From, c.QuietHours.To
	}
	if c.ClosedWeekends != nil {
		r.ClosedWeekends = *c.ClosedWeekends
	}
	if c.MuteDaysBefore != nil {
		r.MuteDaysBefore = *c.MuteDaysBefore
	}
	if c.MuteDaysAfter != nil {
		r.MuteDaysAfter = *c.MuteDaysAfter
	}
	cal, err := New(r, Holidays{})
	switch {
	case errors.Is(err, ErrQuietHours):
		return r, refusal.New(refusal.Rule, "quiet-hours", "免打扰时段须为 HH:MM 格式，且每天至少留出 2 小时可发送时间。").
			At("quiet_hours", "请检查免打扰时段", r.QuietFrom+"-"+r.QuietTo)
	case err != nil:
		return r, refusal.New(refusal.Rule, "mute-days", "春节静默的前后天数须在 0 到 %d 之间。", MaxMuteDays).At("mute_days_before", "请检查天数", r.MuteDaysBefore)
	}
	return cal.Rules(), nil
}

// Provisional gives the provisional days of a change, refusing one without date or name and one that comes twice.
func (c Change) Provisional() ([]SpecialDay, error) {
	if c.ProvisionalDays == nil {
		return nil, nil
	}
	seen := map[Date]bool{}
	days := make([]SpecialDay, 0, len(*c.ProvisionalDays))
	for i, d := range *c.ProvisionalDays {
		if d.Date.IsZero() || d.Name == "" || len([]rune(d.Name)) > maxSpecialDayName || seen[d.Date] {
			return nil, refusal.New(refusal.Rule, "special-day", "每个临时假日须有不重复的日期和 %d 字以内的名称。", maxSpecialDayName).
				At(fmt.Sprintf("provisional_days[%d]", i), "请检查此日期", d.Date.String())
		}
		seen[d.Date] = true
		d.Provisional = true
		days = append(days, d)
	}
	return days, nil
}

// LoadedYears lists the years whose notice is in the data.
func (h Holidays) LoadedYears() []int {
	years := []int{}
	for _, y := range slices.Sorted(maps.Keys(h.years)) {
		if h.years[y].loaded {
			years = append(years, y)
		}
	}
	return years
}
