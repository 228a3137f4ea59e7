package api

import (
	"context"
	"net/http"

	"steward/domain/money"
	"steward/domain/page"
)

type suspenseInput struct {
	PageQuery
	Status      string `query:"status" enum:"open,matched"`
	Keeper      string `query:"keeper" maxLength:"40" doc:"A user's id; me; none."`
	CommunityID string `query:"community_id" maxLength:"40"`
}

type suspenseCandidates struct {
	Items []money.SuspenseCandidate `json:"items"`
}

func (s *Server) registerSuspense() {
	register(s, op{Method: http.MethodGet, Path: "/suspense", ID: "list-suspense", Summary: "Money that matches nobody yet, with who looks after it and its age", Tag: "money"},
		func(ctx context.Context, in *suspenseInput) (*answer[page.Of[money.SuspenseItem]], error) {
			f := money.SuspenseFilter{Status: in.Status, Keeper: in.Keeper, CommunityID: in.CommunityID}
			list, err := s.store.Suspense(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/suspense/{id}/candidates", ID: "suggest-suspense", Summary: "Whose money it may be, the likeliest first, with the reasons", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"40"`
		}) (*answer[suspenseCandidates], error) {
			items, err := s.store.SuspenseCandidates(ctx, scopeOf(ctx), in.ID)
			if items == nil {
				items = []money.SuspenseCandidate{}
			}
			return reply(suspenseCandidates{Items: items}), err
		})
	register(s, op{Method: http.MethodPost, Path: "/suspense/{id}/keeper", ID: "keep-suspense", Summary: "Say who looks after the money until it is matched", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"40"`
			Body struct {
				UserID string `json:"user_id" maxLength:"40" doc:"Empty for nobody."`
			}
		}) (*answer[money.SuspenseItem], error) {
			item, err := s.store.KeepSuspense(ctx, scopeOf(ctx), in.ID, in.Body.UserID)
			return reply(item), err
		})
	register(s, op{Method: http.MethodPost, Path: "/suspense/{id}/match", ID: "match-suspense", Summary: "Say whose the money is: it becomes a payment", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body Payee
		}) (*answer[money.Payment], error) {
			p, err := s.store.MatchSuspense(ctx, scopeOf(ctx), in.ID, in.Body.payment())
			return reply(p), err
		})
}
