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
	Statement(ctx context.Context, s access.Scope, debtorID, communityID string, asOf calendar.Date, versions []money.LateFeeBasis) (money.Statement, error)
	ExportedStatement(ctx context.Context, s access.Scope, st money.Statement) error
}

type accountInput struct {
	ID      string        `path:"id"`
	AsOf    calendar.Date `query:"as_of" doc:"As it stood at the end of this day; now when left out."`
	KnownOn calendar.Date `query:"known_on" doc:"Only what was posted by the end of this day: with the same as_of exactly what was shown then."`
}

type statementInput struct {
	ID          string        `path:"id"`
	AsOf        calendar.Date `query:"as_of" doc:"As it stood at the end of this day; now when left out."`
	CommunityID string        `query:"community_id" doc:"In this community only."`
	Versions    string        `query:"versions" enum:"both" doc:"both: the late fee as agreed and, beside it, at the one-year LPR."`
	Asked
}

// bases are the versions of the late fee that a statement was asked for.
func (in *statementInput) bases() []money.LateFeeBasis {
	if in.Versions == "both" {
		return []money.LateFeeBasis{money.LateFeeAgreed, money.LateFeeAtLPR}
	}
	return nil
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
	register(s, op{Method: http.MethodGet, Path: "/debtors/{id}/statement", ID: "read-statement", Tag: "money",
		Summary: "A debtor's open bills with their late fees, and the payments behind them; as PDF the paper to hand out"}, s.readStatement)
	describePaper[money.Statement](s, "/debtors/{id}/statement", "Statement")
}

func (s *Server) readStatement(ctx context.Context, in *statementInput) (*paperOutput, error) {
	read := func() (money.Statement, error) {
		return s.store.Statement(ctx, scopeOf(ctx), in.ID, in.CommunityID, in.AsOf, in.bases())
	}
	return inTwoForms(ctx, s, in.Asked, read, func(st money.Statement) (*paperOutput, error) {
		if err := s.store.ExportedStatement(ctx, scopeOf(ctx), st); err != nil {
			return nil, err
		}
		content, err := s.deps.Printer.Statement(st)
		return asPDF("对账单-"+st.Debtor+"-"+st.AsOf.String(), content, err)
	})
}
