package dunning

import "time"

// TaskApproval asks a person whether a stage may be taken; the other kinds are the actions of human stages (call, visit,
// letter, demand, mediation, lawyer_letter, legal).
const TaskApproval = "approval"

// The statuses of a task.
const (
	TaskOpen      = "open"
	TaskDone      = "done"
	TaskCancelled = "cancelled"
)

// The outcomes of an approval.
const (
	OutcomeApproved = "approved"
	OutcomeRejected = "rejected"
)

// The outcomes of a call or a visit; Done is for everything else.
const (
	OutcomeNoAnswer    = "no_answer"
	OutcomeBusy        = "busy"
	OutcomeWrongNumber = "wrong_number"
	OutcomePromised    = "promised"
	OutcomeDisputed    = "disputed"
	OutcomeRefused     = "refused"
	OutcomeHardship    = "hardship"
	OutcomePaidAlready = "paid_already"
	OutcomeMoved       = "moved"
	OutcomeDone        = "done"
)

// Task is something that a person has to do.
type Task struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Status      string     `json:"status"`
	CommunityID string     `json:"community_id"`
	CampaignID  string     `json:"campaign_id,omitempty"`
	CaseID      string     `json:"case_id,omitempty"`
	Stage       string     `json:"stage,omitempty"`
	Household   string     `json:"household"`
	Units       []string   `json:"units"`
	AssigneeID  string     `json:"assignee_id,omitempty"`
	Script      string     `json:"script,omitempty"` // what to say, from the stage's template
	DueAt       *time.Time `json:"due_at"`
	Outcome     string     `json:"outcome,omitempty"`
	Note        string     `json:"note,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Version     int        `json:"version"`
}

// TaskFilter cuts the list of tasks.
type TaskFilter struct {
	Status   string
	Kind     string
	Assignee string
	CaseID   string
}

// TaskResult is what a person reports; Promise comes with the outcome promised.
type TaskResult struct {
	Outcome  string
	Note     string
	Evidence []string // references to photos or receipts
	Promise  *Promise
	Version  int // the version that the caller read, 0 for any
}

// OutboxMessage is one message as people see it.
type OutboxMessage struct {
	ID         string     `json:"id"`
	CaseID     string     `json:"case_id"`
	CampaignID string     `json:"campaign_id"`
	DebtorID   string     `json:"debtor_id"`
	Stage      string     `json:"stage"`
	Channel    Channel    `json:"channel"`
	To         string     `json:"to"` // masked where the caller sees no detail
	Text       string     `json:"text"`
	TextSHA256 string     `json:"text_sha256"`
	Status     string     `json:"status"` // queued, sending, sent, delivered, failed, unknown, cancelled
	ProviderID string     `json:"provider_id"`
	CreatedAt  time.Time  `json:"created_at"`
	NotBefore  time.Time  `json:"not_before"`
	SentAt     *time.Time `json:"sent_at"`
	ReceiptAt  *time.Time `json:"receipt_at"`
	Attempts   int        `json:"attempts"`
	Why        string     `json:"why"`
}

// MessageFilter cuts the list of messages.
type MessageFilter struct {
	CampaignID string
	CaseID     string
	UnitID     string
	Stage      string
	Status     string
}
