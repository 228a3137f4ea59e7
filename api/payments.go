package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

// Payments takes money and keeps what matches nobody.
type Payments interface {
	RecordPayment(ctx context.Context, s access.Scope, p money.NewPayment) (recorded money.Payment, existed bool, err error)
	Payment(ctx context.Context, s access.Scope, id string) (money.Payment, error)
	Payments(ctx context.Context, s access.Scope, f money.PaymentFilter, q page.Query) (page.Of[money.Payment], error)
	Suspense(ctx context.Context, s access.Scope, f money.SuspenseFilter, q page.Query) (page.Of[money.SuspenseItem], error)
	KeepSuspense(ctx context.Context, s access.Scope, id, userID string) (money.SuspenseItem, error)
	SuspenseCandidates(ctx context.Context, s access.Scope, id string) ([]money.SuspenseCandidate, error)
	MatchSuspense(ctx context.Context, s access.Scope, id string, to money.NewPayment) (money.Payment, error)
	ReceivePayment(ctx context.Context, s access.Scope, notice money.NewPayment) error
	CountWebhookRefusal(ctx context.Context, provider, reason string) error
}

// Payee is whom a payment is for. (huma finds the fields of exported embedded structs only.)
type Payee struct {
	UnitID      string   `json:"unit_id,omitempty" doc:"The unit that was paid for; its debtor is found."`
	DebtorID    string   `json:"debtor_id,omitempty" doc:"The debtor who paid."`
	CommunityID string   `json:"community_id,omitempty" doc:"Needed only for a debtor of several communities."`
	BillIDs     []string `json:"bill_ids,omitempty" maxItems:"500" doc:"Bills that the payer names; they are paid first, in this order."`
}

func (p Payee) payment() money.NewPayment {
	return money.NewPayment{UnitID: p.UnitID, DebtorID: p.DebtorID, CommunityID: p.CommunityID, BillIDs: p.BillIDs}
}

type payBody struct {
	Payee
	AmountFen  int64     `json:"amount_fen"`
	Method     string    `json:"method" doc:"cash, wechat, alipay, bank, card, pos, transfer, online ..."`
	Channel    string    `json:"channel" doc:"Through which the money came; external_no is unique within it."`
	ExternalNo string    `json:"external_no" doc:"The channel's serial number, compared byte for byte."`
	PaidAt     time.Time `json:"paid_at,omitzero" doc:"Now when left out."`

	PurposeID   string `json:"purpose_id,omitempty" maxLength:"40" doc:"A fee item: only its bills are paid, and the rest is an advance for them alone."`
	DepositKind string `json:"deposit_kind,omitempty" maxLength:"24" doc:"fit_out, access_card, ...: the money is held as a deposit and pays no bills."`
	RoundOffFen int64  `json:"round_off_fen,omitempty" doc:"Left off (抹零) by the community's rule; amount and round-off are exactly what is owed by the named bills, or in all. Cash only."`
	ExpectedFen *int64 `json:"expected_fen,omitempty" doc:"What the cashier's screen showed as owed; 409 balance-changed where it is not."`
}

// paidBody is a booked payment. Differs tells that its number was booked before with another amount or payer: what is
// shown is that first payment, and nothing was booked now.
type paidBody struct {
	money.Payment
	Differs bool   `json:"differs,omitempty"`
	Message string `json:"message,omitempty"`
}

type payOutput struct {
	Status int
	Body   paidBody
}

func (s *Server) registerPayments() {
	register(s, op{Method: http.MethodPost, Path: "/payments", ID: "pay", Summary: "Record a payment; a repeated channel and external number is the first payment", Tag: "money", Status: http.StatusCreated, Idempotent: true}, s.pay)
	register(s, op{Method: http.MethodGet, Path: "/payments", ID: "list-payments", Summary: "Payments that the caller may see in detail", Tag: "money"}, s.listPayments)
	register(s, op{Method: http.MethodGet, Path: "/payments/{id}", ID: "read-payment", Summary: "One payment with what it pays", Tag: "money"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[money.Payment], error) {
			p, err := s.store.Payment(ctx, scopeOf(ctx), in.ID)
			return reply(p), err
		})
	s.registerReceipts()
	s.registerSuspense()
}

func (s *Server) pay(ctx context.Context, in *struct{ Body payBody }) (*payOutput, error) {
	p := in.Body.payment()
	p.AmountFen, p.Method, p.Channel, p.ExternalNo, p.PaidAt = in.Body.AmountFen, strings.ToLower(in.Body.Method), in.Body.Channel, in.Body.ExternalNo, in.Body.PaidAt
	p.PurposeID, p.DepositKind, p.RoundOffFen, p.ExpectedFen = in.Body.PurposeID, in.Body.DepositKind, in.Body.RoundOffFen, in.Body.ExpectedFen
	p.Source = money.Source{Kind: money.FromCounter}
	if p.PaidAt.IsZero() {
		p.PaidAt, p.TakenNow = s.deps.Clock.Now(), true
	}
	recorded, existed, err := s.store.RecordPayment(ctx, scopeOf(ctx), p)
	if r, ok := refusal.As(err); ok && r.Code == "payment-differs" {
		return s.firstPayment(ctx, r)
	}
	out := &payOutput{Status: http.StatusCreated, Body: paidBody{Payment: recorded}}
	if existed {
		out.Status = http.StatusOK
	}
	return out, err
}

// firstPayment answers a number that was booked before with another amount or payer: the first payment stands, and the
// caller is told that it is not what was sent.
func (s *Server) firstPayment(ctx context.Context, differs *refusal.Refusal) (*payOutput, error) {
	id, _ := differs.Extra["payment_id"].(string)
	first, err := s.store.Payment(ctx, scopeOf(ctx), id)
	return &payOutput{Status: http.StatusOK, Body: paidBody{Payment: first, Differs: true, Message: differs.Message}}, err
}

type listPaymentsInput struct {
	CommunityID string        `query:"community_id"`
	UnitID      string        `query:"unit_id"`
	DebtorID    string        `query:"debtor_id"`
	Date        calendar.Date `query:"date" doc:"The day of payment."`
	Status      string        `query:"status" enum:"recorded,reversed"`
	PageQuery
}

func (s *Server) listPayments(ctx context.Context, in *listPaymentsInput) (*answer[page.Of[money.Payment]], error) {
	f := money.PaymentFilter{CommunityID: in.CommunityID, UnitID: in.UnitID, DebtorID: in.DebtorID, Date: in.Date, Status: in.Status}
	list, err := s.store.Payments(ctx, scopeOf(ctx), f, in.page())
	return reply(list), err
}
