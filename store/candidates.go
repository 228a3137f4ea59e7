package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/dunning"
	"steward/domain/estate"
)

// candidate is one debtor in one community whom a campaign looks at.
type candidate struct {
	CommunityID string        `db:"community_id"`
	DebtorID    string        `db:"debtor_id"`
	DueFen      int64         `db:"due_fen"`      // due by today, undisputed
	IssuedFen   int64         `db:"issued_fen"`   // issued, undisputed
	DisputedFen int64         `db:"disputed_fen"` // issued and disputed
	DueOn       calendar.Date `db:"due_on"`       // of the oldest undisputed bill
	HasPhone    bool          `db:"has_phone"`
	HasEmail    bool          `db:"has_email"`

	AmountFen int64  // what the campaign asks for at entry, net of the advance
	Excluded  string // why the debtor is left out, "" for one who comes in
}

type debtorKey struct{ communityID, debtorID string }

// candidates lists everyone who owes in the request's communities, sorted by community, due date and debtor, with the
// reason for those who are left out. It reads in q and writes nothing; the request must have passed checkCampaignRequest.
// A handful of grouped statements answer it, whatever the number of debtors.
func (s *Store) candidates(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, req dunning.CampaignRequest, p dunning.Policy, now time.Time) ([]candidate, error) {
	today := calendar.DateOf(now)
	list, err := s.arrearsByDebtor(ctx, q, sc.OrgID, req, today)
	if err != nil {
		return nil, err
	}
	known, err := s.readExclusions(ctx, q, sc.OrgID, req.CommunityIDs, today)
	if err != nil {
		return nil, err
	}
	ahead := p.Stages[max(p.StageIndex(req.FromStage), 0)].BeforeDue()
	for i := range list {
		judgeCandidate(&list[i], req.Filter, known, ahead, today)
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.CommunityID, b.CommunityID), a.DueOn.DaysUntil(b.DueOn)*-1, cmp.Compare(a.DebtorID, b.DebtorID))
	})
	return list, nil
}

func judgeCandidate(c *candidate, f dunning.Filter, known exclusions, ahead bool, today calendar.Date) {
	key := debtorKey{c.CommunityID, c.DebtorID}
	owed := c.DueFen
	if owed == 0 && ahead {
		owed = c.IssuedFen
	}
	c.AmountFen = max(owed-known.advanceFen[key], 0)
	switch {
	case known.openCase[key]:
		c.Excluded = dunning.ExcludedInOpenCase
	case known.developer[key]:
		c.Excluded = dunning.ExcludedDeveloper
	case known.flagged[c.DebtorID] != "":
		c.Excluded = known.flagged[c.DebtorID]
	case c.IssuedFen == 0:
		c.Excluded = dunning.ExcludedDisputed
	case owed == 0 || (f.MinOverdueDays > 0 && c.DueOn.DaysUntil(today) < f.MinOverdueDays):
		c.Excluded = dunning.ExcludedNotOverdue
	case c.AmountFen == 0:
		c.Excluded = dunning.ExcludedAdvance
	case c.AmountFen < f.MinAmountFen:
		c.Excluded = dunning.ExcludedBelowMinimum
	}
}

func (s *Store) arrearsByDebtor(ctx context.Context, q sqlx.QueryerContext, orgID string, req dunning.CampaignRequest, today calendar.Date) ([]candidate, error) {
	query := `SELECT d.community_id, d.debtor_id, d.due_fen, d.issued_fen, d.disputed_fen, d.due_on,
			p.phone_enc IS NOT NULL AS has_phone, p.email_enc IS NOT NULL AS has_email
		FROM (SELECT b.community_id, b.debtor_id,
				SUM(IF(NOT b.disputed AND b.due_on <= ?, b.unpaid_fen, 0)) AS due_fen,
				SUM(IF(b.disputed, 0, b.unpaid_fen)) AS issued_fen,
				SUM(IF(b.disputed, b.unpaid_fen, 0)) AS disputed_fen,
				MIN(IF(b.disputed, NULL, b.due_on)) AS due_on
			FROM bill b
			WHERE b.org_id = ? AND b.community_id IN (?) AND b.unpaid_fen > 0 AND b.voided_at IS NULL
			GROUP BY b.community_id, b.debtor_id) d
		JOIN person p ON p.org_id = ? AND p.id = d.debtor_id`
	args := []any{today, orgID, req.CommunityIDs, orgID}
	if len(req.BuildingIDs) > 0 {
		query += ` WHERE EXISTS (SELECT 1 FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id
			WHERE b.org_id = ? AND b.community_id = d.community_id AND b.debtor_id = d.debtor_id
				AND b.unpaid_fen > 0 AND b.voided_at IS NULL AND u.building_id IN (?))`
		args = append(args, orgID, req.BuildingIDs)
	}
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return nil, fmt.Errorf("read arrears by debtor: %w", err)
	}
	var list []candidate
	if err := sqlx.SelectContext(ctx, q, &list, query, args...); err != nil {
		return nil, fmt.Errorf("read arrears by debtor: %w", err)
	}
	return list, nil
}

// exclusions is what keeps debtors out of a campaign, and the money that they have paid ahead.
type exclusions struct {
	openCase, developer map[debtorKey]bool
	flagged             map[string]string // the reason, by person
	advanceFen          map[debtorKey]int64
}

func (s *Store) readExclusions(ctx context.Context, q sqlx.QueryerContext, orgID string, communityIDs []string, today calendar.Date) (exclusions, error) {
	e := exclusions{}
	var err error
	if e.openCase, err = debtorSet(ctx, q, `SELECT community_id, debtor_id, 0 AS fen FROM dunning_case
		WHERE org_id = ? AND community_id IN (?) AND open_slot = 1`, orgID, communityIDs); err != nil {
		return e, fmt.Errorf("read open cases: %w", err)
	}
	if e.developer, err = debtorSet(ctx, q, `SELECT DISTINCT u.community_id, o.person_id AS debtor_id, 0 AS fen
		FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
		WHERE o.org_id = ? AND u.community_id IN (?) AND o.role = 'developer' AND (o.to_on IS NULL OR o.to_on >= ?)`,
		orgID, communityIDs, today); err != nil {
		return e, fmt.Errorf("read developers: %w", err)
	}
	if e.advanceFen, err = debtorSums(ctx, q, `SELECT community_id, debtor_id, SUM(unallocated_fen) AS fen FROM payment
		WHERE org_id = ? AND community_id IN (?) AND unallocated_fen > 0 AND reversed_at IS NULL
		GROUP BY community_id, debtor_id`, orgID, communityIDs); err != nil {
		return e, fmt.Errorf("read advances: %w", err)
	}
	if e.flagged, err = readStoppingFlags(ctx, q, orgID, today); err != nil {
		return e, err
	}
	return e, nil
}

// flagReasons are the flags that keep a person out, the weightiest first.
var flagReasons = []struct{ flag, reason string }{
	{estate.FlagDeceased, dunning.ExcludedDeceased},
	{estate.FlagHold, dunning.ExcludedHold},
	{estate.FlagHardship, dunning.ExcludedHardship},
}

func readStoppingFlags(ctx context.Context, q sqlx.QueryerContext, orgID string, today calendar.Date) (map[string]string, error) {
	flagged := map[string]string{}
	for _, f := range flagReasons {
		var ids []string
		err := sqlx.SelectContext(ctx, q, &ids, `SELECT DISTINCT person_id FROM person_flag
			WHERE org_id = ? AND flag = ? AND cleared_at IS NULL AND (until_on IS NULL OR until_on >= ?)`, orgID, f.flag, today)
		if err != nil {
			return nil, fmt.Errorf("read flags: %w", err)
		}
		for _, id := range ids {
			if flagged[id] == "" {
				flagged[id] = f.reason
			}
		}
	}
	return flagged, nil
}

func debtorSet(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (map[debtorKey]bool, error) {
	sums, err := debtorSums(ctx, q, query, args...)
	if err != nil {
		return nil, err
	}
	set := make(map[debtorKey]bool, len(sums))
	for k := range sums {
		set[k] = true
	}
	return set, nil
}

// debtorSums runs a query of (community_id, debtor_id, fen).
func debtorSums(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (map[debtorKey]int64, error) {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		CommunityID string `db:"community_id"`
		DebtorID    string `db:"debtor_id"`
		Fen         int64  `db:"fen"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	sums := make(map[debtorKey]int64, len(rows))
	for _, r := range rows {
		sums[debtorKey{r.CommunityID, r.DebtorID}] = r.Fen
	}
	return sums, nil
}
