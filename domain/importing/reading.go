package importing

import (
	"fmt"
	"slices"
	"time"

	"steward/domain/calendar"
)

// Result is what a file said: the good rows, and the problems of the others.
type Result struct {
	Rows       int // data lines read; one may stand for several rows (two owners of a unit)
	Problems   []Problem
	Rejected   int  // lines with at least one problem
	Unreadable bool // the columns are wrong: no row can be taken, not even partially
	Good       Rows
	Notices    []Notice
	Sheet      string            // the sheet that was read, where the file has several
	Headers    map[string]string // column key -> header text, for problems found later
}

// Reading takes the lines of one file in order, sheet by sheet. It keeps the good rows and nothing of the lines that gave
// them, except lines that refer to another sheet, and the lines that are referred to.
type Reading struct {
	kind      Kind
	community string // as the import names it
	now       time.Time
	form      *form
	mapping   *mapping

	sheets   []*sheet
	mains    []*sheet // whose rows are the import's
	clash    []string // sheets of the same kind
	lists    map[string]*listed
	rivals   map[string][]string // sheets of the same form to which rows may refer
	seen     map[string]int      // natural key -> row
	nth      map[string]int
	units    map[string]firstRow // the first row of each unit
	feeItems map[string]FeeItemRow
	reported map[Problem]bool // problems of rows that others refer to

	tallies   map[string]*tally
	order     []*tally
	ended     bool
	prefixed  bool  // a room began with its entrance
	repeats   []int // rows whose room began with its building
	placeless int   // rows whose room names no building although no column does
	result    Result
}

// firstRow is what the first row of a unit said that others must not contradict.
type firstRow struct {
	row  int
	area string
}

// NewReading starts a reading; now is business time. The mapping goes from headers to columns, see CheckMapping; its entry
// SheetKey names the sheet to read.
func NewReading(kind Kind, community string, mapping map[string]string, now time.Time) *Reading {
	r := &Reading{kind: kind, community: community, now: now, form: formOf(kind), mapping: newMapping(kind, mapping, nil), lists: map[string]*listed{}, rivals: map[string][]string{}, tallies: map[string]*tally{}}
	r.restart()
	return r
}

// restart forgets the rows read so far, when another sheet turns out to be the one that is meant.
func (r *Reading) restart() {
	r.seen, r.nth, r.units, r.reported = map[string]int{}, map[string]int{}, map[string]firstRow{}, map[Problem]bool{}
	r.prefixed, r.repeats = false, nil
	r.placeless, r.result, r.feeItems = 0, Result{}, nil
}

// Take reads the next line. The line's cells may be used again by the caller.
func (r *Reading) Take(l Line) error {
	if len(r.sheets) == 0 || r.sheets[len(r.sheets)-1].name != l.Sheet {
		r.settle()
		r.sheets = append(r.sheets, &sheet{name: l.Sheet})
	}
	s := r.sheets[len(r.sheets)-1]
	switch {
	case s.settled:
		r.takeLine(s, l)
	case !blank(l):
		l.Cells = slices.Clone(l.Cells)
		s.waiting = append(s.waiting, newHeadings(l))
		if len(s.waiting) >= headerLines {
			r.settle()
		}
	}
	return nil
}

// settle decides what the last sheet is and reads its waiting lines.
func (r *Reading) settle() {
	if len(r.sheets) == 0 {
		return
	}
	s := r.sheets[len(r.sheets)-1]
	if s.settled {
		return
	}
	if len(s.waiting) == 0 {
		r.sheets = r.sheets[:len(r.sheets)-1]
		return
	}
	s.settle(r.kind, r.mapping)
	r.mapping.meet(s.name, s.head)
	if s.provides {
		j := joinsOf(r.kind)[slices.IndexFunc(joinsOf(r.kind), func(j join) bool { return j.Form == s.looks.Key })]
		if r.lists[j.Form] == nil {
			r.lists[j.Form] = newListed(s, j.By)
		} else if !s.main {
			r.rivals[j.Form] = append(r.rivals[j.Form], r.lists[j.Form].sheet.name, s.name)
			s.provides = false
		}
	}
	if s.main {
		r.choose(s)
	}
	below, _ := s.linesBelow()
	s.waiting = s.above()
	for _, l := range below {
		r.takeLine(s, l)
	}
}

// choose takes a sheet as one whose rows are meant. Of two, the one that looks like the asked kind is; of two alike nobody
// can say.
func (r *Reading) choose(s *sheet) {
	for _, other := range r.mains {
		switch {
		case s.refersTo(other) || other.refersTo(s):
		case other.isLike(r.kind) && !s.isLike(r.kind):
			s.main = false
		case s.isLike(r.kind) && !other.isLike(r.kind):
			other.main = false
			other.pending = nil
			r.restart()
		default:
			r.clash = append(r.clash, other.name, s.name)
			s.main = false
		}
	}
	r.mains = slices.DeleteFunc(r.mains, func(s *sheet) bool { return !s.main })
	if s.main {
		r.mains = append(r.mains, s)
	}
}

// takeLine reads a line below a sheet's header.
func (r *Reading) takeLine(s *sheet, l Line) {
	kind := s.readLine(l)
	if kind == headerLine {
		r.repeated(s, l)
		return
	}
	if kind != dataLine {
		return
	}
	list := r.listOf(s)
	if list != nil || s.main && len(s.joins) > 0 {
		l.Cells = slices.Clone(l.Cells)
	}
	if list != nil {
		r.list(s, list, l)
	}
	switch {
	case !s.main || r.broken(s):
	case len(s.joins) > 0:
		s.pending = append(s.pending, l)
	default:
		r.takeRow(s, []*row{r.newRow(s, l)})
	}
}

func (r *Reading) listOf(s *sheet) *listed {
	if s.provides && r.lists[s.looks.Key] != nil && r.lists[s.looks.Key].sheet == s {
		return r.lists[s.looks.Key]
	}
	return nil
}

func (r *Reading) list(s *sheet, list *listed, l Line) {
	key := list.add(l)
	j := joinsOf(r.kind)[slices.IndexFunc(joinsOf(r.kind), func(j join) bool { return j.Form == s.looks.Key })]
	if lines := list.lines[key]; j.Unique && key != "" && len(lines) > 1 {
		in := r.newRow(s, l)
		in.fault(j.By, faultf("duplicate-row", "编号“%s”与第 %d 行重复，请保证编号唯一。", short(key), lines[0].No))
		r.report(in.problems)
	}
}

// broken tells that the columns of a sheet do not allow its rows to be read.
func (r *Reading) broken(s *sheet) bool { return len(r.clash) > 0 || len(s.head.twice) > 0 }

func (r *Reading) repeated(s *sheet, l Line) {
	if !s.main {
		if r.listOf(s) != nil {
			r.mark(s.name, "", "header-again", l.No)
		}
		return
	}
	r.result.Rejected++
	r.problem(Problem{Sheet: s.name, Row: l.No, Code: "repeated-header", Message: "这一行又是表头，可能来自打印时每页重复的标题行。请删除这一行。"})
}

// takeRow reads the rows that one line stands for: all of them are taken, or none.
func (r *Reading) takeRow(s *sheet, rows []*row) {
	var keeps []func()
	good := true
	for _, in := range rows {
		keep := takers[r.kind](r, in)
		keeps = append(keeps, keep)
		good = good && in.ok()
	}
	if good {
		for _, keep := range keeps {
			if keep != nil {
				keep()
			}
		}
		return
	}
	r.result.Rejected++
	for _, in := range rows {
		if !s.head.has(colBuilding) && slices.ContainsFunc(in.problems, func(p Problem) bool { return p.Code == "bad-room" }) {
			r.placeless++
			break
		}
	}
	for _, in := range rows {
		r.report(in.problems)
	}
}

// report keeps problems; one in a row that several others refer to is kept once.
func (r *Reading) report(problems []Problem) {
	for _, p := range problems {
		if r.reported[p] {
			continue
		}
		if len(r.mains) > 0 && len(r.lists) > 0 {
			r.reported[p] = true
		}
		r.problem(p)
	}
}

// identify settles a payment's channel and serial: the file's own, or one made from the row.
func (r *Reading) identify(in *row, p *PaymentRow) {
	if !in.ok() {
		return
	}
	if p.ExternalNo != "" {
		if p.Channel == "" {
			p.Channel = p.Method
		}
		r.once(in, colExternalNo, p.Channel+"|"+p.ExternalNo)
		return
	}
	if p.Channel == "" {
		p.Channel = "import"
	}
	base := p.serial(0)
	r.nth[base]++
	p.ExternalNo, p.Derived = p.serial(r.nth[base]), true
}

func (r *Reading) once(in *row, column, key string) {
	if !in.ok() {
		return
	}
	if first, again := r.seen[key]; again {
		in.fault(column, faultf("duplicate-row", "与第 %d 行重复，请删除其中一行。", first))
		return
	}
	r.seen[key] = in.line.No
}

// agree lets the first row of a unit say what the unit is; a later row, of another person in it, must give the same areas
// and adds only the person.
func (r *Reading) agree(in *row, out *RosterRow) {
	if !in.ok() {
		return
	}
	first, again := r.units[out.UnitKey]
	if !again {
		r.units[out.UnitKey] = firstRow{out.Row, out.BuiltAreaM2}
		return
	}
	if out.BuiltAreaM2 != "" && first.area != "" && out.BuiltAreaM2 != first.area {
		in.fault(colBuiltArea, faultf("unit-differs", "与第 %d 行是同一套房屋，但面积不同，请核对。", first.row))
	}
	out.BuiltAreaM2, out.InnerAreaM2, out.Floor = "", "", ""
	out.UnitKind, out.Status = "", ""
	out.DeliveredOn, out.KeysOn, out.FeeStartOn = calendar.Date{}, calendar.Date{}, calendar.Date{}
}

func (r *Reading) problem(p Problem) { r.result.Add(p) }

// Add keeps a problem, as long as there is room for it.
func (r *Result) Add(p Problem) {
	if len(r.Problems) < MaxProblems {
		if c := []rune(p.Column); len(c) > 80 {
			p.Column = string(c[:80])
		}
		r.Problems = append(r.Problems, p)
	}
}

// TellWhatIsLeftOut gives a notice where there are more problems than are kept.
func (r *Result) TellWhatIsLeftOut() {
	if len(r.Problems) == MaxProblems {
		r.Notices = append(r.Notices, Notice{Code: "more-problems",
			Message: fmt.Sprintf("问题太多，只列出了前 %d 个；共有 %d 行有问题。请先改正这些，再重新检查。", MaxProblems, r.Rejected)})
	}
}

// Label is the header of a column as the file writes it.
func (r Result) Label(kind Kind, key string) string {
	if t, ok := r.Headers[key]; ok {
		return t
	}
	if t, ok := r.Headers[colPlace]; ok && key == colRoom {
		return t
	}
	if c := formOf(kind).column(key); c != nil {
		return c.Title
	}
	return ""
}

// Reject adds a problem of a row that had none so far.
func (r *Result) Reject(kind Kind, rowNo int, column, code, format string, args ...any) {
	r.Rejected++
	r.Add(Problem{Sheet: r.Sheet, Row: rowNo, Column: r.Label(kind, column), Code: code, Message: fmt.Sprintf(format, args...)})
}
