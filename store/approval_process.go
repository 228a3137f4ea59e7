package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/money"
)

// WaitForApproval tells the process of an approval whether somebody must still decide it, and marks it timed out when its
// time is over. An approval that is not there waits for nobody.
func (s *Store) WaitForApproval(ctx context.Context, sc access.Scope, id string) (money.Waiting, error) {
	if err := sc.Require(access.DecideMoney, ""); err != nil {
		return money.Waiting{}, err
	}
	var waiting money.Waiting
	err := s.inTx(ctx, "wait for an approval", func(tx *sqlx.Tx) error {
		waiting = money.Waiting{}
		var rows []approvalRow
		err := tx.SelectContext(ctx, &rows, `SELECT id, community_id, kind, subject_id, amount_fen, status, expires_at FROM approval WHERE org_id = ? AND id = ? FOR UPDATE`, sc.OrgID, asciiKey(id))
		if err != nil {
			return fmt.Errorf("lock an approval: %w", err)
		}
		now := s.clock.Now()
		switch {
		case len(rows) == 0 || rows[0].Status != string(money.ApprovalAsked):
			return nil
		case now.Before(rows[0].ExpiresAt):
			waiting = money.Waiting{Open: true, ExpiresAt: rows[0].ExpiresAt}
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE approval SET status = 'timed_out', decided_at = ?, version = version + 1 WHERE org_id = ? AND id = ?`, now, sc.OrgID, id)
		if err != nil {
			return fmt.Errorf("mark an approval timed out: %w", err)
		}
		return s.tellApproval(ctx, tx, sc, rows[0], "approval-timed-out", "")
	})
	return waiting, err
}

// LiveApprovals lists what waits for a decision, in all organizations.
func (s *Store) LiveApprovals(ctx context.Context) ([]money.ApprovalRef, error) {
	var refs []money.ApprovalRef
	err := s.db.SelectContext(ctx, &refs, `SELECT org_id, id FROM approval WHERE status = 'asked' ORDER BY org_id, id`)
	if err != nil {
		return nil, fmt.Errorf("list live approvals: %w", err)
	}
	return refs, nil
}
