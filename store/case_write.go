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

// saveCases writes back cases that this transaction has locked, any number in one statement: every row exists, so the
// primary key always leads to the update.
func saveCases(ctx context.Context, tx *sqlx.Tx, orgID string, cases []caseRow) error {
	rows := make([][]any, len(cases))
	for i, c := range cases {
		var slot any
		if c.open() {
			slot = 1
		}
		rows[i] = []any{
			orgID, c.ID, c.CampaignID, c.CohortNo, c.CommunityID, c.DebtorID, c.Status, c.Stage, c.StageAt, c.NextStage, c.NextAt,
			c.PlannedEpoch, c.PolicyVersionID, c.DueOn, c.EnteredFen, c.ArrearsFen, c.CollectedFen, c.Touches, c.HoldKind, c.HoldWhy, c.HoldUntil,
			c.HeldAt, c.HeldS, c.EnteredPausedS, c.StagePausedS, c.OpenedAt, c.ClosedAt, slot,
		}
	}
	err := upsertRows(ctx, tx, `INSERT INTO dunning_case (org_id, id, campaign_id, cohort_no, community_id, debtor_id, status, stage, stage_at,
		next_stage, next_at, planned_epoch, policy_version_id, due_on, entered_fen, arrears_fen, collected_fen, touches, hold_kind, hold_why,
		hold_until, held_at, held_s, entered_paused_s, stage_paused_s, opened_at, closed_at, open_slot)`, rows,
		` ON DUPLICATE KEY UPDATE status = VALUES(status), stage = VALUES(stage), stage_at = VALUES(stage_at), next_stage = VALUES(next_stage),
		next_at = VALUES(next_at), planned_epoch = VALUES(planned_epoch), policy_version_id = VALUES(policy_version_id), due_on = VALUES(due_on),
		arrears_fen = VALUES(arrears_fen), collected_fen = VALUES(collected_fen), touches = VALUES(touches), hold_kind = VALUES(hold_kind),
		hold_why = VALUES(hold_why), hold_until = VALUES(hold_until), held_at = VALUES(held_at), held_s = VALUES(held_s),
		stage_paused_s = VALUES(stage_paused_s), closed_at = VALUES(closed_at), open_slot = VALUES(open_slot), version = version + 1`)
	if err != nil {
		return fmt.Errorf("save cases: %w", err)
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
