package dunning

import (
	"time"

	"steward/domain/calendar"
)

// The statuses of a case. The first three occupy the debtor's one open slot in the community.
const (
	CaseOpen           = "open"
	CaseHeld           = "held"
	CaseNeedsAttention = "needs_attention" // the next stage waits for a person's approval
	CasePaid           = "paid"
	CaseExcluded       = "excluded"
	CaseFinished       = "finished" // the ladder is over and the debt is still there
)

// The kinds of hold.
const (
	HoldManual  = "manual"
	HoldPromise = "promise"
	HoldDispute = "dispute"
	HoldFlag    = "flag" // a flag on the person: hold, deceased, hardship
)

// The statuses of a message in the outbox.
const (
	MessageQueued    = "queued"
	MessageParked    = "parked" // its campaign is paused or its case held
	MessageSending   = "sending"
	MessageSent      = "sent"
	MessageDelivered = "delivered"
	MessageFailed    = "failed"
	MessageUnknown   = "unknown"
	MessageCancelled = "cancelled"
)

// Case is one case in a list. Amounts are nil when the caller may not see them.
type Case struct {
	ID           string     `json:"id"`
	CampaignID   string     `json:"campaign_id"`
	CommunityID  string     `json:"community_id"`
	DebtorID     string     `json:"debtor_id"`
	UnitIDs      []string   `json:"unit_ids"`
	Units        []string   `json:"units"`     // as people write them
	Household    string     `json:"household"` // the debtor's name, masked where the caller sees no detail
	Status       string     `json:"status"`
	Stage        string     `json:"stage"` // the last stage done, "" before the first
	NextStage    string     `json:"next_stage"`
	NextAction   string     `json:"next_action"` // message, call, visit ..., approval while it waits for a person, "" for nothing
	NextAt       *time.Time `json:"next_at"`
	ArrearsFen   *int64     `json:"arrears_fen"`
	EnteredFen   *int64     `json:"entered_fen"`
	CollectedFen *int64     `json:"collected_fen"`
	AssigneeID   string     `json:"assignee_id,omitempty"`
	OpenedAt     time.Time  `json:"opened_at"`
	ClosedAt     *time.Time `json:"closed_at"`
	Version      int        `json:"version"`
}

// CaseDetail is one case with its story.
type CaseDetail struct {
	Case
	DueOn    calendar.Date   `json:"due_on"`
	Holds    []Hold          `json:"holds"`
	Timeline []TimelineEntry `json:"timeline"`
}

// Hold is why a case does not go on, and until when; without Until a person must release it.
type Hold struct {
	Kind  string     `json:"kind"`
	Why   string     `json:"why"`
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until"`
}

// TimelineEntry is one thing that happened to a case, in Chinese for people; Kind is a stable code.
type TimelineEntry struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Stage string    `json:"stage,omitempty"`
	What  string    `json:"what"`
	Why   string    `json:"why"`
	Who   string    `json:"who"`
}

// CaseFilter cuts the list of a campaign's cases.
type CaseFilter struct {
	Status string
	Stage  string // the last stage done; StageNone for cases before the first
}

// StageNone filters cases that no stage has touched yet.
const StageNone = "none"

// CaseOrder is a person's order to one case or many: hold, release, exclude, send-now, skip or assign.
type CaseOrder struct {
	Command    string
	Reason     string
	Until      time.Time // of a hold; zero waits for a release
	AssigneeID string
	Version    int // the version that the caller read, 0 for any
}

// The commands of a CaseOrder.
const (
	OrderHold    = "hold"
	OrderRelease = "release"
	OrderExclude = "exclude"
	OrderSendNow = "send-now"
	OrderSkip    = "skip"
	OrderAssign  = "assign"
)

// CaseBatch is an order to several cases of a campaign, named or found by a filter. ExpectedCount is how many the caller
// saw; nil does not check.
type CaseBatch struct {
	CaseIDs       []string
	Filter        *CaseFilter
	ExpectedCount *int
	Order         CaseOrder
}

// MaxBatchCases bounds a CaseBatch.
const MaxBatchCases = 500

// BatchResult tells what became of a CaseBatch.
type BatchResult struct {
	Done    int            `json:"done"`
	Refused []BatchRefusal `json:"refused"`
}

// BatchRefusal is one case that did not follow an order.
type BatchRefusal struct {
	CaseID string `json:"case_id"`
	Code   string `json:"code"`
}

// Promise is a debtor's dated promise to pay.
type Promise struct {
	AmountFen int64
	Date      calendar.Date
	Note      string
}

// The bounds of promises.
const (
	MaxPromises      = 3  // per case
	MaxPromiseDays   = 60 // ahead
	PromiseGraceDays = 1  // after the promised day
)
