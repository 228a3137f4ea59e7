package store

import (
	"context"
	"fmt"

	"steward/domain/calendar"
	"steward/domain/estate"
	"steward/domain/importing"
)

// readPlates reads the community's vehicles that payments name, by plate.
func (s *Store) readPlates(ctx context.Context, orgID, communityID string, rows []importing.PaymentRow) (map[string]vehicleRow, error) {
	plates := map[string]string{} // index -> plate
	var wanted [][]byte
	for _, r := range rows {
		if index := s.keys.Index(indexPlate, r.Plate); index != nil && r.Room.Number == "" {
			plates[string(index)] = r.Plate
			wanted = append(wanted, index)
		}
	}
	vehicles := make(map[string]vehicleRow, len(plates))
	if len(wanted) == 0 {
		return vehicles, nil
	}
	var found []vehicleRow
	err := selectIn(ctx, s.db, &found, `SELECT `+vehicleColumns+` FROM vehicle v WHERE v.org_id = ? AND v.community_id = ? AND v.plate_bidx IN (?)`,
		orgID, communityID, distinctBytes(wanted))
	if err != nil {
		return nil, fmt.Errorf("read the payers' vehicles: %w", err)
	}
	for _, v := range found {
		vehicles[plates[string(v.PlateBidx)]] = v
	}
	return vehicles, nil
}

// placeByPlate gives a payment the vehicle's parking space, else the household's unit, and who pays for it: the tenant of a
// space that is let, else who owes for the place, else whose vehicle it is.
func (p *places) placeByPlate(r *importing.Result, row *importing.PaymentRow, vehicles map[string]vehicleRow) bool {
	v, known := vehicles[row.Plate]
	if !known {
		r.Reject(importing.Payments, row.Row, "plate", "unknown-vehicle", "小区里没有登记车牌“%s”。请核对车牌，或先导入车辆和车位（vehicles）。", row.Plate)
		return false
	}
	on := row.Period.From
	if on.IsZero() {
		on = calendar.DateOf(row.PaidAt)
	}
	for _, id := range []string{v.SpaceID, v.UnitID} {
		u := p.byID[id]
		if u == nil {
			continue
		}
		if debtor, ok := p.payer(u, row.Name, on, id == v.SpaceID); ok {
			row.UnitID, row.DebtorID = u.id, debtor
			return true
		}
	}
	if v.PersonID == "" {
		r.Reject(importing.Payments, row.Row, "plate", "no-debtor", "车辆“%s”没有登记车主，它的车位和房屋也没有登记业主，无法确定这笔钱是谁交的。请先补上。", row.Plate)
		return false
	}
	row.DebtorID = v.PersonID
	if u := p.byID[v.SpaceID]; u != nil {
		row.UnitID = u.id
	} else if u := p.byID[v.UnitID]; u != nil {
		row.UnitID = u.id
	}
	return true
}

func (p *places) payer(u *place, name string, on calendar.Date, space bool) (string, bool) {
	if space && name == "" {
		for _, t := range u.tenures {
			if t.Role == estate.RoleTenant && t.On(on) {
				return t.PersonID, true
			}
		}
	}
	return p.debtor(u, name, on)
}
