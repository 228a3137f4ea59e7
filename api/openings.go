package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
)

// Openings are the balances with which a community starts, and who signed them off.
type Openings interface {
	OpeningBalances(ctx context.Context, s access.Scope, communityID string) (money.OpeningBalances, error)
	SignOpening(ctx context.Context, s access.Scope, communityID string, n money.NewOpeningSignOff) (money.OpeningBalances, error)
}

type signOpeningBody struct {
	PrincipalFen int64  `json:"principal_fen" doc:"As the signer saw it."`
	AdvanceFen   int64  `json:"advance_fen" doc:"As the signer saw it."`
	Fingerprint  string `json:"fingerprint,omitempty" maxLength:"64" doc:"Of what the signer saw; any bill or payment that changed since then refuses."`
	Note         string `json:"note,omitempty" maxLength:"500"`
}

func (s *Server) registerOpenings() {
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/opening-balances", ID: "read-opening-balances", Summary: "What was owed and paid in advance before go-live, and who signed it off", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[money.OpeningBalances], error) {
			o, err := s.store.OpeningBalances(ctx, scopeOf(ctx), in.ID)
			return reply(o), err
		})
	register(s, op{Method: http.MethodPost, Path: "/communities/{id}/opening-balances/sign-off", ID: "sign-off-opening-balances", Summary: "Sign the opening balances off as they were seen; residents can be reached from then on", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body signOpeningBody
		}) (*answer[money.OpeningBalances], error) {
			o, err := s.store.SignOpening(ctx, scopeOf(ctx), in.ID, money.NewOpeningSignOff(in.Body))
			return reply(o), err
		})
}
