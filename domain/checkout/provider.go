// Package checkout is how money is collected and given back through a payment provider: the port that every provider's
// adapter fills, our orders, and what a link shows to somebody who pays without signing in.
package checkout

import (
	"context"
	"errors"
	"net/textproto"
	"time"
)

// Provider is a payment provider. An adapter does nothing but translate: it keeps no state, and repeats nothing by itself.
//
// Every call ends by the deadline of its context. A Denied error says that the provider has understood and says no; any
// other error says that nothing is known of the call, and Query (or QueryRefund) decides what became of it.
type Provider interface {
	// Name is the channel under which its payments are booked.
	Name() string
	// Create asks for an order. The same number with the same content is the same order and gives the same answer.
	Create(ctx context.Context, o Ask) (Placed, error)
	// Query tells how an order stands; one that the provider never saw is Unknown, without an error.
	Query(ctx context.Context, no string) (Standing, error)
	// Close makes an order that is not paid impossible to pay. Closing twice, or what the provider never saw, is no error;
	// one that is paid already is told by Query.
	Close(ctx context.Context, no string) error
	// Refund asks for money to go back the way it came. The same refund number is the same refund.
	Refund(ctx context.Context, r RefundAsk) (RefundStanding, error)
	// QueryRefund tells how a refund stands; one that the provider never saw is RefundUnknown, without an error.
	QueryRefund(ctx context.Context, r RefundAsk) (RefundStanding, error)
	// ParseNotice reads a provider's notice after it has made sure that it comes from the provider. What is not signed, badly
	// signed or too old is a *BadSignature; what is signed and makes no sense is another error.
	ParseNotice(header textproto.MIMEHeader, body []byte) (Notice, error)
}

// Denied is a provider's no: repeating the call would not help.
type Denied struct {
	Code    string // the provider's own
	Message string // for the people in the office
}

// Error implements error.
func (d *Denied) Error() string { return "the provider says no: " + d.Code + ": " + d.Message }

// BadSignature says why a notice is not believed: missing, wrong or stale.
type BadSignature struct{ Reason string }

// Error implements error.
func (b *BadSignature) Error() string { return "the notice is not believed: " + b.Reason }

// ErrMalformedNotice is a believed notice that cannot be read.
var ErrMalformedNotice = errors.New("the notice cannot be read")

// Ask is an order as the provider is asked for it. ExpiresAt is wall time: the provider lives on no other clock.
type Ask struct {
	No        string
	AmountFen int64
	Subject   string
	ExpiresAt time.Time
	NotifyURL string // where the notice goes
	ReturnURL string // where the payer's browser goes afterwards, may be empty
}

// Placed is what the provider gives for an order.
type Placed struct {
	ProviderNo string
	PayURL     string // opened on the payer's own phone
	QR         string // content of the code that another phone scans
}

// State is how an order stands with the provider.
type State string

// The states.
const (
	Waiting State = "waiting"
	Paid    State = "paid"
	Closed  State = "closed"
	Unknown State = "unknown" // the provider never saw it
)

// Standing is the provider's answer about an order. Receipt counts when it is Paid.
type Standing struct {
	State State
	Receipt
}

// Receipt is money that a provider has taken for one of our orders. TransactionNo is the provider's own and unique; PaidAt
// is business time.
type Receipt struct {
	TransactionNo string
	Method        string // wechat, alipay, card ...; "online" where the provider does not tell
	PaidFen       int64
	PaidAt        time.Time
}

// RefundAsk is money to be given back; No is our refund's id.
type RefundAsk struct {
	No            string
	TransactionNo string // of the payment
	AmountFen     int64
	PaidFen       int64 // the whole payment, which some providers want to hear
	Reason        string
}

// RefundState is how a refund stands with the provider.
type RefundState string

// The states of a refund.
const (
	RefundAccepted RefundState = "accepted" // it will tell later
	RefundDone     RefundState = "done"
	RefundRefused  RefundState = "refused"
	RefundUnknown  RefundState = "unknown" // the provider never saw it
)

// RefundStanding is the provider's answer about a refund.
type RefundStanding struct {
	State      RefundState
	ProviderNo string
	Why        string // of a refusal, for the people in the office
}

// Notice is what a provider tells by itself. OrderNo is "" for money that was paid without an order of ours: For then says
// whom it is for.
type Notice struct {
	OrderNo string
	Receipt
	For Payee
}

// Payee is whom money without an order is for, as the payer's side said it.
type Payee struct {
	UnitID      string
	DebtorID    string
	CommunityID string
	BillIDs     []string
}
