package importing

import (
	"slices"

	"steward/domain/estate"
)

// headerLines is how many lines of a sheet are looked at for the header (titles and explanations may stand above it).
const headerLines = 30

// sheet is one sheet of the file while it is read.
type sheet struct {
	name    string
	waiting []*headings // the first lines, until the header is settled
	settled bool

	form     *form // as which its lines are read
	head     header
	required []int  // cells of the columns of which a row needs some
	joins    []join // the kind's joins whose numbers it holds
	looks    *form  // what it looks like, nil when like nothing that is known
	asked    header // its header as one of the asked kind, to say what is missing
	main     bool   // its rows are rows of the import
	provides bool   // other rows refer to its rows

	noted   bool // the line before was a note
	rows    int  // data lines
	skipped map[lineKind][]int
	beside  []int         // data lines with something beside the table
	unnamed map[int][]int // cells without a header that hold something -> lines
	pending []Line        // rows that wait for the sheets that they refer to
	samples [][]string
}

const maxSamples = 3

// looksLike finds the form that the first lines of a sheet fit best, and its header.
func looksLike(m *mapping, lines []*headings) (best *form, head header) {
	for _, f := range vocab().Forms {
		if f.Like != "" {
			continue
		}
		h, found := findHeader(f, m, lines)
		if found && len(h.missing(f, f.joinable(h))) == 0 && (best == nil || h.known > head.known) {
			best, head = f, h
		}
	}
	return best, head
}

// joinable tells which columns the sheets can bring to which a header of this form refers by numbers.
func (f *form) joinable(h header) func(key string) bool {
	var from []*form
	for _, j := range joinsOf(Kind(f.Key)) {
		if h.has(j.Column) {
			from = append(from, vocab().byKey[j.Form])
		}
	}
	return func(key string) bool {
		return slices.ContainsFunc(from, func(f *form) bool { return f.byKey[key] != nil })
	}
}

func joinsOf(kind Kind) (out []join) {
	for _, j := range vocab().Joins {
		if j.Kind == kind {
			out = append(out, j)
		}
	}
	return out
}

// settle decides what a sheet is, for an import of a kind.
func (s *sheet) settle(kind Kind, m *mapping) {
	s.settled = true
	f := formOf(kind)
	var head header
	s.looks, head = looksLike(m, s.waiting)
	asked, found := findHeader(f, m, s.waiting)
	if !found {
		at := 0
		if s.looks != nil {
			at = slices.IndexFunc(s.waiting, func(w *headings) bool { return w.line.No == head.lineNo })
		}
		asked = readHeader(f, m, nil, s.waiting[at])
	}
	s.asked = asked
	s.main = found && len(asked.missing(f, f.joinable(asked))) == 0 && (m.sheet == "" || s.name == "" || m.sheet == s.name)
	for _, j := range joinsOf(kind) {
		s.provides = s.provides || s.looks != nil && s.looks.Key == j.Form && head.has(j.By)
	}
	switch {
	case s.main || s.looks == nil:
		s.use(f, asked)
	default:
		s.use(s.looks, head)
	}
	if s.main {
		for _, j := range joinsOf(kind) {
			if s.head.has(j.Column) {
				s.joins = append(s.joins, j)
			}
		}
	}
}

// use takes a form and its header for the lines that follow.
func (s *sheet) use(f *form, h header) {
	s.form, s.head = f, h
	s.skipped, s.unnamed = map[lineKind][]int{}, map[int][]int{}
	s.samples = make([][]string, len(h.cells))
	s.required = nil
	for key, at := range h.at {
		if f.needs(key) || slices.ContainsFunc(f.AnyOf, func(any []string) bool { return slices.Contains(any, key) }) {
			s.required = append(s.required, at)
		}
	}
	slices.Sort(s.required)
}

// readLine tells whether a line below the header is data; what it is instead is counted.
func (s *sheet) readLine(l Line) (kind lineKind) {
	kind = s.kindOfLine(l)
	switch kind {
	case dataLine:
		s.rows++
		s.look(l)
	case headerLine:
		s.rows++
	case blankLine:
	case exampleLine:
		if !s.isOwnExample(l) {
			s.skipped[kind] = append(s.skipped[kind], l.No)
		}
	default:
		s.skipped[kind] = append(s.skipped[kind], l.No)
	}
	return kind
}

// look notes what a data line holds outside the columns that have a name, and keeps the first lines as samples.
func (s *sheet) look(l Line) {
	outside := false
	for i, c := range l.Cells {
		switch {
		case c.Text == "":
		case i >= s.head.end:
			outside = true
		case s.head.cells[i].text == "":
			s.unnamed[i] = append(s.unnamed[i], l.No)
		}
		if s.rows <= 20 && i < len(s.samples) && len(s.samples[i]) < maxSamples && c.Text != "" {
			s.samples[i] = append(s.samples[i], short(c.Text))
		}
	}
	if outside {
		s.beside = append(s.beside, l.No)
	}
}

// isLike tells whether the sheet looks like one of a kind.
func (s *sheet) isLike(kind Kind) bool {
	return s.looks != nil && (s.looks.Key == string(kind) || formOf(kind).Like == s.looks.Key)
}

// linesBelow gives the waiting lines that stand below the header, and how many stand above.
func (s *sheet) linesBelow() (below []Line, above []int) {
	for _, w := range s.waiting {
		switch {
		case w.line.No > s.head.lineNo:
			below = append(below, w.line)
		case w.line.No < s.head.upperNo:
			above = append(above, w.line.No)
		}
	}
	return below, above
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

// above are the waiting lines over the header, the only ones that are kept.
func (s *sheet) above() (out []*headings) {
	for _, w := range s.waiting {
		if w.line.No < s.head.upperNo {
			out = append(out, w)
		}
	}
	return out
}

// refersTo tells whether the rows of s refer by numbers to those of the other sheet.
func (s *sheet) refersTo(other *sheet) bool {
	return slices.ContainsFunc(s.joins, func(j join) bool { return other.provides && other.looks.Key == j.Form }) && !s.provides
}
