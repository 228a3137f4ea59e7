package store

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/money"
	"steward/domain/refusal"
)

// feeItemRow is a fee item with its newest version.
type feeItemRow struct {
	ID          string          `db:"id"`
	CommunityID string          `db:"community_id"`
	Name        string          `db:"name"`
	NameKey     string          `db:"name_key"`
	VersionID   string          `db:"version_id"`
	No          int             `db:"no"`
	Formula     string          `db:"formula"`
	Parameters  json.RawMessage `db:"parameters"`
	Rounding    string          `db:"rounding"`
	Cycle       string          `db:"cycle"`
	DebtorRole  string          `db:"debtor_role"`
	Prepaid     bool            `db:"prepaid"`
	FromOn      calendar.Date   `db:"from_on"`
	ToOn        calendar.Date   `db:"to_on"`
	Prorate     string          `db:"prorate"`
	BillDay     int             `db:"bill_day"`
	DueDays     int             `db:"due_days"`
	VacantShare string          `db:"vacant_share"`
	Agreed      bool            `db:"agreed"`
}

func (r feeItemRow) item() money.FeeItem {
	return money.FeeItem{ID: r.ID, CommunityID: r.CommunityID, Name: r.Name, Formula: r.Formula, Parameters: r.Parameters,
		Rounding: r.Rounding, Cycle: r.Cycle, DebtorRole: r.DebtorRole, Prepaid: r.Prepaid, FromOn: known(r.FromOn), ToOn: known(r.ToOn),
		Prorate: r.Prorate, BillDay: r.BillDay, DueDays: r.DueDays, VacantShare: plainDecimal(r.VacantShare), Agreed: r.Agreed, Version: r.No}
}

// plainDecimal leaves out the zeros that a DECIMAL column adds.
func plainDecimal(text string) string {
	if d, err := decimal.NewFromString(text); err == nil {
		return d.String()
	}
	return text
}

const selectFeeItems = `SELECT i.id, i.community_id, i.name, i.name_key, v.id AS version_id, v.no, v.formula, v.parameters, v.rounding, v.cycle, v.debtor_role, v.prepaid, v.from_on,
	v.to_on, v.prorate, v.bill_day, v.due_days, v.vacant_share, EXISTS (SELECT 1 FROM community c JOIN settlement_item n ON n.org_id = c.org_id AND n.settlement_id = c.settlement_id
		JOIN fee_item_version o ON o.org_id = n.org_id AND o.id = n.fee_item_version_id
		WHERE c.org_id = i.org_id AND c.id = i.community_id AND o.fee_item_id = i.id) AS agreed
	FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id
		AND v.no = (SELECT MAX(w.no) FROM fee_item_version w WHERE w.org_id = i.org_id AND w.fee_item_id = i.id)
	WHERE i.org_id = ? AND i.community_id IN (?) ORDER BY i.id`

// feeItemIndex finds the fee item of a line, by id or by name within its community.
type feeItemIndex struct {
	byID   map[string]feeItemRow
	byName map[[2]string]feeItemRow
}

func (x *feeItemIndex) add(r feeItemRow) {
	x.byID[r.ID] = r
	x.byName[[2]string{r.CommunityID, r.NameKey}] = r
}

func (x *feeItemIndex) find(b money.NewBill) (feeItemRow, bool) {
	if b.FeeItemID != "" {
		r, ok := x.byID[b.FeeItemID]
		return r, ok && r.CommunityID == b.CommunityID
	}
	r, ok := x.byName[[2]string{b.CommunityID, estate.NameKey(b.FeeItem)}]
	return r, ok
}

const maxFeeItemName = 80

// ensureFeeItems reads the fee items of the lines' communities and makes those that lines name and nobody has defined:
// the amount is given with each line.
func (s *Store) ensureFeeItems(ctx context.Context, tx *sqlx.Tx, sc access.Scope, bills []money.NewBill) (feeItemIndex, error) {
	index := feeItemIndex{byID: map[string]feeItemRow{}, byName: map[[2]string]feeItemRow{}}
	if len(bills) == 0 {
		return index, nil
	}
	var rows []feeItemRow
	if err := selectIn(ctx, tx, &rows, selectFeeItems, sc.OrgID, distinct(bills, func(b money.NewBill) string { return b.CommunityID })); err != nil {
		return index, fmt.Errorf("read fee items: %w", err)
	}
	for _, r := range rows {
		index.add(r)
	}
	for _, b := range bills {
		key := estate.NameKey(b.FeeItem)
		if _, ok := index.find(b); ok || b.FeeItemID != "" || key == "" || utf8.RuneCountInString(key) > maxFeeItemName {
			continue
		}
		r, err := s.insertFeeItem(ctx, tx, sc, NewID(), money.NewFeeItem{CommunityID: b.CommunityID, Name: b.FeeItem, FeeTerms: money.FeeTerms{Formula: "given"}})
		if err != nil {
			return index, err
		}
		index.add(r)
	}
	return index, nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// maxItemCommunities bounds the communities whose fee items are listed at once; more are asked for one by one.
const maxItemCommunities = 500

// FeeItems lists the fee items of a community at their newest versions, of all that the caller may see when communityID is
// empty.
func (s *Store) FeeItems(ctx context.Context, sc access.Scope, communityID string) ([]money.FeeItem, error) {
	if err := sc.Require(access.SeeEstate, communityID); err != nil {
		return nil, err
	}
	communities := []string{asciiKey(communityID)}
	if communityID == "" {
		communities = nil
		query, args := `SELECT id FROM community WHERE org_id = ?`, []any{sc.OrgID}
		if all, within := sc.Reach(access.SeeEstate); !all {
			query, args = query+` AND id IN (?)`, append(args, orNone(within))
		}
		if err := selectIn(ctx, s.db, &communities, query+` ORDER BY id LIMIT ?`, append(args, maxItemCommunities)...); err != nil {
			return nil, fmt.Errorf("list the communities of fee items: %w", err)
		}
	}
	var rows []feeItemRow
	if err := selectIn(ctx, s.db, &rows, selectFeeItems, sc.OrgID, orNone(communities)); err != nil {
		return nil, fmt.Errorf("list fee items: %w", err)
	}
	items := make([]money.FeeItem, 0, len(rows))
	for _, r := range rows {
		items = append(items, r.item())
	}
	return items, nil
}

func communityExists(ctx context.Context, tx *sqlx.Tx, orgID, communityID string) error {
	var n int
	if err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM community WHERE org_id = ? AND id = ?`, orgID, asciiKey(communityID)); err != nil {
		return fmt.Errorf("look for the community: %w", err)
	}
	if n == 0 {
		return refusal.New(refusal.Rule, "community-unknown", "没有找到该小区，请核对后重试。").At("community_id", "小区不存在", communityID)
	}
	return nil
}
