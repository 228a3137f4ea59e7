package store

import (
	"context"
	"fmt"

	"steward/domain/access"
	"steward/domain/calendar"
	"steward/domain/estate"
)

// fillOccupancies adds who is and was in the units. Names and phones are masked where the caller may not see people; a
// resident sees the own data, and of the others who are in the own unit now only the names' first characters.
func (s *Store) fillOccupancies(ctx context.Context, sc access.Scope, units []estate.Unit) error {
	today := calendar.DateOf(s.clock.Now())
	at := make(map[string]int, len(units))
	ids := make([]string, 0, len(units))
	for i := range units {
		units[i].Occupancies = []estate.Occupancy{}
		at[units[i].ID] = i
		ids = append(ids, units[i].ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		ID       string        `db:"id"`
		UnitID   string        `db:"unit_id"`
		PersonID string        `db:"person_id"`
		Role     string        `db:"role"`
		From     calendar.Date `db:"from_on"`
		To       calendar.Date `db:"to_on"`
		Kind     string        `db:"kind"`
		NameEnc  []byte        `db:"name_enc"`
		PhoneEnc []byte        `db:"phone_enc"`
	}
	err := selectIn(ctx, s.db, &rows, `SELECT o.id, o.unit_id, o.person_id, o.role, o.from_on, o.to_on, p.kind, p.name_enc, p.phone_enc
		FROM occupancy o JOIN person p ON p.org_id = o.org_id AND p.id = o.person_id WHERE o.org_id = ? AND o.unit_id IN (?) ORDER BY o.id`, sc.OrgID, ids)
	if err != nil {
		return fmt.Errorf("read occupancies: %w", err)
	}
	var persons []string
	for _, r := range rows {
		persons = append(persons, r.PersonID)
	}
	others, err := readOtherPhones(ctx, s.db, sc.OrgID, persons)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if sc.ResidentOnly() && r.PersonID != sc.PersonID && !r.To.IsZero() && r.To.Before(today) {
			continue
		}
		unit := &units[at[r.UnitID]]
		o := estate.Occupancy{ID: r.ID, UnitID: r.UnitID, PersonID: r.PersonID, Kind: r.Kind, Role: estate.Role(r.Role), From: known(r.From), To: known(r.To)}
		if o.Name, err = s.keys.Open(r.NameEnc); err != nil {
			return fmt.Errorf("read the name of %s: %w", r.PersonID, err)
		}
		if o.Phone, err = s.keys.Open(r.PhoneEnc); err != nil {
			return fmt.Errorf("read the phone of %s: %w", r.PersonID, err)
		}
		if o.OtherPhones, err = s.keys.openOtherPhones(o.Phone, others[r.PersonID]); err != nil {
			return err
		}
		if r.PersonID != sc.PersonID && sc.Require(access.SeePeople, unit.CommunityID) != nil {
			o.Phone = estate.MaskPhone(o.Phone)
			for i := range o.OtherPhones {
				o.OtherPhones[i] = estate.MaskPhone(o.OtherPhones[i])
			}
			if r.Kind != "company" {
				o.Name = estate.MaskName(o.Name)
			}
		}
		unit.Occupancies = append(unit.Occupancies, o)
	}
	return nil
}

// known leaves out a date that nobody wrote down.
func known(d calendar.Date) *calendar.Date {
	if d.IsZero() || d == estate.SinceEver {
		return nil
	}
	return &d
}
