package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/page"
	"steward/domain/refusal"
)

// PayOrders are orders with payment providers; a link, where one is given, is who asks.
type PayOrders interface {
	CreatePayOrder(ctx context.Context, s access.Scope, n checkout.NewOrder, link *checkout.Link) (checkout.Order, error)
	PayOrder(ctx context.Context, s access.Scope, id string, link *checkout.Link) (checkout.Order, error)
	PayOrders(ctx context.Context, s access.Scope, f checkout.OrderFilter, q page.Query) (page.Of[checkout.Order], error)
	ClosePayOrder(ctx context.Context, s access.Scope, id string, link *checkout.Link) (checkout.Order, error)
	LookAtPayOrder(ctx context.Context, s access.Scope, id string) (checkout.Order, error)
	// SettlePayOrder books what a provider has taken for one of our orders.
	SettlePayOrder(ctx context.Context, s access.Scope, provider, no string, r checkout.Receipt) error
}

type payOrderBody struct {
	Payee
	AmountFen int64  `json:"amount_fen,omitempty" minimum:"0" doc:"What the chosen bills owe today when left out."`
	Provider  string `json:"provider,omitempty" maxLength:"32" doc:"The only one when left out."`
}

type payOrderInput struct {
	ID string `path:"id"`
}

type listPayOrdersInput struct {
	CommunityID    string `query:"community_id"`
	DebtorID       string `query:"debtor_id"`
	Status         string `query:"status" enum:"created,waiting,paid,closed,failed"`
	NeedsAttention bool   `query:"needs_attention"`
	PageQuery
}

func (s *Server) registerPayOrders() {
	register(s, op{Method: http.MethodPost, Path: "/pay-orders", ID: "create-pay-order", Summary: "Ask a payment provider to collect what is owed; the address and code to pay follow in a moment", Tag: "online-payment",
		Status: http.StatusCreated, Idempotent: true}, s.createPayOrder)
	register(s, op{Method: http.MethodGet, Path: "/pay-orders", ID: "list-pay-orders", Summary: "Orders with payment providers, the newest first", Tag: "online-payment"},
		func(ctx context.Context, in *listPayOrdersInput) (*answer[page.Of[checkout.Order]], error) {
			f := checkout.OrderFilter{CommunityID: in.CommunityID, DebtorID: in.DebtorID, Status: in.Status, NeedsAttention: in.NeedsAttention}
			list, err := s.store.PayOrders(ctx, scopeOf(ctx), f, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/pay-orders/{id}", ID: "read-pay-order", Summary: "One order, and how it stands", Tag: "online-payment"},
		func(ctx context.Context, in *payOrderInput) (*answer[checkout.Order], error) {
			o, err := s.store.PayOrder(ctx, scopeOf(ctx), in.ID, nil)
			return reply(o), err
		})
	register(s, op{Method: http.MethodPost, Path: "/pay-orders/{id}/close", ID: "close-pay-order", Summary: "Make an order impossible to pay; whoever has paid by then has paid", Tag: "online-payment", Idempotent: true},
		func(ctx context.Context, in *payOrderInput) (*answer[checkout.Order], error) {
			o, err := s.store.ClosePayOrder(ctx, scopeOf(ctx), in.ID, nil)
			return reply(o), err
		})
	register(s, op{Method: http.MethodPost, Path: "/pay-orders/{id}/look", ID: "look-at-pay-order", Summary: "Ask the provider again how an order stands, whatever its status; takes the mark for attention away", Tag: "online-payment", Idempotent: true},
		func(ctx context.Context, in *payOrderInput) (*answer[checkout.Order], error) {
			o, err := s.store.LookAtPayOrder(ctx, scopeOf(ctx), in.ID)
			return reply(o), err
		})
}

func (s *Server) createPayOrder(ctx context.Context, in *struct{ Body payOrderBody }) (*answer[checkout.Order], error) {
	provider, err := s.collectingBy(in.Body.Provider)
	if err != nil {
		return nil, err
	}
	o, err := s.store.CreatePayOrder(ctx, scopeOf(ctx), checkout.NewOrder{CommunityID: in.Body.CommunityID, DebtorID: in.Body.DebtorID, UnitID: in.Body.UnitID,
		BillIDs: in.Body.BillIDs, AmountFen: in.Body.AmountFen, Provider: provider}, nil)
	return reply(o), err
}

// collectingBy gives the provider for an order: the named one, or the only one.
func (s *Server) collectingBy(name string) (string, error) {
	names := s.collecting()
	switch {
	case len(names) == 0:
		return "", refusal.New(refusal.Rule, "online-payment-off", "尚未开通线上支付，请到物业服务中心缴费。")
	case name == "" && len(names) == 1:
		return names[0], nil
	case slices.Contains(names, name):
		return name, nil
	}
	return "", refusal.New(refusal.Rule, "provider-unknown", "请选择支付渠道。").At("provider", "没有这个支付渠道", name).With("providers", names)
}

func (s *Server) collecting() []string { return slices.Sorted(maps.Keys(s.deps.Collecting)) }
