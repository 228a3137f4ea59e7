package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/page"
)

// EquipmentLedger reads the 设备台账.
type EquipmentLedger interface {
	Equipment(ctx context.Context, s access.Scope, f estate.EquipmentFilter, q page.Query) (page.Of[estate.Equipment], error)
}

type equipmentInput struct {
	PageQuery
	CommunityID string `query:"community_id" maxLength:"40"`
	Q           string `query:"q" maxLength:"120" doc:"A part of a code, a name, a category or a place."`
}

func (s *Server) registerEquipment() {
	register(s, op{Method: http.MethodGet, Path: "/equipment", ID: "list-equipment", Summary: "The equipment of the communities in which the caller works", Tag: "Estate"},
		func(ctx context.Context, in *equipmentInput) (*answer[page.Of[estate.Equipment]], error) {
			p, err := s.store.Equipment(ctx, scopeOf(ctx), estate.EquipmentFilter{CommunityID: in.CommunityID, Q: in.Q}, in.page())
			return reply(p), err
		})
}
