package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
)

// Delivery kinds: what the relay tells Temporal. Targets are ids, never data.
const (
	DeliverCampaign        = "start-campaign"    // target: campaign id
	DeliverCampaignRefresh = "refresh-campaign"  // target: campaign id
	DeliverCohortRefresh   = "refresh-cohort"    // target: campaign id "/" cohort number
	DeliverImport          = "start-import"      // target: import id
	DeliverPayOrder        = "refresh-pay-order" // target: pay order id
	DeliverRefund          = "refresh-refund"    // target: refund id
	DeliverApproval        = "approval"          // target: approval id
)

// enqueueDelivery writes, in the transaction that makes it necessary, a word that Temporal must be given.
func enqueueDelivery(ctx context.Context, tx *sqlx.Tx, orgID, kind, target string) error {
	now := time.Now().UTC()
	_, err := tx.ExecContext(ctx, `INSERT INTO delivery (org_id, kind, target, created_at, next_try_at) VALUES (?,?,?,?,?)`,
		orgID, kind, target, now, now)
	if err != nil {
		return fmt.Errorf("enqueue delivery %s: %w", kind, err)
	}
	return nil
}

// Change is one row of the change feed.
type Change struct {
	Kind        string // campaign, case, order, move_in, task, message, import, payment
	SubjectID   string
	CommunityID string
}

// recordChange puts changes on the feed that /events serves; bulk steps record one campaign change, not one per case.
func recordChange(ctx context.Context, tx *sqlx.Tx, orgID string, at time.Time, changes ...Change) error {
	rows := make([][]any, 0, len(changes))
	for _, c := range changes {
		rows = append(rows, []any{orgID, c.Kind, c.SubjectID, nullable(c.CommunityID), at})
	}
	if err := insertRows(ctx, tx, `INSERT INTO change_feed (org_id, kind, subject_id, community_id, at)`, rows); err != nil {
		return fmt.Errorf("record change: %w", err)
	}
	return nil
}

// rowsPerStatement bounds one multi-row statement.
const rowsPerStatement = 500

// insertRows writes rows with as few statements as the bound allows; insert is the statement up to its VALUES.
func insertRows(ctx context.Context, tx *sqlx.Tx, insert string, rows [][]any) error {
	for chunk := range slices.Chunk(rows, rowsPerStatement) {
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(chunk[0])), ",") + ")"
		var values []any
		for _, r := range chunk {
			values = append(values, r...)
		}
		query := insert + " VALUES " + strings.TrimSuffix(strings.Repeat(one+",", len(chunk)), ",")
		if _, err := tx.ExecContext(ctx, query, values...); err != nil {
			return err
		}
	}
	return nil
}

// Audited is who did what to which subject; Detail must hold no personal data. ID is the command's, where a repeat of the
// command has to find its own work, and otherwise empty.
type Audited struct {
	ID          string
	Action      string
	SubjectKind string
	SubjectID   string
	CommunityID string
	Why         string
	Detail      map[string]any
}

// recordAudit appends to the audit trail in the same transaction as the deed.
func recordAudit(ctx context.Context, tx *sqlx.Tx, s access.Scope, at time.Time, deeds ...Audited) error {
	kind := "user"
	if s.System {
		kind = "system"
	}
	rows := make([][]any, 0, len(deeds))
	for _, a := range deeds {
		var detail any
		if a.Detail != nil {
			b, err := json.Marshal(a.Detail)
			if err != nil {
				return fmt.Errorf("record audit: %w", err)
			}
			detail = string(b) // JSON columns refuse binary strings
		}
		rows = append(rows, []any{s.OrgID, or(a.ID, NewID()), at, s.ActorID, kind, a.Action, a.SubjectKind, a.SubjectID,
			nullable(a.CommunityID), nullable(a.Why), detail, nullable(s.RequestID)})
	}
	err := insertRows(ctx, tx, `INSERT INTO audit (org_id, id, at, actor_id, actor_kind, action, subject_kind, subject_id, community_id, why, detail, request_id)`, rows)
	if err != nil {
		return fmt.Errorf("record audit: %w", err)
	}
	return nil
}

// carriedOut looks for the trail of this very command, left by a run whose answer was lost. detail is what it wrote down.
func carriedOut(ctx context.Context, q sqlx.QueryerContext, s access.Scope) (detail []byte, done bool, err error) {
	if s.CommandID == "" {
		return nil, false, nil
	}
	err = sqlx.GetContext(ctx, q, &detail, `SELECT COALESCE(detail, 'null') FROM audit WHERE org_id = ? AND id = ?`, s.OrgID, s.CommandID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look for the command's own work: %w", err)
	}
	return detail, true, nil
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
