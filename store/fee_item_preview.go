package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

// PreviewFeeItem computes a fee item on one unit and period; nothing is kept. With terms they are tried as they are, for the
// named item or for one that does not exist yet; without, the item's newest versions are.
func (s *Store) PreviewFeeItem(ctx context.Context, sc access.Scope, p money.FeeItemTrial) (money.FeeItemTried, error) {
	none := money.FeeItemTried{}
	period, err := billing.ParsePeriod(p.Period)
	if err != nil {
		return none, err
	}
	communityID, err := s.unitForBilling(ctx, sc, p.UnitID)
	if err != nil {
		return none, err
	}
	items, err := s.triedItems(ctx, sc, communityID, p)
	if err != nil {
		return none, err
	}
	terms := billingTerms{Items: items}
	own, due := items[len(items)-1].PeriodIn(period)
	if !due {
		period = own
	}
	unit, lines, err := s.chargeUnit(ctx, s.db, sc.OrgID, communityID, terms, p.UnitID, period)
	if err != nil {
		return none, err
	}
	tried := money.FeeItemTried{UnitID: p.UnitID, Unit: unit, Period: period.Text, Lines: []money.TriedLine{}}
	for _, l := range lines {
		tried.Lines = append(tried.Lines, triedLine(l))
	}
	return tried, s.nameDebtors(ctx, sc, communityID, &tried)
}

func triedLine(l billing.Line) money.TriedLine {
	out := money.TriedLine{FeeItem: l.FeeItem, Version: l.VersionNo, Period: l.Period, From: l.From, To: l.To, DebtorID: l.DebtorID, BillDate: l.BilledOn, DueDate: l.DueOn,
		AmountFen: l.AmountFen, Explanation: l.Basis.Text, Basis: l.Basis}
	if l.Problem != nil {
		out.Problem, out.ProblemCode = l.Problem.Message, l.Problem.Code
	}
	return out
}

// unitForBilling gives the community of a unit that the caller may bill or price.
func (s *Store) unitForBilling(ctx context.Context, sc access.Scope, unitID string) (string, error) {
	if err := sc.Require(access.RunBilling, ""); err != nil && sc.Require(access.EditPolicies, "") != nil {
		return "", err
	}
	var communityID string
	err := s.db.GetContext(ctx, &communityID, `SELECT community_id FROM unit WHERE org_id = ? AND id = ?`, sc.OrgID, asciiKey(unitID))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read a unit: %w", err)
	}
	if err != nil || sc.Require(access.RunBilling, communityID) != nil && sc.Require(access.EditPolicies, communityID) != nil {
		return "", refusal.New(refusal.NotFound, "unit-not-found", "没有找到这套房屋，请核对后重试。").At("unit_id", "房屋不存在", unitID)
	}
	return communityID, nil
}

// triedItems gives the versions to try, the ones that matter last.
func (s *Store) triedItems(ctx context.Context, sc access.Scope, communityID string, p money.FeeItemTrial) ([]billing.Item, error) {
	var items []billing.Item
	if p.FeeItemID != "" {
		all, err := s.feeItemVersions(ctx, s.db, sc.OrgID, communityID, nil)
		if err != nil {
			return nil, err
		}
		for _, it := range all {
			if it.FeeItemID == p.FeeItemID {
				items = append(items, it)
			}
		}
		if len(items) == 0 {
			return nil, refusal.New(refusal.NotFound, "fee-item-not-found", "该小区没有这个收费项目，请核对。").At("fee_item_id", "收费项目不存在", p.FeeItemID)
		}
	}
	if p.Terms == nil {
		if len(items) == 0 {
			return nil, refusal.New(refusal.Rule, "fee-item-needed", "请选择收费项目，或填写要试算的收费标准。").At("fee_item_id", "请选择收费项目", nil)
		}
		return items, nil
	}
	t := withDefaults(*p.Terms, calendar.Date{Year: 1900, Month: 1, Day: 1})
	tried := billingItem(or(p.Name, "试算项目"), t)
	if err := tried.Check(); err != nil {
		return nil, err
	}
	tried.FeeItemID, tried.VersionID, tried.No = NewID(), "", 1
	if n := len(items); n > 0 {
		last := items[n-1]
		tried.FeeItemID, tried.FeeItem, tried.Assigned = last.FeeItemID, last.FeeItem, last.Assigned
	}
	return []billing.Item{tried}, nil
}

// nameDebtors adds who would owe, as the caller may see them.
func (s *Store) nameDebtors(ctx context.Context, sc access.Scope, communityID string, tried *money.FeeItemTried) error {
	ids := distinct(tried.Lines, func(l money.TriedLine) string { return l.DebtorID })
	if len(ids) == 0 {
		return nil
	}
	names, err := s.debtorNames(ctx, s.db, sc, communityID, ids)
	for i := range tried.Lines {
		tried.Lines[i].Debtor = names[tried.Lines[i].DebtorID]
	}
	return err
}

// debtorNames gives people's names, masked where the caller may not see people.
func (s *Store) debtorNames(ctx context.Context, q sqlx.QueryerContext, sc access.Scope, communityID string, ids []string) (map[string]string, error) {
	var rows []struct {
		ID      string `db:"id"`
		Kind    string `db:"kind"`
		NameEnc []byte `db:"name_enc"`
	}
	if err := selectIn(ctx, q, &rows, `SELECT id, kind, name_enc FROM person WHERE org_id = ? AND id IN (?)`, sc.OrgID, ids); err != nil {
		return nil, fmt.Errorf("read who owes: %w", err)
	}
	names := make(map[string]string, len(rows))
	for _, r := range rows {
		name, err := s.keys.Open(r.NameEnc)
		if err != nil {
			return nil, fmt.Errorf("read the name of %s: %w", r.ID, err)
		}
		if r.Kind != "company" && sc.Require(access.SeePeople, communityID) != nil {
			name = estate.MaskName(name)
		}
		names[r.ID] = name
	}
	return names, nil
}
