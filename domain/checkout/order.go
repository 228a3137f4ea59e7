package checkout

import (
	"time"

	"steward/domain/calendar"
)

// Status is where an order of ours stands.
type Status string

// The statuses. Failed is one that the provider did not take; nobody can have paid it.
const (
	OrderCreated Status = "created"
	OrderWaiting Status = "waiting"
	OrderPaid    Status = "paid"
	OrderClosed  Status = "closed"
	OrderFailed  Status = "failed"
)

// Live tells whether the order may still be paid in the ordinary way.
func (s Status) Live() bool { return s == OrderCreated || s == OrderWaiting }

// Order is money that a provider is asked to collect for bills. Its instants are wall time, but PaidAt, which is business
// time.
type Order struct {
	ID             string     `json:"id"` // the number under which the provider knows it
	CommunityID    string     `json:"community_id"`
	DebtorID       string     `json:"debtor_id"`
	UnitID         string     `json:"unit_id,omitempty"`
	BillIDs        []string   `json:"bill_ids"`
	AmountFen      int64      `json:"amount_fen"`
	Subject        string     `json:"subject"`
	Status         Status     `json:"status" enum:"created,waiting,paid,closed,failed"`
	Provider       string     `json:"provider"`
	ProviderNo     string     `json:"provider_no,omitempty"`
	PayURL         string     `json:"pay_url,omitempty" doc:"Where the payer's own phone pays; there once the provider has answered."`
	QR             string     `json:"qr,omitempty" doc:"Content of the code that another phone scans."`
	CreatedAt      time.Time  `json:"created_at"`
	ExpiresAt      time.Time  `json:"expires_at"`
	EndedAt        *time.Time `json:"ended_at,omitempty"`
	TransactionNo  string     `json:"transaction_no,omitempty"`
	PaidFen        int64      `json:"paid_fen,omitempty"`
	PaidAt         *time.Time `json:"paid_at,omitempty"`
	PaymentID      string     `json:"payment_id,omitempty"`
	ReceiptNo      string     `json:"receipt_no,omitempty"`
	MadeBy         string     `json:"made_by"`
	ByLink         bool       `json:"by_link"`
	Closing        bool       `json:"closing" doc:"Somebody wants it closed, and the provider has not confirmed it yet."`
	NeedsAttention bool       `json:"needs_attention"`
	Why            string     `json:"why,omitempty"`
	Version        int        `json:"version"`
}

// NewOrder is an order to be made. Without AmountFen it is what the chosen bills, or all bills of the debtor in the
// community, owe today with late fee.
type NewOrder struct {
	CommunityID string
	DebtorID    string
	UnitID      string
	BillIDs     []string
	AmountFen   int64
	Provider    string
}

// OrderFilter narrows a list of orders; empty fields do not.
type OrderFilter struct {
	CommunityID    string
	DebtorID       string
	Status         string
	NeedsAttention bool
}

// Times an order has, in wall time: a person with a phone in the hand, and a provider, live on that.
const (
	// OrderLife is how long the payer has.
	OrderLife = 15 * time.Minute
	// CallLimit is how long one call to a provider may take.
	CallLimit = 8 * time.Second
)

// MaxOrderBills is how many bills one order may name.
const MaxOrderBills = 500

// PollAfter is how long to wait before the provider is asked about a waiting order again; looks counts the looks so far. A
// notice usually comes first, so the first looks are for the payer who stands at the desk, the rest for lost notices.
func PollAfter(looks int) time.Duration {
	return min(2*time.Second<<min(max(looks, 0), 5), 20*time.Second)
}

// AwayAfter is how long to wait after a call without an answer: a provider that is away is not hurried.
func AwayAfter(tries int) time.Duration {
	return min(time.Second<<min(max(tries, 0), 10), 5*time.Minute)
}

// AwayTold is after how many calls in a row without an answer a person is told.
const AwayTold = 8

// Ref names one order, or one refund, of an organization.
type Ref struct {
	OrgID string `json:"org_id" db:"org_id"`
	ID    string `json:"id" db:"id"`
}

// Debts is what a link shows: no names but a masked one, units without a floor plan of the neighbours.
type Debts struct {
	Community  string   `json:"community"`
	Payer      string   `json:"payer" doc:"Masked."`
	Bills      []Debt   `json:"bills"`
	TotalFen   int64    `json:"total_fen"`
	AdvanceFen int64    `json:"advance_fen"`
	Providers  []string `json:"providers"`
}

// Debt is one bill that a link shows.
type Debt struct {
	BillID       string        `json:"bill_id"`
	Unit         string        `json:"unit" doc:"Masked."`
	FeeItem      string        `json:"fee_item"`
	Period       string        `json:"period"`
	DueOn        calendar.Date `json:"due_date"`
	PrincipalFen int64         `json:"principal_fen" doc:"Unpaid."`
	LateFeeFen   int64         `json:"late_fee_fen"`
	Overdue      bool          `json:"overdue"`
}

// Link is a way to pay without signing in, as its token opened it.
type Link struct {
	OrgID       string
	ID          string
	CommunityID string
	DebtorID    string
}

// MadeLink is a link as it is handed to somebody: the token is shown once and stored only as its hash.
type MadeLink struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// LinkLife is how long a link can be used, in business time.
const LinkLife = 60 * 24 * time.Hour

// OrderHead is an order as its process sees it. Asked tells that the provider may know of it; Ending, that it has expired or
// somebody wants it closed; LookWanted, that somebody wants the provider to be asked whatever the status.
type OrderHead struct {
	Order
	Asked      bool
	Ending     bool
	LookWanted bool
	LinkID     string
}
