package api

import (
	"context"
	"net/http"

	"steward/domain/page"
)

// DemoLogin is a sign-in of dev, shown on the sign-in page. Its password is known to everyone.
type DemoLogin struct {
	Role     string `json:"role"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// registerDemoLogins lets the sign-in page offer the demo logins; it exists in dev only.
func (s *Server) registerDemoLogins() {
	register(s, op{Method: http.MethodGet, Path: "/dev/logins", ID: "list-demo-logins", Summary: "The demo logins, for the sign-in page", Tag: "dev", Public: true},
		func(context.Context, *struct{}) (*answer[page.Of[DemoLogin]], error) {
			return reply(page.Cut(s.deps.DemoLogins, len(s.deps.DemoLogins), func(l DemoLogin) string { return l.Login })), nil
		})
}
