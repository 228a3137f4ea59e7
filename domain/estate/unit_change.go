package estate

import (
	"time"

	"github.com/shopspring/decimal"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// NewUnitChange says what a unit is from a day on: its areas (decimals in text), or whether it is vacant. What is left out
// stays as it is.
type NewUnitChange struct {
	From        calendar.Date `json:"from"`
	BuiltAreaM2 string        `json:"built_area_m2,omitempty" maxLength:"12"`
	InnerAreaM2 string        `json:"inner_area_m2,omitempty" maxLength:"12"`
	Status      UnitStatus    `json:"status,omitempty" enum:"occupied,vacant,rented,unsold"`
}

// UnitState is what a unit is from a day on. From is absent for what it always was.
type UnitState struct {
	ID          string         `json:"id"`
	UnitID      string         `json:"unit_id"`
	From        *calendar.Date `json:"from,omitempty"`
	BuiltAreaM2 string         `json:"built_area_m2,omitempty"`
	InnerAreaM2 string         `json:"inner_area_m2,omitempty"`
	Status      UnitStatus     `json:"status"`
	MadeBy      string         `json:"made_by"`
	MadeAt      time.Time      `json:"made_at"`
	Version     int            `json:"version"`
}

// Warning is what a person should know of a change that was made: bills that were issued before it for days after it. They
// are not rewritten; what has to be put right is an adjustment.
type Warning struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	BillIDs []string `json:"bill_ids,omitempty"`
}

// ChangedUnit is a unit's states in order after a change, with what to look at.
type ChangedUnit struct {
	States   []UnitState `json:"states"`
	Warnings []Warning   `json:"warnings"`
}

const (
	maxUnitAreaM2 = 100_000
	// aheadDays is how far ahead a change may be written down.
	aheadDays = 366
)

var firstChange = calendar.Date{Year: 1990, Month: 1, Day: 1}

// Check refuses a change that says nothing or cannot be.
func (c NewUnitChange) Check(today calendar.Date) error {
	if c.BuiltAreaM2 == "" && c.InnerAreaM2 == "" && c.Status == "" {
		return refusal.New(refusal.Rule, "change-empty", "请填写新的面积或新的房屋状态。").At("body.built_area_m2", "面积和状态至少填一个", nil)
	}
	if err := CheckFrom(c.From, today); err != nil {
		return err
	}
	for _, a := range []struct{ field, text string }{{"body.built_area_m2", c.BuiltAreaM2}, {"body.inner_area_m2", c.InnerAreaM2}} {
		if a.text == "" {
			continue
		}
		m2, err := decimal.NewFromString(a.text)
		if err != nil || !m2.IsPositive() || m2.GreaterThan(decimal.NewFromInt(maxUnitAreaM2)) || !m2.Equal(m2.Truncate(2)) {
			return refusal.New(refusal.Rule, "bad-area", "面积应为大于 0、最多两位小数的数，如 89.50。").At(a.field, "面积不正确", a.text)
		}
	}
	return nil
}

// CheckFrom refuses a day from which nothing can begin.
func CheckFrom(from, today calendar.Date) error {
	switch {
	case from.IsZero():
		return refusal.New(refusal.Rule, "from-needed", "请填写从哪天起。").At("body.from", "请填写日期", nil)
	case from.Before(firstChange) || from.After(today.AddDays(aheadDays)):
		return refusal.New(refusal.Rule, "from-malformed", "日期 %s 太早或太远，请核对。", from).At("body.from", "日期不正确", from)
	}
	return nil
}

// NewOccupancy is a new owner or tenant from a day on. EndsPrevious ends those of the role the day before: the old debts stay
// with them. CoOwner lets it stand beside them.
type NewOccupancy struct {
	Role         Role          `json:"role" enum:"owner,tenant,family"`
	Name         string        `json:"name" minLength:"1" maxLength:"60"`
	Company      bool          `json:"company,omitempty"`
	Phone        string        `json:"phone,omitempty" maxLength:"30"`
	IDNo         string        `json:"id_no,omitempty" maxLength:"30"`
	From         calendar.Date `json:"from"`
	EndsPrevious bool          `json:"ends_previous,omitempty"`
	CoOwner      bool          `json:"co_owner,omitempty"`
}

// ChangedPeople is who is in a unit after a change, with what to look at.
type ChangedPeople struct {
	OccupancyID string    `json:"occupancy_id"`
	PersonID    string    `json:"person_id"`
	Ended       []string  `json:"ended"` // ids of the occupancies that ended the day before
	Warnings    []Warning `json:"warnings"`
}
