package money

import (
	"encoding/json"
	"time"

	"steward/domain/calendar"
)

// AccountView is what a unit's or a debtor's account shows to one caller. The amounts are nil for callers who may only
// know whether something is owed; Bills and Payments are nil for callers without detail.
type AccountView struct {
	UnitID       string        `json:"unit_id,omitempty"`
	DebtorID     string        `json:"debtor_id,omitempty"`
	AsOf         calendar.Date `json:"as_of"`
	KnownOn      calendar.Date `json:"known_on,omitzero"` // only what was posted by the end of this day
	Owes         bool          `json:"owes"`
	PrincipalFen *int64        `json:"principal_fen,omitempty"` // issued and unpaid
	LateFeeFen   *int64        `json:"late_fee_fen,omitempty"`
	AdvanceFen   *int64        `json:"advance_fen,omitempty"`
	BalanceFen   *int64        `json:"balance_fen,omitempty"` // positive when owed
	PayableFen   *int64        `json:"payable_fen,omitempty"` // what settles all bills on the day; advances are not taken off
	Bills        []Bill        `json:"bills,omitzero"`
	Payments     []Payment     `json:"payments,omitzero"`
}

// Receipt is the numbered proof of a payment. A void one is kept and marked.
type Receipt struct {
	No          string        `json:"no"`
	Status      string        `json:"status"` // issued, void
	CommunityID string        `json:"community_id"`
	Community   string        `json:"community"`
	IssuedAt    time.Time     `json:"issued_at"`
	VoidedAt    *time.Time    `json:"voided_at,omitempty"`
	AmountFen   int64         `json:"amount_fen"`
	AmountWords string        `json:"amount_words"` // 人民币大写
	Lines       []ReceiptLine `json:"lines"`
	AdvanceFen  int64         `json:"advance_fen"`
	DepositFen  int64         `json:"deposit_fen,omitempty"`
	RoundOffFen int64         `json:"round_off_fen,omitempty"`
	Purpose     string        `json:"purpose,omitempty"` // the fee item that the advance is for
	Payer       string        `json:"payer,omitempty"`
	Unit        string        `json:"unit,omitempty"`
	Cashier     string        `json:"cashier,omitempty"`
	BookID      string        `json:"receipt_book_id"`
	Prints      int           `json:"prints"` // how often it was printed
	Payment     Payment       `json:"payment"`
}

// ReceiptPrint is one print of a receipt. The first is the original; No counts from 1.
type ReceiptPrint struct {
	No        int
	By        string
	PrintedAt time.Time
}

// ReceiptLine is one bill on a receipt, as split when the receipt was made.
type ReceiptLine struct {
	BillID       string `json:"bill_id"`
	Unit         string `json:"unit"`
	FeeItem      string `json:"fee_item"`
	Period       string `json:"period"`
	PrincipalFen int64  `json:"principal_fen"`
	LateFeeFen   int64  `json:"late_fee_fen"`
}

// SuspenseItem is money that matches nobody yet (待认领款).
type SuspenseItem struct {
	ID         string          `json:"id"`
	Channel    string          `json:"channel"`
	ExternalNo string          `json:"external_no"`
	AmountFen  int64           `json:"amount_fen"`
	Method     string          `json:"method"`
	PaidAt     time.Time       `json:"paid_at"`
	ReceivedAt time.Time       `json:"received_at"`
	AgeDays    int             `json:"age_days"`
	Reference  json.RawMessage `json:"reference,omitempty"`
	Why        string          `json:"why"`
	Status     string          `json:"status"` // open, matched
	KeeperID   string          `json:"keeper_id,omitempty"`
	PaymentID  string          `json:"payment_id,omitempty"`
	Version    int             `json:"version"`

	Keeper      string `json:"keeper,omitempty"`
	CommunityID string `json:"community_id,omitempty"`
	Payer       string `json:"payer,omitempty"` // as the bank wrote it
	Note        string `json:"note,omitempty"`
	ImportID    string `json:"import_id,omitempty"`
}

// SuspenseFilter narrows a list of unidentified money; empty fields do not. Keeper is a user's id, "me", or "none".
type SuspenseFilter struct {
	Status      string
	Keeper      string
	CommunityID string
}

// SuspenseCandidate is a suggestion of whose money it may be. Score only orders suggestions; Reasons add up to it.
type SuspenseCandidate struct {
	CommunityID string           `json:"community_id"`
	UnitID      string           `json:"unit_id,omitempty"`
	Unit        string           `json:"unit,omitempty"`
	DebtorID    string           `json:"debtor_id"`
	Name        string           `json:"name"`
	OwedFen     int64            `json:"owed_fen"`
	Score       int              `json:"score"`
	Reasons     []SuspenseReason `json:"reasons"`
}

// SuspenseReason is one reason of a suggestion.
type SuspenseReason struct {
	Code   string `json:"code" enum:"unit-in-note,payer-of-unit,payer-name,phone-in-note,id-no-in-note,amount-all,amount-one-bill,amount-oldest-bills"`
	Points int    `json:"points"`
}

// Discrepancy is one place where the books do not agree with themselves. A sound database has none.
type Discrepancy struct {
	Rule      string `json:"rule"`
	SubjectID string `json:"subject_id"`
	WantFen   int64  `json:"want_fen"`
	GotFen    int64  `json:"got_fen"`
}
