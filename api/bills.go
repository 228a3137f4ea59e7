package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
)

// Bills reads what was billed.
type Bills interface {
	BillKnown(ctx context.Context, s access.Scope, id string, asOf, knownOn calendar.Date) (money.Bill, error)
	Bills(ctx context.Context, s access.Scope, f money.BillFilter, q page.Query) (page.Of[money.Bill], error)
}

type listBillsInput struct {
	CommunityID string           `query:"community_id"`
	UnitID      string           `query:"unit_id"`
	DebtorID    string           `query:"debtor_id"`
	Period      string           `query:"period" maxLength:"24" doc:"2026-03, 2026Q1, 2026H1 or 2026, as on the bill."`
	Status      money.BillStatus `query:"status" enum:"unpaid,part_paid,paid,void"`
	PageQuery
}

func (s *Server) registerBills() {
	register(s, op{Method: http.MethodGet, Path: "/bills", ID: "list-bills", Summary: "Bills that the caller may see in detail", Tag: "money"},
		func(ctx context.Context, in *listBillsInput) (*answer[page.Of[money.Bill]], error) {
			f := money.BillFilter{CommunityID: in.CommunityID, UnitID: in.UnitID, DebtorID: in.DebtorID, Period: in.Period, Status: in.Status}
			list, err := s.store.Bills(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/bills/{id}", ID: "read-bill", Summary: "One bill with formula, inputs and everything allocated to it", Tag: "money"},
		func(ctx context.Context, in *accountInput) (*answer[money.Bill], error) {
			b, err := s.store.BillKnown(ctx, scopeOf(ctx), in.ID, in.AsOf, in.KnownOn)
			return reply(b), err
		})
}
