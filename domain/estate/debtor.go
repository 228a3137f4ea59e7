package estate

import (
	"slices"
	"strings"

	"steward/domain/calendar"
)

// Tenure is a person's role in a unit over a period, without the person's data.
type Tenure struct {
	ID       string
	PersonID string
	Role     Role
	From     calendar.Date
	To       calendar.Date // zero: it lasts
}

// On tells whether the day lies in it.
func (t Tenure) On(day calendar.Date) bool {
	return !day.Before(t.From) && (t.To.IsZero() || !day.After(t.To))
}

// DebtorOn gives who owes for a unit by who was there on a day: the owner of that day, else the developer of that day,
// else the owner who came next (rosters rarely know since when), else the developer. Of co-owners it is the one who came
// first, so that the answer does not change when another is added. ok is false when nobody ever owned the unit.
func DebtorOn(tenures []Tenure, day calendar.Date) (personID string, ok bool) {
	sorted := slices.Clone(tenures)
	slices.SortFunc(sorted, func(a, b Tenure) int {
		if a.From != b.From {
			return strings.Compare(a.From.String(), b.From.String())
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, fits := range []func(Tenure) bool{
		func(t Tenure) bool { return t.Role == RoleOwner && t.On(day) },
		func(t Tenure) bool { return t.Role == RoleDeveloper && t.On(day) },
		func(t Tenure) bool { return t.Role == RoleOwner && t.From.After(day) },
		func(t Tenure) bool { return t.Role == RoleDeveloper && t.To.IsZero() },
	} {
		if i := slices.IndexFunc(sorted, fits); i >= 0 {
			return sorted[i].PersonID, true
		}
	}
	return "", false
}
