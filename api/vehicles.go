package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// Vehicles finds vehicles by plate and place.
type Vehicles interface {
	Vehicles(ctx context.Context, s access.Scope, f estate.VehicleFilter, q page.Query) (page.Of[estate.Vehicle], error)
}

type vehiclesInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	UnitID      string `query:"unit_id" maxLength:"40" doc:"The household's unit, or the parking space."`
	Q           string `query:"q" maxLength:"120" doc:"A whole number plate, a room in any habit, or a parking space's code."`
}

func (s *Server) registerVehicles() {
	register(s, op{Method: http.MethodGet, Path: "/vehicles", ID: "list-vehicles", Summary: "Find vehicles", Tag: "Estate"},
		func(ctx context.Context, in *vehiclesInput) (*answer[page.Of[estate.Vehicle]], error) {
			f := estate.VehicleFilter{CommunityID: in.CommunityID, UnitID: in.UnitID, Q: in.Q}
			p, err := s.store.Vehicles(ctx, scopeOf(ctx), f, in.page())
			return reply(p), err
		})
}
