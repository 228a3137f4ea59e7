package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
)

var _ dunning.CaseStore = (*Store)(nil)

const (
	advanceChunk = 300 // cases decided in one transaction
	// advanceRounds bounds a step: a case takes one stage a round, and skipped stages follow each other at once.
	advanceRounds = 64
)

// Advance implements dunning.CaseStore.
func (s *Store) Advance(ctx context.Context, sc access.Scope, campaignID string, cohortNo int, decide dunning.Decide) (dunning.Advanced, error) {
	var sum dunning.Advanced
	for range advanceRounds {
		var round advanceRound
		err := s.inTx(ctx, "advance cohort", func(tx *sqlx.Tx) error {
			round = advanceRound{store: s, tx: tx, orgID: sc.OrgID, now: s.clock.Now(), decide: decide}
			return round.run(ctx, campaignID, cohortNo)
		})
		if err != nil {
			return sum, err
		}
		touched := sum.Touched + round.touched
		sum = round.sum
		sum.Touched, sum.Anchor = touched, s.clock.Anchor()
		if !round.more {
			return sum, nil
		}
	}
	return sum, nil
}

// advanceRound is one transaction of a step: up to a chunk of due cases, and the closing look when no more are due.
type advanceRound struct {
	store  *Store
	tx     *sqlx.Tx
	orgID  string
	now    time.Time
	decide dunning.Decide

	campaign campaignRow
	touched  int
	more     bool // other cases, or these again, are due at this instant
	sum      dunning.Advanced

	before    []caseRow
	cases     []caseRow
	outcomes  [][]any
	messages  [][]any
	links     [][]any  // of the cases whose texts carry one
	maybeTold []string // messages of this round that may have gone out before a restore
	tasks     [][]any
	events    []caseEvent
	paid      []string       // cases that this round finds paid
	freed     []string       // cases whose hold this round ends
	told      map[string]int // messages that this round queues, by debtor: the facts were read before
}

func (r *advanceRound) run(ctx context.Context, campaignID string, cohortNo int) error {
	g, err := campaignOf(ctx, r.tx, r.orgID, campaignID, shared)
	if err != nil {
		return err
	}
	r.campaign = g
	if g.Status != dunning.CampaignRunning {
		return r.look(ctx, cohortNo)
	}
	due, err := r.lockDue(ctx, cohortNo)
	if err != nil {
		return err
	}
	if len(due) == 0 {
		return r.look(ctx, cohortNo)
	}
	if err := lockSharedDebtors(ctx, r.tx, r.orgID, due); err != nil {
		return err
	}
	facts, err := r.store.loadFacts(ctx, r.tx, r.orgID, g, due, r.now)
	if err != nil {
		return err
	}
	parked, err := r.parkedOfHeld(ctx, due)
	if err != nil {
		return err
	}
	r.before = slices.Clone(due)
	for i := range due {
		if err := r.take(&due[i], facts, parked[due[i].ID]); err != nil {
			return err
		}
	}
	r.cases = due
	if err := r.write(ctx); err != nil {
		return err
	}
	r.more = len(due) == advanceChunk || slices.ContainsFunc(due, func(c caseRow) bool {
		return c.Status == dunning.CaseOpen && c.NextAt.Valid && !c.NextAt.Time.After(r.now)
	})
	if r.more {
		r.sum = dunning.Advanced{NextAt: r.now, Open: len(due)}
		return nil
	}
	return r.look(ctx, cohortNo)
}

// lockDue takes the cohort's cases that have come due, and those that were planned under an older epoch.
func (r *advanceRound) lockDue(ctx context.Context, cohortNo int) ([]caseRow, error) {
	var due []caseRow
	err := r.tx.SelectContext(ctx, &due, `SELECT `+caseColumns+` FROM dunning_case
		WHERE org_id = ? AND campaign_id = ? AND cohort_no = ? AND status IN ('open','held')
		AND (next_at <= ? OR (planned_epoch <> ? AND status = 'open')) ORDER BY next_at, id LIMIT ? FOR UPDATE`,
		r.orgID, r.campaign.ID, cohortNo, r.now, r.campaign.Epoch, advanceChunk)
	if err != nil {
		return nil, fmt.Errorf("lock due cases: %w", err)
	}
	return due, nil
}

// lockSharedDebtors puts steps in order that may tell the same debtor: one who has open cases in several communities is
// told by one step at a time, or each of them would find room under the weekly cap.
func lockSharedDebtors(ctx context.Context, tx *sqlx.Tx, orgID string, cases []caseRow) error {
	_, debtors := distinctOf(cases)
	var several []string
	err := selectIn(ctx, tx, &several, `SELECT debtor_id FROM dunning_case WHERE org_id = ? AND debtor_id IN (?) AND open_slot = 1
		GROUP BY debtor_id HAVING COUNT(*) > 1`, orgID, debtors)
	if err != nil {
		return fmt.Errorf("look for other cases of debtors: %w", err)
	}
	if len(several) == 0 {
		return nil
	}
	return lockPeople(ctx, tx, orgID, several, exclusive)
}

// lockPeople locks persons' rows in the order of their ids. It names the index because a shared lock taken through another
// one that holds the id as well would leave the row itself free.
func lockPeople(ctx context.Context, tx *sqlx.Tx, orgID string, ids []string, lock string) error {
	var locked []string
	if err := selectIn(ctx, tx, &locked, `SELECT id FROM person FORCE INDEX (PRIMARY) WHERE org_id = ? AND id IN (?) ORDER BY id`+lock, orgID, ids); err != nil {
		return fmt.Errorf("lock debtors: %w", err)
	}
	return nil
}

// look closes a step: what is open in the cohort, when it has something to do again, whether the campaign is over.
func (r *advanceRound) look(ctx context.Context, cohortNo int) error {
	var cohort struct {
		Open   int          `db:"n"`
		NextAt sql.NullTime `db:"next_at"`
	}
	err := r.tx.GetContext(ctx, &cohort, `SELECT COUNT(*) AS n, MIN(next_at) AS next_at FROM dunning_case
		WHERE org_id = ? AND campaign_id = ? AND cohort_no = ? AND status IN (`+openStatuses+`)`, r.orgID, r.campaign.ID, cohortNo)
	if err != nil {
		return fmt.Errorf("look at the cohort: %w", err)
	}
	r.sum = dunning.Advanced{Open: cohort.Open}
	switch r.campaign.Status {
	case dunning.CampaignRunning:
		r.sum.NextAt = cohort.NextAt.Time
	case dunning.CampaignPaused, dunning.CampaignNeedsAttention:
		r.sum.Paused = true
	default:
		r.sum.CampaignOver = true
	}
	if cohort.Open > 0 || r.sum.CampaignOver {
		return nil
	}
	open, err := anyOpenCase(ctx, r.tx, r.orgID, r.campaign.ID)
	r.sum.CampaignOver = !open && r.campaign.SelectedAt.Valid
	return err
}

// anyOpenCase tells whether some case of the campaign is not closed.
func anyOpenCase(ctx context.Context, q sqlx.QueryerContext, orgID, campaignID string) (bool, error) {
	var n int
	err := sqlx.GetContext(ctx, q, &n, `SELECT EXISTS (SELECT 1 FROM dunning_case FORCE INDEX (dunning_case_status)
		WHERE org_id = ? AND campaign_id = ? AND status IN (`+openStatuses+`))`, orgID, campaignID)
	if err != nil {
		return false, fmt.Errorf("look for open cases: %w", err)
	}
	return n == 1, nil
}

// parkedOfHeld gives the cases whose hold ends now and whose last stage still has to go out.
func (r *advanceRound) parkedOfHeld(ctx context.Context, due []caseRow) (map[string]bool, error) {
	var held []caseRow
	for _, c := range due {
		if c.Status == dunning.CaseHeld {
			held = append(held, c)
		}
	}
	if len(held) == 0 {
		return nil, nil
	}
	return waitingStages(ctx, r.tx, r.orgID, held, dunning.MessageParked, "")
}

// take decides one case and notes what is to be written. A case whose message was parked by the hold that ends has its
// last stage now.
func (r *advanceRound) take(c *caseRow, f caseFacts, parked bool) error {
	facts := f.facts[c.ID]
	if c.Status == dunning.CaseHeld {
		r.endHold(c)
		if parked {
			c.restage(r.campaign, r.now)
			facts.StageAt = r.now
		}
		facts.PausedFor = pausedFor(r.campaign, *c, r.now) - seconds(c.EnteredPausedS)
		facts.PausedSinceStage = pausedFor(r.campaign, *c, r.now) - seconds(c.StagePausedS)
	}
	if n := r.told[c.DebtorID]; n > 0 {
		facts.TouchesLastWeek += n
		if facts.OldestTouchAt.IsZero() {
			facts.OldestTouchAt = r.now
		}
	}
	policy := f.policyOf(r.campaign, *c)
	return r.apply(c, policy, r.decide(policy, f.calendars[c.CommunityID], facts, r.now))
}

// endHold releases a case whose hold has run out. A promise that is still unpaid then was broken, and the ladder goes on.
func (r *advanceRound) endHold(c *caseRow) {
	kind, why := eventReleased, whyHoldEnded
	if c.HoldKind.String == dunning.HoldPromise {
		kind, why = eventPromiseBroken, whyPromiseOver
	}
	c.release(r.campaign, r.now)
	r.freed = append(r.freed, c.ID)
	r.events = append(r.events, caseEvent{Case: *c, Kind: kind, Why: why})
}

// apply turns a decision into what the case row becomes and which rows go with it.
func (r *advanceRound) apply(c *caseRow, p dunning.Policy, d dunning.Decision) error {
	c.PlannedEpoch, c.ArrearsFen = r.campaign.Epoch, d.ArrearsFen
	if !d.DueOn.IsZero() {
		c.DueOn = d.DueOn
	}
	switch d.Kind {
	case dunning.Paid, dunning.Finished:
		if d.Kind == dunning.Paid {
			c.close(dunning.CasePaid, r.campaign, r.now)
			r.paid = append(r.paid, c.ID)
		} else {
			c.close(dunning.CaseFinished, r.campaign, r.now)
		}
		r.events = append(r.events, caseEvent{Case: *c, Kind: string(d.Kind)})
		return nil
	case dunning.Wait:
		c.NextStage, c.NextAt = nullString(d.NextStage), r.ahead(d.NextAt)
		return nil
	case dunning.Park:
		r.park(c, d)
		return nil
	}
	c.Stage, c.StageAt = d.Stage, nullTime(r.now)
	c.StagePausedS = int64(pausedFor(r.campaign, *c, r.now) / time.Second)
	c.NextStage, c.NextAt = nullString(d.NextStage), nullTime(d.NextAt)
	r.outcomes = append(r.outcomes, []any{r.orgID, c.ID, d.Stage, 1, r.campaign.ID, string(d.Kind), nullable(d.Why), d.ArrearsFen, d.PlannedAt, r.now, r.campaign.Epoch})
	if strings.Contains(d.Text, payPath) {
		r.links = append(r.links, r.store.caseLinkRow(r.orgID, *c, r.now))
	}
	switch d.Kind {
	case dunning.Touch:
		c.Touches++
		r.touched++
		if r.told == nil {
			r.told = map[string]int{}
		}
		r.told[c.DebtorID]++
		return r.queue(c, d, p.StageIndex(d.Stage))
	case dunning.HumanDo:
		r.tasks = append(r.tasks, r.taskRow(c, d, string(p.Stages[p.StageIndex(d.Stage)].Action)))
	}
	return nil
}

// ahead keeps an instant that has passed from being due again at once: a case that only waits must not spin.
func (r *advanceRound) ahead(at time.Time) sql.NullTime {
	if !at.IsZero() && !at.After(r.now) {
		at = r.now.Add(time.Minute)
	}
	return nullTime(at)
}

// park stops the case before a stage that needs a person's approval, and asks for it.
func (r *advanceRound) park(c *caseRow, d dunning.Decision) {
	c.Status, c.NextStage, c.NextAt = dunning.CaseNeedsAttention, nullString(d.Stage), sql.NullTime{}
	r.tasks = append(r.tasks, r.taskRow(c, d, dunning.TaskApproval))
	r.events = append(r.events, caseEvent{Case: *c, Kind: eventParked, Why: d.Why})
}

func (r *advanceRound) taskRow(c *caseRow, d dunning.Decision, kind string) []any {
	return []any{r.orgID, NewID(), kind, c.CommunityID, c.ID, d.Stage, dunning.TaskOpen, nullTime(d.PlannedAt), nullable(d.Text), r.now}
}

// queue writes the message of a touch. It may go out at once: the rule chose an open instant.
func (r *advanceRound) queue(c *caseRow, d dunning.Decision, stageIndex int) error {
	idTime, err := messageTime(c.ID, stageIndex)
	if err != nil {
		return err
	}
	row, err := r.store.messageRow(r.orgID, r.campaign, *c, newMessage{
		Time: idTime, Stage: d.Stage, Touch: 1, Channel: d.Channel, Then: d.Then, To: d.Recipient, Text: d.Text, At: r.now})
	if err != nil {
		return err
	}
	r.messages = append(r.messages, row)
	if at := r.campaign.RestoredAt; at.Valid && !d.PlannedAt.After(at.Time) {
		r.maybeTold = append(r.maybeTold, row[messageIDColumn].(string))
	}
	return nil
}

const insertMessages = `INSERT INTO outbox (org_id, id, campaign_id, case_id, community_id, debtor_id, stage, touch, channel, then_channels,
	recipient_enc, recipient_bidx, text, text_sha256, status, epoch, not_before, created_at)`

// Places in a row of insertMessages.
const (
	messageIDColumn     = 1
	messageStatusColumn = 14
)

// messageOnce keeps a touch that is decided again from being told again.
const messageOnce = ` ON DUPLICATE KEY UPDATE id = id`

func (s *Store) messageRow(orgID string, g campaignRow, c caseRow, m newMessage) ([]any, error) {
	if m.To == "" {
		return nil, fmt.Errorf("queue a message for case %s: no recipient on %s", c.ID, m.Channel)
	}
	then := make([]string, len(m.Then))
	for i, ch := range m.Then {
		then[i] = string(ch)
	}
	sum, recipient := sha256.Sum256([]byte(m.Text)), s.keys.Index("recipient", m.To)
	id, err := idOfMessage(c.ID, m, recipient)
	if err != nil {
		return nil, err
	}
	return []any{orgID, id, g.ID, c.ID, c.CommunityID, c.DebtorID, m.Stage, m.Touch, string(m.Channel), strings.Join(then, ","),
		s.keys.Seal(m.To), recipient, m.Text, sum[:], dunning.MessageQueued, g.Epoch, m.At, m.At}, nil
}

// write stores the round with one statement a table.
func (r *advanceRound) write(ctx context.Context) error {
	err := upsertRows(ctx, r.tx, `INSERT INTO case_outcome (org_id, case_id, stage, touch, campaign_id, kind, why, arrears_fen, planned_at, decided_at, epoch)`,
		r.outcomes, ` ON DUPLICATE KEY UPDATE case_id = case_id`)
	if err != nil {
		return fmt.Errorf("write outcomes: %w", err)
	}
	if err := upsertRows(ctx, r.tx, insertMessages, r.messages, messageOnce); err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	if err := upsertRows(ctx, r.tx, insertPayLinks, r.links, linkLivesOn); err != nil {
		return fmt.Errorf("keep pay links: %w", err)
	}
	if err := maybeTold(ctx, r.tx, r.orgID, r.maybeTold); err != nil {
		return err
	}
	err = upsertRows(ctx, r.tx, `INSERT INTO task (org_id, id, kind, community_id, case_id, stage, status, due_at, script, created_at)`,
		r.tasks, ` ON DUPLICATE KEY UPDATE outcome = IF(status = 'cancelled', NULL, outcome), status = IF(status = 'cancelled', 'open', status)`)
	if err != nil {
		return fmt.Errorf("write tasks: %w", err)
	}
	if err := saveCases(ctx, r.tx, r.orgID, r.before, r.cases); err != nil {
		return err
	}
	if err := freeMessages(ctx, r.tx, r.orgID, r.freed, r.campaign.Epoch); err != nil {
		return err
	}
	if err := r.store.stopPaid(ctx, r.tx, r.orgID, r.paid, r.now); err != nil {
		return err
	}
	if err := insertEvents(ctx, r.tx, r.orgID, r.now, r.events); err != nil {
		return err
	}
	return recordCampaignChange(ctx, r.tx, r.orgID, r.campaign.ID, r.now)
}

// recordCampaignChange puts a campaign on the change feed; who may see it is decided by its communities.
func recordCampaignChange(ctx context.Context, tx *sqlx.Tx, orgID, campaignID string, at time.Time) error {
	return recordChange(ctx, tx, orgID, at, Change{Kind: "campaign", SubjectID: campaignID})
}
