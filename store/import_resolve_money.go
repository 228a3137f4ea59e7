package store

import (
	"context"
	"fmt"
	"slices"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/money"
)

// lineKey is a bill's natural key by the fee item's name.
type lineKey struct{ unitID, feeItem, period, debtorID string }

func (s *Store) resolveReceivables(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, importing.Resolved, error) {
	var out importing.Resolved
	places, err := s.readPlaces(ctx, sc.OrgID, src.CommunityID)
	if err != nil {
		return r, out, err
	}
	rows := r.Good.Receivables
	r.Good.Receivables = nil
	seen := map[lineKey]int{}
	for chunk := range slices.Chunk(rows, importing.BatchRows) {
		placed := places.placeReceivables(&r, chunk, seen)
		issued, err := s.readLines(ctx, sc.OrgID, distinct(placed, func(row importing.ReceivableRow) string { return row.UnitID }))
		if err != nil {
			return r, out, err
		}
		for _, row := range placed {
			have, exists := issued[lineKey{row.UnitID, estate.NameKey(row.FeeItem), row.Period.Text, row.DebtorID}]
			switch {
			case exists && have.amountFen != row.AmountFen:
				r.Reject(src.Kind, row.Row, "amount", "bill-exists-with-other-amount", "该账单已存在，金额为 %s，与本行的 %s 不一致。已出账单不能改写，如需更正请做调整。",
					money.Format(have.amountFen), money.Format(row.AmountFen))
				continue
			case exists:
				out.Counts.Unchanged++
			default:
				out.Create(src.DryRun, receivableEffect(row, importing.Created))
			}
			r.Good.Receivables = append(r.Good.Receivables, row)
		}
	}
	return r, out, nil
}

// placeReceivables finds unit and debtor of each row; rows without are rejected, as are rows that mean the same bill.
func (p *places) placeReceivables(r *importing.Result, rows []importing.ReceivableRow, seen map[lineKey]int) []importing.ReceivableRow {
	var placed []importing.ReceivableRow
	for _, row := range rows {
		u, code, message := p.find(row.Room)
		if u == nil {
			r.Reject(importing.Receivables, row.Row, "room", code, "%s", message)
			continue
		}
		debtor, ok := p.debtor(u, row.Name, row.Period.From)
		if !ok {
			r.Reject(importing.Receivables, row.Row, "room", "no-debtor", "房屋“%s”没有登记业主，无法确定欠费人。请先在房屋业主清册里补上业主。", row.Room)
			continue
		}
		row.UnitID, row.DebtorID = u.id, debtor
		key := lineKey{u.id, estate.NameKey(row.FeeItem), row.Period.Text, debtor}
		if first, again := seen[key]; again {
			r.Reject(importing.Receivables, row.Row, "room", "duplicate-row", "与第 %d 行是同一张账单，请删除其中一行。", first)
			continue
		}
		seen[key] = row.Row
		placed = append(placed, row)
	}
	return placed
}

// line is an issued bill as far as an import compares it.
type line struct {
	id        string
	amountFen int64
}

func (s *Store) readLines(ctx context.Context, orgID string, unitIDs []string) (map[lineKey]line, error) {
	if len(unitIDs) == 0 {
		return map[lineKey]line{}, nil
	}
	var rows []struct {
		ID        string `db:"id"`
		UnitID    string `db:"unit_id"`
		FeeItem   string `db:"name_key"`
		Period    string `db:"period"`
		DebtorID  string `db:"debtor_id"`
		AmountFen int64  `db:"amount_fen"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT b.id, b.unit_id, f.name_key, b.period, b.debtor_id, b.amount_fen
		FROM bill b JOIN fee_item f ON f.org_id = b.org_id AND f.id = b.fee_item_id
		WHERE b.org_id = ? AND b.unit_id IN (?) AND b.line_no = 0 AND b.voided_at IS NULL`, orgID, unitIDs)
	if err != nil {
		return nil, fmt.Errorf("read issued bills: %w", err)
	}
	lines := make(map[lineKey]line, len(rows))
	for _, b := range rows {
		lines[lineKey{b.UnitID, b.FeeItem, b.Period, b.DebtorID}] = line{b.ID, b.AmountFen}
	}
	return lines, nil
}

func (s *Store) resolvePayments(ctx context.Context, sc access.Scope, src importing.Source, r importing.Result) (importing.Result, importing.Resolved, error) {
	var out importing.Resolved
	places, err := s.readPlaces(ctx, sc.OrgID, src.CommunityID)
	if err != nil {
		return r, out, err
	}
	rows := r.Good.Payments
	r.Good.Payments = nil
	for chunk := range slices.Chunk(rows, importing.BatchRows) {
		vehicles, err := s.readPlates(ctx, sc.OrgID, src.CommunityID, chunk)
		if err != nil {
			return r, out, err
		}
		placed := places.placePayments(&r, chunk, vehicles)
		issued, err := s.readLines(ctx, sc.OrgID, distinct(placed, func(row importing.PaymentRow) string { return row.UnitID }))
		if err != nil {
			return r, out, err
		}
		recorded, err := s.readSerials(ctx, sc.OrgID, placed)
		if err != nil {
			return r, out, err
		}
		for _, row := range placed {
			have, exists := recorded[paymentKey{row.Channel, row.ExternalNo}]
			switch {
			case exists && have != row.AmountFen:
				r.Reject(src.Kind, row.Row, "external_no", "external-no-reused", "流水号已用于另一笔缴费（%s），与本行的 %s 不一致，请核对。", money.Format(have), money.Format(row.AmountFen))
				continue
			case exists:
				out.Counts.Unchanged++
			default:
				out.Create(src.DryRun, paymentEffect(row, importing.Created))
			}
			if bill, ok := issued[lineKey{row.UnitID, estate.NameKey(row.FeeItem), row.Period.Text, row.DebtorID}]; ok {
				row.BillIDs = []string{bill.id}
			}
			r.Good.Payments = append(r.Good.Payments, row)
		}
	}
	return r, out, nil
}

// placePayments finds for what unit and from whom each payment is; vehicles are by plate.
func (p *places) placePayments(r *importing.Result, rows []importing.PaymentRow, vehicles map[string]vehicleRow) []importing.PaymentRow {
	var placed []importing.PaymentRow
	for _, row := range rows {
		if row.Room.Number == "" && row.Plate != "" {
			if p.placeByPlate(r, &row, vehicles) {
				placed = append(placed, row)
			}
			continue
		}
		u, code, message := p.find(row.Room)
		if u == nil {
			r.Reject(importing.Payments, row.Row, "room", code, "%s", message)
			continue
		}
		on := row.Period.From
		if on.IsZero() {
			on = calendar.DateOf(row.PaidAt)
		}
		debtor, ok := p.debtor(u, row.Name, on)
		if !ok {
			r.Reject(importing.Payments, row.Row, "room", "no-debtor", "房屋“%s”没有登记业主，无法确定这笔钱是谁交的。请先在房屋业主清册里补上业主。", row.Room)
			continue
		}
		row.UnitID, row.DebtorID = u.id, debtor
		placed = append(placed, row)
	}
	return placed
}

// readSerials gives the amounts of payments that are recorded under the rows' channels and serials.
func (s *Store) readSerials(ctx context.Context, orgID string, rows []importing.PaymentRow) (map[paymentKey]int64, error) {
	known := map[paymentKey]int64{}
	if len(rows) == 0 {
		return known, nil
	}
	var found []struct {
		Channel    string `db:"channel"`
		ExternalNo string `db:"external_no"`
		AmountFen  int64  `db:"amount_fen"`
	}
	err := selectIn(ctx, s.db, &found, `SELECT channel, external_no, amount_fen FROM payment WHERE org_id = ? AND channel IN (?) AND external_no IN (?)`, orgID,
		distinct(rows, func(r importing.PaymentRow) string { return r.Channel }), distinct(rows, func(r importing.PaymentRow) string { return r.ExternalNo }))
	if err != nil {
		return nil, fmt.Errorf("read recorded payments: %w", err)
	}
	for _, f := range found {
		known[paymentKey{f.Channel, f.ExternalNo}] = f.AmountFen
	}
	return known, nil
}
