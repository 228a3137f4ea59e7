package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/page"
)

// Users keeps who can sign in and with which roles. Only administrators may ask.
type Users interface {
	ListUsers(ctx context.Context, s access.Scope, q page.Query) (page.Of[access.User], error)
	CreateUser(ctx context.Context, s access.Scope, u access.NewUser) (access.User, error)
	// SetRoles replaces a user's grants; version 0 accepts any.
	SetRoles(ctx context.Context, s access.Scope, userID string, version int, roles []access.RoleGrant) (access.User, error)
}

type setRolesInput struct {
	ID string `path:"id"`
	Versioned
	Body struct {
		Roles []access.RoleGrant `json:"roles" maxItems:"50"`
	}
}

func (s *Server) registerUsers() {
	register(s, op{Method: http.MethodGet, Path: "/users", ID: "list-users", Summary: "Users with their roles", Tag: "access"},
		func(ctx context.Context, in *struct{ PageQuery }) (*answer[page.Of[access.User]], error) {
			users, err := s.store.ListUsers(ctx, scopeOf(ctx), in.page())
			return reply(users), err
		})
	register(s, op{Method: http.MethodPost, Path: "/users", ID: "create-user", Summary: "Add a user", Tag: "access", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body access.NewUser }) (*answer[access.User], error) {
			user, err := s.store.CreateUser(ctx, scopeOf(ctx), in.Body)
			return reply(user), err
		})
	register(s, op{Method: http.MethodPut, Path: "/users/{id}/roles", ID: "set-roles", Summary: "Replace a user's roles", Tag: "access"},
		func(ctx context.Context, in *setRolesInput) (*answer[access.User], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			user, err := s.store.SetRoles(ctx, scopeOf(ctx), in.ID, version, in.Body.Roles)
			return reply(user), err
		})
}
