// Package billing computes what a unit is charged: pure rules from dated facts and agreed fee items to lines, each with one
// debtor, one amount in fen, its dates and its own explanation. Nothing here does I/O, and all arithmetic is exact until the
// one rounding at the end of a line.
package billing

import (
	"encoding/json"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// Formula is how a fee item computes.
type Formula string

// The formulas.
const (
	BuiltArea       Formula = "built_area"       // built area x price + extra
	InnerArea       Formula = "inner_area"       // inner area x price + extra
	Fixed           Formula = "fixed"            // extra alone
	GivenAmount     Formula = "given"            // an amount entered for the unit and period
	RentSteps       Formula = "rent_steps"       // a rent that rises by date or by interval
	Metered         Formula = "metered"          // (current - previous reading) x price + extra, with tiers
	Usage           Formula = "usage"            // an entered quantity x price + extra, with tiers
	SharedArea      Formula = "shared_area"      // a total of the period, split by built area
	SharedHousehold Formula = "shared_household" // a total of the period, split by household
	Expression      Formula = "expression"       // a checked arithmetic expression
)

// Formulas lists every formula, in the order in which they are offered.
var Formulas = []Formula{BuiltArea, InnerArea, Fixed, GivenAmount, RentSteps, Metered, Usage, SharedArea, SharedHousehold, Expression}

// Rounding is how the exact amount of a line becomes whole fen. It happens once for each line.
type Rounding string

// The rules for rounding. The empty one is HalfUp.
const (
	HalfUp    Rounding = "half_up"
	HalfDown  Rounding = "half_down"
	Down      Rounding = "down"
	Up        Rounding = "up"
	WholeYuan Rounding = "whole_yuan" // half up to whole yuan
)

// Cycle is how long one bill of a fee item is for.
type Cycle string

// The cycles. The empty one is Month.
const (
	Month    Cycle = "month"
	Quarter  Cycle = "quarter"
	HalfYear Cycle = "half_year"
	Year     Cycle = "year"
)

// Prorate is how much of a month's charge a part of the month bears. Whatever the rule, the parts of a month that is
// charged throughout add up to the month.
type Prorate string

// The rules for a part of a month. The empty one is ActualDays.
const (
	ActualDays Prorate = "actual"  // days over the days of that month
	Days30     Prorate = "days30"  // days over 30, a whole month at most
	Days365    Prorate = "days365" // days times 12 over 365, a whole month at most
	NoProrate  Prorate = "none"    // whoever is there on the first charged day pays the whole
)

// Item is one version of a fee item. From and To are its first and last day; a zero To lasts until a version with a higher
// number begins. On a day that several versions cover, the one with the highest number counts.
type Item struct {
	FeeItemID   string
	FeeItem     string // its name
	VersionID   string
	No          int
	Formula     Formula
	Parameters  json.RawMessage
	Rounding    Rounding
	Cycle       Cycle
	Prepaid     bool
	DebtorRole  estate.Role // owner, tenant, developer
	From        calendar.Date
	To          calendar.Date
	Prorate     Prorate
	BillDay     int    // of the month, 1 to 31; a month that is shorter takes its last day
	DueDays     int    // from the bill date to the due date
	VacantShare string // what a vacant unit pays of the amount, a decimal up to 1; empty is 1
	Assigned    bool   // some unit has an assignment, so that only units with one pay
}

// Unit is a unit with everything about it that bills depend on.
type Unit struct {
	ID         string
	Display    string
	Kind       string        // home, shop, office, parking, storage
	Delivered  calendar.Date // zero: nobody wrote it down
	FeeStart   calendar.Date // zero: from delivery on
	States     []State       // in any order; at least one
	Tenures    []estate.Tenure
	Fees       []Assignment
	Meters     []Meter // every meter of the unit that a fee item bills, with readings or without
	Amounts    []Entered
	Quantities []Entered
	Shares     []Shared
	Earlier    []Used
}

// State is what a unit is from a day on; a zero From has always been so. Areas are decimals in text, "" when unknown.
type State struct {
	From        calendar.Date
	BuiltAreaM2 string
	InnerAreaM2 string
	Status      estate.UnitStatus
}

// Assignment says that the unit pays a fee item, from the first to the last day (zero: it lasts), at a price of its own if
// PriceYuan is not empty.
type Assignment struct {
	FeeItemID string
	From      calendar.Date
	To        calendar.Date
	PriceYuan string
}

// Meter is one meter with what it measured; a use is billed in the period that holds its last day.
type Meter struct {
	ID        string
	FeeItemID string
	Name      string // as people call it
	Uses      []MeterUse
}

// MeterUse is what was measured between two readings: those of the day before From and of To. Quantity counts what was used
// across a rollover or a replacement; empty is Current less Previous.
type MeterUse struct {
	From     calendar.Date
	To       calendar.Date
	Previous string
	Current  string
	Quantity string
	Note     string // how the quantity was found, where it is not the plain difference
	Problem  string // why it must not be billed yet, for people: it awaits review
}

// Entered is a figure that somebody entered for the unit and a period: yuan, or a quantity.
type Entered struct {
	FeeItemID string
	Period    string
	Value     string // a decimal
}

// Used is what was billed of an item in earlier periods of the same calendar year, where its tiers count the year.
type Used struct {
	FeeItemID string
	MeterID   string // empty for a quantity that was entered
	Quantity  string // a decimal
}

// Shared is a cost of the whole community for a period, and over what it is split.
type Shared struct {
	FeeItemID   string
	Period      string
	TotalYuan   string // a decimal
	TotalAreaM2 string // of all units that share it
	Households  int    // that share it
}

// Line is one charge, or one stretch that cannot be charged (Problem). AmountFen 0 without a Problem is a figure too: it was
// computed and nothing is owed (a vacant unit with share 0, a meter that stood still); such a line explains itself and is
// never issued.
type Line struct {
	UnitID    string
	FeeItemID string
	FeeItem   string
	VersionID string
	VersionNo int
	DebtorID  string
	Period    string
	LineNo    int // offset of From in the period in days; see Tariff.Compute
	From      calendar.Date
	To        calendar.Date
	BilledOn  calendar.Date
	DueOn     calendar.Date
	AmountFen int64
	Basis     Basis
	Problem   *Problem
}

// Problem is why a line cannot be computed. Message is for people and says what to do.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Basis is what explains a line: it goes into the bill. Figures are decimals in text.
type Basis struct {
	Formula Formula           `json:"formula"`
	Inputs  map[string]string `json:"inputs"`
	Months  []MonthShare      `json:"months,omitempty"`
	Tiers   []TierUse         `json:"tiers,omitempty"`
	Days    int               `json:"days"`            // that the line covers
	Split   []Split           `json:"split,omitempty"` // why it is not the whole period
	Rule    Rule              `json:"rule"`
	Exact   string            `json:"exact_yuan"` // before rounding, to ten places
	Text    string            `json:"text"`       // one sentence for people
}

// MonthShare is how much of one month a line bears.
type MonthShare struct {
	Month string `json:"month"`
	Days  int    `json:"days"`
	Share string `json:"share"` // a fraction: 14/31, 1
}

// TierUse is what fell into one tier.
type TierUse struct {
	Quantity  string `json:"quantity"`
	PriceYuan string `json:"price_yuan"`
}

// Rule names what was agreed.
type Rule struct {
	VersionID string   `json:"version_id"`
	No        int      `json:"no"`
	Cycle     Cycle    `json:"cycle"`
	Rounding  Rounding `json:"rounding"`
	Prorate   Prorate  `json:"prorate"`
}

// Split is why a line begins after the period's first day or ends before its last.
type Split string

// The reasons for splitting.
const (
	SplitPrice    Split = "price"    // another version, another price of the unit, a step of the rent
	SplitArea     Split = "area"     // the area changed
	SplitVacancy  Split = "vacancy"  // the unit became vacant or occupied
	SplitDebtor   Split = "debtor"   // another owner or tenant
	SplitStarted  Split = "started"  // the charge began inside the period
	SplitEnded    Split = "ended"    // the charge ended inside the period
	SplitMeasured Split = "measured" // the readings cover another stretch than the period
)

// Compute charges one unit for one period. For many units make the Tariff once.
func Compute(u Unit, items []Item, p Period) []Line { return NewTariff(items).Compute(u, p) }
