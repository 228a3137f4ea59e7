package store

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"

	"steward/domain/billing"
	"steward/domain/money"
)

// quantityPlaces is how exactly a quantity that was split by days is added up: as many places as a decimal of billing has.
const quantityPlaces = 10

// readUsedInYear adds what the units' bills of earlier periods of the same calendar year say they were for, of the items
// whose tiers count the year. Bills of a quantity that was split among several debtors add up to it.
func readUsedInYear(ctx context.Context, q sqlx.QueryerContext, b *billingBasis, ids []string, at map[string]*billing.Unit) error {
	var items []string
	first, last := 9999, 0
	for _, it := range b.terms.Items {
		if own, due := b.own[it.FeeItemID]; due && it.CountsTheYear() && !slices.Contains(items, it.FeeItemID) {
			items = append(items, it.FeeItemID)
			first, last = min(first, own.From.Year), max(last, own.From.Year)
		}
	}
	if len(items) == 0 {
		return nil
	}
	var rows []struct {
		UnitID    string `db:"unit_id"`
		FeeItemID string `db:"fee_item_id"`
		Period    string `db:"period"`
		MeterID   string `db:"meter_id"`
		Quantity  string `db:"quantity"`
		Share     string `db:"days_share"`
	}
	err := selectIn(ctx, q, &rows, `SELECT unit_id, fee_item_id, period, COALESCE(JSON_UNQUOTE(JSON_EXTRACT(basis, '$.inputs.meter_id')), '') AS meter_id,
			COALESCE(JSON_UNQUOTE(JSON_EXTRACT(basis, '$.inputs.quantity')), '0') AS quantity, COALESCE(JSON_UNQUOTE(JSON_EXTRACT(basis, '$.inputs.days_share')), '1') AS days_share
		FROM bill FORCE INDEX (bill_natural) WHERE org_id = ? AND unit_id IN (?) AND fee_item_id IN (?) AND period >= ? AND period < ? AND source_kind = ? AND line_no >= 0 AND voided_at IS NULL`,
		b.orgID, ids, items, strconv.Itoa(first), strconv.Itoa(last+1), money.FromBilling)
	if err != nil {
		return fmt.Errorf("read what the year has used: %w", err)
	}
	type usedKey struct{ unitID, feeItemID, meterID string }
	sums := map[usedKey]*big.Rat{}
	for _, r := range rows {
		own := b.own[r.FeeItemID].From
		if p, err := billing.ParsePeriod(r.Period); err != nil || p.From.Year != own.Year || !p.From.Before(own) {
			continue
		}
		quantity, good := new(big.Rat).SetString(r.Quantity)
		share, split := new(big.Rat).SetString(r.Share)
		if !good || !split {
			return fmt.Errorf("read what the year has used: bill of unit %s for %s says %q × %q", r.UnitID, r.Period, r.Quantity, r.Share)
		}
		key := usedKey{r.UnitID, r.FeeItemID, r.MeterID}
		if sums[key] == nil {
			sums[key] = new(big.Rat)
		}
		sums[key].Add(sums[key], quantity.Mul(quantity, share))
	}
	for key, sum := range sums {
		u := at[key.unitID]
		u.Earlier = append(u.Earlier, billing.Used{FeeItemID: key.feeItemID, MeterID: key.meterID, Quantity: sum.FloatString(quantityPlaces)})
	}
	return nil
}
