package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/estate"
	"steward/domain/page"
)

// CampaignCases lists a campaign's cases in the communities that the caller may see.
func (s *Store) CampaignCases(ctx context.Context, sc access.Scope, campaignID string, f dunning.CaseFilter, q page.Query) (page.Of[dunning.Case], error) {
	none := page.Of[dunning.Case]{}
	if err := s.requireAnyCommunity(ctx, sc, access.SeeCampaigns, campaignID); err != nil {
		return none, err
	}
	if err := checkCursor(q); err != nil {
		return none, err
	}
	where, args := caseWhere(sc.OrgID, campaignID, f)
	if all, communities := sc.Reach(access.SeeCampaigns); !all {
		where, args = where+` AND community_id IN (?)`, append(args, communities)
	}
	if q.Cursor != "" {
		where, args = where+` AND id > ?`, append(args, q.Cursor)
	}
	var rows []listedCase
	if err := selectIn(ctx, s.db, &rows, `SELECT `+caseColumns+`, COALESCE(assignee_id, '') AS assignee_id FROM dunning_case WHERE `+where+` ORDER BY id LIMIT ?`,
		append(args, q.Limit+1)...); err != nil {
		return none, fmt.Errorf("list cases: %w", err)
	}
	cut := page.Cut(rows, q.Limit, func(c listedCase) string { return c.ID })
	items, err := s.caseViews(ctx, sc, campaignID, cut.Items)
	return page.Of[dunning.Case]{Items: items, NextCursor: cut.NextCursor}, err
}

type listedCase struct {
	caseRow
	AssigneeID string `db:"assignee_id"`
}

func caseWhere(orgID, campaignID string, f dunning.CaseFilter) (string, []any) {
	where, args := []string{`org_id = ?`, `campaign_id = ?`}, []any{orgID, asciiKey(campaignID)}
	if f.Status != "" {
		where, args = append(where, `status = ?`), append(args, asciiKey(f.Status))
	}
	switch f.Stage {
	case "":
	case dunning.StageNone:
		where = append(where, `stage = ''`)
	default:
		where, args = append(where, `stage = ?`), append(args, asciiKey(f.Stage))
	}
	return strings.Join(where, " AND "), args
}

// debtorUnits are the units for which debtors have bills in a community.
type debtorUnit struct {
	CommunityID string `db:"community_id"`
	DebtorID    string `db:"debtor_id"`
	UnitID      string `db:"unit_id"`
	Display     string `db:"display"`
}

// household is what lists show of a case's debtor: name and units, as far as the caller may see.
type household struct {
	Name    string
	UnitIDs []string
	Units   []string
}

// households reads debtors' names and units for lists.
func (s *Store) households(ctx context.Context, sc access.Scope, keys []debtorKey) (map[debtorKey]household, error) {
	out := make(map[debtorKey]household, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	var communities, debtors []string
	for _, k := range keys {
		communities, debtors = append(communities, k.communityID), append(debtors, k.debtorID)
	}
	slices.Sort(communities)
	communities = slices.Compact(communities)
	var people []struct {
		ID      string `db:"id"`
		NameEnc []byte `db:"name_enc"`
	}
	if err := selectIn(ctx, s.db, &people, `SELECT id, name_enc FROM person WHERE org_id = ? AND id IN (?)`, sc.OrgID, debtors); err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	names := make(map[string]string, len(people))
	for _, p := range people {
		name, err := s.keys.Open(p.NameEnc)
		if err != nil {
			return nil, fmt.Errorf("read debtor %s: %w", p.ID, err)
		}
		names[p.ID] = name
	}
	var units []debtorUnit
	err := selectIn(ctx, s.db, &units, `SELECT DISTINCT b.community_id, b.debtor_id, b.unit_id, u.display FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
		WHERE b.org_id = ? AND b.community_id IN (?) AND b.debtor_id IN (?) AND b.voided_at IS NULL ORDER BY u.unit_key`, sc.OrgID, communities, debtors)
	if err != nil {
		return nil, fmt.Errorf("read the households' units: %w", err)
	}
	for _, k := range keys {
		h := household{Name: names[k.debtorID], UnitIDs: []string{}, Units: []string{}}
		if sc.Require(access.SeePeople, k.communityID) != nil {
			h.Name = estate.MaskName(h.Name)
		}
		out[k] = h
	}
	for _, u := range units {
		k := debtorKey{u.CommunityID, u.DebtorID}
		if h, wanted := out[k]; wanted {
			h.UnitIDs, h.Units = append(h.UnitIDs, u.UnitID), append(h.Units, u.Display)
			out[k] = h
		}
	}
	return out, nil
}

func (s *Store) caseViews(ctx context.Context, sc access.Scope, campaignID string, rows []listedCase) ([]dunning.Case, error) {
	views := make([]dunning.Case, 0, len(rows))
	if len(rows) == 0 {
		return views, nil
	}
	keys := make([]debtorKey, len(rows))
	for i, c := range rows {
		keys[i] = debtorKey{c.CommunityID, c.DebtorID}
	}
	known, err := s.households(ctx, sc, keys)
	if err != nil {
		return nil, err
	}
	g, err := campaignOf(ctx, s.db, sc.OrgID, campaignID, unlocked)
	if err != nil {
		return nil, err
	}
	for i, c := range rows {
		policy, err := s.policyVersion(ctx, sc.OrgID, versionOf(g, c.caseRow))
		if err != nil {
			return nil, err
		}
		views = append(views, caseView(sc, c, known[keys[i]], policy.Policy))
	}
	return views, nil
}

func caseView(sc access.Scope, c listedCase, h household, p dunning.Policy) dunning.Case {
	v := dunning.Case{
		ID: c.ID, CampaignID: c.CampaignID, CommunityID: c.CommunityID, DebtorID: c.DebtorID, UnitIDs: h.UnitIDs, Units: h.Units, Household: h.Name,
		Status: c.Status, Stage: c.Stage, NextStage: c.NextStage.String, AssigneeID: c.AssigneeID, OpenedAt: c.OpenedAt,
		NextAt: timeOrNil(c.NextAt.Time), ClosedAt: timeOrNil(c.ClosedAt.Time), Version: c.Version,
	}
	if n := p.StageIndex(c.NextStage.String); n >= 0 && c.NextStage.Valid {
		v.NextAction = string(p.Stages[n].Action)
	}
	if c.Status == dunning.CaseNeedsAttention {
		v.NextAction = dunning.TaskApproval
	}
	switch sc.Money(c.CommunityID) {
	case access.MoneyDetail, access.MoneyTotals:
		v.ArrearsFen, v.EnteredFen, v.CollectedFen = &c.ArrearsFen, &c.EnteredFen, &c.CollectedFen
	}
	return v
}

// Case gives one case with its story.
func (s *Store) Case(ctx context.Context, sc access.Scope, id string) (dunning.CaseDetail, error) {
	c, err := s.visibleCase(ctx, sc, access.SeeCampaigns, id)
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	views, err := s.caseViews(ctx, sc, c.CampaignID, []listedCase{c})
	if err != nil {
		return dunning.CaseDetail{}, err
	}
	detail := dunning.CaseDetail{Case: views[0], DueOn: c.DueOn, Holds: []dunning.Hold{}}
	if c.Status == dunning.CaseHeld {
		detail.Holds = append(detail.Holds, dunning.Hold{
			Kind: c.HoldKind.String, Why: c.HoldWhy.String, Since: c.HeldAt.Time, Until: timeOrNil(c.HoldUntil.Time)})
	}
	detail.Timeline, err = s.timeline(ctx, sc, c.caseRow)
	return detail, err
}

// visibleCase reads a case for an action; one outside the caller's reach is not found.
func (s *Store) visibleCase(ctx context.Context, sc access.Scope, action access.Action, id string) (listedCase, error) {
	var c listedCase
	if err := sc.Require(action, ""); err != nil {
		return c, err
	}
	err := s.db.GetContext(ctx, &c, `SELECT `+caseColumns+`, COALESCE(assignee_id, '') AS assignee_id FROM dunning_case WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, caseNotFound()
	}
	if err != nil {
		return c, fmt.Errorf("read case: %w", err)
	}
	if sc.Require(action, c.CommunityID) != nil {
		return c, caseNotFound()
	}
	return c, nil
}
