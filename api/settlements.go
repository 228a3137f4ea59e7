package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
)

// Settlements keeps what a community has agreed about its money.
type Settlements interface {
	Settlements(ctx context.Context, s access.Scope, communityID string) ([]money.SettlementVersion, error)
	ProposeSettlement(ctx context.Context, s access.Scope, communityID string, d money.SettlementDraft) (money.SettlementVersion, error)
	SignSettlement(ctx context.Context, s access.Scope, communityID, id, names, note string) (money.SettlementVersion, error)
	WithdrawSettlement(ctx context.Context, s access.Scope, communityID, id, reason string) (money.SettlementVersion, error)
}

func (s *Server) registerSettlements() {
	register(s, op{Method: http.MethodGet, Path: "/communities/{id}/settlements", ID: "list-settlements", Summary: "The versions of a community's settlement rules, newest first", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[page.Of[money.SettlementVersion]], error) {
			list, err := s.store.Settlements(ctx, scopeOf(ctx), in.ID)
			return reply(page.Of[money.SettlementVersion]{Items: list}), err
		})
	register(s, op{Method: http.MethodPost, Path: "/communities/{id}/settlements", ID: "propose-settlement", Summary: "Propose settlement rules, with examples from the community's own units", Tag: "money", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body money.SettlementDraft
		}) (*answer[money.SettlementVersion], error) {
			v, err := s.store.ProposeSettlement(ctx, scopeOf(ctx), in.ID, in.Body)
			return reply(v), err
		})
	register(s, op{Method: http.MethodPost, Path: "/communities/{id}/settlements/{settlement_id}/sign", ID: "sign-settlement", Summary: "Put a proposal in force; the signer is not who proposed it", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID           string `path:"id"`
			SettlementID string `path:"settlement_id"`
			Body         struct {
				SignedNames string `json:"signed_names" maxLength:"500" doc:"Who agreed, by name."`
				Note        string `json:"note,omitempty" maxLength:"500"`
			}
		}) (*answer[money.SettlementVersion], error) {
			v, err := s.store.SignSettlement(ctx, scopeOf(ctx), in.ID, in.SettlementID, in.Body.SignedNames, in.Body.Note)
			return reply(v), err
		})
	register(s, op{Method: http.MethodPost, Path: "/communities/{id}/settlements/{settlement_id}/withdraw", ID: "withdraw-settlement", Summary: "Take a proposal back", Tag: "money", Idempotent: true},
		func(ctx context.Context, in *struct {
			ID           string `path:"id"`
			SettlementID string `path:"settlement_id"`
			Body         struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500"`
			}
		}) (*answer[money.SettlementVersion], error) {
			v, err := s.store.WithdrawSettlement(ctx, scopeOf(ctx), in.ID, in.SettlementID, in.Body.Reason)
			return reply(v), err
		})
}
