// Package dunning holds the rules of collection: the ladder of a policy, what is due for a case at an instant, and what
// a message says. Everything here is a pure function of its input.
package dunning

import (
	"time"

	"steward/domain/calendar"
)

// OffsetFrom names the instant from which a stage's offset counts.
type OffsetFrom string

// The origins. Due is the due date D of the oldest unpaid undisputed bill; Start the day the case entered the
// campaign; Previous the day on which the stage before was done.
const (
	FromDue      OffsetFrom = "due"
	FromStart    OffsetFrom = "start"
	FromPrevious OffsetFrom = "previous"
)

// Action is what a stage does. There is deliberately none that cuts power, water, heat, gas, lift or door access:
// 民法典 944 forbids it.
type Action string

// The actions.
const (
	Message      Action = "message"
	Call         Action = "call"
	Visit        Action = "visit"
	Letter       Action = "letter"
	Demand       Action = "demand"
	Mediation    Action = "mediation"
	LawyerLetter Action = "lawyer_letter"
	Legal        Action = "legal"
)

// Channel is a way to send a message.
type Channel string

// The channels. Sandbox exists in dev and tests only.
const (
	App     Channel = "app"
	WeChat  Channel = "wechat"
	SMS     Channel = "sms"
	Mail    Channel = "mail"
	Sandbox Channel = "sandbox"
)

// QuietHours is the policy's own span in which nothing is sent, beside the community's.
type QuietHours = calendar.QuietHours

// Stage is one rung of the ladder.
type Stage struct {
	Key           string     `json:"key"`
	OffsetDays    int        `json:"offset_days" required:"false"`
	OffsetFrom    OffsetFrom `json:"offset_from" required:"false"`
	Action        Action     `json:"action"`
	Channels      []Channel  `json:"channels" required:"false"` // in order: the next is used when the one before can't deliver
	Template      string     `json:"template" required:"false"` // with {{name}} {{community}} {{unit}} {{amount}} {{late_fee}} {{total}} {{periods}} {{due_date}} {{link}}
	MinAmountFen  int64      `json:"min_amount_fen" required:"false"`
	NeedsApproval bool       `json:"needs_approval" required:"false"`
}

// Policy is one version of a ladder.
type Policy struct {
	Name              string     `json:"name"`
	Stages            []Stage    `json:"stages"`
	MinGapDays        int        `json:"min_gap_days"`
	MaxTouchesPerWeek int        `json:"max_touches_per_week"` // of one debtor over all campaigns and communities; 0 for no limit
	QuietHours        QuietHours `json:"quiet_hours"`
}

// Facts is everything that the decision about one case rests on, read at one moment.
type Facts struct {
	CaseID      string
	CommunityID string
	DebtorID    string

	Stage      string    // the last stage done, "" before the first
	StageAt    time.Time // when it was done (business time), zero before the first
	FromStage  string    // the stage at which the campaign enters, "" for the first not yet done
	EnteredAt  time.Time // when the case entered the campaign; a campaign that starts later counts from its start
	CohortSlot int       // spreads a herd over the first minutes of the window, a cohort staying together

	UnderWay  bool      // a message of this case is queued, parked or being sent: nothing follows before it is settled
	TouchedAt time.Time // when the last message of this case that may have arrived really went out, zero for none

	PausedFor        time.Duration // pauses and holds since EnteredAt: they shift offsets from start
	PausedSinceStage time.Duration // the part of them since StageAt: it shifts offsets from previous
	ApprovedStage    string        // the stage that a person has approved, "" for none

	Bills       []BillFact // issued, unpaid, not disputed, oldest due first
	DisputedFen int64      // issued and unpaid, but disputed: not asked for, and it keeps the case open
	AdvanceFen  int64      // the debtor's advance in this community
	LateFeeFen  int64      // late fees of undisputed bills today, those of settled bills included; they alone keep no case open

	Name      string
	Community string
	Units     []string
	Link      string
	Addresses map[Channel]string
	Guarded   bool // the go-live guard is on and this debtor's phone is no test phone: no message goes out

	TouchesLastWeek int       // the debtor's messages of any campaign in the last seven days, those under way included
	OldestTouchAt   time.Time // the oldest of them
}

// BillFact is what the ladder needs to know of one bill.
type BillFact struct {
	BillID    string
	Period    string
	FeeItem   string
	DueOn     calendar.Date
	UnpaidFen int64
}

// Kind is what a decision comes to.
type Kind string

// The kinds of decision.
const (
	Wait     Kind = "wait"     // nothing is due; NextStage and NextAt say what comes
	Touch    Kind = "touch"    // a message goes out for Stage
	HumanDo  Kind = "task"     // a person gets a task for Stage
	Skip     Kind = "skip"     // Stage is passed over, Why says so (below its minimum amount, no address)
	Paid     Kind = "paid"     // no principal is owed
	Finished Kind = "finished" // the ladder is over and the debt is still there
	Park     Kind = "park"     // Stage needs a person's approval first
)

// Decision is the answer of the rule for one case at one instant.
type Decision struct {
	CaseID     string
	Kind       Kind
	Stage      string // the stage that is done or passed by this decision
	PlannedAt  time.Time
	Channel    Channel
	Then       []Channel // what follows when Channel can't deliver
	Recipient  string
	Text       string
	Why        string
	NextStage  string
	NextAt     time.Time // zero when nothing comes
	DueOn      calendar.Date
	ArrearsFen int64 // what is asked for at this instant
}
