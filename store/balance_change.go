package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
)

// balanceChange is a change of what debtors owe in a community, told to their cases inside the same transaction.
type balanceChange struct {
	CommunityID string
	DebtorIDs   []string
	Cause       string // payment, reversal, bill, dispute, correction
	AmountFen   int64  // what a payment gave to bills, or (negative) a reversal took from them; an advance is not in it
	At          time.Time
}

// The causes of a balance change.
const (
	causePayment  = "payment"
	causeReversal = "reversal"
	causeBill     = "bill"
	causeDispute  = "dispute"
	// causeCorrection is a waiver, an adjustment or a void: what is owed has changed and nobody has paid.
	causeCorrection = "correction"
)

// settleCases re-judges the cases of debtors whose balance changed: a paid one closes and its queued messages are
// cancelled, a part payment re-renders or cancels them, a reversal reopens the case at the stage where it stood.
func (s *Store) settleCases(ctx context.Context, tx *sqlx.Tx, sc access.Scope, b balanceChange) error {
	for chunk := range slices.Chunk(b.DebtorIDs, rowsPerStatement) {
		var cases []caseRow
		err := selectIn(ctx, tx, &cases, `SELECT `+caseColumns+` FROM dunning_case
			WHERE org_id = ? AND debtor_id IN (?) AND community_id = ? ORDER BY id FOR UPDATE`, sc.OrgID, chunk, b.CommunityID)
		if err != nil {
			return fmt.Errorf("lock cases: %w", err)
		}
		for campaignID, group := range judgedByCampaign(cases, b.Cause) {
			g, err := campaignOf(ctx, tx, sc.OrgID, campaignID, lockFor(b.Cause))
			if err != nil {
				return err
			}
			change := caseSettling{store: s, tx: tx, scope: sc, change: b, campaign: g, now: s.clock.Now()}
			if err := change.run(ctx, group); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockFor is how a change reads the campaigns of its cases. A reversal may queue messages again, which must not slip past a
// pause; the others only take messages out.
func lockFor(cause string) string {
	if cause == causeReversal {
		return shared
	}
	return unlocked
}

// judgedByCampaign picks the one case of each debtor that a change concerns: the open one, else the newest when it was
// paid and what comes back may reopen it.
func judgedByCampaign(cases []caseRow, cause string) map[string][]caseRow {
	picked := map[string]caseRow{}
	for _, c := range cases {
		old, known := picked[c.DebtorID]
		switch {
		case c.open():
			picked[c.DebtorID] = c
		case known && old.open():
		case !known || c.OpenedAt.After(old.OpenedAt):
			picked[c.DebtorID] = c
		}
	}
	groups := map[string][]caseRow{}
	for _, c := range picked {
		if c.open() || (cause == causeReversal && c.Status == dunning.CasePaid) || ((cause == causePayment || cause == causeCorrection) && c.Status == dunning.CaseFinished) {
			groups[c.CampaignID] = append(groups[c.CampaignID], c)
		}
	}
	return groups
}

// caseSettling applies one balance change to cases of one campaign.
type caseSettling struct {
	store    *Store
	tx       *sqlx.Tx
	scope    access.Scope
	change   balanceChange
	campaign campaignRow
	now      time.Time

	facts    caseFacts
	stopped  map[string]bool // cases whose last stage a payment had kept from going out
	flags    map[string]personHold
	before   []caseRow
	saved    []caseRow
	paid     []string
	reopened []caseRow
	kept     []caseRow // still open: their waiting messages are written anew
	events   []caseEvent
	cohorts  []int // to be told
}

func (t *caseSettling) run(ctx context.Context, cases []caseRow) error {
	var err error
	if t.facts, err = t.store.loadFacts(ctx, t.tx, t.scope.OrgID, t.campaign, cases, t.now); err != nil {
		return err
	}
	t.before = cases
	if t.change.Cause == causeReversal {
		if t.stopped, err = waitingStages(ctx, t.tx, t.scope.OrgID, cases, dunning.MessageCancelled, whyPaid); err != nil {
			return err
		}
		if t.flags, err = protectingFlags(ctx, t.tx, t.scope.OrgID, cases, calendar.DateOf(t.now)); err != nil {
			return err
		}
	}
	for _, c := range cases {
		t.judge(c)
	}
	return t.write(ctx)
}

func (t *caseSettling) judge(c caseRow) {
	f := t.facts.facts[c.ID]
	asked := dunning.Ask(t.facts.policyOf(t.campaign, c), f, calendar.DateOf(t.now))
	settled := asked.AmountFen <= 0 && f.DisputedFen <= 0
	t.countMoney(&c)
	c.ArrearsFen = asked.AmountFen
	switch {
	case !c.open() && c.Status == dunning.CaseFinished:
		if settled {
			c.Status = dunning.CasePaid
			t.events = append(t.events, caseEvent{Case: c, Kind: eventPaid})
		}
	case !c.open() && !settled && t.campaign.Status != dunning.CampaignCancelled:
		t.reopen(&c)
	case !c.open():
	case settled:
		c.close(dunning.CasePaid, t.campaign, t.now)
		t.paid = append(t.paid, c.ID)
		t.events = append(t.events, caseEvent{Case: c, Kind: eventPaid})
		t.cohorts = append(t.cohorts, c.CohortNo)
	default:
		if !asked.DueOn.IsZero() {
			c.DueOn = asked.DueOn
		}
		t.replan(&c)
		t.kept = append(t.kept, c)
	}
	t.saved = append(t.saved, c)
}

// countMoney writes a payment or its reversal on the timeline.
func (t *caseSettling) countMoney(c *caseRow) {
	switch {
	case t.change.Cause == causePayment && t.change.AmountFen > 0:
		c.CollectedFen += t.change.AmountFen
		t.events = append(t.events, caseEvent{Case: *c, Kind: eventPayment, AmountFen: t.change.AmountFen, WhoID: t.scope.ActorID})
	case t.change.Cause == causeReversal && t.change.AmountFen < 0:
		back := min(-t.change.AmountFen, c.CollectedFen)
		c.CollectedFen -= back
		t.events = append(t.events, caseEvent{Case: *c, Kind: eventReversal, AmountFen: -back, WhoID: t.scope.ActorID})
	}
}

// reopen puts a case back to the stage where it stood; the ladder goes on from there.
func (t *caseSettling) reopen(c *caseRow) {
	c.Status, c.ClosedAt = dunning.CaseOpen, nullTime(time.Time{})
	if t.stopped[c.ID] {
		c.restage(t.campaign, t.now)
		f := t.facts.facts[c.ID]
		f.StageAt, f.PausedSinceStage = t.now, 0
		t.facts.facts[c.ID] = f
	}
	t.events = append(t.events, caseEvent{Case: *c, Kind: eventReopened})
	if flag, protected := t.flags[c.DebtorID]; protected {
		c.hold(t.campaign, dunning.HoldFlag, flag.Reason, flagEnd(flag.Until), t.now)
		t.events = append(t.events, caseEvent{Case: *c, Kind: eventHeld, Why: flag.Reason})
	}
	t.replan(c)
	t.reopened = append(t.reopened, *c)
	t.cohorts = append(t.cohorts, c.CohortNo)
}

// replan asks the rule when an open case has something to do next. What is due is left to its cohort, which is told when
// the instant moved forward.
func (t *caseSettling) replan(c *caseRow) {
	if c.Status != dunning.CaseOpen {
		return
	}
	before := c.NextAt
	d := dunning.Step(t.facts.policyOf(t.campaign, *c), t.facts.calendars[c.CommunityID], t.facts.facts[c.ID], t.now)
	c.NextStage, c.NextAt = nullString(d.NextStage), nullTime(d.NextAt)
	if d.Kind != dunning.Wait {
		c.NextStage, c.NextAt = nullString(d.Stage), nullTime(t.now)
	}
	if c.NextAt.Valid && (!before.Valid || c.NextAt.Time.Before(before.Time)) {
		t.cohorts = append(t.cohorts, c.CohortNo)
	}
}

func (t *caseSettling) write(ctx context.Context) error {
	orgID := t.scope.OrgID
	if err := saveCases(ctx, t.tx, orgID, t.before, t.saved); err != nil {
		if duplicate(err) { // the debtor has come into another campaign's case meanwhile, which the next try sees
			return fmt.Errorf("reopen a case: %w", errOvertaken)
		}
		return err
	}
	if err := t.store.stopPaid(ctx, t.tx, orgID, t.paid, t.now); err != nil {
		return err
	}
	if err := t.requeueReopened(ctx); err != nil {
		return err
	}
	if err := t.store.rerender(ctx, t.tx, orgID, t.campaign, append(t.kept, t.reopened...), t.facts, t.now); err != nil {
		return err
	}
	if err := insertEvents(ctx, t.tx, orgID, t.now, t.events); err != nil {
		return err
	}
	if err := t.tellCohorts(ctx); err != nil {
		return err
	}
	changes := []Change{{Kind: "campaign", SubjectID: t.campaign.ID}}
	if len(t.saved) <= maxNamedCases {
		for _, c := range t.saved {
			changes = append(changes, Change{Kind: "case", SubjectID: c.ID, CommunityID: c.CommunityID})
		}
	}
	return recordChange(ctx, t.tx, orgID, t.now, changes...)
}

// maxNamedCases is up to how many cases of one step are named on the change feed beside their campaign.
const maxNamedCases = 20

// stopPaid cancels what waits for paid cases: messages and tasks.
func (s *Store) stopPaid(ctx context.Context, tx *sqlx.Tx, orgID string, ids []string, now time.Time) error {
	if err := stopMessages(ctx, tx, orgID, ids, dunning.MessageCancelled, whyPaid); err != nil {
		return err
	}
	return closeTasks(ctx, tx, orgID, ids, whyPaid, now)
}

// requeueReopened queues again what the payment had cancelled at the stage where each case stands, and makes a finished
// campaign run again.
func (t *caseSettling) requeueReopened(ctx context.Context) error {
	if len(t.reopened) == 0 {
		return nil
	}
	for _, c := range t.reopened {
		status := dunning.MessageQueued
		if t.campaign.Status == dunning.CampaignPaused || c.Status == dunning.CaseHeld {
			status = dunning.MessageParked
		}
		_, err := t.tx.ExecContext(ctx, `UPDATE outbox SET status = ?, why = NULL, epoch = ?, not_before = ?
			WHERE org_id = ? AND case_id = ? AND stage = ? AND status = 'cancelled' AND why = ?`,
			status, t.campaign.Epoch, t.now, t.scope.OrgID, c.ID, c.Stage, whyPaid)
		if err != nil {
			return fmt.Errorf("queue messages again: %w", err)
		}
		_, err = t.tx.ExecContext(ctx, `UPDATE task SET status = 'open', outcome = NULL, completed_at = NULL, version = version + 1
			WHERE org_id = ? AND case_id = ? AND stage = ? AND status = 'cancelled' AND outcome = ?`, t.scope.OrgID, c.ID, c.Stage, whyPaid)
		if err != nil {
			return fmt.Errorf("open tasks again: %w", err)
		}
	}
	if t.campaign.Status != dunning.CampaignFinished {
		return nil
	}
	_, err := t.tx.ExecContext(ctx, `UPDATE campaign SET status = 'running', finished_at = NULL, version = version + 1
		WHERE org_id = ? AND id = ? AND status = 'finished'`, t.scope.OrgID, t.campaign.ID)
	if err != nil {
		return fmt.Errorf("run the campaign again: %w", err)
	}
	return enqueueDelivery(ctx, t.tx, t.scope.OrgID, DeliverCampaignRefresh, t.campaign.ID)
}

// tellCohorts wakes cohorts that have something to do sooner than they know, and those whose last open case closed.
func (t *caseSettling) tellCohorts(ctx context.Context) error {
	slices.Sort(t.cohorts)
	for _, no := range slices.Compact(t.cohorts) {
		moved := slices.ContainsFunc(t.saved, func(c caseRow) bool { return c.open() && c.CohortNo == no })
		if !moved {
			var open int
			err := t.tx.GetContext(ctx, &open, `SELECT EXISTS (SELECT 1 FROM dunning_case
				WHERE org_id = ? AND campaign_id = ? AND cohort_no = ? AND status IN (`+openStatuses+`))`, t.scope.OrgID, t.campaign.ID, no)
			if err != nil {
				return fmt.Errorf("look at the cohort: %w", err)
			}
			if open == 1 {
				continue
			}
		}
		if err := enqueueCohort(ctx, t.tx, t.scope.OrgID, t.campaign.ID, no); err != nil {
			return err
		}
	}
	return nil
}

func enqueueCohort(ctx context.Context, tx *sqlx.Tx, orgID, campaignID string, no int) error {
	return enqueueDelivery(ctx, tx, orgID, DeliverCohortRefresh, fmt.Sprintf("%s/%d", campaignID, no))
}

// waitingRow is a message that has not gone out yet.
type waitingRow struct {
	ID     string `db:"id"`
	CaseID string `db:"case_id"`
	Stage  string `db:"stage"`
	Text   string `db:"text"`
}

// rerender writes waiting messages of cases anew from what is owed now; below a stage's minimum they are cancelled. It
// gives the number of messages that changed.
func (s *Store) rerender(ctx context.Context, tx *sqlx.Tx, orgID string, g campaignRow, cases []caseRow, f caseFacts, now time.Time) error {
	_, err := s.rerenderCount(ctx, tx, orgID, g, cases, f, now)
	return err
}

func (s *Store) rerenderCount(ctx context.Context, tx *sqlx.Tx, orgID string, g campaignRow, cases []caseRow, f caseFacts, now time.Time) (int, error) {
	byID := make(map[string]caseRow, len(cases))
	for _, c := range cases {
		byID[c.ID] = c
	}
	changed := 0
	for chunk := range slices.Chunk(caseIDs(cases), rowsPerStatement) {
		var rows []waitingRow
		err := selectIn(ctx, tx, &rows, `SELECT id, case_id, stage, text FROM outbox
			WHERE org_id = ? AND case_id IN (?) AND status IN ('queued','parked') FOR UPDATE`, orgID, chunk)
		if err != nil {
			return changed, fmt.Errorf("lock waiting messages: %w", err)
		}
		for _, r := range rows {
			n, err := rerenderOne(ctx, tx, orgID, r, f.policyOf(g, byID[r.CaseID]), f.facts[r.CaseID], now)
			if err != nil {
				return changed, err
			}
			changed += n
		}
	}
	return changed, nil
}

func rerenderOne(ctx context.Context, tx *sqlx.Tx, orgID string, r waitingRow, p dunning.Policy, f dunning.Facts, now time.Time) (int, error) {
	n := p.StageIndex(r.Stage)
	if n < 0 {
		return 0, nil
	}
	asked := dunning.Ask(p, f, calendar.DateOf(now))
	if asked.AmountFen < max(p.Stages[n].MinAmountFen, 1) {
		why := dunning.WhyBelowMinimum
		if asked.AmountFen <= 0 {
			why = dunning.WhyDisputed
		}
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET status = 'cancelled', why = ? WHERE org_id = ? AND id = ?`, why, orgID, r.ID)
		if err != nil {
			return 0, fmt.Errorf("cancel a message: %w", err)
		}
		return 1, nil
	}
	text := dunning.Render(p.Stages[n].Template, f, asked)
	if text == r.Text {
		return 0, nil
	}
	sum := sha256.Sum256([]byte(text))
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET text = ?, text_sha256 = ? WHERE org_id = ? AND id = ?`, text, sum[:], orgID, r.ID)
	if err != nil {
		return 0, fmt.Errorf("write a message anew: %w", err)
	}
	return 1, nil
}
