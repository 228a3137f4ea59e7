package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/oklog/ulid/v2"

	"steward/domain/access"
	"steward/domain/dunning"
)

// PreviewCampaign tells what a campaign would do, and keeps the answer so that a start can be compared with it. It sends
// nothing.
func (s *Store) PreviewCampaign(ctx context.Context, sc access.Scope, asked dunning.PreviewRequest) (dunning.Preview, error) {
	none, req := dunning.Preview{}, asked.CampaignRequest
	version, err := s.checkCampaignRequest(ctx, s.db, sc, &req)
	if err != nil {
		return none, err
	}
	now := s.clock.Now()
	list, err := s.candidates(ctx, s.db, sc, req, version.Policy, now)
	if err != nil {
		return none, err
	}
	startAt := now
	if asked.StartAt.After(now) {
		startAt = asked.StartAt.UTC().Truncate(time.Microsecond)
	}
	plan, err := s.planPreview(ctx, sc, req, version.Policy, list, startAt)
	if err != nil {
		return none, err
	}
	p := plan.sum()
	p.ID, p.PolicyID, p.VersionID, p.CreatedAt = NewID(), version.ID, version.VersionID, now
	return p, s.keepPreview(ctx, sc, req, p, plan)
}

func (s *Store) keepPreview(ctx context.Context, sc access.Scope, req dunning.CampaignRequest, p dunning.Preview, plan *previewPlan) error {
	request, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	result, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	print := previewFingerprint(p.VersionID, plan.list)
	rows := make([][]any, 0, len(plan.list))
	for n, c := range plan.list {
		first := plan.first[n]
		var firstAt any
		if !first.At.IsZero() {
			firstAt = first.At
		}
		rows = append(rows, []any{sc.OrgID, p.ID, n + 1, c.CommunityID, c.DebtorID, c.AmountFen, c.DueOn, nullable(c.Excluded), nullable(first.Stage), firstAt})
	}
	return s.inTx(ctx, "keep preview", func(tx *sqlx.Tx) error {
		if err := dropOldPreviews(ctx, tx, sc.OrgID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO campaign_preview (org_id, id, request, result, fingerprint, created_by, created_at) VALUES (?,?,?,?,?,?,?)`,
			sc.OrgID, p.ID, string(request), string(result), print[:], sc.ActorID, p.CreatedAt)
		if err != nil {
			return err
		}
		return insertRows(ctx, tx, `INSERT INTO campaign_preview_item (org_id, preview_id, n, community_id, debtor_id, amount_fen, due_on, excluded, first_stage, first_at)`, rows)
	})
}

// previewKept is how long (wall time) a campaign can be started from a preview. An id tells when its row was made.
const previewKept = 7 * 24 * time.Hour

func dropOldPreviews(ctx context.Context, tx *sqlx.Tx, orgID string) error {
	oldest := ulid.MustNew(ulid.Timestamp(time.Now().Add(-previewKept)), bytes.NewReader(make([]byte, 10))).String()
	for _, query := range []string{
		`DELETE FROM campaign_preview_item WHERE org_id = ? AND preview_id < ?`,
		`DELETE FROM campaign_preview WHERE org_id = ? AND id < ?`,
	} {
		if _, err := tx.ExecContext(ctx, query, orgID, oldest); err != nil {
			return fmt.Errorf("drop old previews: %w", err)
		}
	}
	return nil
}

// planPreview runs the ladder forward once for each group of debtors whose ladders are the same.
func (s *Store) planPreview(ctx context.Context, sc access.Scope, req dunning.CampaignRequest, p dunning.Policy, list []candidate, startAt time.Time) (*previewPlan, error) {
	plan := &previewPlan{policy: p, request: req, list: list, startAt: startAt}
	var err error
	if plan.calendars, err = s.calendarsOf(ctx, s.db, sc.OrgID, req.CommunityIDs); err != nil {
		return nil, err
	}
	if plan.touches, err = recentTouches(ctx, s.db, sc.OrgID, startAt); err != nil {
		return nil, err
	}
	if plan.guarded, err = s.guardedDebtors(ctx, sc.OrgID, req.CommunityIDs, list); err != nil {
		return nil, err
	}
	if plan.pricesFen, err = channelPrices(ctx, s.db, sc.OrgID); err != nil {
		return nil, err
	}
	plan.run()
	return plan, nil
}

// recentTouches gives the messages of the last seven days by debtor: a touch over several channels counts once.
func recentTouches(ctx context.Context, q sqlx.QueryerContext, orgID string, now time.Time) (map[string]weekTouches, error) {
	var rows []weekTouches
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT debtor_id, COUNT(DISTINCT case_id, stage, touch) AS n, MIN(created_at) AS oldest_at FROM outbox
		WHERE org_id = ? AND created_at > ? AND status NOT IN ('cancelled','failed') GROUP BY debtor_id`, orgID, now.AddDate(0, 0, -7))
	if err != nil {
		return nil, fmt.Errorf("read the week's messages: %w", err)
	}
	touches := make(map[string]weekTouches, len(rows))
	for _, r := range rows {
		touches[r.DebtorID] = r
	}
	return touches, nil
}

// guardedDebtors gives those whom a go-live guard keeps messages from: debtors of guarded communities without a test phone.
func (s *Store) guardedDebtors(ctx context.Context, orgID string, communityIDs []string, list []candidate) (map[debtorKey]bool, error) {
	guards, err := readGuards(ctx, s.db, orgID, communityIDs)
	if err != nil {
		return nil, err
	}
	guarded := map[debtorKey]bool{}
	for id, g := range guards {
		if !g.Guard {
			continue
		}
		phones, err := s.phonesOf(ctx, orgID, includedIn(list, id))
		if err != nil {
			return nil, err
		}
		listed := make(map[string]bool, len(g.TestPhones))
		for _, phone := range g.TestPhones {
			listed[phone] = true
		}
		for debtorID, phone := range phones {
			guarded[debtorKey{id, debtorID}] = !listed[phone]
		}
	}
	return guarded, nil
}

func includedIn(list []candidate, communityID string) []string {
	var ids []string
	for _, c := range list {
		if c.CommunityID == communityID && c.Excluded == "" {
			ids = append(ids, c.DebtorID)
		}
	}
	return ids
}

func (s *Store) phonesOf(ctx context.Context, orgID string, personIDs []string) (map[string]string, error) {
	phones := make(map[string]string, len(personIDs))
	for len(personIDs) > 0 {
		part := personIDs[:min(rowsPerStatement, len(personIDs))]
		personIDs = personIDs[len(part):]
		var rows []struct {
			ID       string `db:"id"`
			PhoneEnc []byte `db:"phone_enc"`
		}
		if err := selectIn(ctx, s.db, &rows, `SELECT id, phone_enc FROM person WHERE org_id = ? AND id IN (?)`, orgID, part); err != nil {
			return nil, fmt.Errorf("read phones: %w", err)
		}
		for _, r := range rows {
			phone, err := s.keys.Open(r.PhoneEnc)
			if err != nil {
				return nil, fmt.Errorf("read the phone of person %s: %w", r.ID, err)
			}
			phones[r.ID] = phone
		}
	}
	return phones, nil
}

func channelPrices(ctx context.Context, q sqlx.QueryerContext, orgID string) (map[dunning.Channel]int64, error) {
	var rows []struct {
		Channel  dunning.Channel `db:"channel"`
		PriceFen int64           `db:"price_fen"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT channel, price_fen FROM channel_setting WHERE org_id = ?`, orgID); err != nil {
		return nil, fmt.Errorf("read channel prices: %w", err)
	}
	prices := make(map[dunning.Channel]int64, len(rows))
	for _, r := range rows {
		prices[r.Channel] = r.PriceFen
	}
	return prices, nil
}
