package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

// Settlements keeps what a community has agreed about its money.
type Settlements interface {
	Settlements(ctx context.Context, s access.Scope, communityID string) ([]money.SettlementVersion, error)
	ProposeSettlement(ctx context.Context, s access.Scope, communityID string, d money.SettlementDraft) (money.SettlementVersion, error)
	SignSettlement(ctx context.Context, s access.Scope, communityID, id, names, note string) (money.SettlementVersion, error)
	WithdrawSettlement(ctx context.Context, s access.Scope, communityID, id, reason string) (money.SettlementVersion, error)
}

// settlementBody is a proposal. Its rules may stand in the body itself or, as in the answer, under rules.
type settlementBody struct {
	money.SettlementDraft
	Rules *money.SettlementDraft `json:"rules,omitempty" doc:"The rules in the shape of the answer, in place of the fields beside it."`
}

// draft gives the proposal whichever shape it came in; rules in both places contradict each other.
func (b settlementBody) draft() (money.SettlementDraft, error) {
	if b.Rules == nil {
		return b.SettlementDraft, nil
	}
	beside := b.SettlementDraft
	beside.Note = ""
	if !reflect.DeepEqual(beside, money.SettlementDraft{}) {
		return b.SettlementDraft, refusal.New(refusal.Rule, "rules-twice", "结算规则请只写一处：直接写在正文里，或都写在 rules 里。").At("rules", "与正文里的规则重复", nil)
	}
	draft := *b.Rules
	draft.Note = cmp.Or(b.Note, draft.Note)
	return draft, nil
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
			Body settlementBody
		}) (*answer[money.SettlementVersion], error) {
			draft, err := in.Body.draft()
			if err != nil {
				return nil, err
			}
			v, err := s.store.ProposeSettlement(ctx, scopeOf(ctx), in.ID, draft)
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
