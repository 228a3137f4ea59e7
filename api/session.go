package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/refusal"
)

// Sessions signs callers in and tells who they are.
type Sessions interface {
	// SignIn checks the password and opens a session; an unknown login costs as much as a wrong password, and both are
	// refused alike.
	SignIn(ctx context.Context, login, password string) (access.Session, error)
	// SessionScope gives the caller behind a token with the grants of this moment.
	SessionScope(ctx context.Context, token string) (scope access.Scope, found bool, err error)
	SignOut(ctx context.Context, token string) error
	// Me gives the caller's own user with its roles.
	Me(ctx context.Context, s access.Scope) (access.User, error)
}

type signInInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"200"`
	}
	Caller
}

type signInOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      access.Session
}

type signOutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// Me is the caller with what it may reach.
type Me struct {
	User    access.User        `json:"user"`
	Roles   []access.Role      `json:"roles"`
	Scopes  []access.GrantArea `json:"scopes"`
	Grants  []MyGrant          `json:"grants"`
	Actions []access.Action    `json:"actions" doc:"What the caller may do somewhere; the page leaves out the rest."`
}

// MyGrant is one grant with its reach resolved.
type MyGrant struct {
	Role         access.Role      `json:"role"`
	Scope        access.GrantArea `json:"scope"`
	Money        access.MoneyView `json:"money"`
	CommunityIDs []string         `json:"community_ids" doc:"Empty for a grant over the whole company."`
}

func (s *Server) registerSession() {
	register(s, op{Method: http.MethodPost, Path: "/session", ID: "sign-in", Summary: "Sign in", Tag: "session", Public: true, MaxBody: 8 << 10}, s.signIn)
	register(s, op{Method: http.MethodDelete, Path: "/session", ID: "sign-out", Summary: "Sign out", Tag: "session", Status: http.StatusNoContent}, s.signOut)
	register(s, op{Method: http.MethodGet, Path: "/me", ID: "me", Summary: "Who the caller is, with roles, scopes and grants", Tag: "session"}, s.me)
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*signInOutput, error) {
	who := in.Body.Login + "\x00" + in.ip
	if wait := s.logins.waitFor(who, in.ip); wait > 0 {
		seconds := int(wait/time.Second) + 1
		return nil, refusal.New(refusal.TooMany, "too-many-attempts", "登录失败次数过多，请 %d 秒后再试。", seconds).With(retryAfter, seconds)
	}
	session, err := s.store.SignIn(ctx, in.Body.Login, in.Body.Password)
	if err != nil {
		if refusal.Is(err, "bad-credentials") {
			s.logins.failed(who, in.ip)
		}
		return nil, err
	}
	s.logins.succeeded(who)
	return &signInOutput{SetCookie: s.cookie(session.Token, session.ExpiresAt), Body: session}, nil
}

func (s *Server) signOut(ctx context.Context, in *struct{ Caller }) (*signOutOutput, error) {
	if err := s.store.SignOut(ctx, in.token); err != nil {
		return nil, err
	}
	return &signOutOutput{SetCookie: s.cookie("", time.Unix(1, 0))}, nil
}

func (s *Server) cookie(token string, expires time.Time) http.Cookie {
	return http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", Expires: expires, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: !s.deps.Dev,
	}
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*answer[Me], error) {
	scope := scopeOf(ctx)
	user, err := s.store.Me(ctx, scope)
	if err != nil {
		return nil, err
	}
	me := Me{User: user, Roles: []access.Role{}, Scopes: []access.GrantArea{}, Grants: []MyGrant{}, Actions: scope.Actions()}
	for _, g := range scope.Grants {
		area := access.GrantArea{Level: g.Level, ID: g.ScopeID}
		communities := g.Communities
		if communities == nil {
			communities = []string{}
		}
		me.Roles = appendNew(me.Roles, g.Role)
		me.Scopes = appendNew(me.Scopes, area)
		me.Grants = append(me.Grants, MyGrant{Role: g.Role, Scope: area, Money: g.Money, CommunityIDs: communities})
	}
	return reply(me), nil
}

func appendNew[T comparable](list []T, item T) []T {
	for _, have := range list {
		if have == item {
			return list
		}
	}
	return append(list, item)
}
