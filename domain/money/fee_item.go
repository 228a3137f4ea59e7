package money

import (
	"encoding/json"
	"time"

	"steward/domain/calendar"
)

// FeeTerms are what one version of a fee item says. What is left empty takes the default: half_up, month, owner, actual,
// billed on the 1st and due after 30 days, and a vacant unit pays all of it.
type FeeTerms struct {
	Formula     string          `json:"formula" enum:"built_area,inner_area,fixed,given,rent_steps,metered,usage,shared_area,shared_household,expression"`
	Parameters  json.RawMessage `json:"parameters,omitempty" doc:"What the formula computes with; decimals in text. docs/formulas.md lists them."`
	Rounding    string          `json:"rounding,omitempty" enum:"half_up,half_down,down,up,whole_yuan"`
	Cycle       string          `json:"cycle,omitempty" enum:"month,quarter,half_year,year"`
	Prepaid     bool            `json:"prepaid,omitempty"`
	DebtorRole  string          `json:"debtor_role,omitempty" enum:"owner,tenant,developer"`
	From        calendar.Date   `json:"from,omitzero" doc:"The first day; today when left out."`
	To          calendar.Date   `json:"to,omitzero" doc:"The last day; left out while it lasts."`
	Prorate     string          `json:"prorate,omitempty" enum:"actual,days30,days365,none" doc:"What a part of a month bears."`
	BillDay     int             `json:"bill_day,omitempty" minimum:"0" maximum:"31"`
	DueDays     *int            `json:"due_days,omitempty" minimum:"0" maximum:"366" doc:"Days from the bill date to the due date."`
	VacantShare string          `json:"vacant_share,omitempty" maxLength:"9" doc:"What a vacant unit pays of the amount, a decimal up to 1."`
}

// NewFeeItem is a fee item to be made with its first version.
type NewFeeItem struct {
	CommunityID string `json:"community_id"`
	Name        string `json:"name" minLength:"1" maxLength:"80"`
	FeeTerms
}

// FeeItemVersion is one version. It is never rewritten.
type FeeItemVersion struct {
	ID string `json:"id"`
	No int    `json:"version"`
	FeeTerms
	Ends      calendar.Date `json:"ends,omitzero" doc:"Its last day: its own, or the one before a later version begins."`
	Agreed    bool          `json:"agreed" doc:"A settlement that is proposed or signed names it."`
	Problem   string        `json:"problem,omitempty" doc:"Why nobody can be charged by it."`
	CreatedAt time.Time     `json:"created_at"`
}

// FeeItemDetail is a fee item with all its versions, the newest first.
type FeeItemDetail struct {
	FeeItem
	AssignedUnits int              `json:"assigned_units" doc:"Units that have an assignment; where there are any, only they pay."`
	Versions      []FeeItemVersion `json:"versions"`
}

// FeeEntry is a figure that somebody entered for a fee item and a period: yuan or a quantity of a unit, or (without a unit)
// the yuan that units share.
type FeeEntry struct {
	UnitID string `json:"unit_id,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Value  string `json:"value" maxLength:"20"`
}

// FeeItemTrial asks what a unit would be charged: by the item's versions, or by terms that are only tried.
type FeeItemTrial struct {
	UnitID    string    `json:"unit_id"`
	Period    string    `json:"period" maxLength:"24"`
	FeeItemID string    `json:"fee_item_id,omitempty"`
	Name      string    `json:"name,omitempty" maxLength:"80"`
	Terms     *FeeTerms `json:"terms,omitempty"`
}

// FeeItemTried is what it came to.
type FeeItemTried struct {
	UnitID string      `json:"unit_id"`
	Unit   string      `json:"unit"`
	Period string      `json:"period"`
	Lines  []TriedLine `json:"lines"`
}

// TriedLine is one line that would be billed, or why it can't be.
type TriedLine struct {
	FeeItem     string        `json:"fee_item"`
	Version     int           `json:"version"`
	Period      string        `json:"period"`
	From        calendar.Date `json:"from"`
	To          calendar.Date `json:"to"`
	DebtorID    string        `json:"debtor_id,omitempty"`
	Debtor      string        `json:"debtor,omitempty"`
	BillDate    calendar.Date `json:"bill_date"`
	DueDate     calendar.Date `json:"due_date"`
	AmountFen   int64         `json:"amount_fen"`
	Explanation string        `json:"explanation"`
	Basis       any           `json:"basis"`
	ProblemCode string        `json:"problem_code,omitempty"`
	Problem     string        `json:"problem,omitempty"`
}
