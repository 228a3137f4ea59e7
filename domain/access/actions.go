package access

import (
	"maps"
	"slices"
)

// Actions lists what the caller may do somewhere, in alphabetical order, so that a page can leave out what would be
// refused. The refusal itself stays with Require.
func (s Scope) Actions() []Action {
	allowed := make([]Action, 0, len(rights))
	for _, a := range slices.Sorted(maps.Keys(rights)) {
		if s.Require(a, "") == nil {
			allowed = append(allowed, a)
		}
	}
	return allowed
}
