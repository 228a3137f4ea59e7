package importing

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// row reads the cells of one line by column and collects what is wrong with them. Lines of other sheets to which the line
// refers by numbers are parts of it.
type row struct {
	line     Line
	sheet    *sheet
	form     *form
	file     *Reading
	parts    []part
	given    map[string]string // this row's share of a cell that holds a list
	problems []Problem
}

// part is a line of another sheet that belongs to a row.
type part struct {
	sheet *sheet
	line  Line
}

func (r *Reading) newRow(s *sheet, l Line) *row {
	return &row{line: l, sheet: s, form: r.form, file: r}
}

func (r *row) ok() bool { return len(r.problems) == 0 }

// cell finds the cell of a column: the line's own where it says something, else that of a line it refers to.
func (r *row) cell(key string) (c Cell, in part, found bool) {
	in = part{r.sheet, r.line}
	c, found = in.cell(key)
	if v, ok := r.given[key]; ok {
		return Cell{Text: v}, in, true
	}
	if found && (c.Text != "" || c.Formula) {
		return c, in, true
	}
	for _, p := range r.parts {
		if other, ok := p.cell(key); ok && (other.Text != "" || other.Formula || !found) {
			c, in, found = other, p, true
			if c.Text != "" || c.Formula {
				break
			}
		}
	}
	return c, in, found
}

func (p part) cell(key string) (c Cell, found bool) {
	i, ok := p.sheet.head.at[key]
	if ok && i < len(p.line.Cells) {
		c = p.line.Cells[i]
	}
	return c, ok
}

// has tells whether the file has the column.
func (r *row) has(key string) bool {
	_, _, ok := r.cell(key)
	return ok
}

// label is the column as the file calls it, or its usual title when the file lacks it.
func (r *row) label(key string) string {
	_, in, _ := r.cell(key)
	return in.sheet.head.label(r.form, key)
}

// ColumnTitle is a column's usual title.
func ColumnTitle(kind Kind, key string) string { return header{}.label(formOf(kind), key) }

func (r *row) fault(key string, f *fault) {
	_, in, _ := r.cell(key)
	r.problems = append(r.problems, Problem{Sheet: in.sheet.name, Row: in.line.No, Column: in.sheet.head.label(r.form, key), Code: f.code, Message: f.message})
}

// mark says something of the row that is no problem.
func (r *row) mark(key, code string) {
	_, in, _ := r.cell(key)
	r.file.mark(in.sheet.name, in.sheet.head.label(r.form, key), code, in.line.No)
}

var (
	cellError = regexp.MustCompile(`^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|GETTING_DATA)$`)
	rounded   = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+\d{1,3}$`)
)

// text gives a folded cell of at most limit characters, "" when the column or the cell is absent.
func (r *row) text(key string, limit int) string {
	c, _, _ := r.cell(key)
	switch {
	case c.Formula:
		r.fault(key, faultf("formula-cell", "此单元格是公式，系统不计算公式。请复制后“选择性粘贴为数值”再导入。"))
		return ""
	case c.Text == "":
		return ""
	case c.Text[0] == '#' && cellError.MatchString(c.Text):
		r.fault(key, faultf("error-cell", "此单元格是公式出错的结果（%s）。请改正公式，复制后“选择性粘贴为数值”再导入。", c.Text))
		return ""
	}
	s := estate.Fold(c.Text)
	if c.TooLong || len(s) > limit && utf8.RuneCountInString(s) > limit {
		r.fault(key, faultf("cell-too-long", "内容过长，“%s”最多 %d 个字。", r.label(key), limit))
		return ""
	}
	if strings.ContainsRune(s, '+') && rounded.MatchString(s) && r.digitsMatter(key) {
		r.fault(key, faultf("number-rounded", "“%s”被表格软件写成了科学计数（%s），后面的数字已经丢失。请把这一列的格式改为“文本”，重新填写完整的号码。", r.label(key), short(s)))
		return ""
	}
	return s
}

// digitsMatter tells whether a column holds digits that are no quantity, such as a phone or a serial.
func (r *row) digitsMatter(key string) bool {
	c := r.form.column(key)
	if c == nil {
		return true
	}
	switch c.Holds {
	case "amount", "area", "number", "date", "period":
		return false
	}
	return true
}

// needed is text that must not be empty.
func (r *row) needed(key string, limit int) string {
	before := len(r.problems)
	s := r.text(key, limit)
	if s == "" && len(r.problems) == before {
		r.fault(key, faultf("missing-value", "“%s”不能为空。", r.label(key)))
	}
	return s
}

const (
	roomLimit = 40
	nameLimit = 60
	cellLimit = 120
)

// place reads which unit the row is about: from three cells, or from one that holds it all.
func (r *row) place() estate.Room {
	building, entrance := r.text(colBuilding, roomLimit), r.text(colEntrance, roomLimit)
	key := colRoom
	if !r.has(colRoom) || r.peek(colRoom) == "" && r.peek(colPlace) != "" {
		key = colPlace
	}
	before := len(r.problems)
	written := r.needed(key, roomLimit*2)
	if len(r.problems) > before {
		return estate.Room{}
	}
	if building != "" {
		room := r.within(building, entrance, written)
		if room.Number == "" || len([]rune(room.Key())) > 110 {
			r.fault(key, faultf("bad-room", "房号“%s”无法识别，请写成如 1501。", short(written)))
		}
		return room
	}
	room, ok := estate.ParseRoom(written)
	if !ok || room.Building == "" {
		r.fault(key, faultf("bad-room", "房号“%s”看不出楼栋，请写成 3-2-1501，或单独填写“楼栋”一列。", short(written)))
	}
	if entrance != "" {
		room.Entrance, room.AnyEntrance = estate.NewRoom("", entrance, "").Entrance, false
	}
	return room
}

// within reads a room whose building has a cell of its own. The cell of the room may repeat the building and the entrance
// (3 | 2 | 3-2-1501), and may hold the entrance where that has no cell (3 | 2-1501). A prefix that is the building's own
// number is taken for the building; where other rows of the file have an entrance there, a person should look.
func (r *row) within(building, entrance, written string) estate.Room {
	named := estate.NewRoom(building, entrance, "1")
	whole, ok := estate.ParseRoom(written)
	repeats := ok && whole.Building != "" && whole.Building == named.Building
	switch {
	case ok && whole.Building == "" && whole.Entrance != "" && (entrance == "" || whole.Entrance == named.Entrance):
		return estate.NewRoom(building, whole.Entrance, whole.Number)
	case repeats && entrance == "" && !whole.AnyEntrance:
		return whole
	case repeats && (whole.AnyEntrance || whole.Entrance == named.Entrance):
		if entrance == "" {
			r.file.repeats = append(r.file.repeats, r.line.No)
		}
		return estate.NewRoom(building, entrance, whole.Number)
	case ok && entrance == "" && whole.AnyEntrance && entranceNo.MatchString(whole.Building) && doorNo.MatchString(whole.Number):
		r.file.prefixed = true
		return estate.NewRoom(building, whole.Building, whole.Number)
	}
	return estate.NewRoom(building, entrance, written)
}

var (
	entranceNo = regexp.MustCompile(`^\d{1,2}$`)
	doorNo     = regexp.MustCompile(`^\d{3,5}[A-Z]?$`)
)

func (r *row) peek(key string) string {
	c, _, _ := r.cell(key)
	return strings.TrimSpace(c.Text)
}

// community checks that the row is about the community that the import names.
func (r *row) community(named string) {
	if c := r.text(colCommunity, cellLimit); c != "" && estate.NameKey(c) != estate.NameKey(named) {
		r.fault(colCommunity, faultf("community-mismatch", "此行属于“%s”，与本次导入的小区“%s”不同。请分小区导入。", short(c), short(named)))
	}
}

// word reads a cell with a fixed set of meanings, by a word list of the vocabulary.
func (r *row) word(key, list, code string) string {
	s := r.text(key, cellLimit)
	words := words(list)
	v, ok := words.mean(s)
	switch name := words.Refused[wordKey(s)]; {
	case name != "":
		r.fault(key, faultf(code, "“%s”不导入，请删除此行，或改成其他说法。", name))
	case !ok:
		r.fault(key, faultf(code, "“%s”的值“%s”无法识别，请改成常用说法或留空。", r.label(key), short(s)))
	}
	return v
}

// date reads a day, zero where the cell is empty. A month alone is its first day, or its last where the column ends something.
func (r *row) date(key string) calendar.Date {
	s := r.text(key, cellLimit)
	if s == "" {
		return calendar.Date{}
	}
	if from, to, ok := month(s); ok {
		r.mark(key, "month-only")
		if c := r.form.column(key); c != nil && c.End {
			return to
		}
		return from
	}
	d, f := day(s, r.line.Date1904)
	if f != nil {
		r.fault(key, f)
	}
	return d
}

func (r *row) neededDate(key string) calendar.Date {
	before := len(r.problems)
	d := r.date(key)
	if d.IsZero() && len(r.problems) == before {
		r.fault(key, faultf("missing-value", "“%s”不能为空。", r.label(key)))
	}
	return d
}

func (r *row) neededInstant(key string) time.Time {
	before := len(r.problems)
	s := r.needed(key, cellLimit)
	if len(r.problems) > before {
		return time.Time{}
	}
	t, f := instant(s, r.line.Date1904)
	if f != nil {
		r.fault(key, f)
	}
	return t
}

func (r *row) amount(key string) int64 {
	before := len(r.problems)
	s := r.needed(key, cellLimit)
	if len(r.problems) > before {
		return 0
	}
	fen, f := amount(s)
	if f != nil {
		r.fault(key, f)
	}
	return fen
}

func (r *row) area(key string) string {
	s := r.text(key, cellLimit)
	if s == "" {
		return ""
	}
	m2, f := area(s)
	if f != nil {
		r.fault(key, f)
	}
	return m2
}
