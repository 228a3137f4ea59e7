package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
)

// The kinds of fee entries.
const (
	entryAmount   = "amount"
	entryQuantity = "quantity"
	entryTotal    = "total"
)

// enteredForUnits gives the amounts and quantities that were entered for units, by unit. itemPeriods is the period of each
// fee item by its id.
func enteredForUnits(ctx context.Context, q sqlx.QueryerContext, orgID string, itemPeriods map[string]string, unitIDs []string) (amounts, quantities map[string][]billing.Entered, err error) {
	amounts, quantities = map[string][]billing.Entered{}, map[string][]billing.Entered{}
	if len(itemPeriods) == 0 {
		return amounts, quantities, nil
	}
	for chunk := range slices.Chunk(unitIDs, rowsPerStatement) {
		rows, err := readFeeEntries(ctx, q, orgID, itemPeriods, []string{entryAmount, entryQuantity}, chunk)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range rows {
			into := amounts
			if r.Kind == entryQuantity {
				into = quantities
			}
			into[r.UnitID] = append(into[r.UnitID], billing.Entered{FeeItemID: r.FeeItemID, Period: r.Period, Value: r.Value})
		}
	}
	return amounts, quantities, nil
}

// sharedTotals gives the totals that were entered for fee items, by fee item: yuan in a decimal.
func sharedTotals(ctx context.Context, q sqlx.QueryerContext, orgID string, itemPeriods map[string]string) (map[string]string, error) {
	totals := map[string]string{}
	if len(itemPeriods) == 0 {
		return totals, nil
	}
	rows, err := readFeeEntries(ctx, q, orgID, itemPeriods, []string{entryTotal}, []string{""})
	for _, r := range rows {
		totals[r.FeeItemID] = r.Value
	}
	return totals, err
}

type feeEntryRow struct {
	FeeItemID string `db:"fee_item_id"`
	Period    string `db:"period"`
	Kind      string `db:"kind"`
	UnitID    string `db:"unit_id"`
	Value     string `db:"value"`
}

func readFeeEntries(ctx context.Context, q sqlx.QueryerContext, orgID string, itemPeriods map[string]string, kinds, unitIDs []string) ([]feeEntryRow, error) {
	var periods []string
	for _, p := range itemPeriods {
		periods = append(periods, p)
	}
	var rows []feeEntryRow
	err := selectIn(ctx, q, &rows, `SELECT fee_item_id, period, kind, unit_id, value FROM fee_entry FORCE INDEX (fee_entry_natural)
		WHERE org_id = ? AND fee_item_id IN (?) AND period IN (?) AND kind IN (?) AND unit_id IN (?)`,
		orgID, sortedKeys(itemPeriods), distinct(periods, func(p string) string { return p }), kinds, unitIDs)
	if err != nil {
		return nil, fmt.Errorf("read what was entered for fee items: %w", err)
	}
	return slices.DeleteFunc(rows, func(r feeEntryRow) bool { return itemPeriods[r.FeeItemID] != r.Period }), nil
}
