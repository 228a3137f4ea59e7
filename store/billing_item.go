package store

import (
	"encoding/json"

	"steward/domain/billing"
	"steward/domain/calendar"
	"steward/domain/estate"
)

// billingItemRow is one version of a fee item as billing computes with it.
type billingItemRow struct {
	FeeItemID   string          `db:"fee_item_id"`
	Name        string          `db:"name"`
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
	Assigned    bool            `db:"assigned"`
}

func (r billingItemRow) item() billing.Item {
	return billing.Item{FeeItemID: r.FeeItemID, FeeItem: r.Name, VersionID: r.ID, No: r.No, Formula: billing.Formula(r.Formula), Parameters: r.Parameters,
		Rounding: billing.Rounding(r.Rounding), Cycle: billing.Cycle(r.Cycle), Prepaid: r.Prepaid, DebtorRole: estate.Role(r.DebtorRole), From: r.From, To: r.To,
		Prorate: billing.Prorate(r.Prorate), BillDay: r.BillDay, DueDays: r.DueDays, VacantShare: r.VacantShare, Assigned: r.Assigned}
}
