package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"steward/domain/access"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/checkout"
	"steward/domain/dunning"
	"steward/domain/money"
	"steward/store"
)

// ReconcileStore is what reconciliation reads of the database, and how it parks.
type ReconcileStore interface {
	LiveCampaigns(ctx context.Context) ([]dunning.CampaignRef, error)
	LiveImports(ctx context.Context) ([]store.ImportRef, error)
	LiveBillingRuns(ctx context.Context) ([]billingrun.Ref, error)
	ScheduledCommunities(ctx context.Context) ([]billingrun.CommunityRef, error)
	LivePayOrders(ctx context.Context) ([]checkout.Ref, error)
	LiveRefunds(ctx context.Context) ([]checkout.Ref, error)
	LiveApprovals(ctx context.Context) ([]money.ApprovalRef, error)
	CampaignHead(ctx context.Context, s access.Scope, campaignID string) (dunning.CampaignHead, error)
	CohortNumbers(ctx context.Context, s access.Scope, campaignID string, openOnly bool) ([]int, error)
	OverdueCohorts(ctx context.Context, late time.Duration) ([]dunning.CohortRef, error)
	LapsedSending(ctx context.Context, since time.Duration) (map[dunning.Channel]int, error)
	LateDeliveries(ctx context.Context, since time.Duration) (int, error)
	ProcessRows(ctx context.Context, campaignIDs, importIDs []string) (map[string]store.ProcessRow, error)

	PendingRestore(ctx context.Context) (*store.RestoreMark, error)
	ParkRestored(ctx context.Context, s access.Scope, campaignID string, mark store.RestoreMark, recognises []dunning.Channel) (store.ParkedRestored, error)
	LastPayment(ctx context.Context) (time.Time, error)
	MarkReconciled(ctx context.Context, restoreID string) error
}

// What reconciliation does about a difference.
const (
	Rearmed    = "re-armed"   // the process runs and was made to look at its rows again
	Rebuilt    = "rebuilt"    // a process was started from the rows
	Parked     = "parked"     // stopped until a person decides
	Terminated = "terminated" // ended, because its row is not there or is over
	Left       = "left"       // nothing was done
)

// Finding is one difference between the two stores and what was done about it.
type Finding struct {
	Subject string // workflow ID, channel or table
	What    string
	Done    string // one of the words above
	Advice  string // what a person should do, may be empty
	Open    bool   // a person, or time, has to mend it
}

// Reconciler compares rows with processes after either store was restored from a backup.
type Reconciler struct {
	Store      ReconcileStore
	Engine     *Engine
	Namespace  string
	Speed      float64           // business seconds a wall second
	Today      calendar.Date     // of business
	Channels   []dunning.Channel // that must have a sender
	Recognises []dunning.Channel // those whose provider tells a repeated message only once
	DryRun     bool

	mark *store.RestoreMark // set while the database is one that a restore has filled

	mu       sync.Mutex
	findings []Finding
}

// normalDelay is how late on the wall things may be in a sound system.
const normalDelay = 10 * time.Second

// Run compares, mends unless DryRun, and gives what it found in a stable order. A restored database is released for work
// only after everything else has gone well.
func (r *Reconciler) Run(ctx context.Context) ([]Finding, error) {
	var err error
	if r.mark, err = r.Store.PendingRestore(ctx); err != nil {
		return nil, err
	}
	if r.mark != nil && r.mark.State == store.RestoreLoading {
		return nil, &store.RestoreError{Mark: *r.mark}
	}
	steps := []func(context.Context) error{
		r.park, r.campaigns, r.overdue, r.imports, r.billingRuns, r.billingSchedules, r.checkouts, r.approvals, r.senders, r.strays, r.rested, r.lapsed, r.deliveries, r.release,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(r.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.What, b.What))
	})
	return r.findings, nil
}

func (r *Reconciler) note(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.findings = append(r.findings, f)
}

// mend notes a difference and takes it away.
func (r *Reconciler) mend(ctx context.Context, subject, what, done string, do func(context.Context) error) error {
	if r.DryRun {
		r.note(Finding{Subject: subject, What: what, Done: Left, Advice: "would be " + done, Open: true})
		return nil
	}
	if err := do(ctx); err != nil {
		return fmt.Errorf("mend %s: %w", subject, err)
	}
	r.note(Finding{Subject: subject, What: what, Done: done})
	return nil
}

// overdue wakes cohorts that run and sleep too long, because Temporal was restored to before a command. Whoever lets
// Reconciler run for good has woken them already, with all others.
func (r *Reconciler) overdue(ctx context.Context) error {
	if !r.DryRun {
		return nil
	}
	late, err := r.Store.OverdueCohorts(ctx, time.Duration(float64(normalDelay)*r.Speed))
	if err != nil {
		return err
	}
	for _, c := range late {
		r.note(Finding{Subject: cohortID(c), What: "cases are overdue", Done: Left, Advice: "would be " + Rearmed, Open: true})
	}
	return nil
}

func (r *Reconciler) lapsed(ctx context.Context) error {
	lapsed, err := r.Store.LapsedSending(ctx, normalDelay)
	if err != nil {
		return err
	}
	for ch, n := range lapsed {
		advice := "its sender takes them over; run this again"
		if !slices.Contains(r.Channels, ch) {
			advice = "nobody serves this channel: configure its provider"
		}
		r.note(Finding{Subject: senderID(ch), What: fmt.Sprintf("%d messages were left in sending", n), Done: Left, Advice: advice, Open: true})
	}
	return nil
}

func (r *Reconciler) deliveries(ctx context.Context) error {
	n, err := r.Store.LateDeliveries(ctx, normalDelay)
	if err != nil || n == 0 {
		return err
	}
	r.note(Finding{Subject: "delivery", What: fmt.Sprintf("%d words wait for the relay", n), Done: Left, Advice: "a running worker gives them; run this again", Open: true})
	return nil
}
