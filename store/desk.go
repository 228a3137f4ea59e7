package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
)

// Bounds of one look at the desk: whatever is typed, it reads no more than this.
const (
	deskUnits      = 20  // that a search may match
	deskHouseholds = 20  // that are shown
	deskOwnUnits   = 50  // shown for each household
	deskBills      = 400 // open bills, over all households
)

// deskMember is a debtor in a community.
type deskMember struct {
	CommunityID string `db:"community_id"`
	DebtorID    string `db:"debtor_id"`
}

// DeskHouseholds finds what a cashier types (a room in any habit, a name, a phone or its last four digits) in the communities
// in which the caller takes money, and gives for each debtor there what the desk needs: all units, open bills with their late
// fee as of today, advances by purpose, deposits. The number of statements does not grow with what is found.
func (s *Store) DeskHouseholds(ctx context.Context, sc access.Scope, communityID, q string) ([]money.DeskHousehold, error) {
	reach, reachArgs, err := deskReach(sc, "u.community_id", communityID)
	if err != nil {
		return nil, err
	}
	if estate.Fold(q) == "" {
		return []money.DeskHousehold{}, nil
	}
	matched, err := s.deskMatches(ctx, sc, q, reach, reachArgs)
	if err != nil {
		return nil, err
	}
	members, err := s.deskMembers(ctx, sc, q, matched, reach, reachArgs)
	if err != nil || len(members) == 0 {
		return []money.DeskHousehold{}, err
	}
	v := deskView{orgID: sc.OrgID, today: calendar.DateOf(s.clock.Now()), at: map[deskMember]int{}}
	for _, m := range members {
		v.at[m] = len(v.households)
		v.households = append(v.households, money.DeskHousehold{CommunityID: m.CommunityID, DebtorID: m.DebtorID, Units: []money.DeskUnit{}, Bills: []money.Bill{},
			Advances: []money.PurposeAdvance{}, AsOf: v.today})
	}
	v.debtors = distinct(members, func(m deskMember) string { return m.DebtorID })
	v.communities = distinct(members, func(m deskMember) string { return m.CommunityID })
	for _, read := range []func(context.Context, *Store, access.Scope) error{v.names, v.places, v.bills, v.owed, v.held} {
		if err := read(ctx, s, sc); err != nil {
			return nil, err
		}
	}
	for i := range v.households {
		for j := range v.households[i].Units {
			u := &v.households[i].Units[j]
			u.Matched = slices.Contains(matched, u.UnitID)
		}
		slices.SortStableFunc(v.households[i].Units, func(a, b money.DeskUnit) int { return boolOrder(b.Matched, a.Matched) })
	}
	return v.households, s.auditDeskLook(ctx, sc, v.households)
}

// auditDeskLook keeps whose accounts were looked at.
func (s *Store) auditDeskLook(ctx context.Context, sc access.Scope, households []money.DeskHousehold) error {
	looks := make([]Audited, 0, len(households))
	for _, h := range households {
		looks = append(looks, Audited{Action: "read-account", SubjectKind: "person", SubjectID: h.DebtorID, CommunityID: h.CommunityID, Detail: map[string]any{"at": "desk"}})
	}
	return s.inTx(ctx, "audit a look at the desk", func(tx *sqlx.Tx) error { return recordAudit(ctx, tx, sc, s.clock.Now(), looks...) })
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// deskMatches gives the units that somebody means by what was typed.
func (s *Store) deskMatches(ctx context.Context, sc access.Scope, q, reach string, reachArgs []any) ([]string, error) {
	search, args := s.unitSearch(sc.OrgID, q)
	var units []string
	err := selectIn(ctx, s.db, &units, `SELECT u.id FROM unit u WHERE u.org_id = ?`+reach+search+` ORDER BY u.id LIMIT ?`,
		append(append(append([]any{sc.OrgID}, reachArgs...), args...), deskUnits)...)
	if err != nil {
		return nil, fmt.Errorf("find units for the desk: %w", err)
	}
	return units, nil
}

// deskMembers gives who pays for the units that were found, debtors first, and who was found by name or phone and owes
// something although the own units are others' by now.
func (s *Store) deskMembers(ctx context.Context, sc access.Scope, q string, units []string, reach string, reachArgs []any) ([]deskMember, error) {
	today := calendar.DateOf(s.clock.Now())
	var rows []deskMember
	if len(units) > 0 {
		err := selectIn(ctx, s.db, &rows, `SELECT community_id, debtor_id FROM (
				SELECT community_id, debtor_id, 0 AS place FROM bill WHERE org_id = ? AND unit_id IN (?) AND unpaid_fen > 0 AND voided_at IS NULL
				UNION ALL
				SELECT u.community_id, o.person_id, IF(o.role = 'tenant', 2, 1) FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
				WHERE o.org_id = ? AND o.unit_id IN (?) AND o.role IN ('owner', 'tenant', 'developer') AND o.from_on <= ? AND (o.to_on IS NULL OR o.to_on >= ?)) x
			GROUP BY community_id, debtor_id ORDER BY MIN(place), debtor_id LIMIT ?`, sc.OrgID, units, sc.OrgID, units, today, today, deskHouseholds)
		if err != nil {
			return nil, fmt.Errorf("find who pays for units: %w", err)
		}
	}
	people, args := s.peopleSearch(sc.OrgID, q)
	var gone []deskMember
	err := selectIn(ctx, s.db, &gone, `SELECT DISTINCT u.community_id, u.debtor_id FROM bill u WHERE u.org_id = ?`+reach+` AND u.unpaid_fen > 0 AND u.voided_at IS NULL
		AND u.debtor_id IN (`+people+`) ORDER BY u.debtor_id LIMIT ?`, append(append(append([]any{sc.OrgID}, reachArgs...), args...), deskHouseholds)...)
	if err != nil {
		return nil, fmt.Errorf("find debtors by name and phone: %w", err)
	}
	for _, m := range gone {
		if !slices.Contains(rows, m) && len(rows) < deskHouseholds {
			rows = append(rows, m)
		}
	}
	return rows, nil
}

// peopleSearch is the query for the ids of persons with this exact name, phone or last four digits of one.
func (s *Store) peopleSearch(orgID, q string) (string, []any) {
	query, args := `SELECT id FROM person WHERE org_id = ? AND name_bidx = ?`, []any{orgID, s.keys.Index(indexName, estate.NameKey(q))}
	add := func(column, purpose, value string) {
		index := s.keys.Index(purpose, value)
		query += ` UNION SELECT id FROM person WHERE org_id = ? AND ` + column + ` = ? UNION SELECT person_id FROM person_phone WHERE org_id = ? AND ` + column + ` = ?`
		args = append(args, orgID, index, orgID, index)
	}
	if digits, ok := estate.Phone(q); ok {
		add("phone_bidx", indexPhone, digits)
	}
	if folded := estate.Fold(q); len(folded) == 4 && strings.Trim(folded, "0123456789") == "" {
		add("phone_last4_bidx", indexPhoneLast4, folded)
	}
	return query, args
}
