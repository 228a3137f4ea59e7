package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/dunning"
)

// Renew implements dunning.Outbox. Cases and campaigns are locked while it looks, so that a stop comes either before it,
// and the message is not called, or after it.
func (s *Store) Renew(ctx context.Context, claimed []dunning.Claimed, lease time.Duration) ([]dunning.Claimed, error) {
	byOrg := map[string][]dunning.Claimed{}
	for _, c := range claimed {
		byOrg[c.OrgID] = append(byOrg[c.OrgID], c)
	}
	var kept []dunning.Claimed
	for orgID, group := range byOrg {
		for chunk := range slices.Chunk(group, rowsPerStatement) {
			var still []dunning.Claimed
			err := s.inTx(ctx, "renew claims", func(tx *sqlx.Tx) (err error) {
				still, err = s.renewIn(ctx, tx, orgID, chunk, lease)
				return err
			})
			if err != nil {
				return nil, err
			}
			kept = append(kept, still...)
		}
	}
	return kept, nil
}

func (s *Store) renewIn(ctx context.Context, tx *sqlx.Tx, orgID string, claimed []dunning.Claimed, lease time.Duration) ([]dunning.Claimed, error) {
	results := make([]dunning.Sent, len(claimed))
	for i, c := range claimed {
		results[i] = dunning.Sent{ID: c.ID}
	}
	rows, err := readSettled(ctx, tx, orgID, results, unlocked)
	if err != nil {
		return nil, err
	}
	stands, err := lockStanding(ctx, tx, orgID, rows)
	if err != nil {
		return nil, err
	}
	var still []dunning.Claimed
	for _, c := range claimed {
		sendable := stands[rows[c.ID].CaseID].sendable()
		won, err := s.renewOne(ctx, tx, c, sendable, lease)
		if err != nil {
			return nil, err
		}
		if won && sendable {
			still = append(still, c)
		}
	}
	return still, nil
}

// renewOne gives a claim a new lease, or settles its message as unknown when it was stopped; false when the claim was lost.
func (s *Store) renewOne(ctx context.Context, tx *sqlx.Tx, c dunning.Claimed, sendable bool, lease time.Duration) (bool, error) {
	var res sql.Result
	var err error
	if sendable {
		res, err = tx.ExecContext(ctx, `UPDATE outbox SET lease_until = ? WHERE org_id = ? AND id = ? AND status = 'sending' AND claim = ?`,
			time.Now().UTC().Add(lease), c.OrgID, c.ID, c.Claim)
	} else {
		res, err = tx.ExecContext(ctx, `UPDATE outbox SET status = 'unknown', why = ?, sent_at = ?, lease_until = NULL
			WHERE org_id = ? AND id = ? AND status = 'sending' AND claim = ?`, whyStoppedWhileSending, s.clock.Now(), c.OrgID, c.ID, c.Claim)
	}
	if err != nil {
		return false, fmt.Errorf("renew the claim of message %s: %w", c.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("renew the claim of message %s: %w", c.ID, err)
	}
	return n > 0, nil
}

// sendable is the condition under which a message may go out, as a claim asks it.
func (st standing) sendable() bool {
	return slices.Contains([]string{dunning.CaseOpen, dunning.CaseNeedsAttention, dunning.CaseFinished}, st.Case.Status) &&
		slices.Contains([]string{dunning.CampaignRunning, dunning.CampaignNeedsAttention, dunning.CampaignFinished}, st.Campaign.Status)
}
