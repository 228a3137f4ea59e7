package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/dunning"
)

// slot is open_slot: 1 while the case occupies its debtor's slot.
func (c caseRow) slot() any {
	if c.open() {
		return 1
	}
	return nil
}

// caseColumn is one column that a step may change.
type caseColumn struct {
	name string
	of   func(caseRow) any
}

var changingColumns = []caseColumn{
	{"status", func(c caseRow) any { return c.Status }},
	{"open_slot", caseRow.slot},
	{"stage", func(c caseRow) any { return c.Stage }},
	{"stage_at", func(c caseRow) any { return c.StageAt }},
	{"next_stage", func(c caseRow) any { return c.NextStage }},
	{"next_at", func(c caseRow) any { return c.NextAt }},
	{"planned_epoch", func(c caseRow) any { return c.PlannedEpoch }},
	{"policy_version_id", func(c caseRow) any { return c.PolicyVersionID }},
	{"due_on", func(c caseRow) any { return c.DueOn }},
	{"arrears_fen", func(c caseRow) any { return c.ArrearsFen }},
	{"collected_fen", func(c caseRow) any { return c.CollectedFen }},
	{"touches", func(c caseRow) any { return c.Touches }},
	{"hold_kind", func(c caseRow) any { return c.HoldKind }},
	{"hold_why", func(c caseRow) any { return c.HoldWhy }},
	{"hold_until", func(c caseRow) any { return c.HoldUntil }},
	{"held_at", func(c caseRow) any { return c.HeldAt }},
	{"held_s", func(c caseRow) any { return c.HeldS }},
	{"stage_paused_s", func(c caseRow) any { return c.StagePausedS }},
	{"closed_at", func(c caseRow) any { return c.ClosedAt }},
}

// caseUpdate is one change that several cases share.
type caseUpdate struct {
	columns []string
	values  []any
	ids     []any
}

// saveCases writes back cases that this transaction has locked. before holds them as they were read, in the same order:
// cases of a cohort mostly change alike, and those that do share one statement.
func saveCases(ctx context.Context, tx *sqlx.Tx, orgID string, before, after []caseRow) error {
	groups := map[string]*caseUpdate{}
	var order []*caseUpdate
	for i, c := range after {
		u := caseUpdate{}
		for _, col := range changingColumns {
			if v := col.of(c); v != col.of(before[i]) {
				u.columns, u.values = append(u.columns, col.name+" = ?"), append(u.values, v)
			}
		}
		key := fmt.Sprint(u.columns, u.values)
		g := groups[key]
		if g == nil {
			g = &u
			groups[key], order = g, append(order, g)
		}
		g.ids = append(g.ids, c.ID)
	}
	for _, g := range order {
		set := strings.Join(append(g.columns, "version = version + 1"), ", ")
		query := `UPDATE dunning_case SET ` + set + ` WHERE org_id = ? AND id IN (` + placeholders(len(g.ids)) + `)`
		if _, err := tx.ExecContext(ctx, query, slices.Concat(g.values, []any{orgID}, g.ids)...); err != nil {
			return fmt.Errorf("save cases: %w", err)
		}
	}
	return nil
}

// caseEvent is one line of a case's timeline that no other row tells.
type caseEvent struct {
	Case      caseRow
	Kind      string
	AmountFen int64
	Why       string
	WhoID     string
}

func insertEvents(ctx context.Context, tx *sqlx.Tx, orgID string, at time.Time, events []caseEvent) error {
	return insertCommandEvents(ctx, tx, orgID, "", at, events)
}

// insertCommandEvents writes events of which the first carries the command's id, unless that is empty.
func insertCommandEvents(ctx context.Context, tx *sqlx.Tx, orgID, commandID string, at time.Time, events []caseEvent) error {
	rows := make([][]any, len(events))
	for i, e := range events {
		id := NewID()
		if i == 0 && commandID != "" {
			id = commandID
		}
		var amount any
		if e.AmountFen != 0 {
			amount = e.AmountFen
		}
		rows[i] = []any{orgID, id, e.Case.ID, e.Case.CampaignID, at, e.Kind, e.Case.Stage, amount, nullable(e.Why), nullable(e.WhoID)}
	}
	err := insertRows(ctx, tx, `INSERT INTO case_event (org_id, id, case_id, campaign_id, at, kind, stage, amount_fen, why, who_id)`, rows)
	if err != nil {
		return fmt.Errorf("write the timeline: %w", err)
	}
	return nil
}

// stopMessages takes queued and parked messages of cases out of the queue, in the transaction of what stops them. to is
// cancelled, or parked for what can be taken back.
func stopMessages(ctx context.Context, tx *sqlx.Tx, orgID string, caseIDs []string, to, why string) error {
	from := []string{dunning.MessageQueued, dunning.MessageParked}
	if to == dunning.MessageParked {
		from = from[:1]
	}
	return inChunks(caseIDs, func(ids []string) error {
		q, args, err := sqlx.In(`UPDATE outbox SET status = ?, why = ? WHERE org_id = ? AND case_id IN (?) AND status IN (?)`, to, why, orgID, ids, from)
		if err != nil {
			return fmt.Errorf("stop messages: %w", err)
		}
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("stop messages: %w", err)
		}
		return nil
	})
}

// waitingStages gives the cases whose last stage has a message in one of the statuses, stopped for one of the reasons ("" for any).
// Its touch happens when that message goes out, so gaps and offsets count from then.
func waitingStages(ctx context.Context, tx *sqlx.Tx, orgID string, cases []caseRow, status, why string) (map[string]bool, error) {
	stages := make(map[string]string, len(cases))
	for _, c := range cases {
		stages[c.ID] = c.Stage
	}
	waiting := map[string]bool{}
	err := inChunks(caseIDs(cases), func(ids []string) error {
		var rows []struct {
			CaseID string `db:"case_id"`
			Stage  string `db:"stage"`
		}
		err := selectIn(ctx, tx, &rows, `SELECT case_id, stage FROM outbox WHERE org_id = ? AND case_id IN (?) AND status = ? AND (? = '' OR why = ?)`,
			orgID, ids, status, why, why)
		if err != nil {
			return fmt.Errorf("look for waiting messages: %w", err)
		}
		for _, r := range rows {
			if stages[r.CaseID] == r.Stage {
				waiting[r.CaseID] = true
			}
		}
		return nil
	})
	return waiting, err
}

// restage counts the case's last stage from now.
func (c *caseRow) restage(g campaignRow, now time.Time) {
	c.StageAt = nullTime(now)
	c.StagePausedS = int64(pausedFor(g, *c, now) / time.Second)
}

// freeMessages queues the parked messages of cases again under the epoch at which their campaign now runs.
func freeMessages(ctx context.Context, tx *sqlx.Tx, orgID string, caseIDs []string, epoch int) error {
	return inChunks(caseIDs, func(ids []string) error {
		q, args, err := sqlx.In(`UPDATE outbox SET status = 'queued', why = NULL, epoch = ? WHERE org_id = ? AND case_id IN (?) AND status = 'parked'`,
			epoch, orgID, ids)
		if err != nil {
			return fmt.Errorf("free messages: %w", err)
		}
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("free messages: %w", err)
		}
		return nil
	})
}

func closeTasks(ctx context.Context, tx *sqlx.Tx, orgID string, caseIDs []string, outcome string, at time.Time) error {
	return inChunks(caseIDs, func(ids []string) error {
		q, args, err := sqlx.In(`UPDATE task SET status = 'cancelled', outcome = ?, completed_at = ?, version = version + 1
			WHERE org_id = ? AND case_id IN (?) AND status = 'open'`, outcome, at, orgID, ids)
		if err != nil {
			return fmt.Errorf("close tasks: %w", err)
		}
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("close tasks: %w", err)
		}
		return nil
	})
}

func inChunks(ids []string, fn func(ids []string) error) error {
	for chunk := range slices.Chunk(ids, rowsPerStatement) {
		if err := fn(chunk); err != nil {
			return err
		}
	}
	return nil
}

func caseIDs(cases []caseRow) []string {
	ids := make([]string, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	return ids
}

// upsertRows is insertRows with what follows the values, such as ON DUPLICATE KEY UPDATE.
func upsertRows(ctx context.Context, tx *sqlx.Tx, insert string, rows [][]any, suffix string) error {
	for chunk := range slices.Chunk(rows, rowsPerStatement) {
		one := "(" + placeholders(len(chunk[0])) + ")"
		values := make([]any, 0, len(chunk)*len(chunk[0]))
		for _, r := range chunk {
			values = append(values, r...)
		}
		query := insert + " VALUES " + strings.TrimSuffix(strings.Repeat(one+",", len(chunk)), ",") + suffix
		if _, err := tx.ExecContext(ctx, query, values...); err != nil {
			return err
		}
	}
	return nil
}
