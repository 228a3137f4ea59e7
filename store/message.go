package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/page"
	"steward/domain/refusal"
)

const messageColumns = `id, case_id, campaign_id, community_id, debtor_id, stage, channel, recipient_enc, text, text_sha256, status,
	COALESCE(provider_id, '') AS provider_id, created_at, not_before, sent_at, receipt_at, attempts, COALESCE(why, '') AS why`

// Message gives one message; one in a community that the caller may not see is not found.
func (s *Store) Message(ctx context.Context, sc access.Scope, id string) (dunning.OutboxMessage, error) {
	if err := sc.Require(access.SeeCampaigns, ""); err != nil {
		return dunning.OutboxMessage{}, err
	}
	var r messageRow
	err := s.db.GetContext(ctx, &r, `SELECT `+messageColumns+` FROM outbox WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(id))
	if err == nil && sc.Require(access.SeeCampaigns, r.CommunityID) == nil {
		return s.messageView(sc, r)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return dunning.OutboxMessage{}, fmt.Errorf("read message %s: %w", id, err)
	}
	return dunning.OutboxMessage{}, refusal.New(refusal.NotFound, "message-not-found", "没有找到该消息，请返回列表重新选择。")
}

// Messages lists messages in the communities that the caller may see, in the order in which they were written.
func (s *Store) Messages(ctx context.Context, sc access.Scope, f dunning.MessageFilter, q page.Query) (page.Of[dunning.OutboxMessage], error) {
	none := page.Of[dunning.OutboxMessage]{}
	if err := sc.Require(access.SeeCampaigns, ""); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, args := messageWhere(sc.OrgID, f)
	if all, communities := sc.Reach(access.SeeCampaigns); !all {
		if len(communities) == 0 {
			return page.Cut([]dunning.OutboxMessage(nil), q.Limit, messageID), nil
		}
		where, args = where+` AND community_id IN (?)`, append(args, communities)
	}
	if q.Cursor != "" {
		where, args = where+` AND id > ?`, append(args, q.Cursor)
	}
	var rows []messageRow
	err := selectIn(ctx, s.db, &rows, `SELECT `+messageColumns+` FROM outbox WHERE `+where+` ORDER BY id LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return none, fmt.Errorf("list messages: %w", err)
	}
	items := make([]dunning.OutboxMessage, 0, len(rows))
	for _, r := range rows {
		m, err := s.messageView(sc, r)
		if err != nil {
			return none, err
		}
		items = append(items, m)
	}
	return page.Cut(items, q.Limit, messageID), nil
}

func messageID(m dunning.OutboxMessage) string { return m.ID }

func messageWhere(orgID string, f dunning.MessageFilter) (string, []any) {
	where, args := `org_id = ?`, []any{orgID}
	for _, c := range []struct{ column, value string }{{"campaign_id", f.CampaignID}, {"case_id", f.CaseID}, {"stage", f.Stage}} {
		if c.value != "" {
			where, args = where+` AND `+c.column+` = ?`, append(args, asciiKey(c.value))
		}
	}
	switch f.Status {
	case "":
	case dunning.MessageQueued:
		where += ` AND status IN ('queued','parked')`
	default:
		where, args = where+` AND status = ?`, append(args, asciiKey(f.Status))
	}
	if f.UnitID != "" {
		where += ` AND (community_id, debtor_id) IN (SELECT DISTINCT community_id, debtor_id FROM bill WHERE org_id = ? AND unit_id = ?)`
		args = append(args, orgID, asciiKey(f.UnitID))
	}
	return where, args
}

type messageRow struct {
	ID           string       `db:"id"`
	CaseID       string       `db:"case_id"`
	CampaignID   string       `db:"campaign_id"`
	CommunityID  string       `db:"community_id"`
	DebtorID     string       `db:"debtor_id"`
	Stage        string       `db:"stage"`
	Channel      string       `db:"channel"`
	RecipientEnc []byte       `db:"recipient_enc"`
	Text         string       `db:"text"`
	TextSHA256   []byte       `db:"text_sha256"`
	Status       string       `db:"status"`
	ProviderID   string       `db:"provider_id"`
	CreatedAt    time.Time    `db:"created_at"`
	NotBefore    time.Time    `db:"not_before"`
	SentAt       sql.NullTime `db:"sent_at"`
	ReceiptAt    sql.NullTime `db:"receipt_at"`
	Attempts     int          `db:"attempts"`
	Why          string       `db:"why"`
}

// messageView shows as much as the caller may see: the address in full with detail, the text (it names the amount) with totals.
func (s *Store) messageView(sc access.Scope, r messageRow) (dunning.OutboxMessage, error) {
	m := dunning.OutboxMessage{
		ID: r.ID, CaseID: r.CaseID, CampaignID: r.CampaignID, DebtorID: r.DebtorID, Stage: r.Stage, Channel: dunning.Channel(r.Channel), Text: r.Text,
		TextSHA256: hex.EncodeToString(r.TextSHA256), Status: r.Status, ProviderID: r.ProviderID, CreatedAt: r.CreatedAt, NotBefore: r.NotBefore,
		SentAt: timeOrNil(r.SentAt.Time), ReceiptAt: timeOrNil(r.ReceiptAt.Time), Attempts: r.Attempts, Why: r.Why,
	}
	switch m.Status {
	case dunning.MessageParked:
		m.Status = dunning.MessageQueued
	case dunning.MessageUnknown:
		m.SentAt = nil // nobody knows that it was
	}
	to, err := s.keys.Open(r.RecipientEnc)
	if err != nil {
		return m, fmt.Errorf("read the recipient of message %s: %w", r.ID, err)
	}
	m.To = to
	switch sc.Money(r.CommunityID) {
	case access.MoneyDetail:
	case access.MoneyTotals:
		m.To = maskAddress(r.Channel, to)
	default:
		m.To, m.Text = maskAddress(r.Channel, to), ""
	}
	return m, nil
}

func maskAddress(channel, to string) string {
	if dunning.Channel(channel) == dunning.Mail {
		return estate.MaskName(to)
	}
	return estate.MaskPhone(to)
}
