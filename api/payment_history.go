package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/money"
	"steward/domain/page"
)

// PaymentHistories tells what was paid for a unit to who may see it, and keeps who looked and why.
type PaymentHistories interface {
	PaymentHistory(ctx context.Context, s access.Scope, unitID, reason string, q page.Query) (page.Of[money.Payment], error)
}

func (s *Server) registerPaymentHistory() {
	register(s, op{Method: http.MethodGet, Path: "/units/{id}/payment-history", ID: "read-payment-history", Summary: "What was paid for a unit, the newest first; each look is kept with its reason", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID     string `path:"id" maxLength:"40"`
			Reason string `query:"reason" maxLength:"2000" doc:"Why the caller looks; required of everybody but the resident."`
			PageQuery
		}) (*answer[page.Of[money.Payment]], error) {
			p, err := s.store.PaymentHistory(ctx, scopeOf(ctx), in.ID, in.Reason, in.page())
			return reply(p), err
		})
}
