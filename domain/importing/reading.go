package importing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// Result is what a file said: the good rows, and the problems of the others.
type Result struct {
	Rows       int // data rows read
	Problems   []Problem
	Rejected   int  // rows with at least one problem
	Unreadable bool // the columns are wrong: no row can be taken, not even partially
	Good       Rows
	Notices    []Notice
	Headers    map[string]string // column key -> header text, for problems found later
}

// Reading takes the lines of one file in order.
type Reading struct {
	kind      Kind
	community string // as the import names it
	now       time.Time
	dict      map[string]string
	waiting   []Line // lines before the header is found
	head      *header
	seen      map[string]int // natural key -> row
	nth       map[string]int
	units     map[string]RosterRow // the first row of each unit
	placeless int                  // rows whose room names no building although no column does
	result    Result
}

// NewReading starts a reading; now is business time.
func NewReading(kind Kind, community string, mapping map[string]string, now time.Time) *Reading {
	return &Reading{
		kind: kind, community: community, now: now, dict: dictionary(kind, mapping),
		seen: map[string]int{}, nth: map[string]int{}, units: map[string]RosterRow{},
	}
}

// Take reads the next line.
func (r *Reading) Take(l Line) error {
	if blank(l) {
		return nil
	}
	if r.head != nil {
		r.takeRow(l)
		return nil
	}
	r.waiting = append(r.waiting, l)
	if _, known, _ := readHeader(r.dict, l); known >= 2 {
		r.setHeader(l)
	} else if len(r.waiting) >= headerLines {
		r.setHeader(r.waiting[0])
	}
	return nil
}

// setHeader settles which line is the header; when none was found the first line is blamed and the rest are rows.
func (r *Reading) setHeader(l Line) {
	h, _, twice := readHeader(r.dict, l)
	r.head = &h
	for _, t := range twice {
		r.problem(Problem{Row: l.No, Column: t, Code: "duplicate-column", Message: fmt.Sprintf("“%s”与另一列含义相同，无法确定用哪一列。请删除其中一列，或改一个列名。", t)})
	}
	for _, c := range h.missing(r.kind) {
		r.problem(Problem{Row: l.No, Column: c.Title, Code: "missing-column", Message: fmt.Sprintf("缺少“%s”列，请补上后重新导入。", c.Title)})
	}
	r.result.Unreadable = len(r.result.Problems) > 0
	after := slices.IndexFunc(r.waiting, func(w Line) bool { return w.No == l.No })
	rest := r.waiting[after+1:]
	r.waiting = nil
	for _, w := range rest {
		r.takeRow(w)
	}
}

// Result ends the reading.
func (r *Reading) Result() Result {
	if r.head == nil && len(r.waiting) > 0 {
		r.setHeader(r.waiting[0])
	}
	if r.head == nil {
		r.result.Unreadable = true
		r.problem(Problem{Code: "empty-file", Message: "文件里没有内容，请检查是否选错了文件。"})
		return r.result
	}
	r.result.Headers = r.head.text
	if r.result.Rows == 0 && !r.result.Unreadable {
		r.result.Unreadable = true
		r.problem(Problem{Row: r.head.lineNo, Code: "no-rows", Message: "文件只有表头，没有数据行，请检查是否选错了文件。"})
	}
	if r.result.Rows > 0 && r.placeless == r.result.Rows {
		r.result.Unreadable, r.result.Problems = true, nil
		r.problem(Problem{Row: r.head.lineNo, Column: "楼栋", Code: "missing-column", Message: "缺少“楼栋”列，房号里也看不出楼栋。请补上“楼栋”列，或把房号写成 3-2-1501。"})
	}
	return r.result
}

func (r *Reading) takeRow(l Line) {
	if first := firstText(l); strings.HasPrefix(first, "示例:") || first == "合计" || first == "总计" || first == "小计" {
		return
	}
	r.result.Rows++
	if r.result.Unreadable {
		return
	}
	in := &row{line: l, head: *r.head, kind: r.kind}
	keep := takers[r.kind](r, in)
	if in.ok() && keep != nil {
		keep()
		return
	}
	r.result.Rejected++
	if _, has := r.head.at[colBuilding]; !has && slices.ContainsFunc(in.problems, func(p Problem) bool { return p.Code == "bad-room" }) {
		r.placeless++
	}
	for _, p := range in.problems {
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
		r.units[out.UnitKey] = *out
		return
	}
	if out.BuiltAreaM2 != "" && first.BuiltAreaM2 != "" && out.BuiltAreaM2 != first.BuiltAreaM2 {
		in.fault(colBuiltArea, faultf("unit-differs", "与第 %d 行是同一套房屋，但面积不同，请核对。", first.Row))
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

// Label is the header of a column as the file writes it.
func (r Result) Label(kind Kind, key string) string {
	return header{text: r.Headers}.label(kind, key)
}

// Reject adds a problem of a row that had none so far.
func (r *Result) Reject(kind Kind, rowNo int, column, code, format string, args ...any) {
	r.Rejected++
	r.Add(Problem{Row: rowNo, Column: r.Label(kind, column), Code: code, Message: fmt.Sprintf(format, args...)})
}

func blank(l Line) bool {
	return firstText(l) == "" && !slices.ContainsFunc(l.Cells, func(c Cell) bool { return c.Formula })
}

func firstText(l Line) string {
	for _, c := range l.Cells {
		if s := estate.Fold(c.Text); s != "" {
			return s
		}
	}
	return ""
}
