package money

import "time"

// RefundSource is what a refund is taken from.
type RefundSource string

// The sources: what no bill has used, or a deposit.
const (
	RefundAdvance RefundSource = "advance"
	RefundDeposit RefundSource = "deposit"
)

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund: approved and not handed out, asked of the provider, handed out, refused by the provider and
// waiting for a person, and given up by one, so that the money is where it was taken from.
const (
	RefundDue     RefundStatus = "due"
	RefundPaying  RefundStatus = "paying"
	RefundPaid    RefundStatus = "paid"
	RefundFailed  RefundStatus = "failed"
	RefundDropped RefundStatus = "dropped"
)

// Refund is money given back by the way it came (original route).
type Refund struct {
	ID          string       `json:"id"`
	OrgID       string       `json:"-"`
	CommunityID string       `json:"community_id"`
	PaymentID   string       `json:"payment_id"`
	DebtorID    string       `json:"debtor_id"`
	AmountFen   int64        `json:"amount_fen"`
	Source      RefundSource `json:"source" enum:"advance,deposit"`
	Route       string       `json:"route"`
	Method      string       `json:"method"`
	ExternalNo  string       `json:"external_no"` // of the payment, by which the channel knows it
	Status      RefundStatus `json:"status" enum:"due,paying,paid,failed,dropped"`
	Why         string       `json:"why,omitempty"`
	Note        string       `json:"note,omitempty"` // why the provider's refund failed or takes long
	ApprovalID  string       `json:"approval_id,omitempty"`
	ProviderNo  string       `json:"provider_no,omitempty"`
	MadeBy      string       `json:"made_by"`
	MadeAt      time.Time    `json:"made_at"`
	PaidAt      *time.Time   `json:"paid_at,omitempty"`
	Version     int          `json:"version"`
}

// RefundFilter narrows a list of refunds; empty fields do not.
type RefundFilter struct {
	CommunityID string
	PaymentID   string
	Status      RefundStatus
}

// PayOut is how a refund was handed out. Channel is the way it came unless the provider would not give it back.
type PayOut struct {
	Serial  string // of the bank or the channel; none for cash
	Channel string
}
