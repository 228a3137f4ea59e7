package store

import (
	"context"
	"fmt"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
)

// deskView fills the households of one look at the desk, each kind of fact with one statement for all of them.
type deskView struct {
	orgID       string
	today       calendar.Date
	at          map[deskMember]int
	households  []money.DeskHousehold
	debtors     []string
	communities []string
}

func (v *deskView) of(communityID, debtorID string) *money.DeskHousehold {
	i, ok := v.at[deskMember{communityID, debtorID}]
	if !ok {
		return nil
	}
	return &v.households[i]
}

func (v *deskView) names(ctx context.Context, s *Store, sc access.Scope) error {
	var people []struct {
		ID       string `db:"id"`
		Kind     string `db:"kind"`
		NameEnc  []byte `db:"name_enc"`
		PhoneEnc []byte `db:"phone_enc"`
	}
	if err := selectIn(ctx, s.db, &people, `SELECT id, kind, name_enc, phone_enc FROM person WHERE org_id = ? AND id IN (?)`, v.orgID, v.debtors); err != nil {
		return fmt.Errorf("read the households' names: %w", err)
	}
	rules, err := readMoneyRules(ctx, s.db, v.orgID, v.communities)
	if err != nil {
		return err
	}
	var communities []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	if err := selectIn(ctx, s.db, &communities, `SELECT id, name FROM community WHERE org_id = ? AND id IN (?)`, v.orgID, v.communities); err != nil {
		return fmt.Errorf("read communities: %w", err)
	}
	called := map[string]string{}
	for _, c := range communities {
		called[c.ID] = c.Name
	}
	for _, p := range people {
		name, err := s.keys.Open(p.NameEnc)
		if err != nil {
			return fmt.Errorf("read the name of %s: %w", p.ID, err)
		}
		phone, err := s.keys.Open(p.PhoneEnc)
		if err != nil {
			return fmt.Errorf("read the phone of %s: %w", p.ID, err)
		}
		for i := range v.households {
			h := &v.households[i]
			if h.DebtorID != p.ID {
				continue
			}
			h.Name, h.Phone, h.Kind, h.Community, h.SmallChange = name, estate.MaskPhone(phone), p.Kind, called[h.CommunityID], rules[h.CommunityID].SmallChange
			if h.SmallChange == "" {
				h.SmallChange = money.SmallChangeNone
			}
			if sc.Require(access.SeePeople, h.CommunityID) != nil && p.Kind != "company" {
				h.Name = estate.MaskName(name)
			}
		}
	}
	return nil
}

// places adds the units that a debtor occupies or owes for.
func (v *deskView) places(ctx context.Context, s *Store, _ access.Scope) error {
	var rows []struct {
		DebtorID    string        `db:"debtor_id"`
		CommunityID string        `db:"community_id"`
		UnitID      string        `db:"unit_id"`
		Unit        string        `db:"unit"`
		Kind        string        `db:"kind"`
		Role        string        `db:"role"`
		Until       calendar.Date `db:"until_on"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT x.debtor_id, u.community_id, u.id AS unit_id, u.display AS unit, u.kind, MAX(x.role) AS role, MAX(x.until_on) AS until_on FROM (
			SELECT person_id AS debtor_id, unit_id, role, to_on AS until_on FROM occupancy
			WHERE org_id = ? AND person_id IN (?) AND from_on <= ? AND (to_on IS NULL OR to_on >= ?)
			UNION ALL
			SELECT DISTINCT debtor_id, unit_id, '', NULL FROM bill WHERE org_id = ? AND debtor_id IN (?) AND unpaid_fen > 0 AND voided_at IS NULL) x
		JOIN unit u ON u.org_id = ? AND u.id = x.unit_id WHERE u.community_id IN (?)
		GROUP BY x.debtor_id, u.community_id, u.id, u.display, u.kind ORDER BY u.kind = 'parking', u.display LIMIT ?`,
		v.orgID, v.debtors, v.today, v.today, v.orgID, v.debtors, v.orgID, v.communities, deskOwnUnits*deskHouseholds)
	if err != nil {
		return fmt.Errorf("read the households' units: %w", err)
	}
	for _, r := range rows {
		if h := v.of(r.CommunityID, r.DebtorID); h != nil && len(h.Units) < deskOwnUnits {
			h.Units = append(h.Units, money.DeskUnit{UnitID: r.UnitID, Unit: r.Unit, Kind: r.Kind, Role: r.Role, Until: r.Until})
		}
	}
	return nil
}

// bills adds the open bills, the longest due first, and how many more there are.
func (v *deskView) bills(ctx context.Context, s *Store, _ access.Scope) error {
	bills, err := readBills(ctx, s.db, selectBills+`WHERE b.org_id = ? AND b.debtor_id IN (?) AND b.community_id IN (?) AND b.voided_at IS NULL
		AND (b.unpaid_fen > 0 OR b.late_fee_final_fen > b.late_fee_paid_fen + b.late_fee_waived_fen) ORDER BY b.due_on, u.display, b.id LIMIT ?`,
		v.orgID, v.debtors, v.communities, deskBills)
	if err != nil {
		return err
	}
	if err := addLateFees(ctx, s.db, v.orgID, bills, moneyView{day: v.today}); err != nil {
		return err
	}
	for _, b := range bills {
		if h := v.of(b.CommunityID, b.DebtorID); h != nil {
			h.Bills = append(h.Bills, b)
			h.OwedFen += b.PayableFen
			if !b.DueDate.After(v.today) {
				h.DueFen += b.PayableFen
			}
		}
	}
	return nil
}

// owed counts the open bills, so that a household whose bills are not all shown says so.
func (v *deskView) owed(ctx context.Context, s *Store, _ access.Scope) error {
	var rows []struct {
		deskMember
		Bills int `db:"bills"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT community_id, debtor_id, COUNT(*) AS bills FROM bill
		WHERE org_id = ? AND debtor_id IN (?) AND community_id IN (?) AND voided_at IS NULL
		AND (unpaid_fen > 0 OR late_fee_final_fen > late_fee_paid_fen + late_fee_waived_fen) GROUP BY community_id, debtor_id`, v.orgID, v.debtors, v.communities)
	if err != nil {
		return fmt.Errorf("count open bills: %w", err)
	}
	for _, r := range rows {
		if h := v.of(r.CommunityID, r.DebtorID); h != nil {
			h.MoreBills = max(r.Bills-len(h.Bills), 0)
		}
	}
	return nil
}

// held adds what lies in advance, by purpose, and as deposits.
func (v *deskView) held(ctx context.Context, s *Store, _ access.Scope) error {
	var rows []struct {
		deskMember
		PurposeID  string `db:"purpose_id"`
		Purpose    string `db:"purpose"`
		AdvanceFen int64  `db:"advance_fen"`
		DepositFen int64  `db:"deposit_fen"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT p.community_id, p.debtor_id, COALESCE(p.purpose_id, '') AS purpose_id, COALESCE(f.name, '') AS purpose,
			SUM(p.unallocated_fen) AS advance_fen, SUM(p.deposit_fen) AS deposit_fen
		FROM payment p LEFT JOIN fee_item f ON f.org_id = p.org_id AND f.id = p.purpose_id
		WHERE p.org_id = ? AND p.debtor_id IN (?) AND p.community_id IN (?) AND (p.unallocated_fen > 0 OR p.deposit_fen > 0)
		GROUP BY p.community_id, p.debtor_id, p.purpose_id, f.name ORDER BY p.purpose_id`, v.orgID, v.debtors, v.communities)
	if err != nil {
		return fmt.Errorf("read advances and deposits: %w", err)
	}
	for _, r := range rows {
		h := v.of(r.CommunityID, r.DebtorID)
		if h == nil {
			continue
		}
		h.DepositFen += r.DepositFen
		if r.AdvanceFen > 0 {
			h.AdvanceFen += r.AdvanceFen
			h.Advances = append(h.Advances, money.PurposeAdvance{PurposeID: r.PurposeID, Purpose: r.Purpose, AmountFen: r.AdvanceFen})
		}
	}
	return nil
}
