package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/domain/sandbox"
)

// SandboxChannel gives how a channel behaves; one that was never set is ok, with dedupe.
func (s *Store) SandboxChannel(ctx context.Context, channel string) (sandbox.Channel, error) {
	var r struct {
		Mode    string `db:"mode"`
		Dedupe  bool   `db:"dedupe"`
		DelayMS int64  `db:"delay_ms"`
	}
	err := s.db.GetContext(ctx, &r, `SELECT mode, dedupe, delay_ms FROM sandbox_channel WHERE channel = ?`, asciiKey(channel))
	if errors.Is(err, sql.ErrNoRows) {
		return sandbox.Channel{Mode: sandbox.OK, Dedupe: true}, nil
	}
	if err != nil {
		return sandbox.Channel{}, fmt.Errorf("read sandbox channel: %w", err)
	}
	return sandbox.Channel{Mode: sandbox.Mode(r.Mode), Dedupe: r.Dedupe, Delay: time.Duration(r.DelayMS) * time.Millisecond}, nil
}

// SetSandboxChannel changes how a channel behaves.
func (s *Store) SetSandboxChannel(ctx context.Context, sc access.Scope, channel string, c sandbox.Channel) error {
	if err := sc.Require(access.SteerSandboxes, ""); err != nil {
		return err
	}
	if asciiKey(channel) != channel || len(channel) > 20 {
		return refusal.New(refusal.NotFound, "not-found", "没有这个渠道。")
	}
	return s.inTx(ctx, "set sandbox channel", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sandbox_channel (channel, mode, dedupe, delay_ms) VALUES (?,?,?,?)
			ON DUPLICATE KEY UPDATE mode = VALUES(mode), dedupe = VALUES(dedupe), delay_ms = VALUES(delay_ms)`,
			channel, string(c.Mode), c.Dedupe, c.Delay.Milliseconds())
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, s.clock.Now(), Audited{Action: "set-sandbox", SubjectKind: "channel", SubjectID: channel,
			Detail: map[string]any{"mode": c.Mode, "dedupe": c.Dedupe, "delay_ms": c.Delay.Milliseconds()}})
	})
}

// SandboxDeliver makes messages arrive on phones. With dedupe a known key arrives no second time and is only counted;
// without it arrives again and is marked as repeated.
func (s *Store) SandboxDeliver(ctx context.Context, channel string, dedupe bool, deliveries []sandbox.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	err := s.insertDeliveries(ctx, channel, deliveries)
	if err == nil || !duplicate(err) {
		return err
	}
	for _, d := range deliveries { // some key is known: one by one tells which
		err := s.insertDeliveries(ctx, channel, []sandbox.Delivery{d})
		if duplicate(err) {
			err = s.repeatDelivery(ctx, channel, dedupe, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertDeliveries(ctx context.Context, channel string, deliveries []sandbox.Delivery) error {
	business, wall := s.clock.Now(), time.Now().UTC()
	args := make([]any, 0, 7*len(deliveries))
	for _, d := range deliveries {
		args = append(args, channel, d.Key, d.To, d.Text, business, wall, d.Key)
	}
	values := strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?),", len(deliveries)), ",")
	return s.execRetried(ctx, "deliver to the sandbox",
		`INSERT INTO sandbox_message (channel, message_key, recipient, text, business_at, wall_at, first_key) VALUES `+values, args...)
}

func (s *Store) repeatDelivery(ctx context.Context, channel string, dedupe bool, d sandbox.Delivery) error {
	if dedupe {
		return s.execRetried(ctx, "count a repeated delivery", `INSERT INTO sandbox_channel (channel, repeats) VALUES (?, 1)
			ON DUPLICATE KEY UPDATE repeats = repeats + 1`, channel)
	}
	return s.execRetried(ctx, "repeat a delivery", `INSERT INTO sandbox_message (channel, message_key, recipient, text, business_at, wall_at, repeated) VALUES (?,?,?,?,?,?,TRUE)`,
		channel, d.Key, d.To, d.Text, s.clock.Now(), time.Now().UTC())
}

// SandboxStats counts what a channel received.
func (s *Store) SandboxStats(ctx context.Context, sc access.Scope, channel string) (sandbox.Stats, error) {
	if err := sc.Require(access.SteerSandboxes, ""); err != nil {
		return sandbox.Stats{}, err
	}
	stats := sandbox.Stats{ByRecipient: map[string]int64{}}
	err := s.db.GetContext(ctx, &stats.Repeats, `SELECT COALESCE(MAX(repeats), 0) FROM sandbox_channel WHERE channel = ?`, asciiKey(channel))
	if err != nil {
		return stats, fmt.Errorf("count the sandbox: %w", err)
	}
	var rows []struct {
		Recipient string `db:"recipient"`
		N         int64  `db:"n"`
		Repeated  int64  `db:"repeated_n"`
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT recipient, COUNT(*) AS n, CAST(SUM(repeated) AS SIGNED) AS repeated_n FROM sandbox_message WHERE channel = ? GROUP BY recipient`, asciiKey(channel))
	if err != nil {
		return stats, fmt.Errorf("count the sandbox: %w", err)
	}
	for _, r := range rows {
		stats.Received += r.N
		stats.Duplicates += r.Repeated
		stats.ByRecipient[r.Recipient] += r.N
	}
	return stats, nil
}

// SandboxMessages lists what reached the phones of a channel, newest first; recipient "" lists all phones.
func (s *Store) SandboxMessages(ctx context.Context, sc access.Scope, channel, recipient string, q page.Query) (page.Of[sandbox.Received], error) {
	if err := sc.Require(access.SteerSandboxes, ""); err != nil {
		return page.Of[sandbox.Received]{}, err
	}
	before := int64(math.MaxInt64)
	if q.Cursor != "" {
		n, err := strconv.ParseInt(q.Cursor, 10, 64)
		if err != nil {
			return page.Of[sandbox.Received]{}, refusal.New(refusal.Malformed, "invalid-cursor", "cursor 只能使用上一页返回的 next_cursor。")
		}
		before = n
	}
	query := `SELECT id, message_key, recipient, text, business_at, repeated FROM sandbox_message WHERE channel = ? AND id < ?`
	args := []any{asciiKey(channel), before}
	if recipient != "" {
		query, args = query+` AND recipient = ?`, append(args, recipient)
	}
	var rows []struct {
		ID         int64     `db:"id"`
		Key        string    `db:"message_key"`
		Recipient  string    `db:"recipient"`
		Text       string    `db:"text"`
		BusinessAt time.Time `db:"business_at"`
		Repeated   bool      `db:"repeated"`
	}
	if err := s.db.SelectContext(ctx, &rows, query+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return page.Of[sandbox.Received]{}, fmt.Errorf("list the sandbox: %w", err)
	}
	items := make([]sandbox.Received, len(rows))
	for i, r := range rows {
		items[i] = sandbox.Received{ID: strconv.FormatInt(r.ID, 10), Key: r.Key, Recipient: r.Recipient, Text: r.Text, At: r.BusinessAt, Repeated: r.Repeated}
	}
	return page.Cut(items, q.Limit, func(m sandbox.Received) string { return m.ID }), nil
}
