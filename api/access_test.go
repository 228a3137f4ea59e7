package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/audit"
	"steward/domain/page"
	"steward/store"
)

func TestOnlyAdministratorsKeepUsers(t *testing.T) {
	h := newHarness(t)
	for _, role := range access.Roles {
		t.Run(string(role), func(t *testing.T) {
			h := *h
			h.t = t
			list := h.do(call{Method: "GET", Path: "/users", Role: role})
			create := h.do(call{Method: "POST", Path: "/users", Role: role, Key: "auto", Body: newUserBody(freshLogin())})
			if role == access.Admin {
				list.ok(200, nil)
				create.ok(201, nil)
				return
			}
			list.problem(403, "forbidden")
			create.problem(403, "forbidden")
		})
	}
}

func TestRolesAreReplaced(t *testing.T) {
	h := newHarness(t)
	var user access.User
	h.do(call{Method: "POST", Path: "/users", Role: access.Admin, Key: "auto", Body: newUserBody(freshLogin())}).ok(201, &user)
	path := "/users/" + user.ID + "/roles"
	grant := map[string]any{"roles": []map[string]any{{"role": "cashier", "scope": map[string]string{"level": "community", "id": h.community}}}}
	h.do(call{Method: "PUT", Path: path, Role: access.Admin, Body: grant, Headers: map[string]string{"If-Match": fmt.Sprintf(`"%d"`, user.Version)}}).ok(200, &user)
	require.Equal(t, []access.RoleGrant{{Role: access.Cashier, Scope: access.GrantArea{Level: access.LevelCommunity, ID: h.community}, Money: access.MoneyDetail}}, user.Roles)
	require.Equal(t, 2, user.Version)

	h.do(call{Method: "PUT", Path: path, Role: access.Admin, Body: grant, Headers: map[string]string{"If-Match": "1"}}).problem(412, "stale-version")
	elsewhere := map[string]any{"roles": []map[string]any{{"role": "cashier", "scope": map[string]string{"level": "community", "id": "小区"}}}}
	h.do(call{Method: "PUT", Path: path, Role: access.Admin, Body: elsewhere}).problem(422, "unknown-scope")
	h.do(call{Method: "PUT", Path: "/users/" + store.NewID() + "/roles", Role: access.Admin, Body: grant}).problem(404, "not-found")

	var trail page.Of[audit.Entry]
	h.do(call{Method: "GET", Path: "/audit?subject=" + user.ID, Role: access.Auditor}).ok(200, &trail)
	require.Equal(t, []string{"set-roles", "create-user"}, []string{trail.Items[0].Action, trail.Items[1].Action})
	require.NotEmpty(t, trail.Items[0].RequestID)
	require.Equal(t, "admin", trail.Items[0].ActorName)
	h.do(call{Method: "GET", Path: "/audit", Role: access.Cashier}).problem(403, "forbidden")
}

func TestListsAreCutIntoPages(t *testing.T) {
	h := newHarness(t)
	for range 5 {
		h.newUser()
	}
	h.token(access.Admin)
	seen := map[string]bool{}
	for cursor, pages := "", 0; ; pages++ {
		require.Less(t, pages, 5)
		var p page.Of[access.User]
		h.do(call{Method: "GET", Path: "/users?limit=2&cursor=" + cursor, Role: access.Admin}).ok(200, &p)
		for _, u := range p.Items {
			require.False(t, seen[u.ID])
			seen[u.ID] = true
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	require.Len(t, seen, 6)
}

func TestTheOneWhoMadeACommunityMayWorkInIt(t *testing.T) {
	h := newHarness(t)
	require.NoError(t, h.Store.SeedDemoUsers(t.Context(), h.OrgID))
	require.NoError(t, h.Store.SeedDemoUsers(t.Context(), h.OrgID), "a second time changes nothing")
	require.NoError(t, h.Store.GrantDemoCommunity(t.Context(), h.OrgID, h.community))
	require.NoError(t, h.Store.GrantDemoCommunity(t.Context(), h.OrgID, h.community))
	require.Len(t, store.DemoLogins(), 11)
	for _, login := range store.DemoLogins() {
		session, err := h.Store.SignIn(t.Context(), login.Login, login.Password)
		require.NoError(t, err, login.Login)
		scope, found, err := h.Store.SessionScope(t.Context(), session.Token)
		require.NoError(t, err)
		require.True(t, found)
		if login.Role == "community_manager" {
			require.NoError(t, scope.Require(access.RunCampaigns, h.community))
			require.Len(t, scope.Grants, 2)
		}
		if login.Role == "worker" {
			require.Error(t, scope.Require(access.TakeMoney, h.community))
		}
	}
}
