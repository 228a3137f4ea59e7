package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/billingrun"
	"steward/domain/calendar"
	"steward/domain/money"
)

// maxExamples bounds what a proposal shows.
const maxExamples = 60

// exampleCase is one kind of unit that examples show, and the query that finds one: parameters are organization, community
// and a day, several times if need be.
type exampleCase struct {
	name  string
	query string
	days  int
	dated bool // the query gives the day on which something changed
}

const (
	exampleUnit  = `SELECT u.id, CAST(NULL AS DATE) AS changed_on FROM unit u WHERE u.org_id = ? AND u.community_id = ? AND `
	ownerThen    = `EXISTS (SELECT 1 FROM occupancy o WHERE o.org_id = u.org_id AND o.unit_id = u.id AND o.role = 'owner' AND o.from_on <= ? AND (o.to_on IS NULL OR o.to_on >= ?))`
	firstExample = ` ORDER BY u.unit_key LIMIT 1`
)

var exampleCases = []exampleCase{
	{name: money.CaseUsual, days: 2, query: exampleUnit + `u.kind = 'home' AND u.status = 'occupied' AND ` + ownerThen + firstExample},
	{name: money.CaseVacant, query: exampleUnit + `u.kind = 'home' AND u.status = 'vacant'` + firstExample},
	{name: money.CaseTenant, days: 2, query: exampleUnit + `EXISTS (SELECT 1 FROM occupancy o WHERE o.org_id = u.org_id AND o.unit_id = u.id AND o.role = 'tenant'
		AND o.from_on <= ? AND (o.to_on IS NULL OR o.to_on >= ?))` + firstExample},
	{name: money.CaseSplit, dated: true, query: `SELECT u.id, o.from_on AS changed_on FROM unit u JOIN occupancy o ON o.org_id = u.org_id AND o.unit_id = u.id AND o.role = 'owner'
		JOIN occupancy p ON p.org_id = o.org_id AND p.unit_id = o.unit_id AND p.role = 'owner' AND p.to_on = o.from_on - INTERVAL 1 DAY AND p.person_id <> o.person_id
		WHERE u.org_id = ? AND u.community_id = ? AND DAY(o.from_on) > 1 ORDER BY o.from_on DESC LIMIT 1`},
	{name: money.CaseSplit, dated: true, query: `SELECT u.id, c.from_on AS changed_on FROM unit u JOIN unit_change c ON c.org_id = u.org_id AND c.unit_id = u.id
		WHERE u.org_id = ? AND u.community_id = ? AND DAY(c.from_on) > 1 ORDER BY c.from_on DESC LIMIT 1`},
	{name: money.CaseAssigned, query: exampleUnit + `EXISTS (SELECT 1 FROM unit_fee f WHERE f.org_id = u.org_id AND f.unit_id = u.id)` + firstExample},
	{name: money.CaseDeveloper, query: exampleUnit + `u.status = 'unsold'` + firstExample},
}

// workExamples computes the rules on units of the community that show the different cases.
func (s *Store) workExamples(ctx context.Context, orgID, communityID string, rules money.Settlement) ([]money.SettlementExample, error) {
	items, err := s.agreedItems(ctx, s.db, orgID, communityID, rules.FeeItemVersionIDs)
	if err != nil {
		return nil, err
	}
	terms := billingTerms{Rules: rules, Items: items}
	examples := []money.SettlementExample{}
	shown := map[string]bool{}
	for _, c := range exampleCases {
		found, err := c.find(ctx, s.db, orgID, communityID, rules.FirstDay)
		if err != nil {
			return nil, err
		}
		if found.ID == "" || shown[found.ID] && !c.dated {
			continue
		}
		shown[found.ID] = true
		day := rules.FirstDay
		if c.dated {
			day = found.ChangedOn
		}
		unit, lines, err := s.chargeOn(ctx, s.db, orgID, communityID, terms, found.ID, day)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			examples = append(examples, example(c.name, unit, l))
		}
	}
	if len(examples) > maxExamples {
		examples = examples[:maxExamples]
	}
	if late, ok := rules.LateFeeExample(rules.FirstDay); ok {
		examples = append(examples, late)
	}
	return examples, nil
}

func example(kind, unit string, l billing.Line) money.SettlementExample {
	e := money.SettlementExample{Case: kind, UnitID: l.UnitID, Unit: unit, FeeItem: l.FeeItem, Period: l.Period, AmountFen: l.AmountFen, Explanation: l.Basis.Text}
	if l.Problem != nil {
		e.Problem = l.Problem.Message
	}
	return e
}

type exampleFound struct {
	ID        string        `db:"id"`
	ChangedOn calendar.Date `db:"changed_on"`
}

func (c exampleCase) find(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, day calendar.Date) (exampleFound, error) {
	args := []any{orgID, communityID}
	for range c.days {
		args = append(args, day)
	}
	var found []exampleFound
	if err := sqlx.SelectContext(ctx, q, &found, c.query, args...); err != nil {
		return exampleFound{}, fmt.Errorf("look for a unit that shows the case %s: %w", c.name, err)
	}
	if len(found) == 0 {
		return exampleFound{}, nil
	}
	return found[0], nil
}

// chargeOn computes one unit for the periods that hold a day, of every cycle that the items have.
func (s *Store) chargeOn(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, terms billingTerms, unitID string, day calendar.Date) (string, []billing.Line, error) {
	var periods []billing.Period
	for _, it := range terms.Items {
		if p := it.Cycle.Holding(day); !slices.Contains(periods, p) {
			periods = append(periods, p)
		}
	}
	slices.SortFunc(periods, func(a, b billing.Period) int { return a.Months - b.Months })
	var display string
	var lines []billing.Line
	for _, p := range periods {
		own := terms
		own.Items = slices.DeleteFunc(slices.Clone(terms.Items), func(it billing.Item) bool { return it.Cycle.Holding(day) != p })
		unit, some, err := s.chargeUnit(ctx, q, orgID, communityID, own, unitID, p)
		if err != nil {
			return "", nil, err
		}
		display, lines = unit, append(lines, some...)
	}
	return display, lines, nil
}

// chargeUnit computes one unit for one period; nothing is kept.
func (s *Store) chargeUnit(ctx context.Context, q sqlx.QueryerContext, orgID, communityID string, terms billingTerms, unitID string, p billing.Period) (string, []billing.Line, error) {
	basis, err := s.newBillingBasis(ctx, q, orgID, communityID, terms, newRun{period: p, timing: billingrun.AllItems})
	if err != nil {
		return "", nil, err
	}
	var before string
	err = sqlx.GetContext(ctx, q, &before, `SELECT COALESCE(MAX(p.unit_key), '') FROM unit u JOIN unit p ON p.org_id = u.org_id AND p.community_id = u.community_id
		AND p.unit_key < u.unit_key WHERE u.org_id = ? AND u.id = ?`, orgID, unitID)
	if err != nil {
		return "", nil, fmt.Errorf("look for a unit's place: %w", err)
	}
	charged, err := s.readChargedUnits(ctx, q, basis, before, 1)
	if err != nil || len(charged.units) == 0 {
		return "", nil, err
	}
	return charged.units[0].Display, basis.charge(charged.units[0]), nil
}
