package importing

import (
	"slices"
	"strings"

	"steward/domain/estate"
)

func takeOwner(r *Reading, in *row) func() { return takePeopleOf(r, in, "") }

func takeTenant(r *Reading, in *row) func() { return takePeopleOf(r, in, estate.RoleTenant) }

// takePeopleOf reads a person with one unit or several; a role says what everybody of the kind is.
func takePeopleOf(r *Reading, in *row, role estate.Role) func() {
	var rows []RosterRow
	key, shares := in.rooms()
	for _, share := range shares {
		part := *in
		part.problems = nil
		if len(shares) > 1 {
			part.given = map[string]string{key: share}
		}
		rows = append(rows, part.roster(r.community)...)
		for _, p := range part.problems {
			if !slices.Contains(in.problems, p) {
				in.problems = append(in.problems, p)
			}
		}
	}
	if in.ok() && slices.ContainsFunc(rows, func(out RosterRow) bool { return out.Name == "" }) {
		in.fault(colName, faultf("missing-value", "“%s”不能为空。", in.label(colName)))
	}
	for i := range rows {
		if out := &rows[i]; role != "" {
			out.Role, out.Company = role, isCompany(out.Name)
		}
		r.once(in, in.placeColumn(), rows[i].UnitKey+"|"+string(rows[i].Role)+"|"+estate.NameKey(rows[i].Name))
	}
	for i := range rows {
		r.agree(in, &rows[i])
	}
	return func() { r.result.Good.Roster = append(r.result.Good.Roster, rows...) }
}

func (r *row) placeColumn() string {
	if !r.has(colRoom) || r.peek(colRoom) == "" && r.peek(colPlace) != "" {
		return colPlace
	}
	return colRoom
}

const (
	roomSigns  = "、,，;；|\n\r"
	roomBlanks = "/ \t"
)

// rooms takes the rooms of one cell apart: 3-2-1501、3-2-1502, or 3-2-1501、1502, where the later ones are in the building
// and the entrance of the one before. Blanks and strokes part rooms only where each piece names its building.
func (r *row) rooms() (key string, shares []string) {
	key = r.placeColumn()
	written := r.peek(key)
	parts := fields(written, roomSigns)
	if len(parts) == 1 {
		if more := fields(written, roomBlanks); len(more) > 1 && !slices.ContainsFunc(more, func(s string) bool { return !namesBuilding(s) }) {
			parts = more
		}
	}
	if len(parts) < 2 {
		return key, []string{written}
	}
	alone := r.peek(colBuilding) == ""
	for i := 1; i < len(parts) && alone; i++ {
		before, ok := estate.ParseRoom(parts[i-1])
		if room, bare := estate.ParseRoom(parts[i]); ok && bare && room.Building == "" && before.Building != "" {
			before.Number = room.Number
			parts[i] = before.Key()
			if before.AnyEntrance {
				parts[i] = before.Building + "-" + before.Number
			}
		}
	}
	return key, parts
}

func namesBuilding(s string) bool {
	room, ok := estate.ParseRoom(s)
	return ok && room.Building != ""
}

func fields(s, signs string) (out []string) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(signs, r) }) {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}
