package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/sync/errgroup"

	"steward/domain/billingrun"
	"steward/domain/checkout"
	"steward/domain/clock"
	"steward/domain/dunning"
	"steward/domain/money"
	"steward/store"
)

// Pace of the relay, in wall time.
const (
	relayPoll     = 100 * time.Millisecond
	followerPoll  = time.Second // of a relay that does not lead
	relayBatch    = 500
	feedBatch     = 200
	deliverWithin = 10 * time.Second
	retryFirst    = 200 * time.Millisecond
	retryCeiling  = 10 * time.Second
	purgeEvery    = time.Minute
	keepDelivered = 24 * time.Hour
	keepFeed      = 50_000
	purgeBatch    = 5_000
)

// RelayStore is what the relay needs of the database.
type RelayStore interface {
	Lead(ctx context.Context, job string) (*store.Leadership, error)
	DueDeliveries(ctx context.Context, limit int) ([]store.Delivery, error)
	MarkDelivered(ctx context.Context, ids []int64) error
	MarkFailed(ctx context.Context, ids []int64, cause string, again time.Duration) error
	PurgeDeliveries(ctx context.Context, before time.Time, limit int) error
	NumberFeed(ctx context.Context, limit int) (int, error)
	PurgeFeed(ctx context.Context, keep int64, limit int) error
	LiveCampaigns(ctx context.Context) ([]dunning.CampaignRef, error)
	BillingSchedule(ctx context.Context, orgID, communityID string) (bool, error)
	ScheduledCommunities(ctx context.Context) ([]billingrun.CommunityRef, error)
	LiveApprovals(ctx context.Context) ([]money.ApprovalRef, error)
	AnchorTold(ctx context.Context, a clock.Anchor) (bool, error)
	TellAnchor(ctx context.Context, a clock.Anchor) error
}

// Relay gives Temporal what MySQL has committed, at least once, and numbers the change feed. Every worker runs one; the one
// that holds the lead works. When the business clock is turned it wakes the campaigns, whose timers are on wall time.
type Relay struct {
	store   RelayStore
	engine  *Engine
	clock   clock.Source
	log     *slog.Logger
	given   metric.Int64Counter
	refused metric.Int64Counter
}

// NewRelay ties the relay to its stores.
func NewRelay(s RelayStore, e *Engine, source clock.Source, log *slog.Logger) (*Relay, error) {
	meter := otel.Meter("steward/relay")
	given, err := meter.Int64Counter("steward_deliveries", metric.WithDescription("Words given to Temporal."))
	if err != nil {
		return nil, fmt.Errorf("prepare the relay's metrics: %w", err)
	}
	refused, err := meter.Int64Counter("steward_delivery_failures", metric.WithDescription("Words that Temporal did not take at this try."))
	if err != nil {
		return nil, fmt.Errorf("prepare the relay's metrics: %w", err)
	}
	return &Relay{store: s, engine: e, clock: source, log: log, given: given, refused: refused}, nil
}

// Run works until ctx ends. What goes wrong is logged and tried again.
func (r *Relay) Run(ctx context.Context) {
	for ctx.Err() == nil {
		lead, err := r.store.Lead(ctx, "relay")
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "relay can't ask for the lead", "error", err)
		}
		if lead != nil {
			r.log.InfoContext(ctx, "relay leads")
			r.lead(ctx, lead)
			lead.GiveUp()
		}
		pause(ctx, followerPoll)
	}
}

func (r *Relay) lead(ctx context.Context, lead *store.Leadership) {
	var anchor clock.Anchor
	purged := time.Now()
	for ctx.Err() == nil && lead.Held(ctx) {
		anchor = r.tellTurnedClock(ctx, anchor)
		busy := r.deliver(ctx)
		numbered, err := r.store.NumberFeed(ctx, feedBatch)
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "feed not numbered", "error", err)
		}
		if time.Since(purged) > purgeEvery {
			purged = time.Now()
			r.purge(ctx)
		}
		if !busy && numbered < feedBatch {
			pause(ctx, relayPoll)
		}
	}
}

func (r *Relay) purge(ctx context.Context) {
	if err := r.store.PurgeDeliveries(ctx, time.Now().UTC().Add(-keepDelivered), purgeBatch); err != nil {
		r.log.WarnContext(ctx, "deliveries not purged", "error", err)
	}
	if err := r.store.PurgeFeed(ctx, keepFeed, purgeBatch); err != nil {
		r.log.WarnContext(ctx, "feed not purged", "error", err)
	}
}

// tellTurnedClock wakes all campaigns when the anchor is one that they were not told. A clock that only shows wall time is
// never turned.
func (r *Relay) tellTurnedClock(ctx context.Context, told clock.Anchor) clock.Anchor {
	now := r.clock.Anchor()
	plain := told.Speed == 0 && now.Speed == 1 && now.Wall.Equal(now.Business)
	if now.Agrees(told) || plain {
		return now
	}
	if err := r.tellAnchor(ctx, now); err != nil {
		if ctx.Err() == nil {
			r.log.WarnContext(ctx, "campaigns not told of the turned clock", "error", err)
		}
		return told
	}
	return now
}

func (r *Relay) tellAnchor(ctx context.Context, a clock.Anchor) error {
	known, err := r.store.AnchorTold(ctx, a)
	if err != nil || known {
		return err
	}
	live, err := r.store.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	if err := each(ctx, live, func() {}, r.engine.RefreshCampaign); err != nil {
		return err
	}
	if err := r.tellSchedules(ctx, a); err != nil {
		return err
	}
	waiting, err := r.store.LiveApprovals(ctx)
	if err != nil {
		return err
	}
	if err := each(ctx, waiting, func() {}, r.engine.RefreshApproval); err != nil {
		return err
	}
	return r.store.TellAnchor(ctx, a)
}

// word is what several equal deliveries come to: giving it once serves them all.
type word struct{ orgID, kind, target string }

// deliver gives what is due and tells whether there may be more at once.
func (r *Relay) deliver(ctx context.Context) (more bool) {
	due, err := r.store.DueDeliveries(ctx, relayBatch)
	if err != nil {
		if ctx.Err() == nil {
			r.log.WarnContext(ctx, "deliveries not read", "error", err)
		}
		return false
	}
	words, order := map[word][]store.Delivery{}, []word{}
	for _, d := range due {
		w := word{d.OrgID, d.Kind, d.Target}
		if len(words[w]) == 0 {
			order = append(order, w)
		}
		words[w] = append(words[w], d)
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, w := range order {
		group.Go(func() error { r.give(ctx, w, words[w]); return nil })
	}
	_ = group.Wait() // give reports its own failures
	return len(due) == relayBatch
}

func (r *Relay) give(ctx context.Context, w word, rows []store.Delivery) {
	within, cancel := context.WithTimeout(ctx, deliverWithin)
	err := r.tell(within, w)
	cancel()
	if ctx.Err() != nil {
		return
	}
	ids, attempts := make([]int64, len(rows)), 0
	for i, d := range rows {
		ids[i], attempts = d.ID, max(attempts, d.Attempts)
	}
	if err != nil {
		r.refused.Add(ctx, int64(len(rows)))
		r.log.WarnContext(ctx, "delivery not taken", "kind", w.kind, "target", w.target, "attempts", attempts+1, "error", err)
		err = r.store.MarkFailed(ctx, ids, err.Error(), min(retryFirst<<min(attempts, 10), retryCeiling))
	} else {
		r.given.Add(ctx, int64(len(rows)))
		err = r.store.MarkDelivered(ctx, ids)
	}
	if err != nil {
		r.log.WarnContext(ctx, "delivery not noted", "kind", w.kind, "target", w.target, "error", err)
	}
}

func (r *Relay) tell(ctx context.Context, w word) error {
	switch w.kind {
	case store.DeliverCampaign:
		return r.engine.StartCampaign(ctx, dunning.CampaignRef{OrgID: w.orgID, CampaignID: w.target})
	case store.DeliverCampaignRefresh:
		return r.engine.RefreshCampaign(ctx, dunning.CampaignRef{OrgID: w.orgID, CampaignID: w.target})
	case store.DeliverCohortRefresh:
		campaignID, number, _ := strings.Cut(w.target, "/")
		no, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("read the cohort of a delivery %q: %w", w.target, err)
		}
		return r.engine.RefreshCohort(ctx, dunning.CampaignRef{OrgID: w.orgID, CampaignID: campaignID}, no)
	case store.DeliverImport:
		return r.engine.StartImport(ctx, w.orgID, w.target)
	case store.DeliverBillingRun:
		return r.engine.RefreshBillingRun(ctx, billingrun.Ref{OrgID: w.orgID, RunID: w.target})
	case store.DeliverBillingSchedule:
		return r.billingSchedule(ctx, billingrun.CommunityRef{OrgID: w.orgID, CommunityID: w.target})
	case store.DeliverApproval:
		return r.engine.RefreshApproval(ctx, money.ApprovalRef{OrgID: w.orgID, ApprovalID: w.target})
	case store.DeliverPayOrder:
		return r.engine.RefreshPayOrder(ctx, checkout.Ref{OrgID: w.orgID, ID: w.target})
	case store.DeliverRefund:
		return r.engine.RefreshRefund(ctx, checkout.Ref{OrgID: w.orgID, ID: w.target})
	}
	return fmt.Errorf("deliver %q: no such kind", w.kind)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
