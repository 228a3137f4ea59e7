package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/refusal"
)

// paymentParties is what a set of payments names: units, persons, bills, and how they belong together.
type paymentParties struct {
	unitCommunity map[string]string
	persons       map[string]bool
	bills         map[string]debt
	communities   map[string]bool
	owners        map[string][]string // of a unit today, the longest standing first
	ofUnit        map[[2]string]bool  // (unit, person): has or had a bill or an occupancy there
	debtorIn      map[string][]string // a debtor's communities: those with unpaid bills, else those with any tie
}

// resolve finds the community of every payment, refuses what names nothing that exists, and asks for permission.
func (r *paymentRun) resolve(ctx context.Context, tx *sqlx.Tx) error {
	rest := r.pending()
	if len(rest) == 0 {
		return nil
	}
	if err := r.readParties(ctx, tx, rest); err != nil {
		return fmt.Errorf("read whom payments are for: %w", err)
	}
	for _, it := range rest {
		community, err := r.parties.communityOf(it)
		if err == nil {
			err = r.scope.Require(access.TakeMoney, community)
		}
		it.communityID = community
		it.refuse(err)
	}
	return nil
}

func (r *paymentRun) readParties(ctx context.Context, tx *sqlx.Tx, items []*paymentItem) error {
	p := &r.parties
	*p = paymentParties{unitCommunity: map[string]string{}, persons: map[string]bool{}, bills: map[string]debt{}, communities: map[string]bool{},
		owners: map[string][]string{}, ofUnit: map[[2]string]bool{}, debtorIn: map[string][]string{}}
	var units, persons, bills, communities, debtorOnly []string
	for _, it := range items {
		units, persons, communities = append(units, it.UnitID), append(persons, it.DebtorID), append(communities, it.CommunityID)
		bills = append(bills, it.BillIDs...)
		if it.UnitID == "" && it.CommunityID == "" && len(it.BillIDs) == 0 {
			debtorOnly = append(debtorOnly, it.DebtorID)
		}
	}
	org := r.scope.OrgID
	reads := []func() error{
		func() error { return p.readUnits(ctx, tx, org, named(units)) },
		func() error { return p.readExisting(ctx, tx, org, named(persons), named(communities)) },
		func() error { return p.readBills(ctx, tx, org, named(bills)) },
		func() error { return p.readTies(ctx, tx, org, named(units), calendar.DateOf(r.now)) },
		func() error { return p.readCommunitiesOf(ctx, tx, org, named(debtorOnly)) },
	}
	for _, read := range reads {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// named drops what is doubled, empty or no id at all.
func named(ids []string) []string {
	return slices.DeleteFunc(distinct(ids, func(id string) string { return id }), func(id string) bool { return !isID(id) })
}

// readUnits and readExisting keep what they read as it is until the payment is written: a rollback of the import that made it
// waits and then finds the payment, or the payment waits and finds nothing.
func (p *paymentParties) readUnits(ctx context.Context, tx *sqlx.Tx, orgID string, units []string) error {
	if len(units) == 0 {
		return nil
	}
	var rows []struct {
		ID          string `db:"id"`
		CommunityID string `db:"community_id"`
	}
	if err := selectIn(ctx, tx, &rows, `SELECT id, community_id FROM unit WHERE org_id = ? AND id IN (?)`+shared, orgID, units); err != nil {
		return err
	}
	for _, u := range rows {
		p.unitCommunity[u.ID] = u.CommunityID
	}
	return nil
}

func (p *paymentParties) readExisting(ctx context.Context, tx *sqlx.Tx, orgID string, persons, communities []string) error {
	for _, look := range []struct {
		query string
		ids   []string
		into  map[string]bool
	}{
		{`SELECT id FROM person WHERE org_id = ? AND id IN (?)` + shared, persons, p.persons},
		{`SELECT id FROM community WHERE org_id = ? AND id IN (?)`, communities, p.communities},
	} {
		if len(look.ids) == 0 {
			continue
		}
		var found []string
		if err := selectIn(ctx, tx, &found, look.query, orgID, look.ids); err != nil {
			return err
		}
		for _, id := range found {
			look.into[id] = true
		}
	}
	return nil
}

func (p *paymentParties) readBills(ctx context.Context, tx *sqlx.Tx, orgID string, bills []string) error {
	if len(bills) == 0 {
		return nil
	}
	var rows []debt
	err := selectIn(ctx, tx, &rows, `SELECT id, community_id, unit_id, debtor_id, fee_item_id, due_on, unpaid_fen, disputed FROM bill
		WHERE org_id = ? AND id IN (?) AND voided_at IS NULL`, orgID, bills)
	for _, b := range rows {
		p.bills[b.ID] = b
	}
	return err
}

// readTies reads who belongs to the units: by occupancy of any time, or by a bill.
func (p *paymentParties) readTies(ctx context.Context, tx *sqlx.Tx, orgID string, units []string, today calendar.Date) error {
	if len(units) == 0 {
		return nil
	}
	var ties []struct {
		UnitID   string `db:"unit_id"`
		PersonID string `db:"person_id"`
		Owns     bool   `db:"owns"`
	}
	err := selectIn(ctx, tx, &ties, `SELECT unit_id, person_id, role IN ('owner', 'developer') AND from_on <= ? AND (to_on IS NULL OR to_on >= ?) AS owns
		FROM occupancy WHERE org_id = ? AND unit_id IN (?) ORDER BY role = 'owner' DESC, from_on, person_id`, today, today, orgID, units)
	if err != nil {
		return err
	}
	for _, t := range ties {
		p.ofUnit[[2]string{t.UnitID, t.PersonID}] = true
		if t.Owns {
			p.owners[t.UnitID] = append(p.owners[t.UnitID], t.PersonID)
		}
	}
	var billed []struct {
		UnitID   string `db:"unit_id"`
		DebtorID string `db:"debtor_id"`
	}
	if err := selectIn(ctx, tx, &billed, `SELECT DISTINCT unit_id, debtor_id FROM bill WHERE org_id = ? AND unit_id IN (?)`, orgID, units); err != nil {
		return err
	}
	for _, b := range billed {
		p.ofUnit[[2]string{b.UnitID, b.DebtorID}] = true
	}
	return nil
}

func (p *paymentParties) readCommunitiesOf(ctx context.Context, tx *sqlx.Tx, orgID string, debtors []string) error {
	if len(debtors) == 0 {
		return nil
	}
	for _, query := range []string{
		`SELECT DISTINCT debtor_id, community_id FROM bill WHERE org_id = ? AND debtor_id IN (?) AND unpaid_fen > 0`,
		`SELECT DISTINCT debtor_id, community_id FROM bill WHERE org_id = ? AND debtor_id IN (?)`,
		`SELECT DISTINCT o.person_id AS debtor_id, u.community_id FROM occupancy o JOIN unit u ON u.org_id = o.org_id AND u.id = o.unit_id
			WHERE o.org_id = ? AND o.person_id IN (?)`,
	} {
		rest := slices.DeleteFunc(slices.Clone(debtors), func(id string) bool { return len(p.debtorIn[id]) > 0 })
		if len(rest) == 0 {
			return nil
		}
		var rows []struct {
			DebtorID    string `db:"debtor_id"`
			CommunityID string `db:"community_id"`
		}
		if err := selectIn(ctx, tx, &rows, query, orgID, rest); err != nil {
			return err
		}
		for _, r := range rows {
			p.debtorIn[r.DebtorID] = append(p.debtorIn[r.DebtorID], r.CommunityID)
		}
	}
	return nil
}

// communityOf checks what a payment names against each other and gives the community in which it is booked.
func (p *paymentParties) communityOf(it *paymentItem) (string, error) {
	unitCommunity, unitKnown := p.unitCommunity[it.UnitID]
	switch {
	case it.UnitID == "" && it.DebtorID == "":
		return "", refusal.New(refusal.Rule, "unit-or-debtor-needed", "请指明缴费的房屋或缴费人。").At("unit_id", "房屋和缴费人至少填一个", nil)
	case it.UnitID != "" && !unitKnown:
		return "", refusal.New(refusal.Rule, "unit-unknown", "没有找到这套房屋，请核对后重试。").At("unit_id", "房屋不存在", it.UnitID)
	case it.DebtorID != "" && !p.persons[it.DebtorID]:
		return "", refusal.New(refusal.Rule, "debtor-unknown", "没有找到该缴费人，请核对后重试。").At("debtor_id", "缴费人不存在", it.DebtorID)
	case it.CommunityID != "" && !p.communities[it.CommunityID]:
		return "", refusal.New(refusal.Rule, "community-unknown", "没有找到该小区，请核对后重试。").At("community_id", "小区不存在", it.CommunityID)
	case it.UnitID != "" && it.DebtorID != "" && !p.ofUnit[[2]string{it.UnitID, it.DebtorID}]:
		return "", refusal.New(refusal.Rule, "debtor-not-of-unit", "该缴费人与这套房屋没有关系，请核对房屋或缴费人。").At("debtor_id", "不是该房屋的缴费人", it.DebtorID)
	}
	community := it.CommunityID
	for _, id := range it.BillIDs {
		b, ok := p.bills[id]
		if !ok || it.UnitID != "" && b.UnitID != it.UnitID || it.DebtorID != "" && b.DebtorID != it.DebtorID ||
			b.DebtorID != p.bills[it.BillIDs[0]].DebtorID || b.CommunityID != or(community, b.CommunityID) {
			return "", refusal.New(refusal.Rule, "bill-not-of-payer", "指定的账单不存在，或不属于同一缴费人、房屋和小区，请重新选择账单。").At("bill_ids", "账单不属于该缴费人或房屋", id)
		}
		community = b.CommunityID
	}
	switch in := p.debtorIn[it.DebtorID]; {
	case unitKnown && community != "" && community != unitCommunity:
		return "", refusal.New(refusal.Rule, "unit-not-in-community", "这套房屋不在指定的小区，请核对后重试。").At("community_id", "与房屋不符", it.CommunityID)
	case unitKnown:
		return unitCommunity, nil
	case community != "":
		return community, nil
	case len(in) == 1:
		return in[0], nil
	default:
		return "", refusal.New(refusal.Rule, "community-needed", "该缴费人涉及多个小区（或尚无小区），请指明 community_id、房屋或账单。").
			At("community_id", "请指明小区", nil).With("community_ids", slices.Sorted(slices.Values(in)))
	}
}

// readDebts locks the bills of everyone who may turn out to be the debtor of a payment.
func (r *paymentRun) readDebts(ctx context.Context, tx *sqlx.Tx) error {
	rest := r.pending()
	var candidates, units []string
	for _, it := range rest {
		candidates = append(candidates, it.DebtorID)
		for _, id := range it.BillIDs {
			candidates = append(candidates, r.parties.bills[id].DebtorID)
		}
		if it.DebtorID == "" && len(it.BillIDs) == 0 {
			units = append(units, it.UnitID)
			candidates = append(candidates, r.parties.owners[it.UnitID]...)
		}
	}
	if units = named(units); len(units) > 0 {
		var owing []string
		err := selectIn(ctx, tx, &owing, `SELECT DISTINCT debtor_id FROM bill WHERE org_id = ? AND unit_id IN (?) AND unpaid_fen > 0`, r.scope.OrgID, units)
		if err != nil {
			return fmt.Errorf("read who owes for the units: %w", err)
		}
		candidates = append(candidates, owing...)
	}
	var err error
	r.debts, err = lockDebts(ctx, tx, r.scope.OrgID, distinct(rest, func(it *paymentItem) string { return it.communityID }), named(candidates), r.rules)
	return err
}

// debtorOf decides whose payment it is: the named debtor, the one of the named bills, the only one who owes for the unit,
// else the unit's owner of today.
func (r *paymentRun) debtorOf(it *paymentItem) (string, error) {
	if it.DebtorID != "" {
		return it.DebtorID, nil
	}
	if len(it.BillIDs) > 0 {
		return r.parties.bills[it.BillIDs[0]].DebtorID, nil
	}
	var owing []string
	for _, d := range r.debts {
		if d.UnitID == it.UnitID && d.UnpaidFen > 0 && !slices.Contains(owing, d.DebtorID) {
			owing = append(owing, d.DebtorID)
		}
	}
	if len(owing) == 1 {
		return owing[0], nil
	}
	owners := r.parties.owners[it.UnitID]
	for _, o := range owners {
		if slices.Contains(owing, o) {
			return o, nil
		}
	}
	switch {
	case len(owners) > 0:
		return owners[0], nil
	case len(owing) > 1:
		return "", refusal.New(refusal.Rule, "debtor-needed", "这套房屋有多人欠费且没有登记现业主，请指明缴费人。").At("debtor_id", "请指明缴费人", nil)
	}
	return "", refusal.New(refusal.Rule, "unit-has-no-debtor", "这套房屋没有登记业主，也没有未缴账单，请先登记业主或指明缴费人。").At("unit_id", "没有缴费人", it.UnitID)
}
