package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/refusal"
	"steward/store"
	"steward/store/storetest"
)

func TestALostPhoneIsSignedOut(t *testing.T) {
	e := storetest.New(t)
	login := "lost-" + store.NewID()
	_, err := e.Store.CreateUser(t.Context(), e.Scope, access.NewUser{Login: login, Name: login, Password: userPassword,
		Roles: []access.RoleGrant{{Role: access.Admin, Scope: access.GrantArea{Level: access.LevelCompany}}}})
	require.NoError(t, err)
	signIn := func(password string) (token string, err error) {
		session, err := e.Store.SignIn(t.Context(), login, password)
		return session.Token, err
	}
	open := func(token string) bool {
		_, found, err := e.Store.SessionScope(t.Context(), token)
		require.NoError(t, err)
		return found
	}
	lost, err := signIn(userPassword)
	require.NoError(t, err)

	require.NoError(t, e.Store.LockUser(t.Context(), e.Scope, login))
	require.NoError(t, e.Store.LockUser(t.Context(), e.Scope, login), "can be repeated")
	require.False(t, open(lost), "the session is over")
	_, err = signIn(userPassword)
	require.Error(t, err, "and nobody opens another one")

	require.NoError(t, e.Store.SetPassword(t.Context(), e.Scope, login, "another long password"))
	_, err = signIn(userPassword)
	require.Error(t, err)
	fresh, err := signIn("another long password")
	require.NoError(t, err)
	require.False(t, open(lost), "a session that was ended stays so")
	require.True(t, open(fresh))
	require.NoError(t, e.Store.SetPassword(t.Context(), e.Scope, login, "one more long password"))
	require.False(t, open(fresh), "every change of the password ends the sessions")
}

func TestOnlyAKnownUserIsLocked(t *testing.T) {
	e := storetest.New(t)
	for _, change := range []error{e.Store.LockUser(t.Context(), e.Scope, "nobody-here"), e.Store.SetPassword(t.Context(), e.Scope, "无此人", userPassword)} {
		r, refused := refusal.As(change)
		require.True(t, refused, change)
		require.Equal(t, "not-found", r.Code)
	}
}
