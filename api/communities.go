package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// Communities lists the communities that a caller may see.
type Communities interface {
	Communities(ctx context.Context, s access.Scope, q page.Query) (page.Of[estate.Community], error)
	Community(ctx context.Context, s access.Scope, id string) (estate.CommunityDetail, error)
}

type communityInput struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Server) registerCommunities() {
	register(s, op{Method: http.MethodGet, Path: "/communities", ID: "list-communities", Summary: "Communities that the caller may see", Tag: "Estate"},
		func(ctx context.Context, in *struct{ PageQuery }) (*answer[page.Of[estate.Community]], error) {
			p, err := s.store.Communities(ctx, scopeOf(ctx), in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}", ID: "get-community", Summary: "One community with its buildings", Tag: "Estate"},
		func(ctx context.Context, in *communityInput) (*answer[estate.CommunityDetail], error) {
			c, err := s.store.Community(ctx, scopeOf(ctx), in.ID)
			return reply(c), err
		})
}
