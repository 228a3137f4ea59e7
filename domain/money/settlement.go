package money

import (
	"time"

	"steward/domain/calendar"
)

// Settlement is what a community has agreed about its money: which versions of which fee items it bills, how a payment is
// split, the late fee, small change at the desk. It counts once it is signed off, and never changes afterwards.
type Settlement struct {
	FeeItemVersionIDs []string      `json:"fee_item_version_ids" maxItems:"1000" doc:"The versions that billing may use."`
	AllocationOrder   Order         `json:"allocation_order" enum:"law,oldest_due"`
	LateFee           LateFeeRule   `json:"late_fee"`
	SmallChange       SmallChange   `json:"small_change,omitempty" enum:"none,jiao,yuan"`
	BillDay           int           `json:"bill_day,omitempty" minimum:"0" maximum:"31" doc:"On which day of a month its bills are computed; 0 only by hand."`
	FirstDay          calendar.Date `json:"first_day,omitzero" doc:"Billing begins with the period that holds this day; what was owed before is imported."`
}

// LateFeeRule is a community's late fee. It is off unless Enabled (domain rules: shipped switched off).
type LateFeeRule struct {
	Enabled   bool          `json:"enabled"`
	GraceDays int           `json:"grace_days,omitempty" minimum:"0" maximum:"366"`
	Rates     []LateFeeRate `json:"rates,omitempty" maxItems:"50" doc:"By day; each counts until the next begins."`
	Order     LateFeeOrder  `json:"order,omitempty" enum:"principal_first,late_fee_first" doc:"What a payment settles first within one bill."`
	CapShare  string        `json:"cap_share,omitempty" maxLength:"12" doc:"At most this share of the principal as issued, a decimal; empty for no cap."`
	CapYearly string        `json:"cap_yearly,omitempty" maxLength:"12" doc:"At most this rate a year (365 days), a decimal; empty for no cap."`
}

// LateFeeRate is the rate per day from a day on, a decimal: "0.0005" is 0.05 % a day.
type LateFeeRate struct {
	From  calendar.Date `json:"from"`
	Daily string        `json:"daily" maxLength:"12"`
}

// LateFeeOrder says what a payment settles first within one bill (民法典 561 leaves it to the contract).
type LateFeeOrder string

// The orders. The empty one is PrincipalFirst.
const (
	PrincipalFirst LateFeeOrder = "principal_first"
	LateFeeFirst   LateFeeOrder = "late_fee_first"
)

// SmallChange is what the desk may leave off a cash payment (抹零): nothing, the fen below a jiao, or all below a yuan.
type SmallChange string

// The rules for small change. The empty one is SmallChangeNone.
const (
	SmallChangeNone SmallChange = "none"
	SmallChangeJiao SmallChange = "jiao"
	SmallChangeYuan SmallChange = "yuan"
)

// SettlementStatus is where a version of the settlement rules stands.
type SettlementStatus string

// The statuses of a version.
const (
	SettlementProposed  SettlementStatus = "proposed"
	SettlementSigned    SettlementStatus = "signed"
	SettlementWithdrawn SettlementStatus = "withdrawn"
)

// SettlementVersion is one version with its worked examples and who signed it. InForce tells that it is the signed version
// that counts today.
type SettlementVersion struct {
	ID          string              `json:"id"`
	CommunityID string              `json:"community_id"`
	No          int                 `json:"no"`
	Status      SettlementStatus    `json:"status"`
	InForce     bool                `json:"in_force"`
	From        calendar.Date       `json:"from"`
	Rules       Settlement          `json:"rules"`
	Examples    []SettlementExample `json:"examples"`
	Warnings    []string            `json:"warnings,omitempty"`
	Note        string              `json:"note,omitempty"`
	ProposedBy  string              `json:"proposed_by"`
	ProposedAt  time.Time           `json:"proposed_at"`
	DecidedBy   string              `json:"decided_by,omitempty"`
	DecidedAt   *time.Time          `json:"decided_at,omitempty"`
	SignedNames string              `json:"signed_names,omitempty"` // who signed on paper, as the signer wrote it
}

// SettlementDraft is what somebody proposes. What is left out is as the settlement in force has it, or else as shipped: every
// fee item that can be charged, no late fee, no small change.
type SettlementDraft struct {
	FeeItemVersionIDs []string       `json:"fee_item_version_ids,omitempty" maxItems:"1000" doc:"Left out: the current version of every fee item."`
	AllocationOrder   Order          `json:"allocation_order,omitempty" enum:"law,oldest_due"`
	LateFee           *LateFeeRule   `json:"late_fee,omitempty"`
	SmallChange       SmallChange    `json:"small_change,omitempty" enum:"none,jiao,yuan"`
	BillDay           *int           `json:"bill_day,omitempty" minimum:"0" maximum:"31"`
	FirstDay          *calendar.Date `json:"first_day,omitempty"`
	Note              string         `json:"note,omitempty" maxLength:"500"`
}

// The cases that examples show.
const (
	CaseUsual     = "usual"
	CaseVacant    = "vacant"
	CaseTenant    = "tenant"
	CaseSplit     = "split"
	CaseAssigned  = "assigned"
	CaseDeveloper = "developer"
	CaseLateFee   = "late_fee"
)

// SettlementExample is one charge worked out on a real unit of the community, or why it could not be.
type SettlementExample struct {
	Case        string `json:"case" enum:"usual,vacant,tenant,split,assigned,developer,late_fee"`
	UnitID      string `json:"unit_id"`
	Unit        string `json:"unit"`
	FeeItem     string `json:"fee_item"`
	Period      string `json:"period"`
	AmountFen   int64  `json:"amount_fen"`
	Explanation string `json:"explanation"`
	Problem     string `json:"problem,omitempty"`
}
