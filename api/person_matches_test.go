package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/store"
)

func TestOnlyImportersDecideWhoIsOnePerson(t *testing.T) {
	h := newHarness(t)
	may := map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.RegionManager: true, access.CommunityManager: true}
	for _, role := range access.Roles {
		t.Run(string(role), func(t *testing.T) {
			h := *h
			h.t = t
			list := h.do(call{Method: "GET", Path: "/person-matches?status=open", Role: role})
			decide := h.do(call{Method: "POST", Path: "/person-matches/" + store.NewID() + "/decide", Role: role, Key: "auto", Body: map[string]any{"same": true}})
			if !may[role] {
				list.problem(403, "forbidden")
				decide.problem(403, "forbidden")
				return
			}
			var p page.Of[estate.PersonMatch]
			list.ok(200, &p)
			require.Empty(t, p.Items)
			decide.problem(404, "not-found")
		})
	}
	h.do(call{Method: "POST", Path: "/person-matches/" + store.NewID() + "/decide", Role: access.Admin, Body: map[string]any{"same": true}}).problem(400, "idempotency-key-required")
}

func TestVehiclesAreListedLikeUnits(t *testing.T) {
	h := newHarness(t)
	for _, role := range access.Roles {
		t.Run(string(role), func(t *testing.T) {
			h := *h
			h.t = t
			units := h.do(call{Method: "GET", Path: "/units", Role: role})
			vehicles := h.do(call{Method: "GET", Path: "/vehicles?q=浙A12345", Role: role})
			require.Equal(t, units.Status, vehicles.Status)
		})
	}
}
