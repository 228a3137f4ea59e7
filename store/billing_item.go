package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/money"
)

// feeVersionRow is what is agreed in one version of a fee item.
type feeVersionRow struct {
	ID          string          `db:"id"`
	No          int             `db:"no"`
	Formula     string          `db:"formula"`
	Parameters  json.RawMessage `db:"parameters"`
	Rounding    string          `db:"rounding"`
	Cycle       string          `db:"cycle"`
	Prepaid     bool            `db:"prepaid"`
	DebtorRole  string          `db:"debtor_role"`
	From        calendar.Date   `db:"from_on"`
	To          calendar.Date   `db:"to_on"`
	Prorate     string          `db:"prorate"`
	BillDay     int             `db:"bill_day"`
	DueDays     int             `db:"due_days"`
	VacantShare string          `db:"vacant_share"`
}

// feeVersionColumns are those of a feeVersionRow, of fee_item_version v.
const feeVersionColumns = `v.id, v.no, v.formula, v.parameters, v.rounding, v.cycle, v.prepaid, v.debtor_role, v.from_on, v.to_on, v.prorate, v.bill_day,
	v.due_days, v.vacant_share`

func (r feeVersionRow) terms() money.FeeTerms {
	days := r.DueDays
	return money.FeeTerms{Formula: r.Formula, Parameters: r.Parameters, Rounding: r.Rounding, Cycle: r.Cycle, Prepaid: r.Prepaid, DebtorRole: r.DebtorRole,
		From: r.From, To: r.To, Prorate: r.Prorate, BillDay: r.BillDay, DueDays: &days, VacantShare: plainDecimal(r.VacantShare)}
}

func (r feeVersionRow) item(feeItemID, name string) billing.Item {
	it := billingItem(name, r.terms())
	it.FeeItemID, it.VersionID, it.No = feeItemID, r.ID, r.No
	return it
}

// readBillingItems reads versions as billing computes with them; where is about fee_item i and fee_item_version v, and what
// is asked for begins with the organization.
func readBillingItems(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]billing.Item, error) {
	var rows []struct {
		feeVersionRow
		FeeItemID string `db:"fee_item_id"`
		Name      string `db:"name"`
		Assigned  bool   `db:"assigned"`
	}
	err := selectIn(ctx, q, &rows, `SELECT i.id AS fee_item_id, i.name, `+feeVersionColumns+`,
			EXISTS (SELECT 1 FROM unit_fee f WHERE f.org_id = i.org_id AND f.fee_item_id = i.id) AS assigned
		FROM fee_item i JOIN fee_item_version v ON v.org_id = i.org_id AND v.fee_item_id = i.id WHERE i.org_id = ? AND `+where+` ORDER BY i.id, v.no`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the versions of fee items: %w", err)
	}
	items := make([]billing.Item, len(rows))
	for i, r := range rows {
		items[i] = r.item(r.FeeItemID, r.Name)
		items[i].Assigned = r.Assigned
	}
	return items, nil
}
