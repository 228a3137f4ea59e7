package calendar

import (
	"errors"
	"maps"
	"slices"

	"steward/domain/refusal"
)

// Sheet is a community's calendar as people read and edit it. Holidays are the organization's, the same for every
// community; the loaded years are those whose notice is in the data.
type Sheet struct {
	CommunityID string `json:"community_id"`
	Rules
	Holidays    []SpecialDay `json:"holidays"`
	LoadedYears []int        `json:"loaded_years"`
	Version     int          `json:"version"`
}

// Change is what an editor of a calendar sets. ProvisionalDays, where given, replace the ones entered before.
type Change struct {
	Rules
	ProvisionalDays *[]SpecialDay `json:"provisional_days,omitempty"`
}

const maxSpecialDayName = 40

// Check refuses rules that leave no open window, and days without name or date; it marks the days as provisional.
func (c *Change) Check() error {
	if c.QuietFrom == "" && c.QuietTo == "" {
		c.QuietFrom, c.QuietTo = DefaultQuietFrom, DefaultQuietTo
	}
	if _, err := New(c.Rules, Holidays{}); errors.Is(err, ErrQuietHours) {
		return refusal.New(refusal.Rule, "quiet-hours", "免打扰时段须为 HH:MM 格式，且每天至少留出 2 小时可发送时间。").
			At("quiet_from", "请检查免打扰时段", c.QuietFrom+"-"+c.QuietTo)
	} else if err != nil {
		return refusal.New(refusal.Rule, "mute-days", "春节静默的前后天数须在 0 到 30 之间。").At("mute_days_before", "0 到 30", c.MuteDaysBefore)
	}
	if c.ProvisionalDays == nil {
		return nil
	}
	seen := map[Date]bool{}
	for i, d := range *c.ProvisionalDays {
		if d.Date.IsZero() || d.Name == "" || len([]rune(d.Name)) > maxSpecialDayName || seen[d.Date] {
			return refusal.New(refusal.Rule, "special-day", "每个临时假日须有不重复的日期和 40 字以内的名称。").At("provisional_days", "请检查此日期", d.Date.String())
		}
		seen[d.Date] = true
		(*c.ProvisionalDays)[i].Provisional = true
	}
	return nil
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
