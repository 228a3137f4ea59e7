package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// Units finds units by place and by people.
type Units interface {
	Units(ctx context.Context, s access.Scope, f estate.UnitFilter, q page.Query) (page.Of[estate.Unit], error)
	Unit(ctx context.Context, s access.Scope, id string) (estate.Unit, error)
}

type unitsInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	Building    string `query:"building" maxLength:"60" doc:"A building's id, or its name in any habit."`
	Q           string `query:"q" maxLength:"120" doc:"A room in any habit (3-2-1501, 3#1501, 3栋2单元1501), an exact name, a whole phone number or its last four digits."`
}

type unitInput struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Server) registerUnits() {
	register(s, op{Method: http.MethodGet, Path: "/units", ID: "list-units", Summary: "Find units", Tag: "Estate"},
		func(ctx context.Context, in *unitsInput) (*answer[page.Of[estate.Unit]], error) {
			f := estate.UnitFilter{CommunityID: in.CommunityID, Building: in.Building, Q: in.Q}
			p, err := s.store.Units(ctx, scopeOf(ctx), f, in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodGet, Path: "/units/{id}", ID: "get-unit", Summary: "One unit with who is in it, its vehicles and parking spaces", Tag: "Estate"},
		func(ctx context.Context, in *unitInput) (*answer[estate.Unit], error) {
			u, err := s.store.Unit(ctx, scopeOf(ctx), in.ID)
			return reply(u), err
		})
}
