package store

import (
	"strings"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// unitSearch gives the condition for what somebody typed: a room in any habit, an exact name, a whole phone number or the
// last four digits of one, further phones too. Text that can mean two of these finds both.
func (s *Store) unitSearch(orgID, q string) (string, []any) {
	var conditions []string
	var args []any
	if room, ok := estate.ParseRoom(q); ok {
		switch {
		case !room.AnyEntrance && room.Building == "" && room.Entrance != "":
			conditions, args = append(conditions, `u.unit_key LIKE ?`), append(args, "%-"+likeText(room.Entrance)+"-"+likeText(room.Number))
		case !room.AnyEntrance:
			conditions, args = append(conditions, `u.unit_key = ?`), append(args, room.Key())
		case room.Building != "":
			conditions, args = append(conditions, `u.unit_key LIKE ?`), append(args, likeText(room.Building)+"-%-"+likeText(room.Number))
		default:
			conditions, args = append(conditions, `u.unit_key LIKE ?`), append(args, "%-"+likeText(room.Number))
		}
	}
	today := calendar.DateOf(s.clock.Now())
	if space := estate.NewRoom("", "", q).Number; space != "" { // a parking space's code: B2-015
		conditions, args = append(conditions, `u.kind = 'parking' AND u.unit_key LIKE ?`), append(args, "%--"+likeText(space))
	}
	person := func(column, purpose, value string) {
		conditions = append(conditions, `u.id IN (SELECT o.unit_id FROM person p JOIN occupancy o ON o.org_id = p.org_id AND o.person_id = p.id
			WHERE p.org_id = ? AND p.`+column+` = ? AND (o.to_on IS NULL OR o.to_on >= ?))`)
		args = append(args, orgID, s.keys.Index(purpose, value), today)
	}
	phone := func(column, purpose, value string) {
		person(column, purpose, value)
		conditions = append(conditions, `u.id IN (SELECT o.unit_id FROM person_phone f JOIN occupancy o ON o.org_id = f.org_id AND o.person_id = f.person_id
			WHERE f.org_id = ? AND f.`+column+` = ? AND (o.to_on IS NULL OR o.to_on >= ?))`)
		args = append(args, orgID, s.keys.Index(purpose, value), today)
	}
	person("name_bidx", indexName, estate.NameKey(q))
	if digits, ok := estate.Phone(q); ok {
		phone("phone_bidx", indexPhone, digits)
	}
	if folded := estate.Fold(q); len(folded) == 4 && strings.Trim(folded, "0123456789") == "" {
		phone("phone_last4_bidx", indexPhoneLast4, folded)
	}
	return ` AND (` + strings.Join(conditions, " OR ") + `)`, args
}

// likeText quotes what LIKE would take for a pattern.
func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
