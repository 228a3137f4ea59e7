package importing

import "steward/domain/refusal"

// Outcome is what an import does with one row.
type Outcome string

// The outcomes. Rows that change nothing are counted and not listed.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Rejected  Outcome = "rejected"
)

// Effect is what an import does, or a dry run would do, with one row of the file.
type Effect struct {
	Sheet   string   `json:"sheet,omitempty"`
	Row     int      `json:"row"`
	Outcome Outcome  `json:"outcome" enum:"created,updated,rejected"`
	Subject string   `json:"subject"` // what the row is about, as people call it: the unit and the name, the plate, the bill
	Changes []Change `json:"changes,omitempty"`
	Doubts  []Notice `json:"doubts,omitempty"` // what a person should look at although the row is taken
}

// Change is one value that a row changes. Old is empty where nothing was there.
type Change struct {
	Column string `json:"column"` // the column's usual title
	Old    string `json:"old"`
	New    string `json:"new"`
}

// Notice is something about the file that a person should know although no row is wrong for it, such as a column that
// nobody knows. Row 0 is the sheet as a whole.
type Notice struct {
	Sheet   string `json:"sheet,omitempty"`
	Row     int    `json:"row,omitempty"`
	Column  string `json:"column,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// MaxNotices is how many notices one import keeps.
const MaxNotices = 200

// EffectFilter says which effects a list holds.
type EffectFilter string

// The filters; rejected rows are listed as the import's problems.
const (
	AllEffects      EffectFilter = ""
	CreatedEffects  EffectFilter = "created"
	UpdatedEffects  EffectFilter = "updated"
	DoubtfulEffects EffectFilter = "doubtful"
)

// Takes tells whether an effect belongs to the list.
func (f EffectFilter) Takes(e Effect) bool {
	switch f {
	case CreatedEffects, UpdatedEffects:
		return string(e.Outcome) == string(f)
	case DoubtfulEffects:
		return len(e.Doubts) > 0
	}
	return true
}

// UnknownEffectFilter refuses a filter that does not exist.
func UnknownEffectFilter(text string) error {
	return refusal.New(refusal.Malformed, "invalid-parameter", "没有“%s”这种筛选。", text).
		At("query.outcome", "可用的值：created、updated、doubtful。", text)
}
