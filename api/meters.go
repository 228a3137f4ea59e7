package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// Meters reads what meters showed.
type Meters interface {
	MeterReadings(ctx context.Context, s access.Scope, f estate.MeterReadingFilter, q page.Query) (page.Of[estate.MeterReading], error)
}

type meterReadingsInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	UnitID      string `query:"unit_id" maxLength:"40"`
}

func (s *Server) registerMeters() {
	register(s, op{Method: http.MethodGet, Path: "/meter-readings", ID: "list-meter-readings", Summary: "Readings of meters, newest first; a resident's are those of the own units", Tag: "Estate"},
		func(ctx context.Context, in *meterReadingsInput) (*answer[page.Of[estate.MeterReading]], error) {
			p, err := s.store.MeterReadings(ctx, scopeOf(ctx), estate.MeterReadingFilter{CommunityID: in.CommunityID, UnitID: in.UnitID}, in.page())
			return reply(p), err
		})
}
