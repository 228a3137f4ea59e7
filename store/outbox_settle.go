package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/dunning"
)

// Settle implements dunning.Outbox. What a provider could not deliver goes on to the touch's next channel; what is given
// back for a later try, and the next channel, wait only while the case and its campaign still stand.
func (s *Store) Settle(ctx context.Context, ch dunning.Channel, results []dunning.Sent) error {
	byOrg := map[string][]dunning.Sent{}
	for _, r := range results {
		byOrg[r.OrgID] = append(byOrg[r.OrgID], r)
	}
	for orgID, group := range byOrg {
		for chunk := range slices.Chunk(group, rowsPerStatement) {
			err := s.inTx(ctx, "settle messages", func(tx *sqlx.Tx) error { return s.settleIn(ctx, tx, orgID, chunk) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// settledRow is what settling needs of a row beside the provider's answer.
type settledRow struct {
	ID           string    `db:"id"`
	CampaignID   string    `db:"campaign_id"`
	CaseID       string    `db:"case_id"`
	CommunityID  string    `db:"community_id"`
	Claim        string    `db:"claim"`
	Stage        string    `db:"stage"`
	Touch        int       `db:"touch"`
	ThenChannels string    `db:"then_channels"`
	Text         string    `db:"text"`
	CreatedAt    time.Time `db:"created_at"`
}

func (s *Store) settleIn(ctx context.Context, tx *sqlx.Tx, orgID string, results []dunning.Sent) error {
	rows, err := readSettled(ctx, tx, orgID, results, unlocked)
	if err != nil {
		return err
	}
	stands := map[string]standing{}
	if troubled(results) {
		if stands, err = lockStanding(ctx, tx, orgID, rows); err != nil {
			return err
		}
		// Another claim may have taken a row over meanwhile; its touch goes nowhere else then.
		if rows, err = readSettled(ctx, tx, orgID, results, exclusive); err != nil {
			return err
		}
	}
	now := s.clock.Now()
	var current []dunning.Sent
	var next [][]any
	for _, r := range results {
		row, known := rows[r.ID]
		if !known || row.Claim != r.Claim {
			continue
		}
		at := stands[row.CaseID]
		if r.Status == dunning.MessageQueued {
			r.Status, r.Why = at.requeued(r.Why)
		}
		current = append(current, r)
		if r.Status == dunning.MessageFailed && row.ThenChannels != "" && at.open() {
			follow, err := s.followUp(ctx, tx, orgID, row, at, now)
			if err != nil {
				return err
			}
			next = append(next, follow...)
		}
	}
	if err := s.writeSettled(ctx, tx, orgID, current, stands, rows, now); err != nil {
		return err
	}
	if err := upsertRows(ctx, tx, insertMessages, next, messageOnce); err != nil {
		return fmt.Errorf("queue the next channel: %w", err)
	}
	return recordChange(ctx, tx, orgID, now, messageChanges(current, rows)...)
}

func troubled(results []dunning.Sent) bool {
	return slices.ContainsFunc(results, func(r dunning.Sent) bool {
		return r.Status == dunning.MessageFailed || r.Status == dunning.MessageQueued
	})
}

func readSettled(ctx context.Context, tx *sqlx.Tx, orgID string, results []dunning.Sent, lock string) (map[string]settledRow, error) {
	ids := make([]string, len(results))
	for i, r := range results {
		ids[i] = r.ID
	}
	var rows []settledRow
	err := selectIn(ctx, tx, &rows, `SELECT id, campaign_id, case_id, community_id, COALESCE(claim, '') AS claim, stage, touch, then_channels, text, created_at
		FROM outbox WHERE org_id = ? AND id IN (?) AND status = 'sending' ORDER BY id`+lock, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read settled messages: %w", err)
	}
	byID := make(map[string]settledRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, nil
}

// standing is how a message's case and campaign stand, locked against a stop for the rest of the transaction.
type standing struct {
	Case     caseRow
	Campaign campaignRow
}

func (st standing) open() bool { return st.Case.open() && st.Campaign.active() }

// requeued is what becomes of a message that is given back: it waits, it waits for the release or the resumption, or
// it was stopped meanwhile.
func (st standing) requeued(why string) (status, reason string) {
	switch {
	case !st.open() && st.Case.Status != dunning.CaseFinished:
		return dunning.MessageCancelled, stoppedWhy(st.Case, st.Campaign)
	case st.Case.Status == dunning.CaseHeld || st.Campaign.Status == dunning.CampaignPaused:
		return dunning.MessageParked, why
	default:
		return dunning.MessageQueued, why
	}
}

func stoppedWhy(c caseRow, g campaignRow) string {
	if g.Status == dunning.CampaignCancelled {
		return whyCampaignCancelled
	}
	if c.Status == dunning.CaseExcluded {
		return whyExcluded
	}
	return whyPaid
}

func lockStanding(ctx context.Context, tx *sqlx.Tx, orgID string, rows map[string]settledRow) (map[string]standing, error) {
	var campaignIDs, ids []string
	for _, r := range rows {
		campaignIDs, ids = append(campaignIDs, r.CampaignID), append(ids, r.CaseID)
	}
	out := make(map[string]standing, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var campaigns []campaignRow
	err := selectIn(ctx, tx, &campaigns, `SELECT `+campaignColumns+` FROM campaign WHERE org_id = ? AND id IN (?) ORDER BY id LOCK IN SHARE MODE`, orgID, campaignIDs)
	if err != nil {
		return nil, fmt.Errorf("lock campaigns: %w", err)
	}
	var cases []caseRow
	err = selectIn(ctx, tx, &cases, `SELECT `+caseColumns+` FROM dunning_case WHERE org_id = ? AND id IN (?) ORDER BY id LOCK IN SHARE MODE`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("lock cases: %w", err)
	}
	for _, c := range cases {
		i := slices.IndexFunc(campaigns, func(g campaignRow) bool { return g.ID == c.CampaignID })
		if i >= 0 {
			out[c.ID] = standing{Case: c, Campaign: campaigns[i]}
		}
	}
	return out, nil
}

// followUp is the message on the next channel that has an address of the debtor; it is the same touch.
func (s *Store) followUp(ctx context.Context, tx *sqlx.Tx, orgID string, row settledRow, at standing, now time.Time) ([][]any, error) {
	people, err := s.readDebtors(ctx, tx, orgID, []string{at.Case.DebtorID})
	if err != nil {
		return nil, err
	}
	idTime, err := idTime(row.ID)
	if err != nil {
		return nil, err
	}
	channels := strings.Split(row.ThenChannels, ",")
	for i, ch := range channels {
		to := people[at.Case.DebtorID].Addresses[dunning.Channel(ch)]
		if to == "" {
			continue
		}
		then := make([]dunning.Channel, 0, len(channels))
		for _, c := range channels[i+1:] {
			then = append(then, dunning.Channel(c))
		}
		m, err := s.messageRow(orgID, at.Campaign, at.Case, newMessage{
			Time: idTime + 1, Stage: row.Stage, Touch: row.Touch, Channel: dunning.Channel(ch), Then: then, To: to, Text: row.Text, At: now})
		if err != nil {
			return nil, err
		}
		if at.Case.Status == dunning.CaseHeld || at.Campaign.Status == dunning.CampaignPaused {
			m[messageStatusColumn] = dunning.MessageParked
		}
		return [][]any{m}, nil
	}
	return nil, nil
}

// writeSettled writes all answers with one statement. A row that fell to another claim is not touched.
func (s *Store) writeSettled(ctx context.Context, tx *sqlx.Tx, orgID string, results []dunning.Sent, stands map[string]standing, rows map[string]settledRow, now time.Time) error {
	if len(results) == 0 {
		return nil
	}
	var status, why, provider, sent, receipt, notBefore, epoch, claims caseWhen
	ids := make([]any, len(results))
	for i, r := range results {
		ids[i] = r.ID
		status.add(r.ID, r.Status)
		why.add(r.ID, nullable(clip(r.Why, 200)))
		provider.add(r.ID, nullable(clip(r.ProviderID, 96)))
		told := r.Status == dunning.MessageSent || r.Status == dunning.MessageDelivered || r.Status == dunning.MessageUnknown
		sent.add(r.ID, nullTime(instantIf(told, now)))
		receipt.add(r.ID, nullTime(instantIf(r.Status == dunning.MessageDelivered, now)))
		claims.add(r.ID, r.Claim)
		if r.Status == dunning.MessageQueued || r.Status == dunning.MessageParked {
			wait := time.Duration(float64(r.RetryAfter) * s.clock.Anchor().Speed) // of wall time, in business time
			notBefore.add(r.ID, now.Add(wait).Truncate(time.Microsecond))
			epoch.add(r.ID, stands[rows[r.ID].CaseID].Campaign.Epoch)
		}
	}
	query := `UPDATE outbox SET status = ` + status.sql("status") + `, why = ` + why.sql("why") + `, provider_id = ` + provider.sql("provider_id") +
		`, sent_at = ` + sent.sql("sent_at") + `, receipt_at = ` + receipt.sql("receipt_at") + `, not_before = ` + notBefore.sql("not_before") +
		`, epoch = ` + epoch.sql("epoch") + `, lease_until = NULL WHERE org_id = ? AND id IN (` + placeholders(len(ids)) + `) AND claim = ` + claims.sql("''")
	args := slices.Concat(status.args, why.args, provider.args, sent.args, receipt.args, notBefore.args, epoch.args, []any{orgID}, ids, claims.args)
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("write answers: %w", err)
	}
	return nil
}

// caseWhen builds CASE id WHEN ? THEN ? ... END.
type caseWhen struct{ args []any }

func (c *caseWhen) add(id string, value any) { c.args = append(c.args, id, value) }

func (c *caseWhen) sql(otherwise string) string {
	if len(c.args) == 0 {
		return otherwise
	}
	return "CASE id " + strings.Repeat("WHEN ? THEN ? ", len(c.args)/2) + "ELSE " + otherwise + " END"
}

func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func instantIf(yes bool, at time.Time) time.Time {
	if yes {
		return at
	}
	return time.Time{}
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// messageChanges is one change for each campaign whose messages moved, and one for each community.
func messageChanges(results []dunning.Sent, rows map[string]settledRow) []Change {
	var out []Change
	seen := map[string]bool{}
	for _, r := range results {
		row := rows[r.ID]
		if !seen[row.CampaignID] {
			seen[row.CampaignID] = true
			out = append(out, Change{Kind: "campaign", SubjectID: row.CampaignID})
		}
		if !seen[row.CommunityID] {
			seen[row.CommunityID] = true
			out = append(out, Change{Kind: "message", SubjectID: r.ID, CommunityID: row.CommunityID})
		}
	}
	return out
}

// Lapsed implements dunning.Outbox. A row whose case or campaign was stopped while its sender was dead is not called
// again: nobody knows whether it was told, and it stays so.
func (s *Store) Lapsed(ctx context.Context, ch dunning.Channel, limit int, lease time.Duration) ([]dunning.Claimed, error) {
	var claimed []dunning.Claimed
	err := s.inTx(ctx, "take over lapsed messages", func(tx *sqlx.Tx) error {
		claimed = nil
		wall := time.Now().UTC()
		var rows []lapsedRow
		err := tx.SelectContext(ctx, &rows, `SELECT o.org_id, o.id, o.recipient_enc, o.text, o.attempts,
				c.status IN ('open','needs_attention','finished') AND g.status IN ('running','needs_attention','finished') AS stands
			FROM outbox o JOIN dunning_case c ON c.org_id = o.org_id AND c.id = o.case_id JOIN campaign g ON g.org_id = o.org_id AND g.id = o.campaign_id
			WHERE o.channel = ? AND o.status = 'sending' AND o.lease_until < ? ORDER BY o.lease_until LIMIT ?`, string(ch), wall, limit)
		if err != nil {
			return fmt.Errorf("read lapsed messages: %w", err)
		}
		claim := NewID()
		for _, r := range rows {
			won, err := s.takeOver(ctx, tx, r, claim, wall, lease)
			if err != nil {
				return err
			}
			if !won || !r.Stands {
				continue
			}
			to, err := s.keys.Open(r.RecipientEnc)
			if err != nil {
				return fmt.Errorf("read the recipient of message %s: %w", r.ID, err)
			}
			claimed = append(claimed, dunning.Claimed{OrgID: r.OrgID, ID: r.ID, Claim: claim, To: to, Text: r.Text, Attempts: r.Attempts + 1})
		}
		return nil
	})
	return claimed, err
}

type lapsedRow struct {
	OrgID        string `db:"org_id"`
	ID           string `db:"id"`
	RecipientEnc []byte `db:"recipient_enc"`
	Text         string `db:"text"`
	Attempts     int    `db:"attempts"`
	Stands       bool   `db:"stands"`
}

// takeOver wins a lapsed row, or settles it as unknown when its case was stopped; another taker may have been faster.
func (s *Store) takeOver(ctx context.Context, tx *sqlx.Tx, r lapsedRow, claim string, wall time.Time, lease time.Duration) (bool, error) {
	var res sql.Result
	var err error
	if r.Stands {
		res, err = tx.ExecContext(ctx, `UPDATE outbox SET claim = ?, claimed_at = ?, lease_until = ?, attempts = attempts + 1
			WHERE org_id = ? AND id = ? AND status = 'sending' AND lease_until < ?`, claim, wall, wall.Add(lease), r.OrgID, r.ID, wall)
	} else {
		res, err = tx.ExecContext(ctx, `UPDATE outbox SET status = 'unknown', why = ?, claim = ?, sent_at = ?, lease_until = NULL
			WHERE org_id = ? AND id = ? AND status = 'sending' AND lease_until < ?`, whyStoppedWhileSending, claim, s.clock.Now(), r.OrgID, r.ID, wall)
	}
	if err != nil {
		return false, fmt.Errorf("take over message %s: %w", r.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("take over message %s: %w", r.ID, err)
	}
	return n > 0, nil
}
