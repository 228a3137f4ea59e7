package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

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
}

func (r feeItemRow) item() money.FeeItem {
	return money.FeeItem{ID: r.ID, CommunityID: r.CommunityID, Name: r.Name, Formula: r.Formula, Parameters: r.Parameters,
		Rounding: r.Rounding, Cycle: r.Cycle, DebtorRole: r.DebtorRole, Prepaid: r.Prepaid, FromOn: known(r.FromOn), Version: r.No}
}

const selectFeeItems = `SELECT i.id, i.community_id, i.name, i.name_key, v.id AS version_id, v.no, v.formula, v.parameters, v.rounding, v.cycle, v.debtor_role, v.prepaid, v.from_on
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
		r, err := s.insertFeeItem(ctx, tx, sc, money.FeeItem{CommunityID: b.CommunityID, Name: b.FeeItem, Formula: "given"})
		if err != nil {
			return index, err
		}
		index.add(r)
	}
	return index, nil
}

func (s *Store) insertFeeItem(ctx context.Context, tx *sqlx.Tx, sc access.Scope, item money.FeeItem) (feeItemRow, error) {
	now := s.clock.Now()
	r := feeItemRow{ID: NewID(), CommunityID: item.CommunityID, Name: strings.TrimSpace(item.Name), NameKey: estate.NameKey(item.Name), VersionID: NewID(),
		No: 1, Formula: item.Formula, Parameters: item.Parameters, Rounding: or(item.Rounding, "half_up"), Cycle: or(item.Cycle, "month"),
		DebtorRole: or(item.DebtorRole, "owner"), FromOn: calendar.DateOf(now)}
	if len(r.Parameters) == 0 {
		r.Parameters = json.RawMessage("{}")
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO fee_item (org_id, id, community_id, name, name_key) VALUES (?,?,?,?,?)`,
		sc.OrgID, r.ID, r.CommunityID, r.Name, r.NameKey)
	if err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO fee_item_version (org_id, id, fee_item_id, no, formula, parameters, rounding, cycle, debtor_role, from_on, created_by, created_at)
			VALUES (?,?,?,1,?,?,?,?,?,?,?,?)`, sc.OrgID, r.VersionID, r.ID, r.Formula, string(r.Parameters), r.Rounding, r.Cycle, r.DebtorRole,
			r.FromOn, sc.ActorID, now)
	}
	if err != nil {
		return r, fmt.Errorf("make fee item: %w", err)
	}
	return r, recordAudit(ctx, tx, sc, now, Audited{Action: "create-fee-item", SubjectKind: "fee_item", SubjectID: r.ID, CommunityID: r.CommunityID})
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// formulas that a fee item may have.
var formulas = []string{"built_area", "inner_area", "fixed", "given", "rent_steps", "metered", "usage", "shared_area", "shared_household", "expression"}

// CreateFeeItem defines a way of charging; its name is unique within the community.
func (s *Store) CreateFeeItem(ctx context.Context, sc access.Scope, item money.FeeItem) (money.FeeItem, error) {
	if err := sc.Require(access.EditPolicies, item.CommunityID); err != nil {
		return money.FeeItem{}, err
	}
	key := estate.NameKey(item.Name)
	switch {
	case key == "" || utf8.RuneCountInString(item.Name) > maxFeeItemName:
		return money.FeeItem{}, refusal.New(refusal.Rule, "fee-item-name-malformed", "收费项目名称不能为空，且不能超过 80 个字。").At("name", "名称不正确", item.Name)
	case !slices.Contains(formulas, item.Formula):
		return money.FeeItem{}, refusal.New(refusal.Rule, "formula-unknown", "没有这种计费方式，请从列表中选择。").At("formula", "计费方式不正确", item.Formula).
			With("allowed", formulas)
	}
	var made feeItemRow
	err := s.inTx(ctx, "create fee item", func(tx *sqlx.Tx) (err error) {
		if err = communityExists(ctx, tx, sc.OrgID, item.CommunityID); err == nil {
			made, err = s.insertFeeItem(ctx, tx, sc, item)
		}
		return err
	})
	if duplicate(err) {
		return money.FeeItem{}, refusal.New(refusal.Conflict, "fee-item-exists", "该小区已有名为“%s”的收费项目。", item.Name)
	}
	return made.item(), err
}

// FeeItems lists the fee items of a community at their newest versions.
func (s *Store) FeeItems(ctx context.Context, sc access.Scope, communityID string) ([]money.FeeItem, error) {
	if err := sc.Require(access.SeeEstate, communityID); err != nil {
		return nil, err
	}
	var rows []feeItemRow
	if err := selectIn(ctx, s.db, &rows, selectFeeItems, sc.OrgID, []string{asciiKey(communityID)}); err != nil {
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
