package importing

import (
	"slices"
	"time"
)

// Inspection is what a file looks like before it is imported: its sheets, and which column each header is taken for.
// Samples are cells of the file and may be personal.
type Inspection struct {
	Kind     Kind           `json:"kind"` // as asked, or the guess where none was; "" when the file is like no kind
	Title    string         `json:"title"`
	Sheets   []SheetView    `json:"sheets"`
	Choices  []ColumnChoice `json:"choices"`  // what a header can be mapped to
	Problems []Problem      `json:"problems"` // of the file as a whole: what keeps it from being read
	Notices  []Notice       `json:"notices"`  // columns and sheets that are not used
}

// SheetView is one sheet of an inspected file. Rows counts the lines below the header that hold something.
type SheetView struct {
	Name           string          `json:"name"`
	LooksLike      string          `json:"looks_like"` // a kind, or another form that is known; "" for none
	LooksLikeTitle string          `json:"looks_like_title"`
	Used           bool            `json:"used"`
	HeaderRow      int             `json:"header_row"`
	Rows           int             `json:"rows"`
	Columns        []ColumnView    `json:"columns"`
	Missing        []MissingColumn `json:"missing"`
}

// ColumnView is one header of a sheet. Column is the key of what it is taken for, or proposed to be taken for.
type ColumnView struct {
	Header  string   `json:"header"`
	Column  string   `json:"column"`
	Title   string   `json:"title"`
	How     How      `json:"how" enum:"given,saved,synonym,proposed,unknown,left-out,beside"`
	Unused  bool     `json:"unused"` // known, and without a place in the system
	Samples []string `json:"samples"`
}

// MissingColumn is a column that has to be there and is not.
type MissingColumn struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// ColumnChoice is a column that a kind has.
type ColumnChoice struct {
	Key      string `json:"key"`
	Title    string `json:"title"`
	Required bool   `json:"required"`
}

// nearlyLike is how many columns of the asked kind make a sheet that is like no form look like one of the kind.
const nearlyLike = 3

// inspectedLines is how many lines of a sheet below the header are looked at for samples.
const inspectedLines = 60

// Inspector takes the lines of a file as a Reading does, and keeps only the first of each sheet.
type Inspector struct {
	kind         Kind
	given, saved map[string]string
	sheets       []*firstLines
}

type firstLines struct {
	lines []Line
	more  int
}

// NewInspector starts an inspection; without a kind it is guessed. given is the mapping that comes with the file, saved
// the one of the community.
func NewInspector(kind Kind, given, saved map[string]string) *Inspector {
	return &Inspector{kind: kind, given: given, saved: saved}
}

// Take looks at the next line. The line's cells may be used again by the caller.
func (p *Inspector) Take(l Line) error {
	n := len(p.sheets)
	if n == 0 || p.sheets[n-1].lines[0].Sheet != l.Sheet {
		if blank(l) {
			return nil
		}
		p.sheets = append(p.sheets, &firstLines{})
		n++
	}
	s := p.sheets[n-1]
	if len(s.lines) >= headerLines+inspectedLines {
		s.more++
		return nil
	}
	l.Cells = slices.Clone(l.Cells)
	s.lines = append(s.lines, l)
	return nil
}

// Inspection ends it.
func (p *Inspector) Inspection() Inspection {
	kind := p.kind
	if kind == "" {
		kind = p.guess()
	}
	if formOf(kind) == nil || takers[kind] == nil {
		return p.unlike()
	}
	r := NewReading(kind, "", nil, time.Time{})
	r.mapping = newMapping(kind, p.given, p.saved)
	for _, s := range p.sheets {
		for _, l := range s.lines {
			_ = r.Take(l)
		}
	}
	got := r.Result()
	out := Inspection{Kind: kind, Title: kind.Title(), Sheets: []SheetView{}, Problems: []Problem{}, Notices: []Notice{}}
	for i, s := range r.sheets {
		out.Sheets = append(out.Sheets, r.view(s, p.sheets[i].more))
	}
	if got.Unreadable {
		out.Problems = append(out.Problems, got.Problems...)
	}
	for _, n := range got.Notices {
		if slices.Contains([]string{"unknown-column", "column-not-used", "sheet-not-used", "unnamed-column", "mapping-not-used"}, n.Code) {
			out.Notices = append(out.Notices, n)
		}
	}
	f := formOf(kind)
	for _, c := range f.Columns {
		if !c.Unused && !c.Ordinal {
			out.Choices = append(out.Choices, ColumnChoice{c.Key, c.Title, f.needs(c.Key)})
		}
	}
	return out
}

// guess takes the first kind, in the vocabulary's order, that a sheet looks like; else the one of which most is there.
func (p *Inspector) guess() (kind Kind) {
	best := len(vocab().Forms)
	for _, s := range p.sheets {
		looks, _ := looksLike(newMapping(Roster, p.given, p.saved), s.headings())
		if i := slices.Index(vocab().Forms, looks); looks != nil && i < best {
			best = i
		}
	}
	if best < len(vocab().Forms) {
		if f := vocab().Forms[best]; !f.Helper && takers[Kind(f.Key)] != nil {
			return Kind(f.Key)
		}
		return ""
	}
	most := 0
	for _, f := range vocab().Forms {
		if f.Helper || takers[Kind(f.Key)] == nil {
			continue
		}
		m := newMapping(Kind(f.Key), p.given, p.saved)
		for _, s := range p.sheets {
			h, found := findHeader(f, m, s.headings())
			if n := h.known - len(h.missing(f, f.joinable(h))); found && n > most {
				most, kind = n, Kind(f.Key)
			}
		}
	}
	return kind
}

func (s *firstLines) headings() (out []*headings) {
	for _, l := range s.lines[:min(headerLines, len(s.lines))] {
		if !blank(l) {
			out = append(out, newHeadings(l))
		}
	}
	return out
}

// unlike is the inspection of a file that is like no kind: it says what each sheet looks like instead.
func (p *Inspector) unlike() Inspection {
	out := Inspection{Sheets: []SheetView{}, Choices: []ColumnChoice{}, Notices: []Notice{}, Problems: []Problem{{Code: "no-kind", Message: "看不出这个文件是哪一类数据，请选择导入类型。"}}}
	for _, s := range p.sheets {
		v := SheetView{Name: s.lines[0].Sheet, Columns: []ColumnView{}, Missing: []MissingColumn{}, Rows: len(s.lines) + s.more}
		if looks, head := looksLike(newMapping(Roster, nil, nil), s.headings()); looks != nil {
			v.LooksLike, v.LooksLikeTitle, v.HeaderRow = looks.Key, looks.Title, head.lineNo
			v.Rows -= slices.IndexFunc(s.lines, func(l Line) bool { return l.No == head.lineNo }) + 1
		}
		out.Sheets = append(out.Sheets, v)
	}
	return out
}

func (r *Reading) view(s *sheet, more int) SheetView {
	v := SheetView{
		Name: s.name, Used: r.uses(s), HeaderRow: s.head.lineNo, Rows: s.rows + more, Columns: []ColumnView{}, Missing: []MissingColumn{},
	}
	if s.looks != nil {
		v.LooksLike, v.LooksLikeTitle = s.looks.Key, s.looks.Title
	}
	if s.isLike(r.kind) || s.looks == nil && s.asked.known >= nearlyLike {
		v.LooksLike, v.LooksLikeTitle = string(r.kind), r.form.Title
	}
	for i, c := range s.head.cells {
		if c.text == "" && len(s.unnamed[i]) == 0 {
			continue
		}
		v.Columns = append(v.Columns, s.viewColumn(i, c))
	}
	if !v.Used || s.main {
		for _, c := range s.asked.missing(r.form, r.brought(s.asked)) {
			v.Missing = append(v.Missing, MissingColumn{c.Key, c.Title})
		}
	}
	return v
}

func (s *sheet) viewColumn(i int, c headCell) ColumnView {
	v := ColumnView{Header: c.text, Column: c.key, How: c.how, Samples: []string{}}
	if i < len(s.samples) {
		v.Samples = append(v.Samples, s.samples[i]...)
	}
	if v.Header == "" {
		v.Header, v.How = columnLetter(i), HowUnknown
	}
	if c.key == "" && c.how == HowUnknown {
		if key := s.propose(c.text, v.Samples); key != "" {
			v.Column, v.How = key, HowProposed
		}
	}
	if col := s.form.column(v.Column); col != nil {
		v.Title, v.Unused = col.Title, col.Unused
	}
	return v
}
