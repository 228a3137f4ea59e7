package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

// placed is a community with a region, a building and a grid around it.
type placed struct{ region, parent, community, building, grid string }

func place(t *testing.T, e *storetest.Env, name string) placed {
	t.Helper()
	p := placed{region: store.NewID(), parent: store.NewID(), community: store.NewID(), building: store.NewID(), grid: store.NewID()}
	now := e.Clock.Now()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO region (org_id, id, name, name_key) VALUES (?,?,?,?)`, []any{e.OrgID, p.parent, name, name + " parent"}},
		{`INSERT INTO region (org_id, id, name, name_key, parent_id) VALUES (?,?,?,?,?)`, []any{e.OrgID, p.region, name, name, p.parent}},
		{`INSERT INTO community (org_id, id, region_id, name, name_key, created_at) VALUES (?,?,?,?,?,?)`, []any{e.OrgID, p.community, p.region, name, name, now}},
		{`INSERT INTO building (org_id, id, community_id, name, name_key) VALUES (?,?,?,'1','1')`, []any{e.OrgID, p.building, p.community}},
		{`INSERT INTO grid (org_id, id, community_id, name, name_key) VALUES (?,?,?,'1','1')`, []any{e.OrgID, p.grid, p.community}},
	} {
		_, err := e.DB.ExecContext(t.Context(), s.query, s.args...)
		require.NoError(t, err)
	}
	return p
}

const userPassword = "correct horse battery"

func signedIn(t *testing.T, e *storetest.Env, roles ...access.RoleGrant) (access.Scope, access.Session) {
	t.Helper()
	login := "u-" + strings.ToLower(store.NewID())
	_, err := e.Store.CreateUser(t.Context(), e.Scope, access.NewUser{Login: login, Name: "测试员", Password: userPassword, Roles: roles})
	require.NoError(t, err)
	session, err := e.Store.SignIn(t.Context(), login, userPassword)
	require.NoError(t, err)
	scope, found, err := e.Store.SessionScope(t.Context(), session.Token)
	require.NoError(t, err)
	require.True(t, found)
	return scope, session
}

func TestGrantsReachTheirCommunities(t *testing.T) {
	e := storetest.New(t)
	here, there := place(t, e, "此处"), place(t, e, "别处")
	for level, id := range map[access.Level]string{
		access.LevelRegion: here.region, access.LevelCommunity: here.community, access.LevelBuilding: here.building, access.LevelGrid: here.grid,
	} {
		t.Run(string(level), func(t *testing.T) {
			scope, _ := signedIn(t, e, access.RoleGrant{Role: access.CommunityManager, Scope: access.GrantArea{Level: level, ID: id}})
			require.NoError(t, scope.Require(access.SeeMoney, here.community))
			require.True(t, refusal.Is(scope.Require(access.SeeMoney, there.community), "forbidden"))
			all, reach := scope.Reach(access.SeeEstate)
			require.False(t, all)
			require.Equal(t, []string{here.community}, reach)
		})
	}
	t.Run("a region holds its parts", func(t *testing.T) {
		scope, _ := signedIn(t, e, access.RoleGrant{Role: access.RegionManager, Scope: access.GrantArea{Level: access.LevelRegion, ID: here.parent}})
		require.NoError(t, scope.Require(access.RunCampaigns, here.community))
	})
	t.Run("company", func(t *testing.T) {
		scope, _ := signedIn(t, e, access.RoleGrant{Role: access.Auditor, Scope: access.GrantArea{Level: access.LevelCompany}})
		all, _ := scope.Reach(access.SeeMoney)
		require.True(t, all)
		require.Equal(t, access.MoneyDetail, scope.Money(there.community))
	})
	t.Run("nothing", func(t *testing.T) {
		scope, _ := signedIn(t, e)
		require.Error(t, scope.Require(access.SeeEstate, ""))
	})
}

func TestAnOwnerReachesOwnHomesOnly(t *testing.T) {
	e := storetest.New(t)
	here, there := place(t, e, "此处"), place(t, e, "别处")
	unitID, personID := store.NewID(), store.NewID()
	now := e.Clock.Now()
	_, err := e.DB.ExecContext(t.Context(), `INSERT INTO unit (org_id, id, community_id, building_id, unit_key, room, display, created_at) VALUES (?,?,?,?,'1--101','101','1栋101',?)`,
		e.OrgID, unitID, here.community, here.building, now)
	require.NoError(t, err)
	_, err = e.DB.ExecContext(t.Context(), `INSERT INTO occupancy (org_id, id, unit_id, person_id, role, from_on, created_at) VALUES (?,?,?,?,'owner','2020-01-01',?)`,
		e.OrgID, store.NewID(), unitID, personID, now)
	require.NoError(t, err)
	scope, session := signedIn(t, e, access.RoleGrant{Role: access.Owner, Scope: access.GrantArea{Level: access.LevelOwn}})
	_, err = e.DB.ExecContext(t.Context(), `UPDATE app_user SET person_id = ? WHERE org_id = ? AND id = ?`, personID, e.OrgID, scope.ActorID)
	require.NoError(t, err)
	scope, _, err = e.Store.SessionScope(t.Context(), session.Token)
	require.NoError(t, err)
	require.Equal(t, personID, scope.PersonID)
	require.True(t, scope.ResidentOnly())
	require.NoError(t, scope.Require(access.SeeMoney, here.community))
	require.Error(t, scope.Require(access.SeeMoney, there.community))
	all, reach := scope.Reach(access.SeeMoney)
	require.False(t, all)
	require.Empty(t, reach, "lists of residents are limited by the person, not by the community")
}

func TestSessionsEnd(t *testing.T) {
	e := storetest.New(t)
	_, session := signedIn(t, e)
	_, err := e.DB.ExecContext(t.Context(), `UPDATE session SET expires_at = ? WHERE org_id = ?`, time.Now().UTC().Add(-time.Millisecond), e.OrgID)
	require.NoError(t, err)
	_, found, err := e.Store.SessionScope(t.Context(), session.Token)
	require.NoError(t, err)
	require.False(t, found)
	_, err = e.Store.Purge(t.Context())
	require.NoError(t, err)
	var left int
	require.NoError(t, e.DB.GetContext(t.Context(), &left, `SELECT COUNT(*) FROM session WHERE org_id = ?`, e.OrgID))
	require.Zero(t, left)

	var stored []byte
	_, fresh := signedIn(t, e)
	require.NoError(t, e.DB.GetContext(t.Context(), &stored, `SELECT token_sha256 FROM session WHERE org_id = ?`, e.OrgID))
	require.NotContains(t, string(stored), fresh.Token, "the token itself is nowhere")
}
