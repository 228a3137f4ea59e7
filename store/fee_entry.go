package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/billing"
	"steward/domain/money"
	"steward/domain/refusal"
)

// The kinds of fee entries.
const (
	entryAmount   = "amount"
	entryQuantity = "quantity"
	entryTotal    = "total"
)

// maxFeeEntries bounds what is entered at once.
const maxFeeEntries = 2000

// EnterFeeFigures keeps figures of a fee item for a period: amounts or quantities of units, or the total that units share. A
// figure that was there is replaced, unless a bill stands on it.
func (s *Store) EnterFeeFigures(ctx context.Context, sc access.Scope, feeItemID, period string, entries []money.FeeEntry) ([]money.FeeEntry, error) {
	r, err := feeItemFor(ctx, s.db, sc, access.RunBilling, feeItemID)
	if err != nil {
		return nil, err
	}
	p, err := billing.ParsePeriod(period)
	if err != nil {
		return nil, err
	}
	kind, err := entryKind(r)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || len(entries) > maxFeeEntries {
		return nil, refusal.New(refusal.Rule, "entries-needed", "请录入 1 到 %d 条数据。", maxFeeEntries).At("entries", "条数不正确", len(entries))
	}
	units, err := s.checkFeeEntries(ctx, sc.OrgID, r.CommunityID, kind, entries)
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, "enter figures of a fee item", func(tx *sqlx.Tx) error {
		if _, err := lockBooks(ctx, tx, sc.OrgID, []string{r.CommunityID}); err != nil {
			return err
		}
		if err := refuseBilled(ctx, tx, sc.OrgID, r.ID, p.Text, units); err != nil {
			return err
		}
		now := s.clock.Now()
		rows := make([][]any, len(entries))
		for i, e := range entries {
			rows[i] = []any{sc.OrgID, NewID(), r.CommunityID, r.ID, p.Text, kind, e.UnitID, e.Value, sc.ActorID, now}
		}
		if err := replaceFeeEntries(ctx, tx, rows); err != nil {
			return err
		}
		return recordAudit(ctx, tx, sc, now, Audited{Action: "enter-fee-figures", SubjectKind: "fee_item", SubjectID: r.ID, CommunityID: r.CommunityID,
			Detail: map[string]any{"period": p.Text, "entries": len(entries)}})
	})
	if err != nil {
		return nil, err
	}
	return s.FeeFigures(ctx, sc, feeItemID, p.Text)
}

func replaceFeeEntries(ctx context.Context, tx *sqlx.Tx, rows [][]any) error {
	for chunk := range slices.Chunk(rows, rowsPerStatement) {
		for _, r := range chunk {
			_, err := tx.ExecContext(ctx, `INSERT INTO fee_entry (org_id, id, community_id, fee_item_id, period, kind, unit_id, value, made_by, made_at) VALUES (?,?,?,?,?,?,?,?,?,?)
				ON DUPLICATE KEY UPDATE value = VALUES(value), made_by = VALUES(made_by), made_at = VALUES(made_at), version = version + 1`, r...)
			if err != nil {
				return fmt.Errorf("enter figures of a fee item: %w", err)
			}
		}
	}
	return nil
}

// entryKind is what figures of a fee item are, by its formula.
func entryKind(r feeItemRow) (string, error) {
	switch billing.Formula(r.Formula) {
	case billing.GivenAmount:
		return entryAmount, nil
	case billing.Usage:
		return entryQuantity, nil
	case billing.SharedArea, billing.SharedHousehold:
		return entryTotal, nil
	case billing.Expression:
		for name, kind := range map[string]string{"given": entryAmount, "usage": entryQuantity, "total": entryTotal} {
			if billing.ExpressionReads(r.Parameters, name) {
				return kind, nil
			}
		}
	}
	return "", refusal.New(refusal.Rule, "fee-item-takes-no-figures", "收费项目“%s”不需要按期录入金额或用量。", r.Name).At("fee_item_id", "不需要录入", r.ID)
}

// checkFeeEntries refuses what is no figure or names no unit of the community, and gives the units.
func (s *Store) checkFeeEntries(ctx context.Context, orgID, communityID, kind string, entries []money.FeeEntry) ([]string, error) {
	seen := map[string]bool{}
	for i, e := range entries {
		at := fmt.Sprintf("entries[%d]", i)
		var d billing.Decimal
		switch {
		case (e.UnitID == "") != (kind == entryTotal):
			return nil, refusal.New(refusal.Rule, "entry-unit-malformed", "按房屋录入的项目必须写明房屋，分摊总金额则不写房屋。").At(at+".unit_id", "房屋填写不正确", e.UnitID)
		case seen[e.UnitID]:
			return nil, refusal.New(refusal.Rule, "entry-twice", "同一房屋录入了两次，请只保留一条。").At(at+".unit_id", "重复", e.UnitID)
		case e.Value == "" || d.UnmarshalJSON([]byte(`"`+e.Value+`"`)) != nil || e.Value[0] == '-':
			return nil, refusal.New(refusal.Rule, "entry-malformed", "“%.20s”不是有效的数，请填写不小于 0 的小数。", e.Value).At(at+".value", "不是有效的数", e.Value)
		}
		seen[e.UnitID] = true
	}
	delete(seen, "")
	units := sortedKeys(seen)
	known := 0
	for chunk := range slices.Chunk(units, rowsPerStatement) {
		var n []int
		if err := selectIn(ctx, s.db, &n, `SELECT COUNT(*) FROM unit FORCE INDEX (PRIMARY) WHERE org_id = ? AND community_id = ? AND id IN (?)`, orgID, communityID, chunk); err != nil {
			return nil, fmt.Errorf("look for units: %w", err)
		}
		known += n[0]
	}
	if known != len(units) {
		return nil, refusal.New(refusal.Rule, "unit-unknown", "有房屋不属于该小区，请核对。").At("entries", "房屋不存在", nil)
	}
	return units, nil
}

// refuseBilled keeps figures on which bills stand from being changed; no units stands for the whole item.
func refuseBilled(ctx context.Context, tx *sqlx.Tx, orgID, feeItemID, period string, units []string) error {
	billed := 0
	count := func(query string, args ...any) error {
		var n []int
		if err := selectIn(ctx, tx, &n, query, args...); err != nil {
			return fmt.Errorf("look for bills of a fee item: %w", err)
		}
		billed += n[0]
		return nil
	}
	const bills = `SELECT COUNT(*) FROM bill b JOIN unit u ON u.org_id = b.org_id AND u.id = b.unit_id WHERE b.org_id = ? AND b.fee_item_id = ? AND b.period = ? AND b.voided_at IS NULL`
	if len(units) == 0 {
		if err := count(bills, orgID, feeItemID, period); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(units, rowsPerStatement) {
		if err := count(`SELECT COUNT(*) FROM bill FORCE INDEX (bill_natural) WHERE org_id = ? AND unit_id IN (?) AND fee_item_id = ? AND period = ? AND voided_at IS NULL`,
			orgID, chunk, feeItemID, period); err != nil {
			return err
		}
	}
	if billed > 0 {
		return refusal.New(refusal.Conflict, "already-billed", "账期 %s 已有 %d 张账单按原数据出账，不能修改。请先作废账单，或对账单做调整。", period, billed).
			At("period", "已出账", period)
	}
	return nil
}

// FeeFigures lists what was entered for a fee item and a period.
func (s *Store) FeeFigures(ctx context.Context, sc access.Scope, feeItemID, period string) ([]money.FeeEntry, error) {
	r, err := feeItemFor(ctx, s.db, sc, access.RunBilling, feeItemID)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		UnitID string `db:"unit_id"`
		Unit   string `db:"display"`
		Value  string `db:"value"`
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT e.unit_id, COALESCE(u.display, '') AS display, e.value FROM fee_entry e
		LEFT JOIN unit u ON u.org_id = e.org_id AND u.id = e.unit_id WHERE e.org_id = ? AND e.fee_item_id = ? AND e.period = ? ORDER BY u.unit_key LIMIT ?`,
		sc.OrgID, r.ID, asciiKey(period), maxFeeEntries)
	if err != nil {
		return nil, fmt.Errorf("list figures of a fee item: %w", err)
	}
	out := make([]money.FeeEntry, len(rows))
	for i, row := range rows {
		out[i] = money.FeeEntry{UnitID: row.UnitID, Unit: row.Unit, Value: plainDecimal(row.Value)}
	}
	return out, nil
}
