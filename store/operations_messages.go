package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/dunning"
)

// sendable are the statuses of a campaign whose queued messages may be claimed.
const sendable = `'running','needs_attention','finished'`

// usedChannels lists the channels that ever had a message: jumps in the index, whatever the number of rows.
func (s *Store) usedChannels(ctx context.Context) ([]string, error) {
	var channels []string
	if err := s.db.SelectContext(ctx, &channels, `SELECT DISTINCT channel FROM outbox`); err != nil {
		return nil, fmt.Errorf("list the channels in use: %w", err)
	}
	return channels, nil
}

// lookedAt is how many of a channel's queued messages, the oldest first, are held against their campaigns and windows. Each
// costs a look at its row; what is behind them is taken to be like them.
const lookedAt = 2000

// dueFigures counts what should be going out at this moment: queued, its instant past, its campaign not stopped, its
// window open. A channel in use of which nothing is due is there with zero.
func (s *Store) dueFigures(ctx context.Context, f *Figures) error {
	channels, err := s.usedChannels(ctx)
	if err != nil {
		return err
	}
	f.Due = make(map[dunning.Channel]Waiting, len(channels))
	for _, ch := range channels {
		if f.Due[dunning.Channel(ch)], err = s.dueOf(ctx, ch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dueOf(ctx context.Context, channel string) (Waiting, error) {
	now := s.clock.Now()
	var past int64
	err := s.db.GetContext(ctx, &past, `SELECT COUNT(*) FROM outbox FORCE INDEX (outbox_queue)
		WHERE channel = ? AND status = 'queued' AND not_before <= ?`, channel, now)
	if err != nil {
		return Waiting{}, fmt.Errorf("count queued messages: %w", err)
	}
	if past == 0 {
		return Waiting{}, nil
	}
	oldest, looked, err := s.dueAmongOldest(ctx, channel, now)
	if err != nil || looked == 0 {
		return Waiting{}, err
	}
	oldest.N = past * oldest.N / looked
	return oldest, nil
}

// dueAmongOldest tells how many of the oldest queued messages are due, and of how many.
func (s *Store) dueAmongOldest(ctx context.Context, channel string, now time.Time) (due Waiting, looked int64, err error) {
	var groups []struct {
		OrgID       string `db:"org_id"`
		CampaignID  string `db:"campaign_id"`
		CommunityID string `db:"community_id"`
		Stands      bool   `db:"stands"`
		waitRow
	}
	err = s.db.SelectContext(ctx, &groups, `SELECT o.org_id, o.campaign_id, o.community_id, g.status IN (`+sendable+`) AND g.epoch = o.epoch AS stands,
			COUNT(*) AS n, MIN(o.not_before) AS oldest
		FROM (SELECT org_id, campaign_id, community_id, epoch, not_before FROM outbox FORCE INDEX (outbox_queue)
			WHERE channel = ? AND status = 'queued' AND not_before <= ? ORDER BY not_before LIMIT ?) o
		JOIN campaign g ON g.org_id = o.org_id AND g.id = o.campaign_id
		GROUP BY o.org_id, o.campaign_id, o.community_id, stands`, channel, now, lookedAt)
	if err != nil {
		return Waiting{}, 0, fmt.Errorf("look at queued messages: %w", err)
	}
	for _, g := range groups {
		looked += g.N
		if !g.Stands {
			continue
		}
		cal, err := s.windowOf(ctx, g.OrgID, g.CampaignID, g.CommunityID)
		if err != nil {
			return Waiting{}, 0, err
		}
		if cal.Open(now) {
			w := s.waitingOf(g.waitRow)
			due.N += w.N
			due.Oldest = max(due.Oldest, w.Oldest)
		}
	}
	return due, looked, nil
}

// unsentFigures counts what is not over, by status, and of that what a sender has let go of. Every status is there, also
// with zero.
func (s *Store) unsentFigures(ctx context.Context, f *Figures) error {
	f.Unsent = make(map[string]int64, len(unsent))
	for _, status := range unsent {
		f.Unsent[status] = 0
	}
	if len(f.Due) == 0 {
		return nil
	}
	channels := make([]string, 0, len(f.Due))
	for ch := range f.Due {
		channels = append(channels, string(ch))
	}
	q, args, err := sqlx.In(`SELECT status, COUNT(*) AS n FROM outbox FORCE INDEX (outbox_queue) WHERE channel IN (?) AND status IN (?) GROUP BY channel, status`, channels, unsent)
	if err != nil {
		return fmt.Errorf("count unsent messages: %w", err)
	}
	if err := s.countInto(ctx, f.Unsent, q, args...); err != nil {
		return fmt.Errorf("count unsent messages: %w", err)
	}
	q, args, err = sqlx.In(`SELECT COUNT(*) FROM outbox FORCE INDEX (outbox_queue) WHERE channel IN (?) AND status = 'sending' AND lease_until < ?`, channels, wallNow())
	if err != nil {
		return fmt.Errorf("count lapsed messages: %w", err)
	}
	if err := s.db.GetContext(ctx, &f.Lapsed, q, args...); err != nil {
		return fmt.Errorf("count lapsed messages: %w", err)
	}
	return nil
}

// countInto adds rows (status, n) to counts.
func (s *Store) countInto(ctx context.Context, counts map[string]int64, query string, args ...any) error {
	var rows []struct {
		Status string `db:"status"`
		N      int64  `db:"n"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		counts[r.Status] += r.N
	}
	return nil
}

// settled are the statuses of a message that was sent, or never will be.
var settled = []string{"sent", "delivered", "failed", "unknown", "cancelled"}

// SettledMessages counts the messages that are over, by status, over all time. It reads most of an index: ask seldom. Every
// status is there, also with zero.
func (s *Store) SettledMessages(ctx context.Context) (map[string]int64, error) {
	counts := make(map[string]int64, len(settled))
	for _, status := range settled {
		counts[status] = 0
	}
	q, args, err := sqlx.In(`SELECT status, COUNT(*) AS n FROM outbox FORCE INDEX (outbox_queue) WHERE status IN (?) GROUP BY channel, status`, settled)
	if err != nil {
		return nil, fmt.Errorf("count settled messages: %w", err)
	}
	if err := s.countInto(ctx, counts, q, args...); err != nil {
		return nil, fmt.Errorf("count settled messages: %w", err)
	}
	return counts, nil
}
