package money

import (
	"regexp"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// DeskHousehold is what the cashier needs of one debtor in one community: all units, what is owed, what lies in advance,
// what is held as deposits.
type DeskHousehold struct {
	CommunityID string           `json:"community_id"`
	Community   string           `json:"community"`
	DebtorID    string           `json:"debtor_id"`
	Name        string           `json:"name"`
	Phone       string           `json:"phone,omitempty"`
	Kind        string           `json:"kind"`
	Units       []DeskUnit       `json:"units"`
	Bills       []Bill           `json:"bills"`
	MoreBills   int              `json:"more_bills,omitempty"` // open bills that are not shown
	OwedFen     int64            `json:"owed_fen"`             // principal and late fee of all open bills, today
	DueFen      int64            `json:"due_fen"`              // of those that are due
	AdvanceFen  int64            `json:"advance_fen"`
	Advances    []PurposeAdvance `json:"advances"`
	DepositFen  int64            `json:"deposit_fen"`
	SmallChange SmallChange      `json:"small_change"` // what may be left off a cash payment here
	AsOf        calendar.Date    `json:"as_of"`
}

// DeskUnit is one unit of a household and as what the person is in it.
type DeskUnit struct {
	UnitID  string        `json:"unit_id"`
	Unit    string        `json:"unit"`
	Kind    string        `json:"kind"`
	Role    string        `json:"role"` // "" for a debtor who has left
	Until   calendar.Date `json:"until,omitzero"`
	Matched bool          `json:"matched"` // the search found this unit
}

// PurposeAdvance is what lies in advance for one fee item; PurposeID is "" for what any bill may use.
type PurposeAdvance struct {
	PurposeID string `json:"purpose_id"`
	Purpose   string `json:"purpose,omitempty"`
	AmountFen int64  `json:"amount_fen"`
}

// HeldDeposit is a deposit or bond that a payment left; HeldFen is what is still held of it.
type HeldDeposit struct {
	PaymentID   string    `json:"payment_id"`
	CommunityID string    `json:"community_id"`
	UnitID      string    `json:"unit_id,omitempty"`
	Unit        string    `json:"unit,omitempty"`
	DebtorID    string    `json:"debtor_id"`
	Name        string    `json:"name"`
	Kind        string    `json:"deposit_kind"`
	AmountFen   int64     `json:"amount_fen"`
	HeldFen     int64     `json:"held_fen"`
	RefundedFen int64     `json:"refunded_fen"`
	Status      string    `json:"status"` // held, refunded, reversed
	ReceiptNo   string    `json:"receipt_no"`
	PaidAt      time.Time `json:"paid_at"`
}

var depositKind = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,23}$`)

// CheckDesk refuses wishes that do not go together: what a deposit, a purpose and small change exclude of each other.
func (p NewPayment) CheckDesk() error {
	deposit, off := p.DepositKind != "", p.RoundOffFen != 0
	switch {
	case deposit && !depositKind.MatchString(p.DepositKind):
		return refusal.New(refusal.Rule, "deposit-kind-malformed", "押金类别不正确，请使用 fit_out、access_card 等小写代码。").At("deposit_kind", "押金类别不正确", p.DepositKind)
	case deposit && (len(p.BillIDs) > 0 || p.PurposeID != ""):
		return refusal.New(refusal.Rule, "deposit-stands-alone", "押金不能同时缴账单或预存，请分两笔收取。").At("deposit_kind", "押金单独收取", p.DepositKind)
	case p.RoundOffFen < 0:
		return refusal.New(refusal.Rule, "round-off-malformed", "抹零金额不能为负。").At("round_off_fen", "抹零金额不能为负", p.RoundOffFen)
	case off && (deposit || p.Method != "cash"):
		return refusal.New(refusal.Rule, "round-off-not-allowed", "只有用现金缴清账单时才能抹零。").At("round_off_fen", "仅限现金缴账单", p.RoundOffFen)
	case p.ExpectedFen != nil && *p.ExpectedFen < 0:
		return refusal.New(refusal.Rule, "expected-malformed", "应收金额不能为负。").At("expected_fen", "应收金额不能为负", *p.ExpectedFen)
	}
	return nil
}

// RoundsOff tells whether a community's rule lets offFen be left off owedFen: what is then paid has no fen, or no jiao and
// fen, and not more is left off than that takes.
func (c SmallChange) RoundsOff(owedFen, offFen int64) bool {
	step := map[SmallChange]int64{SmallChangeJiao: 10, SmallChangeYuan: 100}[c]
	return step > 0 && offFen > 0 && offFen == owedFen%step && owedFen > offFen
}

// DepositFilter narrows a list of deposits; empty fields do not. HeldOnly leaves those of which something is still held.
type DepositFilter struct {
	CommunityID string
	UnitID      string
	DebtorID    string
	Kind        string
	HeldOnly    bool
}
