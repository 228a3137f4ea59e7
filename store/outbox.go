package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/dunning"
)

var _ dunning.Outbox = (*Store)(nil)

// queuedRow is what Due reads of an outbox row.
type queuedRow struct {
	OrgID        string `db:"org_id"`
	ID           string `db:"id"`
	CampaignID   string `db:"campaign_id"`
	CommunityID  string `db:"community_id"`
	RecipientEnc []byte `db:"recipient_enc"`
	Text         string `db:"text"`
	TextSHA256   []byte `db:"text_sha256"`
	Attempts     int    `db:"attempts"`
}

// dueRounds bounds how often Due reads again after it has put closed rows off.
const dueRounds = 4

// Due implements dunning.Outbox. Rows that wait behind a closed window are put off to its next opening, so that they do
// not stand in front of others.
func (s *Store) Due(ctx context.Context, ch dunning.Channel, limit int) ([]dunning.Queued, error) {
	now := s.clock.Now()
	for range dueRounds {
		var rows []queuedRow
		err := s.db.SelectContext(ctx, &rows, `SELECT org_id, id, campaign_id, community_id, recipient_enc, text, text_sha256, attempts
			FROM outbox FORCE INDEX (outbox_queue) WHERE channel = ? AND status = 'queued' AND not_before <= ? ORDER BY not_before LIMIT ?`, string(ch), now, limit)
		if err != nil {
			return nil, fmt.Errorf("read due messages: %w", err)
		}
		open, closed, err := s.partByWindow(ctx, rows, now)
		if err != nil {
			return nil, err
		}
		if err := s.putOff(ctx, closed); err != nil {
			return nil, err
		}
		if len(open) > 0 || len(closed) == 0 {
			return s.openQueued(open)
		}
	}
	return nil, nil
}

// partByWindow parts rows into those whose window is open now and those that wait, by the opening they wait for.
func (s *Store) partByWindow(ctx context.Context, rows []queuedRow, now time.Time) (open []queuedRow, closed map[time.Time][]queuedRow, err error) {
	closed = map[time.Time][]queuedRow{}
	for _, r := range rows {
		cal, err := s.windowOf(ctx, r.OrgID, r.CampaignID, r.CommunityID)
		if err != nil {
			return nil, nil, err
		}
		if cal.Open(now) {
			open = append(open, r)
			continue
		}
		at := cal.NextOpen(now)
		closed[at] = append(closed[at], r)
	}
	return open, closed, nil
}

func (s *Store) putOff(ctx context.Context, closed map[time.Time][]queuedRow) error {
	for at, rows := range closed {
		for orgID, ids := range idsByOrg(rows) {
			q, args, err := sqlx.In(`UPDATE outbox SET not_before = ? WHERE org_id = ? AND id IN (?) AND status = 'queued'`, at, orgID, ids)
			if err != nil {
				return fmt.Errorf("put messages off: %w", err)
			}
			if err := s.execRetried(ctx, "put messages off", q, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

func idsByOrg(rows []queuedRow) map[string][]string {
	ids := map[string][]string{}
	for _, r := range rows {
		ids[r.OrgID] = append(ids[r.OrgID], r.ID)
	}
	return ids
}

func (s *Store) openQueued(rows []queuedRow) ([]dunning.Queued, error) {
	out := make([]dunning.Queued, 0, len(rows))
	for _, r := range rows {
		to, err := s.keys.Open(r.RecipientEnc)
		if err != nil {
			return nil, fmt.Errorf("read the recipient of message %s: %w", r.ID, err)
		}
		out = append(out, dunning.Queued{
			OrgID: r.OrgID, ID: r.ID, CommunityID: r.CommunityID, CampaignID: r.CampaignID, To: to, Text: r.Text, TextSHA256: r.TextSHA256, Attempts: r.Attempts,
		})
	}
	return out, nil
}

// claimable is the condition under which a queued row may be taken: its case is not closed by payment, hold or exclusion,
// and its campaign runs at the epoch under which the row stands. Every stop also changes the row itself, which is what
// puts a stop and a claim in order; this guards against a row that a stop has missed.
const claimable = `status = 'queued' AND not_before <= ? AND EXISTS (
	SELECT 1 FROM dunning_case c JOIN campaign g ON g.org_id = c.org_id AND g.id = c.campaign_id
	WHERE c.org_id = outbox.org_id AND c.id = outbox.case_id AND c.status IN ('open','needs_attention','finished')
	AND g.status IN ('running','needs_attention','finished') AND g.epoch = outbox.epoch)`

// Claim implements dunning.Outbox: one statement for a single row, one and a read-back for several. A row whose window has
// closed since it was read stays where it is.
func (s *Store) Claim(ctx context.Context, _ dunning.Channel, rows []dunning.Queued, lease time.Duration) ([]dunning.Claimed, error) {
	rows, err := s.keepOpen(ctx, rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if len(rows) == 1 {
		return s.claimOne(ctx, rows[0], lease)
	}
	var claimed []dunning.Claimed
	for orgID, group := range queuedByOrg(rows) {
		got, err := s.claimSeveral(ctx, orgID, group, lease)
		if err != nil {
			return nil, err
		}
		claimed = append(claimed, got...)
	}
	return claimed, nil
}

func (s *Store) claimOne(ctx context.Context, q dunning.Queued, lease time.Duration) ([]dunning.Claimed, error) {
	claim, wall := NewID(), time.Now().UTC()
	n, err := s.affected(ctx, "claim a message", `UPDATE outbox SET status = 'sending', claim = ?, claimed_at = ?, lease_until = ?, attempts = attempts + 1
		WHERE org_id = ? AND id = ? AND text_sha256 = ? AND `+claimable,
		claim, wall, wall.Add(lease), q.OrgID, q.ID, q.TextSHA256, s.clock.Now())
	if err != nil || n == 0 {
		return nil, err
	}
	return []dunning.Claimed{claimedFrom(q, claim)}, nil
}

func claimedFrom(q dunning.Queued, claim string) dunning.Claimed {
	return dunning.Claimed{OrgID: q.OrgID, ID: q.ID, Claim: claim, To: q.To, Text: q.Text, Attempts: q.Attempts + 1}
}

// claimSeveral claims what one provider call carries. A row whose text was rendered anew since it was read is given
// back by not being answered: its text is read again with the claim.
func (s *Store) claimSeveral(ctx context.Context, orgID string, rows []dunning.Queued, lease time.Duration) ([]dunning.Claimed, error) {
	claim, wall := NewID(), time.Now().UTC()
	byID := make(map[string]dunning.Queued, len(rows))
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
		ids = append(ids, r.ID)
	}
	q, args, err := sqlx.In(`UPDATE outbox SET status = 'sending', claim = ?, claimed_at = ?, lease_until = ?, attempts = attempts + 1
		WHERE org_id = ? AND id IN (?) AND `+claimable, claim, wall, wall.Add(lease), orgID, ids, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	n, err := s.affected(ctx, "claim messages", q, args...)
	if err != nil || n == 0 {
		return nil, err
	}
	q, args, err = sqlx.In(`SELECT id, text FROM outbox WHERE org_id = ? AND id IN (?) AND claim = ? ORDER BY not_before, id`, orgID, ids, claim)
	if err != nil {
		return nil, fmt.Errorf("read claimed messages: %w", err)
	}
	var taken []struct {
		ID   string `db:"id"`
		Text string `db:"text"`
	}
	if err := s.db.SelectContext(ctx, &taken, q, args...); err != nil {
		return nil, fmt.Errorf("read claimed messages: %w", err)
	}
	claimed := make([]dunning.Claimed, 0, len(taken))
	for _, t := range taken {
		r := byID[t.ID]
		r.Text = t.Text
		claimed = append(claimed, claimedFrom(r, claim))
	}
	return claimed, nil
}

func queuedByOrg(rows []dunning.Queued) map[string][]dunning.Queued {
	groups := map[string][]dunning.Queued{}
	for _, r := range rows {
		groups[r.OrgID] = append(groups[r.OrgID], r)
	}
	return groups
}

// affected runs one statement on its own, again on a deadlock, and gives the number of rows that it changed.
func (s *Store) affected(ctx context.Context, what, query string, args ...any) (int64, error) {
	for attempt := 1; ; attempt++ {
		res, err := s.db.ExecContext(ctx, query, args...)
		if err == nil {
			n, err := res.RowsAffected()
			if err != nil {
				return 0, fmt.Errorf("%s: %w", what, err)
			}
			return n, nil
		}
		if !retryable(err) || attempt == txAttempts || ctx.Err() != nil {
			return 0, fmt.Errorf("%s: %w", what, err)
		}
	}
}

func (s *Store) execRetried(ctx context.Context, what, query string, args ...any) error {
	_, err := s.affected(ctx, what, query, args...)
	return err
}
