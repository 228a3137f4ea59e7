package money

import (
	"encoding/json"
	"time"
)

// ApprovalKind is what is asked.
type ApprovalKind string

// The kinds of approvals. Each is carried out in the transaction that approves it.
const (
	ApproveRefund     ApprovalKind = "refund"
	ApproveWaiver     ApprovalKind = "waiver"
	ApproveAdjustment ApprovalKind = "adjustment"
	ApproveVoidBill   ApprovalKind = "void-bill"
	ApproveVoidRun    ApprovalKind = "void-run"
)

// ApprovalStatus is where an approval stands.
type ApprovalStatus string

// The statuses of an approval. Only an asked one can be decided.
const (
	ApprovalAsked     ApprovalStatus = "asked"
	ApprovalApproved  ApprovalStatus = "approved"
	ApprovalRejected  ApprovalStatus = "rejected"
	ApprovalTimedOut  ApprovalStatus = "timed_out"
	ApprovalWithdrawn ApprovalStatus = "withdrawn"
)

// Approval is something that one person asks and another decides. Effect is what it would have done when it was asked.
type Approval struct {
	ID          string          `json:"id"`
	CommunityID string          `json:"community_id"`
	Kind        ApprovalKind    `json:"kind" enum:"refund,waiver,adjustment,void-bill,void-run"`
	SubjectKind string          `json:"subject_kind"`
	SubjectID   string          `json:"subject_id"`
	AmountFen   int64           `json:"amount_fen"`
	Reason      string          `json:"reason"`
	Request     json.RawMessage `json:"request"`
	Effect      *Effect         `json:"effect,omitempty"`
	Status      ApprovalStatus  `json:"status" enum:"asked,approved,rejected,timed_out,withdrawn"`
	AskedBy     string          `json:"asked_by"`
	AskedByName string          `json:"asked_by_name,omitempty"`
	AskedAt     time.Time       `json:"asked_at"`
	ExpiresAt   time.Time       `json:"expires_at"`
	DecidedBy   string          `json:"decided_by,omitempty"`
	DecidedAt   *time.Time      `json:"decided_at,omitempty"`
	DecidedWhy  string          `json:"decided_why,omitempty"`
	ResultID    string          `json:"result_id,omitempty"` // what carrying it out made: a correction, a refund
	MayDecide   bool            `json:"may_decide"`          // whether the caller could
	Version     int             `json:"version"`
}

// Effect is what a correction does, as the difference between before and after of everything it touches.
type Effect struct {
	Bills          []BillEffect    `json:"bills"`
	BillsLeftOut   int             `json:"bills_left_out,omitempty"` // how many more change than are listed
	Receipts       []ReceiptEffect `json:"receipts"`
	Cases          []CaseEffect    `json:"cases"`
	CasesLeftOut   int             `json:"cases_left_out,omitempty"`
	AdvanceFen     Change          `json:"advance_fen"`
	PrincipalFen   Change          `json:"principal_fen"`
	LateFeeFen     Change          `json:"late_fee_fen"`
	RefundFen      int64           `json:"refund_fen,omitempty"`
	ApprovalNeeded bool            `json:"approval_needed"`
}

// ApprovalFilter narrows a list of approvals; empty fields do not.
type ApprovalFilter struct {
	CommunityID string
	Status      ApprovalStatus
	Kind        ApprovalKind
	SubjectID   string
}

// ApprovalRef names an approval for its process.
type ApprovalRef struct {
	OrgID      string `json:"org_id" db:"org_id"`
	ApprovalID string `json:"approval_id" db:"id"`
}

// Waiting is what the process of an approval has to know: whether somebody must still decide, and until when.
type Waiting struct {
	Open      bool      `json:"open"`
	ExpiresAt time.Time `json:"expires_at"` // business time
}

// Change is an amount before and after.
type Change struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// BillEffect is one bill before and after.
type BillEffect struct {
	BillID     string     `json:"bill_id"`
	Unit       string     `json:"unit"`
	FeeItem    string     `json:"fee_item"`
	Period     string     `json:"period"`
	UnpaidFen  Change     `json:"unpaid_fen"`
	LateFeeFen Change     `json:"late_fee_fen"`
	Before     BillStatus `json:"before"`
	After      BillStatus `json:"after"`
}

// ReceiptEffect is one receipt before and after; Before is empty for one that is made.
type ReceiptEffect struct {
	No     string `json:"no,omitempty"`
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
}

// CaseEffect is one collection case before and after.
type CaseEffect struct {
	CaseID       string `json:"case_id"`
	Before       string `json:"before,omitempty"`
	After        string `json:"after"`
	StageBefore  string `json:"stage_before,omitempty"`
	StageAfter   string `json:"stage_after,omitempty"`
	ArrearsFen   Change `json:"arrears_fen"`
	NextAtBefore string `json:"next_at_before,omitempty"`
	NextAtAfter  string `json:"next_at_after,omitempty"`
}
