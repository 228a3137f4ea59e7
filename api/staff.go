package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// StaffLists reads who works where.
type StaffLists interface {
	Staff(ctx context.Context, s access.Scope, communityID string, q page.Query) (page.Of[estate.Staff], error)
}

type staffInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
}

func (s *Server) registerStaff() {
	register(s, op{Method: http.MethodGet, Path: "/staff", ID: "list-staff", Summary: "Who works in the caller's communities; phones are masked for those who may not see people", Tag: "Estate"},
		func(ctx context.Context, in *staffInput) (*answer[page.Of[estate.Staff]], error) {
			p, err := s.store.Staff(ctx, scopeOf(ctx), in.CommunityID, in.page())
			return reply(p), err
		})
}
