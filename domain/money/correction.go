package money

import (
	"cmp"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// CorrectionKind is a way of putting something right. Nothing is erased by it: each is made of entries.
type CorrectionKind string

// The corrections. A reversal and a transfer are about a payment and need no checker; the others need one.
const (
	Reverse    CorrectionKind = "reverse"
	Transfer   CorrectionKind = "transfer"
	GiveBack   CorrectionKind = CorrectionKind(ApproveRefund)
	Waive      CorrectionKind = CorrectionKind(ApproveWaiver)
	Adjust     CorrectionKind = CorrectionKind(ApproveAdjustment)
	VoidBill   CorrectionKind = CorrectionKind(ApproveVoidBill)
	VoidIssued CorrectionKind = CorrectionKind(ApproveVoidRun)
)

// CorrectionRequest is what somebody asks to be put right. SubjectID is the payment, the bill or the run that it is about.
// AmountFen is signed for an adjustment; without amounts a refund or a waiver is about everything that is there.
type CorrectionRequest struct {
	Kind        CorrectionKind `json:"kind"`
	SubjectID   string         `json:"subject_id"`
	Reason      string         `json:"reason"`
	AmountFen   *int64         `json:"amount_fen,omitempty"`
	LateFeeFen  *int64         `json:"late_fee_fen,omitempty"`
	Source      RefundSource   `json:"source,omitempty"`
	UnitID      string         `json:"unit_id,omitempty"`
	DebtorID    string         `json:"debtor_id,omitempty"`
	CommunityID string         `json:"community_id,omitempty"`
}

// Check refuses a request that no books could carry out.
func (r CorrectionRequest) Check() error {
	switch {
	case r.Kind == Adjust && r.AmountFen == nil:
		return refusal.New(refusal.Rule, "amount-needed", "请填写调整金额：调增为正，调减为负。").At("amount_fen", "请填写金额", nil)
	case r.Kind == Adjust:
		return checkPart("amount_fen", max(*r.AmountFen, -*r.AmountFen), 1)
	case r.Kind == Waive && (r.AmountFen != nil || r.LateFeeFen != nil):
		principal, lateFee := valueOf(r.AmountFen), valueOf(r.LateFeeFen)
		return cmp.Or(checkPart("amount_fen", principal, 0), checkPart("late_fee_fen", lateFee, 0), checkPart("amount_fen", principal+lateFee, 1))
	case r.AmountFen != nil:
		return checkPart("amount_fen", *r.AmountFen, 1)
	case r.Kind == Transfer && r.UnitID == "" && r.DebtorID == "":
		return refusal.New(refusal.Rule, "unit-or-debtor-needed", "请指明要转到的房屋或缴费人。").At("unit_id", "房屋和缴费人至少填一个", nil)
	}
	return nil
}

func valueOf(fen *int64) int64 {
	if fen == nil {
		return 0
	}
	return *fen
}

func checkPart(field string, fen, atLeast int64) error {
	if fen >= atLeast && fen <= MaxFen {
		return nil
	}
	return refusal.New(refusal.Rule, "amount-out-of-range", "金额不正确：请填写大于 0 且不超过 %s 的金额；只有调整可以为负数。", Format(MaxFen)).
		At(field, "金额超出范围", fen)
}

// Corrected is what became of a request: carried out, with what it made, or asked of a checker.
type Corrected struct {
	Payment  *Payment
	Approval *Approval
	Effect   *Effect // nil for the repeat of a command that was carried out before
}

// Correction is one change of a bill. PrincipalFen is what it added to the principal, negative for what it took away;
// LateFeeFen is the late fee that it waived.
type Correction struct {
	ID           string        `json:"id"`
	BillID       string        `json:"bill_id"`
	Kind         string        `json:"kind" enum:"adjustment,waiver,round_off,void"`
	PrincipalFen int64         `json:"principal_fen"`
	LateFeeFen   int64         `json:"late_fee_fen"`
	ValueOn      calendar.Date `json:"value_on"`
	Reason       string        `json:"reason"`
	ApprovalID   string        `json:"approval_id,omitempty"`
	PaymentID    string        `json:"payment_id,omitempty"`
	ReversesID   string        `json:"reverses_id,omitempty"`
	MadeBy       string        `json:"made_by"`
	MadeByName   string        `json:"made_by_name,omitempty"`
	MadeAt       time.Time     `json:"made_at"`
}

// The kinds of corrections of a bill.
const (
	CorrectionAdjustment = "adjustment"
	CorrectionWaiver     = "waiver"
	CorrectionRoundOff   = "round_off"
	CorrectionVoid       = "void"
)
