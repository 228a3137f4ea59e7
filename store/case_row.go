package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/refusal"
)

// caseRow is dunning_case as the steps and commands lock it.
type caseRow struct {
	ID              string         `db:"id"`
	CampaignID      string         `db:"campaign_id"`
	CohortNo        int            `db:"cohort_no"`
	CommunityID     string         `db:"community_id"`
	DebtorID        string         `db:"debtor_id"`
	Status          string         `db:"status"`
	Stage           string         `db:"stage"`
	StageAt         sql.NullTime   `db:"stage_at"`
	NextStage       sql.NullString `db:"next_stage"`
	NextAt          sql.NullTime   `db:"next_at"`
	PlannedEpoch    int            `db:"planned_epoch"`
	PolicyVersionID sql.NullString `db:"policy_version_id"`
	DueOn           calendar.Date  `db:"due_on"`
	EnteredFen      int64          `db:"entered_fen"`
	ArrearsFen      int64          `db:"arrears_fen"`
	CollectedFen    int64          `db:"collected_fen"`
	Touches         int            `db:"touches"`
	HoldKind        sql.NullString `db:"hold_kind"`
	HoldWhy         sql.NullString `db:"hold_why"`
	HoldUntil       sql.NullTime   `db:"hold_until"`
	HeldAt          sql.NullTime   `db:"held_at"`
	HeldS           int64          `db:"held_s"`
	EnteredPausedS  int64          `db:"entered_paused_s"`
	StagePausedS    int64          `db:"stage_paused_s"`
	OpenedAt        time.Time      `db:"opened_at"`
	ClosedAt        sql.NullTime   `db:"closed_at"`
	Version         int            `db:"version"`
}

const caseColumns = `id, campaign_id, cohort_no, community_id, debtor_id, status, stage, stage_at, next_stage, next_at, planned_epoch,
	policy_version_id, due_on, entered_fen, arrears_fen, collected_fen, touches, hold_kind, hold_why, hold_until, held_at, held_s,
	entered_paused_s, stage_paused_s, opened_at, closed_at, version`

// openStatuses are those in which a case occupies its debtor's open slot.
const openStatuses = `'open','held','needs_attention'`

func (c caseRow) open() bool {
	return c.Status == dunning.CaseOpen || c.Status == dunning.CaseHeld || c.Status == dunning.CaseNeedsAttention
}

// close ends the case; what was planned for it goes.
func (c *caseRow) close(status string, g campaignRow, at time.Time) {
	c.endHold(g, at)
	c.Status, c.ClosedAt = status, sql.NullTime{Time: at, Valid: true}
	c.NextStage, c.NextAt = sql.NullString{}, sql.NullTime{}
}

// hold stops the ladder; a zero until waits for a person. Of two holds for different causes the one that lasts longer
// stands, and a flag on the person gives way to nothing that ends sooner; a new hold for the same cause takes the place of
// the old one.
func (c *caseRow) hold(g campaignRow, kind, why string, until, now time.Time) {
	if c.Status != dunning.CaseHeld {
		c.HeldS = int64(pausedFor(g, *c, now) / time.Second)
		c.HeldAt = sql.NullTime{Time: now, Valid: true}
	} else if c.heldLonger(kind, until) {
		return
	}
	c.Status = dunning.CaseHeld
	c.HoldKind, c.HoldWhy = nullString(kind), nullString(why)
	c.HoldUntil, c.NextAt = nullTime(until), nullTime(until)
}

// heldLonger tells whether the hold that stands outlasts another one.
func (c caseRow) heldLonger(kind string, until time.Time) bool {
	switch {
	case c.HoldKind.String == kind && kind != dunning.HoldFlag:
		return false
	case !c.HoldUntil.Valid:
		return !until.IsZero() || c.HoldKind.String == dunning.HoldFlag
	default:
		return !until.IsZero() && until.Before(c.HoldUntil.Time)
	}
}

// endHold counts how long a hold has lasted, without the campaign's pauses in it: those are counted once.
func (c *caseRow) endHold(g campaignRow, now time.Time) {
	if c.HeldAt.Valid {
		c.HeldS = max(int64((pausedFor(g, *c, now)-g.pausedFor(now))/time.Second), 0)
	}
	c.HoldKind, c.HoldWhy, c.HoldUntil, c.HeldAt = sql.NullString{}, sql.NullString{}, sql.NullTime{}, sql.NullTime{}
}

// release lets a held case go on.
func (c *caseRow) release(g campaignRow, now time.Time) {
	c.endHold(g, now)
	c.Status, c.NextAt = dunning.CaseOpen, nullTime(now)
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t.UTC(), Valid: !t.IsZero()} }

func nullString(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// campaignRow is campaign as the steps and commands lock it.
type campaignRow struct {
	ID              string         `db:"id"`
	Name            string         `db:"name"`
	PolicyID        string         `db:"policy_id"`
	PolicyVersionID string         `db:"policy_version_id"`
	Request         string         `db:"request"`
	FromStage       sql.NullString `db:"from_stage"`
	Status          string         `db:"status"`
	Why             sql.NullString `db:"why"`
	Epoch           int            `db:"epoch"`
	StartAt         time.Time      `db:"start_at"`
	PausedAt        sql.NullTime   `db:"paused_at"`
	PausedS         int64          `db:"paused_s"`
	SelectedAt      sql.NullTime   `db:"selected_at"`
	Households      int            `db:"households"`
	AmountFen       int64          `db:"amount_fen"`
	Cohorts         int            `db:"cohorts"`
	CreatedBy       string         `db:"created_by"`
	CreatedAt       time.Time      `db:"created_at"`
	FinishedAt      sql.NullTime   `db:"finished_at"`
	RestoredAt      sql.NullTime   `db:"restored_at"`
	Version         int            `db:"version"`
}

const campaignColumns = `id, name, policy_id, policy_version_id, request, from_stage, status, why, epoch, start_at, paused_at, paused_s,
	selected_at, households, amount_fen, cohorts, created_by, created_at, finished_at, restored_at, version`

func (g campaignRow) request() (dunning.CampaignRequest, error) {
	var r dunning.CampaignRequest
	if err := json.Unmarshal([]byte(g.Request), &r); err != nil {
		return r, fmt.Errorf("read the request of campaign %s: %w", g.ID, err)
	}
	return r, nil
}

func (g campaignRow) active() bool {
	return g.Status == dunning.CampaignRunning || g.Status == dunning.CampaignPaused || g.Status == dunning.CampaignNeedsAttention
}

// pausedFor is how long the campaign has been paused in all, a pause that lasts included.
func (g campaignRow) pausedFor(now time.Time) time.Duration {
	d := seconds(g.PausedS)
	if g.PausedAt.Valid && now.After(g.PausedAt.Time) {
		d += now.Sub(g.PausedAt.Time)
	}
	return d
}

// The ways to read a row inside a transaction.
const (
	unlocked  = ""
	shared    = " LOCK IN SHARE MODE"
	exclusive = " FOR UPDATE"
)

func campaignOf(ctx context.Context, q sqlx.QueryerContext, orgID, id, lock string) (campaignRow, error) {
	var g campaignRow
	err := sqlx.GetContext(ctx, q, &g, `SELECT `+campaignColumns+` FROM campaign WHERE org_id = ? AND id = ?`+lock, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return g, refusal.New(refusal.NotFound, "campaign-not-found", "没有找到该催缴活动，请返回列表重新选择。")
	}
	if err != nil {
		return g, fmt.Errorf("read campaign: %w", err)
	}
	return g, nil
}

func caseOf(ctx context.Context, q sqlx.QueryerContext, orgID, id, lock string) (caseRow, error) {
	var c caseRow
	err := sqlx.GetContext(ctx, q, &c, `SELECT `+caseColumns+` FROM dunning_case WHERE org_id = ? AND id = ?`+lock, orgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, refusal.New(refusal.NotFound, "case-not-found", "没有找到该催缴案件，请返回列表重新选择。")
	}
	if err != nil {
		return c, fmt.Errorf("read case: %w", err)
	}
	return c, nil
}
