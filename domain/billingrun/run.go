// Package billingrun holds what a run of billing is: its states, what it says of every line and how a line differs from the
// last period's, and which runs a calendar day calls for. Nothing here does I/O.
package billingrun

import (
	"encoding/json"
	"time"

	"steward/domain/billing"
	"steward/domain/calendar"
)

// Status is where a run stands.
type Status string

// The statuses. Issued, Cancelled and Voided are ends; an issued run can still be voided.
const (
	Computing      Status = "computing"
	Ready          Status = "ready" // waits for somebody to approve it
	Issuing        Status = "issuing"
	Issued         Status = "issued"
	Cancelled      Status = "cancelled"
	Voiding        Status = "voiding"
	Voided         Status = "voided"
	NeedsAttention Status = "needs_attention" // stopped; why says what to do, retry goes on
)

// Over tells whether the run's process has nothing to do.
func (s Status) Over() bool { return s == Issued || s == Cancelled || s == Voided }

// Works tells whether the run's process goes on by itself.
func (s Status) Works() bool { return s == Computing || s == Issuing || s == Voiding }

// Timing is which fee items a run takes.
type Timing string

// The timings. A run that a person opens takes all; the calendar's runs take what falls due by it.
const (
	AllItems Timing = "all"
	Prepaid  Timing = "prepaid"
	Postpaid Timing = "postpaid"
)

// Takes tells whether a fee item belongs to a run of this timing.
func (t Timing) Takes(prepaid bool) bool { return t == AllItems || prepaid == (t == Prepaid) }

// Verdict is what a run says of one line.
type Verdict string

// The verdicts. New, Changed and Same are issued once the run is approved; the others never are.
const (
	New      Verdict = "new"      // the last period had none of it
	Changed  Verdict = "changed"  // another amount than in the last period
	Same     Verdict = "same"     // the same amount
	Gone     Verdict = "gone"     // the last period had it, this one does not
	Nothing  Verdict = "nothing"  // computed, and nothing is owed
	Problem  Verdict = "problem"  // cannot be computed, or stands against a bill that is there
	Billed   Verdict = "billed"   // has its bill already; counted and not listed
	Withheld Verdict = "withheld" // was billed by another way between computing and issuing
)

// Issuable tells whether lines of this verdict become bills.
func (v Verdict) Issuable() bool { return v == New || v == Changed || v == Same }

// Ref names one run.
type Ref struct {
	OrgID string `json:"org_id" db:"org_id"`
	RunID string `json:"run_id" db:"id"`
}

// Progress is what a step of a run's process came to. More says that the next step can follow at once.
type Progress struct {
	Status Status `json:"status"`
	More   bool   `json:"more"`
}

// Run is one run as people see it.
type Run struct {
	ID           string     `json:"id"`
	CommunityID  string     `json:"community_id"`
	Period       string     `json:"period"`
	Timing       Timing     `json:"timing" enum:"all,prepaid,postpaid"`
	SettlementID string     `json:"settlement_id"`
	Status       Status     `json:"status" enum:"computing,ready,issuing,issued,cancelled,voiding,voided,needs_attention"`
	WorkflowID   string     `json:"workflow_id"`
	Why          string     `json:"why,omitempty" doc:"Why it needs attention, or was cancelled."`
	ByCalendar   bool       `json:"by_calendar" doc:"Opened by the community's schedule."`
	Units        int        `json:"units"`
	UnitsDone    int        `json:"units_done"`
	Lines        int        `json:"lines" doc:"That become bills, or have."`
	AmountFen    int64      `json:"amount_fen"`
	Problems     int        `json:"problems"`
	Issued       int        `json:"issued"`
	IssuedFen    int64      `json:"issued_fen"`
	Voided       int        `json:"voided,omitempty"`
	MayApprove   bool       `json:"may_approve"`
	OpenedBy     string     `json:"opened_by"`
	OpenedByName string     `json:"opened_by_name,omitempty"`
	OpenedAt     time.Time  `json:"opened_at"`
	ComputedAt   *time.Time `json:"computed_at,omitempty"`
	ApprovedBy   string     `json:"approved_by,omitempty"`
	ApprovedAt   *time.Time `json:"approved_at,omitempty"`
	IssuedAt     *time.Time `json:"issued_at,omitempty"`
	VoidWhy      string     `json:"void_why,omitempty"`
	VoidAskedBy  string     `json:"void_asked_by,omitempty" doc:"Who has asked to void it; somebody else decides."`
	VoidedAt     *time.Time `json:"voided_at,omitempty"`
	Version      int        `json:"version"`
}

// Detail is a run with what its lines come to.
type Detail struct {
	Run
	Totals         Totals    `json:"totals"`
	Items          []ItemSum `json:"items"`
	Warnings       []Warning `json:"warnings"`
	VoidApprovalID string    `json:"void_approval_id,omitempty" doc:"Of the request to void the run that waits for somebody."`
}

// Totals are the sums over all fee items, and how they differ from the last period.
type Totals struct {
	Lines       int   `json:"lines"`
	AmountFen   int64 `json:"amount_fen"`
	PreviousFen int64 `json:"previous_fen" doc:"Of the last period, where it is compared."`
	New         Count `json:"new"`
	Changed     Count `json:"changed"`
	Same        Count `json:"same"`
	Gone        Count `json:"gone"`
	Nothing     Count `json:"nothing"`
	Problem     Count `json:"problem"`
	Billed      Count `json:"billed"`
	Withheld    Count `json:"withheld"`
}

// Count is how many lines have one verdict, with their amounts now and in the last period.
type Count struct {
	Lines       int   `json:"lines"`
	AmountFen   int64 `json:"amount_fen"`
	PreviousFen int64 `json:"previous_fen"`
}

// ItemSum is what the lines of one fee item come to.
type ItemSum struct {
	FeeItemID string `json:"fee_item_id"`
	FeeItem   string `json:"fee_item"`
	Totals
}

// Warning is something to know before a run is approved.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Line is one line of a run with its explanation and its difference to the last period.
type Line struct {
	ID          string           `json:"id"`
	Verdict     Verdict          `json:"verdict" enum:"new,changed,same,gone,nothing,problem,billed,withheld"`
	UnitID      string           `json:"unit_id"`
	Unit        string           `json:"unit"`
	FeeItemID   string           `json:"fee_item_id"`
	FeeItem     string           `json:"fee_item"`
	VersionID   string           `json:"version_id,omitempty"`
	DebtorID    string           `json:"debtor_id,omitempty"`
	Period      string           `json:"period"`
	LineNo      int              `json:"line_no"`
	From        calendar.Date    `json:"from,omitzero"`
	To          calendar.Date    `json:"to,omitzero"`
	BillDate    calendar.Date    `json:"bill_date,omitzero"`
	DueDate     calendar.Date    `json:"due_date,omitzero"`
	GraceEnd    calendar.Date    `json:"grace_end,omitzero"`
	LateFeeFrom calendar.Date    `json:"late_fee_from,omitzero"`
	AmountFen   int64            `json:"amount_fen"`
	ComparedFen *int64           `json:"compared_fen,omitempty" doc:"This period's sum of the unit, fee item and debtor; on its first part."`
	PreviousFen *int64           `json:"previous_fen,omitempty" doc:"The last period's sum of the same."`
	Difference  *Difference      `json:"difference,omitempty"`
	Explanation string           `json:"explanation" doc:"One sentence for people."`
	Basis       json.RawMessage  `json:"basis,omitempty" doc:"Formula, inputs, months and rule: what explains the figure."`
	Problem     *billing.Problem `json:"problem,omitempty"`
	BillID      string           `json:"bill_id,omitempty"`
}

// Preview is what a run would do, computed now and kept nowhere. Lines and Problems are the first of theirs.
type Preview struct {
	CommunityID  string    `json:"community_id"`
	Period       string    `json:"period"`
	SettlementID string    `json:"settlement_id"`
	Units        int       `json:"units"`
	Totals       Totals    `json:"totals"`
	Items        []ItemSum `json:"items"`
	Warnings     []Warning `json:"warnings"`
	Lines        []Line    `json:"lines"`
	Problems     []Line    `json:"problems"`
}

// Only is a filter of lines.
type Only string

// The filters. Empty gives all.
const (
	OnlyProblems Only = "problems"
	OnlyChanged  Only = "changed"
	OnlyNew      Only = "new"
	OnlyGone     Only = "gone"
	OnlySame     Only = "same"
	OnlyNothing  Only = "nothing"
)

// Verdicts gives what a filter lets through; nil is everything, ok is false for no filter at all.
func (o Only) Verdicts() (verdicts []Verdict, ok bool) {
	switch o {
	case "":
		return nil, true
	case OnlyProblems:
		return []Verdict{Problem, Withheld}, true
	case OnlyChanged, OnlyNew, OnlyGone, OnlySame, OnlyNothing:
		return []Verdict{Verdict(o)}, true
	}
	return nil, false
}

// Add counts lines of a verdict. What is gone counts only for the last period, and a line that is not issued for neither.
func (t *Totals) Add(v Verdict, c Count) {
	into := map[Verdict]*Count{New: &t.New, Changed: &t.Changed, Same: &t.Same, Gone: &t.Gone, Nothing: &t.Nothing, Problem: &t.Problem, Billed: &t.Billed, Withheld: &t.Withheld}[v]
	if into == nil {
		return
	}
	into.Lines += c.Lines
	into.AmountFen += c.AmountFen
	into.PreviousFen += c.PreviousFen
	if v.Issuable() {
		t.Lines += c.Lines
		t.AmountFen += c.AmountFen
	}
	if v.Issuable() || v == Gone {
		t.PreviousFen += c.PreviousFen
	}
}

// Explain fills in what people read of a line: its own sentence, and its difference where none is kept.
func (l *Line) Explain(text string) {
	switch {
	case l.Problem != nil:
		l.Explanation = l.Problem.Message
	case l.Verdict == Gone:
		l.Explanation = "上期有这项费用，本期没有。请核对房屋的收费起止、住户和收费标准是否有变化。"
	default:
		l.Explanation = text
	}
	if l.Difference != nil {
		return
	}
	switch l.Verdict {
	case New:
		l.Difference = &Difference{Fen: l.AmountFen, Causes: []Cause{}, Text: "上期没有此项费用"}
	case Gone:
		l.Difference = &Difference{Causes: []Cause{}, Text: "本期没有此项费用"}
		if l.PreviousFen != nil {
			l.Difference.Fen = -*l.PreviousFen
		}
	case Same:
		l.Difference = &Difference{Causes: []Cause{}, Text: "与上期相同"}
	}
}
