package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
)

// Accounts tells what is owed, as much of it as the caller may see.
type Accounts interface {
	UnitAccountKnown(ctx context.Context, s access.Scope, unitID string, asOf, knownOn calendar.Date) (money.AccountView, error)
	DebtorAccountKnown(ctx context.Context, s access.Scope, debtorID string, asOf, knownOn calendar.Date) (money.AccountView, error)
}

type accountInput struct {
	ID      string        `path:"id"`
	AsOf    calendar.Date `query:"as_of" doc:"As it stood at the end of this day; now when left out."`
	KnownOn calendar.Date `query:"known_on" doc:"Only what was posted by the end of this day: with the same as_of exactly what was shown then."`
}

func (s *Server) registerAccounts() {
	register(s, op{Method: http.MethodGet, Path: "/units/{id}/account", ID: "read-unit-account", Summary: "What is owed for a unit", Tag: "money"},
		func(ctx context.Context, in *accountInput) (*answer[money.AccountView], error) {
			a, err := s.store.UnitAccountKnown(ctx, scopeOf(ctx), in.ID, in.AsOf, in.KnownOn)
			return reply(a), err
		})
	register(s, op{Method: http.MethodGet, Path: "/debtors/{id}/account", ID: "read-debtor-account", Summary: "What a debtor owes", Tag: "money"},
		func(ctx context.Context, in *accountInput) (*answer[money.AccountView], error) {
			a, err := s.store.DebtorAccountKnown(ctx, scopeOf(ctx), in.ID, in.AsOf, in.KnownOn)
			return reply(a), err
		})
}
