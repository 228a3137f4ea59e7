package money

import (
	"encoding/json"
	"regexp"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Source says where a row of money comes from: import with its id, counter, webhook with its provider, suspense with its
// id, billing.
type Source struct {
	Kind string
	ID   string
}

// The kinds of source.
const (
	FromImport   = "import"
	FromCounter  = "counter"
	FromWebhook  = "webhook"
	FromSuspense = "suspense"
	FromBilling  = "billing"
)

// NewBill is a line to be issued. Its natural key is unit, fee item, period, debtor and line number. The fee item is given
// by id, or by name: a name that the community lacks is made with the formula "given".
type NewBill struct {
	ID               string // "" gives it one
	CommunityID      string
	UnitID           string
	DebtorID         string
	FeeItemID        string
	FeeItemVersionID string // "" is the newest
	FeeItem          string
	Period           string // 2026-01, 2026Q1, 2026, or 2026-01..2026-06; at most 24 ASCII characters
	LineNo           int
	PeriodFrom       calendar.Date
	PeriodTo         calendar.Date
	BilledOn         calendar.Date // zero: the due date, or today if that is earlier
	DueOn            calendar.Date
	GraceEndOn       calendar.Date // zero where no late fee is agreed, as the next one
	LateFeeFromOn    calendar.Date
	AmountFen        int64
	Basis            map[string]any  // formula, inputs, rule version: what explains the figure
	Explained        json.RawMessage // the same, written already; used instead of Basis
}

var periodForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z./~-]{0,23}$`)

// Check refuses a line that cannot be a bill.
func (b NewBill) Check() error {
	if err := CheckAmount(b.AmountFen); err != nil {
		return err
	}
	switch {
	case !periodForm.MatchString(b.Period):
		return refusal.New(refusal.Rule, "period-malformed", "账期格式不正确，请写成 2026-01 这样的形式。").At("period", "账期格式不正确", b.Period)
	case b.DueOn.IsZero():
		return refusal.New(refusal.Rule, "due-date-needed", "请填写应缴日期。").At("due_date", "请填写应缴日期", nil)
	case b.FeeItemID == "" && b.FeeItem == "":
		return refusal.New(refusal.Rule, "fee-item-needed", "请填写收费项目。").At("fee_item", "请填写收费项目", nil)
	}
	return nil
}

// BillProblem is a line that was not issued. Index is its place in the input.
type BillProblem struct {
	Index   int
	Code    string
	Message string
}

// Issued is what issuing a set of lines came to. Unchanged counts lines that were there already with the same amount.
type Issued struct {
	Created   int
	Unchanged int
	New       []int // indexes of the lines that were created
	Problems  []BillProblem
}

// BillStatus is what a bill's amounts add up to.
type BillStatus string

// The statuses of a bill.
const (
	BillUnpaid   BillStatus = "unpaid"
	BillPartPaid BillStatus = "part_paid"
	BillPaid     BillStatus = "paid"
	BillVoid     BillStatus = "void"
)

// Bill is one issued line. PrincipalFen is the amount as issued and never changes.
type Bill struct {
	ID               string           `json:"id"`
	CommunityID      string           `json:"community_id"`
	UnitID           string           `json:"unit_id"`
	Unit             string           `json:"unit"`
	DebtorID         string           `json:"debtor_id"`
	FeeItemID        string           `json:"fee_item_id"`
	FeeItem          string           `json:"fee_item"`
	Period           string           `json:"period"`
	LineNo           int              `json:"line_no"`
	PeriodFrom       calendar.Date    `json:"period_from,omitzero"`
	PeriodTo         calendar.Date    `json:"period_to,omitzero"`
	BillDate         calendar.Date    `json:"bill_date"`
	DueDate          calendar.Date    `json:"due_date"`
	GraceEnd         calendar.Date    `json:"grace_end,omitzero"`
	LateFeeFrom      calendar.Date    `json:"late_fee_from,omitzero"`
	Status           BillStatus       `json:"status"`
	PrincipalFen     int64            `json:"principal_fen"`
	PaidFen          int64            `json:"paid_fen"`
	AdjustedFen      int64            `json:"adjusted_fen"`
	WaivedFen        int64            `json:"waived_fen"`
	UnpaidFen        int64            `json:"unpaid_fen"`
	LateFeeFen       int64            `json:"late_fee_fen" doc:"Late fee accrued at the end of the asked day and neither paid nor waived."`
	LateFeePaidFen   int64            `json:"late_fee_paid_fen"`
	LateFeeWaivedFen int64            `json:"late_fee_waived_fen"`
	PayableFen       int64            `json:"payable_fen" doc:"What a payment of the asked day settles the bill with: what is paid is not charged on its day."`
	Disputed         bool             `json:"disputed"`
	Formula          string           `json:"formula,omitempty"`
	Inputs           json.RawMessage  `json:"inputs,omitempty"`
	LateFeeSegments  []LateFeeSegment `json:"late_fee_segments,omitempty"`
	Allocations      []BillAllocation `json:"allocations,omitempty"`
	IssuedAt         time.Time        `json:"issued_at"`
	Version          int              `json:"version"`
}

// LateFeeSegment is one stretch of days on one base and rate.
type LateFeeSegment struct {
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"`
	Days    int           `json:"days"`
	BaseFen int64         `json:"base_fen"`
	Rate    string        `json:"rate"`             // per day, a decimal
	Fen     int64         `json:"fen"`              // its part of the total, which is rounded once
	Frozen  bool          `json:"frozen,omitempty"` // not charged: the bill was disputed
	Capped  bool          `json:"capped,omitempty"` // lowered to a cap
}

// BillAllocation is one movement of money onto or off a bill; a reversal is negative.
type BillAllocation struct {
	PaymentID    string        `json:"payment_id"`
	PrincipalFen int64         `json:"principal_fen"`
	LateFeeFen   int64         `json:"late_fee_fen"`
	ValueOn      calendar.Date `json:"value_on"` // from which day on it counts for the late fee
	At           time.Time     `json:"at"`
}

// StatusOf derives a bill's status.
func StatusOf(unpaidFen, paidFen int64, void bool) BillStatus {
	switch {
	case void:
		return BillVoid
	case unpaidFen <= 0:
		return BillPaid
	case paidFen > 0:
		return BillPartPaid
	}
	return BillUnpaid
}

// FeeItem is a way of charging within a community, at its current version.
type FeeItem struct {
	ID          string          `json:"id"`
	CommunityID string          `json:"community_id"`
	Name        string          `json:"name"`
	Formula     string          `json:"formula"`
	Parameters  json.RawMessage `json:"parameters"`
	Rounding    string          `json:"rounding"`
	Cycle       string          `json:"cycle"`
	DebtorRole  string          `json:"debtor_role"`
	Prepaid     bool            `json:"prepaid"`
	FromOn      *calendar.Date  `json:"from_on,omitempty"` // since when the version counts, absent when nobody wrote it down
	ToOn        *calendar.Date  `json:"to_on,omitempty"`   // its last day
	Prorate     string          `json:"prorate"`
	BillDay     int             `json:"bill_day"`
	DueDays     int             `json:"due_days"`
	VacantShare string          `json:"vacant_share"`
	Agreed      bool            `json:"agreed"`  // the settlement in force names a version of it
	Version     int             `json:"version"` // the newest
}

// BillFilter narrows a list of bills; empty fields do not.
type BillFilter struct {
	CommunityID string
	UnitID      string
	DebtorID    string
	Period      string
	Status      BillStatus
}
