package money

import (
	"time"

	"steward/domain/calendar"
)

// Statement is what a debtor owes at the end of a day, with everything from which it follows: the bills that are open, their
// late fees by segments, and the payments that went into them or wait as advance. CommunityID is "" for one over several
// communities.
type Statement struct {
	DebtorID     string        `json:"debtor_id"`
	Debtor       string        `json:"debtor"`
	CommunityID  string        `json:"community_id,omitempty"`
	Community    string        `json:"community,omitempty"`
	AsOf         calendar.Date `json:"as_of"`
	MadeAt       time.Time     `json:"made_at"`
	Bills        []Bill        `json:"bills"`
	Payments     []Payment     `json:"payments"`
	PrincipalFen int64         `json:"principal_fen"`
	LateFeeFen   int64         `json:"late_fee_fen"`
	AdvanceFen   int64         `json:"advance_fen"`
	BalanceFen   int64         `json:"balance_fen"` // positive when owed
	// Versions are the late fee by each way of computing it that was asked for; the agreed one comes first.
	Versions []StatementVersion `json:"versions,omitzero"`
}

// LateFeeBasis is a way of computing a statement's late fee.
type LateFeeBasis string

// The ways.
const (
	LateFeeAgreed LateFeeBasis = "agreed" // by the rates that the community has signed off
	LateFeeAtLPR  LateFeeBasis = "lpr"    // by the one-year loan prime rate, to which courts commonly reduce it
)

// StatementVersion is the late fee of a statement's bills by one way of computing it. Its balance is what the statement would
// come to with it.
type StatementVersion struct {
	Basis      LateFeeBasis    `json:"basis" enum:"agreed,lpr"`
	LateFeeFen int64           `json:"late_fee_fen"`
	BalanceFen int64           `json:"balance_fen"`
	Lines      []StatementLine `json:"lines"`
}

// StatementLine is one bill's late fee in one version. OutstandingFen is what of it is neither paid nor waived.
type StatementLine struct {
	BillID         string           `json:"bill_id"`
	AccruedFen     int64            `json:"accrued_fen"`
	OutstandingFen int64            `json:"outstanding_fen"`
	Segments       []LateFeeSegment `json:"segments,omitempty"`
}
