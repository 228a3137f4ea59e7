package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/refusal"
)

// PayLinks let somebody pay without signing in: whoever holds a link's token sees and pays what one debtor owes in one
// community.
type PayLinks interface {
	MakePayLink(ctx context.Context, s access.Scope, debtorID, communityID string) (checkout.MadeLink, error)
	// OpenPayLink gives what a token opens; one that is unknown or has expired is refused alike.
	OpenPayLink(ctx context.Context, token string) (checkout.Link, error)
	LinkDebts(ctx context.Context, l checkout.Link) (checkout.Debts, error)
}

// LinkToken is embedded in the input of what a link's holder reads. The token travels in a header, so that no address that is
// logged holds it.
type LinkToken struct {
	Token string `header:"X-Pay-Link" maxLength:"64" doc:"The token of the link."`
	Caller
}

// LinkOrder is an order as a link's holder sees it.
type LinkOrder struct {
	ID        string          `json:"id"`
	Status    checkout.Status `json:"status" enum:"created,waiting,paid,closed,failed"`
	AmountFen int64           `json:"amount_fen"`
	PaidFen   int64           `json:"paid_fen,omitempty"`
	PayURL    string          `json:"pay_url,omitempty"`
	ReceiptNo string          `json:"receipt_no,omitempty"`
	ExpiresAt time.Time       `json:"expires_at"`
}

func linkOrder(o checkout.Order) LinkOrder {
	return LinkOrder{ID: o.ID, Status: o.Status, AmountFen: o.AmountFen, PaidFen: o.PaidFen, PayURL: o.PayURL, ReceiptNo: o.ReceiptNo, ExpiresAt: o.ExpiresAt}
}

type linkOrderInput struct {
	Body struct {
		Token    string   `json:"token" maxLength:"64"`
		BillIDs  []string `json:"bill_ids,omitempty" maxItems:"500" doc:"All open bills when left out."`
		Provider string   `json:"provider,omitempty" maxLength:"32"`
	}
	Caller
}

func (s *Server) registerPayLinks() {
	register(s, op{Method: http.MethodPost, Path: "/debtors/{id}/pay-link", ID: "make-pay-link", Summary: "Make a link by which a debtor pays without signing in; it is shown once", Tag: "online-payment",
		Status: http.StatusCreated, Idempotent: true, NoBodyNeeded: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				CommunityID string `json:"community_id,omitempty" doc:"Needed only for a debtor of several communities."`
			}
		}) (*answer[checkout.MadeLink], error) {
			l, err := s.store.MakePayLink(ctx, scopeOf(ctx), in.ID, in.Body.CommunityID)
			return reply(l), err
		})
	register(s, op{Method: http.MethodGet, Path: "/pay-link", ID: "read-pay-link", Summary: "What a link's debtor owes", Tag: "online-payment", Public: true},
		func(ctx context.Context, in *LinkToken) (*answer[checkout.Debts], error) {
			l, err := s.openLink(ctx, in.Token, in.ip)
			if err != nil {
				return nil, err
			}
			debts, err := s.store.LinkDebts(ctx, l)
			debts.Providers = s.collecting()
			return reply(debts), err
		})
	register(s, op{Method: http.MethodPost, Path: "/pay-link/orders", ID: "create-pay-link-order", Summary: "Pay chosen bills of a link", Tag: "online-payment",
		Status: http.StatusCreated, Public: true, Idempotent: true, MaxBody: 64 << 10}, s.createLinkOrder)
	register(s, op{Method: http.MethodGet, Path: "/pay-link/orders/{id}", ID: "read-pay-link-order", Summary: "How an order that was made by a link stands", Tag: "online-payment", Public: true},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
			LinkToken
		}) (*answer[LinkOrder], error) {
			l, err := s.openLink(ctx, in.Token, in.ip)
			if err != nil {
				return nil, err
			}
			o, err := s.store.PayOrder(ctx, linkScope(ctx, l), in.ID, &l)
			return reply(linkOrder(o)), err
		})
}

// openLink opens a token and slows down who tries many.
func (s *Server) openLink(ctx context.Context, token, ip string) (checkout.Link, error) {
	if wait := s.links.waitFor("", ip); wait > 0 {
		return checkout.Link{}, tooManyTries(wait)
	}
	l, err := s.store.OpenPayLink(ctx, token)
	if refusal.Is(err, "link-invalid") {
		s.links.note(ip)
	}
	return l, err
}

func tooManyTries(wait time.Duration) error {
	seconds := int(wait/time.Second) + 1
	return refusal.New(refusal.TooMany, "too-many-attempts", "操作过于频繁，请 %d 秒后再试。", seconds).With(retryAfter, seconds)
}

func (s *Server) createLinkOrder(ctx context.Context, in *linkOrderInput) (*answer[LinkOrder], error) {
	l, err := s.openLink(ctx, in.Body.Token, in.ip)
	if err != nil {
		return nil, err
	}
	if wait := s.links.waitFor(l.ID, ""); wait > 0 {
		return nil, tooManyTries(wait)
	}
	provider, err := s.collectingBy(in.Body.Provider)
	if err != nil {
		return nil, err
	}
	s.links.note(l.ID) // ten orders in five minutes are more than a payer needs
	o, err := s.store.CreatePayOrder(ctx, linkScope(ctx, l), checkout.NewOrder{BillIDs: in.Body.BillIDs, Provider: provider}, &l)
	return reply(linkOrder(o)), err
}

// linkScope is the caller behind a link: it has no grants, and the link says what it may see.
func linkScope(ctx context.Context, l checkout.Link) access.Scope {
	return access.Scope{OrgID: l.OrgID, ActorID: l.ID, RequestID: requestIDOf(ctx), CommandID: scopeOf(ctx).CommandID}
}
