package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
)

// The kinds of entered figures.
const (
	enteredAmount   = "amount"
	enteredQuantity = "quantity"
	enteredTotal    = "total"
)

// readEntered adds what was entered for the units and this run's periods: amounts, quantities, and the shares of common
// costs, which are read once a run.
func readEntered(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	items, periods := b.entered()
	if len(items) == 0 {
		return nil
	}
	var rows []struct {
		FeeItemID string `db:"fee_item_id"`
		Period    string `db:"period"`
		Kind      string `db:"kind"`
		UnitID    string `db:"unit_id"`
		Value     string `db:"value"`
	}
	err := selectIn(ctx, q, &rows, `SELECT fee_item_id, period, kind, unit_id, value FROM fee_entry FORCE INDEX (fee_entry_natural)
		WHERE org_id = ? AND fee_item_id IN (?) AND period IN (?) AND kind IN (?) AND unit_id IN (?)`, b.orgID, items, periods, []string{enteredAmount, enteredQuantity}, ids)
	if err != nil {
		return fmt.Errorf("read entered figures: %w", err)
	}
	for _, r := range rows {
		u, e := at[r.UnitID], billing.Entered{FeeItemID: r.FeeItemID, Period: r.Period, Value: r.Value}
		if r.Kind == enteredQuantity {
			u.Quantities = append(u.Quantities, e)
		} else {
			u.Amounts = append(u.Amounts, e)
		}
	}
	for _, u := range at {
		u.Shares = b.shares
	}
	return nil
}

// entered gives the fee items of this run that go by entered figures, and their periods.
func (b *billingBasis) entered() (items, periods []string) {
	for _, it := range b.terms.Items {
		switch it.Formula {
		case billing.GivenAmount, billing.Usage, billing.SharedArea, billing.SharedHousehold, billing.Expression:
			if own, due := b.own[it.FeeItemID]; due {
				items, periods = append(items, it.FeeItemID), append(periods, own.Text)
			}
		}
	}
	return items, periods
}

// readShares reads the common costs of this run's periods and over what each is split: the units that pay the item.
func (b *billingBasis) readShares(ctx context.Context, q sqlx.QueryerContext) error {
	items, periods := b.entered()
	if len(items) == 0 {
		return nil
	}
	var rows []struct {
		FeeItemID string `db:"fee_item_id"`
		Period    string `db:"period"`
		Value     string `db:"value"`
	}
	err := selectIn(ctx, q, &rows, `SELECT fee_item_id, period, value FROM fee_entry
		WHERE org_id = ? AND fee_item_id IN (?) AND period IN (?) AND kind = ? AND unit_id = ''`, b.orgID, items, periods, enteredTotal)
	if err != nil {
		return fmt.Errorf("read common costs: %w", err)
	}
	for _, r := range rows {
		s := billing.Shared{FeeItemID: r.FeeItemID, Period: r.Period, TotalYuan: r.Value}
		if err := b.readSharers(ctx, q, &s); err != nil {
			return err
		}
		b.shares = append(b.shares, s)
	}
	return nil
}

// readSharers counts the units over which a common cost is split, and adds up their areas as they are on the period's last
// day: those that were assigned the item, or where none was, those of the kinds that pay it.
func (b *billingBasis) readSharers(ctx context.Context, q sqlx.QueryerContext, s *billing.Shared) error {
	var item billing.Item
	for _, it := range b.terms.Items {
		if it.FeeItemID == s.FeeItemID {
			item = it
		}
	}
	own := b.own[s.FeeItemID]
	var where string
	args := []any{own.To, b.orgID, b.communityID}
	if item.Assigned {
		where = ` AND EXISTS (SELECT 1 FROM unit_fee f WHERE f.org_id = u.org_id AND f.unit_id = u.id AND f.fee_item_id = ? AND f.from_on <= ? AND (f.to_on IS NULL OR f.to_on >= ?))`
		args = append(args, s.FeeItemID, own.To, own.From)
	} else {
		kinds := []string{"home", "shop", "office"}
		if p, err := billing.ReadParameters(item.Formula, item.Parameters); err == nil && len(p.UnitKinds) > 0 {
			kinds = p.UnitKinds
		}
		where, args = ` AND u.kind IN (?)`, append(args, kinds)
	}
	var sums []struct {
		N    int    `db:"n"`
		Area string `db:"area"`
	}
	err := selectIn(ctx, q, &sums, `SELECT COUNT(*) AS n, COALESCE(SUM(area), 0) AS area FROM (SELECT COALESCE((SELECT c.built_area_m2 FROM unit_change c
			WHERE c.org_id = u.org_id AND c.unit_id = u.id AND c.from_on <= ? ORDER BY c.from_on DESC LIMIT 1), u.built_area_m2) AS area
		FROM unit u WHERE u.org_id = ? AND u.community_id = ?`+where+`) x`, args...)
	if err != nil {
		return fmt.Errorf("add up the units that share a cost: %w", err)
	}
	s.TotalAreaM2, s.Households = sums[0].Area, sums[0].N
	return nil
}
