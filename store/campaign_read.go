package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Campaigns lists the campaigns over communities that the caller may see, newest first; status "" lists all.
func (s *Store) Campaigns(ctx context.Context, sc access.Scope, status string, q page.Query) (page.Of[dunning.Campaign], error) {
	none := page.Of[dunning.Campaign]{}
	if err := sc.Require(access.SeeCampaigns, ""); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	query, args := `SELECT `+campaignColumns+` FROM campaign WHERE org_id = ?`, []any{sc.OrgID}
	if q.Cursor != "" {
		query, args = query+` AND id < ?`, append(args, q.Cursor)
	}
	if status != "" {
		query, args = query+` AND status = ?`, append(args, asciiKey(status))
	}
	if all, communities := sc.Reach(access.SeeCampaigns); !all {
		if len(communities) == 0 {
			return page.Cut([]dunning.Campaign(nil), q.Limit, campaignID), nil
		}
		query += ` AND id IN (SELECT campaign_id FROM campaign_community WHERE org_id = ? AND community_id IN (?))`
		args = append(args, sc.OrgID, communities)
	}
	var rows []campaignRow
	if err := selectIn(ctx, s.db, &rows, query+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list campaigns: %w", err)
	}
	list, err := s.campaignViews(ctx, sc.OrgID, rows)
	if err != nil {
		return none, err
	}
	return page.Cut(list, q.Limit, campaignID), nil
}

func campaignID(c dunning.Campaign) string { return c.ID }

// Campaign gives one campaign with its funnel.
func (s *Store) Campaign(ctx context.Context, sc access.Scope, id string) (dunning.CampaignDetail, error) {
	if err := s.requireAnyCommunity(ctx, sc, access.SeeCampaigns, id); err != nil {
		return dunning.CampaignDetail{}, err
	}
	row, err := campaignOf(ctx, s.db, sc.OrgID, id, unlocked)
	if err != nil {
		return dunning.CampaignDetail{}, err
	}
	views, err := s.campaignViews(ctx, sc.OrgID, []campaignRow{row})
	if err != nil {
		return dunning.CampaignDetail{}, err
	}
	detail := dunning.CampaignDetail{Campaign: views[0]}
	detail.Stages, err = s.funnel(ctx, sc.OrgID, row)
	return detail, err
}

// requireAnyCommunity asks for an action in one community of a campaign at least; otherwise the campaign is not found.
func (s *Store) requireAnyCommunity(ctx context.Context, sc access.Scope, action access.Action, id string) error {
	if err := sc.Require(action, ""); err != nil {
		return err
	}
	var communities []string
	err := s.db.SelectContext(ctx, &communities, `SELECT community_id FROM campaign_community WHERE org_id = ? AND campaign_id = ?`, sc.OrgID, asciiKey(id))
	if err != nil {
		return fmt.Errorf("read the campaign's communities: %w", err)
	}
	for _, c := range communities {
		if sc.Require(action, c) == nil {
			return nil
		}
	}
	return campaignNotFound()
}

// caseCount counts a campaign's cases by status.
type caseCount struct {
	CampaignID string `db:"campaign_id"`
	Status     string `db:"status"`
	N          int    `db:"n"`
}

func (s *Store) campaignViews(ctx context.Context, orgID string, rows []campaignRow) ([]dunning.Campaign, error) {
	views := make([]dunning.Campaign, len(rows))
	if len(rows) == 0 {
		return views, nil
	}
	ids := make([]string, len(rows))
	at := make(map[string]*dunning.Campaign, len(rows))
	for i, r := range rows {
		views[i] = campaignView(r)
		ids[i], at[r.ID] = r.ID, &views[i]
	}
	var communities []struct {
		CampaignID  string `db:"campaign_id"`
		CommunityID string `db:"community_id"`
	}
	err := selectIn(ctx, s.db, &communities, `SELECT campaign_id, community_id FROM campaign_community WHERE org_id = ? AND campaign_id IN (?) ORDER BY community_id`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns' communities: %w", err)
	}
	for _, c := range communities {
		at[c.CampaignID].CommunityIDs = append(at[c.CampaignID].CommunityIDs, c.CommunityID)
	}
	var counts []caseCount
	err = selectIn(ctx, s.db, &counts, `SELECT campaign_id, status, COUNT(*) AS n FROM dunning_case
		WHERE org_id = ? AND campaign_id IN (?) GROUP BY campaign_id, status`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("count cases: %w", err)
	}
	for _, c := range counts {
		addCount(at[c.CampaignID], c)
	}
	var collected []struct {
		CampaignID string `db:"campaign_id"`
		Fen        int64  `db:"fen"`
	}
	err = selectIn(ctx, s.db, &collected, `SELECT campaign_id, CAST(COALESCE(SUM(amount_fen), 0) AS SIGNED) AS fen FROM case_event
		WHERE org_id = ? AND campaign_id IN (?) AND kind IN ('payment','reversal') GROUP BY campaign_id`, orgID, ids)
	if err != nil {
		return nil, fmt.Errorf("sum what was collected: %w", err)
	}
	for _, c := range collected {
		at[c.CampaignID].CollectedFen = c.Fen
	}
	return views, nil
}

func campaignView(r campaignRow) dunning.Campaign {
	return dunning.Campaign{
		ID: r.ID, WorkflowID: dunning.WorkflowID(r.ID), Name: r.Name, Status: r.Status, Why: r.Why.String, PolicyID: r.PolicyID,
		PolicyVersionID: r.PolicyVersionID, CommunityIDs: []string{}, FromStage: r.FromStage.String, StartAt: r.StartAt, CreatedAt: r.CreatedAt,
		FinishedAt: timeOrNil(r.FinishedAt.Time), Households: r.Households, AmountFen: r.AmountFen, Version: r.Version,
	}
}

func addCount(v *dunning.Campaign, c caseCount) {
	switch c.Status {
	case dunning.CaseOpen:
		v.Open = c.N
	case dunning.CaseHeld:
		v.Held = c.N
	case dunning.CaseNeedsAttention:
		v.NeedsAttention = c.N
	case dunning.CasePaid:
		v.Paid = c.N
	case dunning.CaseExcluded:
		v.Excluded = c.N
	case dunning.CaseFinished:
		v.Finished = c.N
	}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// funnel counts a campaign's stages in the order of its policy.
func (s *Store) funnel(ctx context.Context, orgID string, g campaignRow) ([]dunning.StageFunnel, error) {
	policy, err := s.policyVersion(ctx, orgID, g.PolicyVersionID)
	if err != nil {
		return nil, err
	}
	stages := make([]dunning.StageFunnel, len(policy.Stages))
	at := make(map[string]*dunning.StageFunnel, len(policy.Stages))
	for i, st := range policy.Stages {
		stages[i].Key, at[st.Key] = st.Key, &stages[i]
	}
	steps := []func(context.Context, sqlx.QueryerContext, string, string, map[string]*dunning.StageFunnel) error{
		countOutcomes, countMessages, countPaid, countCollected,
	}
	for _, count := range steps {
		if err := count(ctx, s.db, orgID, g.ID, at); err != nil {
			return nil, fmt.Errorf("count the funnel: %w", err)
		}
	}
	if slices.ContainsFunc(stages, func(f dunning.StageFunnel) bool { return f.Failed > 0 }) {
		if err := countFailures(ctx, s.db, orgID, g.ID, at); err != nil {
			return nil, fmt.Errorf("count the funnel: %w", err)
		}
	}
	return stages, nil
}

// stageCount is one group of a funnel's query.
type stageCount struct {
	Stage string `db:"stage"`
	Kind  string `db:"kind"`
	N     int    `db:"n"`
	Fen   int64  `db:"fen"`
}

func countStages(ctx context.Context, q sqlx.QueryerContext, at map[string]*dunning.StageFunnel, add func(*dunning.StageFunnel, stageCount), query string, args ...any) error {
	var rows []stageCount
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		if f := at[r.Stage]; f != nil {
			add(f, r)
		}
	}
	return nil
}

func countOutcomes(ctx context.Context, q sqlx.QueryerContext, orgID, id string, at map[string]*dunning.StageFunnel) error {
	return countStages(ctx, q, at, func(f *dunning.StageFunnel, c stageCount) {
		f.Due += c.N
		switch dunning.Kind(c.Kind) {
		case dunning.Skip:
			f.Skipped += c.N
		case dunning.HumanDo:
			f.Tasks += c.N
		}
	}, `SELECT stage, kind, COUNT(*) AS n, 0 AS fen FROM case_outcome WHERE org_id = ? AND campaign_id = ? GROUP BY stage, kind`, orgID, id)
}

// countMessages counts rows: a case has one message a stage beside failed ones.
func countMessages(ctx context.Context, q sqlx.QueryerContext, orgID, id string, at map[string]*dunning.StageFunnel) error {
	return countStages(ctx, q, at, func(f *dunning.StageFunnel, c stageCount) {
		switch c.Kind {
		case dunning.MessageQueued, dunning.MessageParked, dunning.MessageSending:
			f.Queued += c.N
		case dunning.MessageSent:
			f.Sent += c.N
		case dunning.MessageDelivered:
			f.Sent += c.N
			f.Delivered += c.N
		case dunning.MessageFailed:
			f.Failed += c.N
		case dunning.MessageUnknown:
			f.Unknown += c.N
		case dunning.MessageCancelled:
			f.Cancelled += c.N
		}
	}, `SELECT stage, status AS kind, COUNT(*) AS n, 0 AS fen FROM outbox WHERE org_id = ? AND campaign_id = ? GROUP BY stage, status`, orgID, id)
}

// countFailures counts cases that no channel of the stage could tell, in place of failed messages.
func countFailures(ctx context.Context, q sqlx.QueryerContext, orgID, id string, at map[string]*dunning.StageFunnel) error {
	for _, f := range at {
		f.Failed = 0
	}
	return countStages(ctx, q, at, func(f *dunning.StageFunnel, c stageCount) { f.Failed += c.N },
		`SELECT o.stage, 'failed' AS kind, COUNT(DISTINCT o.case_id) AS n, 0 AS fen
		FROM outbox o FORCE INDEX (outbox_campaign) LEFT JOIN outbox p FORCE INDEX (outbox_once)
			ON p.org_id = o.org_id AND p.case_id = o.case_id AND p.stage = o.stage AND p.status <> 'failed'
		WHERE o.org_id = ? AND o.campaign_id = ? AND o.status = 'failed' AND p.id IS NULL GROUP BY o.stage`, orgID, id)
}

func countPaid(ctx context.Context, q sqlx.QueryerContext, orgID, id string, at map[string]*dunning.StageFunnel) error {
	return countStages(ctx, q, at, func(f *dunning.StageFunnel, c stageCount) { f.PaidAfter += c.N },
		`SELECT stage, 'paid' AS kind, COUNT(*) AS n, 0 AS fen FROM dunning_case WHERE org_id = ? AND campaign_id = ? AND status = 'paid' GROUP BY stage`, orgID, id)
}

func countCollected(ctx context.Context, q sqlx.QueryerContext, orgID, id string, at map[string]*dunning.StageFunnel) error {
	return countStages(ctx, q, at, func(f *dunning.StageFunnel, c stageCount) { f.CollectedFen += c.Fen },
		`SELECT stage, 'collected' AS kind, COUNT(*) AS n, CAST(COALESCE(SUM(amount_fen), 0) AS SIGNED) AS fen FROM case_event
		WHERE org_id = ? AND campaign_id = ? AND kind IN ('payment','reversal') GROUP BY stage`, orgID, id)
}
