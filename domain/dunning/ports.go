package dunning

import (
	"context"
	"time"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/clock"
)

// Decide is the signature of the rule; the store runs it inside the transaction that reads the facts and writes the outcome.
type Decide func(p Policy, cal calendar.Calendar, f Facts, now time.Time) Decision

// Selection is what SelectCases did.
type Selection struct {
	Households int
	AmountFen  int64
	Cohorts    []CohortStart
}

// CohortStart is one cohort and the instant at which it first has something to do.
type CohortStart struct {
	No      int       `json:"no"`
	FirstAt time.Time `json:"first_at"`
}

// Advanced is what one step of a cohort came to.
type Advanced struct {
	NextAt       time.Time    `json:"next_at"`       // when the cohort has something to do again; zero: wait for a signal
	Open         int          `json:"open"`          // cases of the cohort that are not closed
	Touched      int          `json:"touched"`       // messages queued by this step
	CampaignOver bool         `json:"campaign_over"` // no case of the campaign is open any more
	Paused       bool         `json:"paused"`        // the campaign does not run: wait for a signal
	Anchor       clock.Anchor `json:"anchor"`
}

// CaseStore is what the campaign's activities need of the database. Every method can be repeated.
type CaseStore interface {
	// SelectCases writes the case rows of a campaign in cohorts and counts it; a repeat gives the first answer.
	SelectCases(ctx context.Context, s access.Scope, campaignID string, decide Decide, beat func()) (Selection, error)
	// Advance takes all cases of the cohort that are due, decides each, and writes outcomes, outbox rows and next instants.
	Advance(ctx context.Context, s access.Scope, campaignID string, cohortNo int, decide Decide) (Advanced, error)
	// CloseCampaign marks a campaign finished when none of its cases is open; it tells whether it is over.
	CloseCampaign(ctx context.Context, s access.Scope, campaignID string) (over bool, err error)
	// ParkCampaign puts a campaign into needs_attention with the cause that a person should look at.
	ParkCampaign(ctx context.Context, s access.Scope, campaignID, why string) error
}

// Queued is one outbox row that may be claimed now, as it was read: a claim fails when its text has changed since.
type Queued struct {
	OrgID, ID, CommunityID, CampaignID string
	To, Text                           string
	TextSHA256                         []byte
	Attempts                           int // calls made for it before
}

// Claimed is one outbox row that this sender, and no other, now sends.
type Claimed struct {
	OrgID, ID string
	Claim     string
	To        string
	Text      string
	Attempts  int
}

// Sent is what a provider said of one claimed row.
type Sent struct {
	OrgID, ID, Claim string
	Status           string // sent, delivered, failed, unknown; queued gives it back for a later try
	ProviderID       string
	Why              string
	RetryAfter       time.Duration // with queued, wall time
}

// Outbox is what a sender needs of the database.
type Outbox interface {
	// Due lists rows of the channel that are queued and whose window is open now, oldest first.
	Due(ctx context.Context, ch Channel, limit int) ([]Queued, error)
	// Claim takes the rows in one conditional statement: still queued, case open, campaign running at the row's epoch, window open.
	Claim(ctx context.Context, ch Channel, rows []Queued, lease time.Duration) ([]Claimed, error)
	// Settle writes what the provider said; a row that fell to another claim is left alone.
	Settle(ctx context.Context, ch Channel, results []Sent) error
	// Lapsed takes over rows whose lease has run out after a crash.
	Lapsed(ctx context.Context, ch Channel, limit int, lease time.Duration) ([]Claimed, error)
	// Renew gives those of the taken-over rows that may still be called, with a new lease; what was stopped meanwhile is unknown.
	Renew(ctx context.Context, claimed []Claimed, lease time.Duration) ([]Claimed, error)
}
