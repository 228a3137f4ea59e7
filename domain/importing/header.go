package importing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"steward/domain/estate"
)

// heading is the text of a header cell in the forms in which it is looked up, the surest first. No form drops a word that
// could tell one column from another: what only resembles is proposed to a person and never taken.
type heading struct {
	text  string // as the file writes it, folded
	forms []string
	base  string // without the number in it
	nth   int    // 业主2: 2
}

var (
	headerSigns = strings.NewReplacer("*", "", "★", "", "※", "", ":", "", " ", "", "必填", "", "请填写", "", "请输入", "", "(", "", ")", "", "[", "", "]", "", "【", "", "】", "", "的", "", "\"", "", "'", "")
	bracketed   = regexp.MustCompile(`[(\[【{<]([^)\]】}>]*)[)\]】}>]`)
	codesOf     = regexp.MustCompile(`^([A-Za-z0-9]{1,5}\s*[:=]?\s*\p{Han}+[\s,;/、]*){2,}$`)
	choicesOf   = regexp.MustCompile(`^\p{Han}{1,6}([/、|或]\p{Han}{1,6})+$`)
	dateMask    = regexp.MustCompile(`^[ymdhs年月日时分秒\-/:. ]+$`)
	hintOf      = regexp.MustCompile(`^(如|例|格式|请|单位|注|填|可)`)
	unitsBehind = regexp.MustCompile(`[/,-]?(m2|m²|元|平方米|平米|rmb)$`)
	numberIn    = regexp.MustCompile(`^(\D*?)([1-9]|[一二三四五])(\D*)$`)
)

// foldHeader brings a header into one form without dropping a word of it; only the signs of brackets and stars go.
func foldHeader(s string) string { return strings.ToLower(headerSigns.Replace(estate.Fold(s))) }

// shownHeader is a header as its file writes it, on one line.
func shownHeader(s string) string {
	s = strings.TrimFunc(s, unicode.IsSpace)
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return estate.Fold(s)
	}
	return s
}

func newHeading(text string) heading {
	h := heading{text: shownHeader(text)}
	text = estate.Fold(text)
	if text == "" || utf8.RuneCountInString(text) > maxHeadingRunes {
		return h
	}
	h.add(foldHeader(text))
	if strings.ContainsAny(text, "([【{<") {
		h.add(foldHeader(bracketed.ReplaceAllStringFunc(text, func(in string) string {
			if harmless(in) {
				return ""
			}
			return in
		})))
	}
	if len(h.forms) == 0 {
		return h
	}
	for _, f := range slices.Clone(h.forms) {
		h.add(unitsBehind.ReplaceAllString(f, ""))
	}
	if m := numberIn.FindStringSubmatch(h.forms[len(h.forms)-1]); m != nil {
		h.base = m[1] + m[3]
		if n, err := strconv.Atoi(m[2]); err == nil {
			h.nth = n
		} else {
			h.nth = strings.Index("一二三四五", m[2])/len("一") + 1
		}
	}
	return h
}

func (h *heading) add(form string) {
	if form != "" && !slices.Contains(h.forms, form) {
		h.forms = append(h.forms, form)
	}
}

// harmless tells whether what stands in brackets says nothing about which column it is: units, 必填, date formats, lists
// of codes or choices.
func harmless(in string) bool {
	m := bracketed.FindStringSubmatch(in)
	s := wordKey(m[1])
	return s == "" || vocab().harmless[s] || codesOf.MatchString(s) || choicesOf.MatchString(s) || dateMask.MatchString(s) || hintOf.MatchString(s)
}

// find gives the column that a header surely means.
func (f *form) find(h heading) (key string, ok bool) {
	for _, form := range h.forms {
		if key, ok = f.dict[form]; ok {
			return key, true
		}
	}
	if h.base == "" {
		return "", false
	}
	key, ok = f.dict[h.base]
	switch {
	case !ok:
		return "", false
	case h.nth == 1:
		return key, true
	case f.byKey[key].Numbered:
		return key + "#" + strconv.Itoa(h.nth), true
	}
	return "", false
}

// named gives the column that somebody names by key, title or any header that it is known by.
func (f *form) named(s string) (key string, ok bool) {
	base, nth, numbered := strings.Cut(s, "#")
	if c := f.byKey[base]; c != nil && (!numbered || c.Numbered && nth >= "2" && nth <= "9" && len(nth) == 1) {
		return s, true
	}
	return f.find(newHeading(s))
}

// How tells how a header of a file became a column.
type How string

// The ways. A proposed column is not read until a person takes the proposal into the mapping.
const (
	HowGiven    How = "given"   // by the mapping of this import
	HowSaved    How = "saved"   // by the mapping that was saved for the community
	HowSynonym  How = "synonym" // by the vocabulary
	HowProposed How = "proposed"
	HowUnknown  How = "unknown"
	HowLeft     How = "left-out" // by the mapping, on purpose
	HowBeside   How = "beside"   // notes beside the table
)

// headCell is one cell of the header.
type headCell struct {
	text string // group and own text, as messages and mappings name it
	raw  string // as it stands in the lower line
	key  string
	how  How
}

// header is the line, or two, that names the columns.
type header struct {
	upperNo int // the first line of it
	lineNo  int // the last
	cells   []headCell
	at      map[string]int // column key -> cell
	twice   []string
	known   int  // columns that are read
	end     int  // cells from here on stand beside the table
	under   int  // columns that stand under another header
	told    bool // one of these headers above is known to stand above others
}

// readHeader takes l, with a line above it or without, as the header of a form.
func readHeader(f *form, m *mapping, upper *headings, l *headings) header {
	h := header{lineNo: l.line.No, upperNo: l.line.No, at: map[string]int{}}
	if upper != nil {
		h.upperNo = upper.line.No
	}
	group := ""
	for i := range max(len(l.cells), upper.len()) {
		own, above := l.at(i), upper.at(i)
		if above.text != "" {
			group = above.text
		}
		c := headCell{text: own.text, raw: own.text}
		switch {
		case own.text == "" && above.text == "":
		case own.text == "" || own.text == above.text:
			c = m.settle(f, l.line.Sheet, above.text, above)
			c.raw = own.text
		case upper != nil && group != "":
			c = m.settle(f, l.line.Sheet, group+"/"+own.text, l.under(i, group)...)
			c.raw = own.text
			if c.key != "" {
				h.under++
				h.told = h.told || isGroup(group)
			}
		default:
			c = m.settle(f, l.line.Sheet, own.text, own)
			c.raw = own.text
		}
		h.take(f, i, c)
	}
	h.close()
	return h
}

func (h *header) take(f *form, i int, c headCell) {
	h.cells = append(h.cells, c)
	if c.key == "" {
		return
	}
	col := f.column(c.key)
	_, taken := h.at[c.key]
	switch {
	case taken && !col.Unused && !col.Ordinal:
		h.twice = append(h.twice, c.text)
		h.cells[i].key, h.cells[i].how = "", HowUnknown
	case taken:
	default:
		h.at[c.key] = i
		if !col.Unused && !col.Ordinal {
			h.known++
			h.end = i + 1
		}
	}
}

// close finds where the table ends: behind its last column that is read, and the headers that follow it without a gap.
func (h *header) close() {
	for h.end < len(h.cells) && h.cells[h.end].text != "" {
		h.end++
	}
	for i := h.end; i < len(h.cells); i++ {
		if c := &h.cells[i]; c.text != "" {
			if h.at[c.key] == i {
				delete(h.at, c.key)
			}
			c.key, c.how = "", HowBeside
		}
	}
}

// headings are the cells of a line that may be a header.
type headings struct {
	line    Line
	cells   []heading
	grouped [][]heading // what each cell is looked up as below the header above it
	filled  int
	groups  bool // a cell is known to stand above others
}

func newHeadings(l Line) *headings {
	h := &headings{line: l, cells: make([]heading, len(l.Cells))}
	for i, c := range l.Cells {
		h.cells[i] = newHeading(c.Text)
		if h.cells[i].text != "" {
			h.filled++
			h.groups = h.groups || isGroup(h.cells[i].text)
		}
	}
	return h
}

func isGroup(text string) bool {
	_, known := vocab().Marks.Above[wordKey(text)]
	return known
}

// under gives what a cell below another header may be looked up as. Of an unknown upper header nothing but the two
// together. Every line has only one above it.
func (h *headings) under(i int, group string) []heading {
	if h.grouped == nil {
		h.grouped = make([][]heading, len(h.cells))
	}
	if h.grouped[i] == nil {
		prefixes, known := vocab().Marks.Above[wordKey(group)]
		if !known {
			prefixes = []string{group}
		}
		if !hasHan(h.cells[i].text) { // 业主 over 3 is no 业主3
			prefixes = []string{"?"}
		}
		for _, p := range prefixes {
			h.grouped[i] = append(h.grouped[i], newHeading(p+h.cells[i].text))
		}
	}
	return h.grouped[i]
}

func hasHan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
}

// maxHeadingRunes is more than any header has; longer cells are explanations.
const maxHeadingRunes = 60

func (h *headings) at(i int) heading {
	if h == nil || i >= len(h.cells) {
		return heading{}
	}
	return h.cells[i]
}

func (h *headings) len() int {
	if h == nil {
		return 0
	}
	return len(h.cells)
}

func (h header) score() int {
	score := h.known*4 - len(h.twice)*6
	if h.told { // the lower line alone would give a contact's name for the owner's
		score += 1000
	}
	return score
}

// findHeader looks for the header of a form among the first lines of a sheet: the line, or the two lines, with the most
// columns of the form. found is false when no line has two.
func findHeader(f *form, m *mapping, lines []*headings) (best header, found bool) {
	for i, l := range lines {
		single := readHeader(f, m, nil, l)
		if single.known >= 2 && (!found || single.score() > best.score()) {
			best, found = single, true
		}
		if i == 0 || lines[i-1].line.No != l.line.No-1 || lines[i-1].filled < 2 && !lines[i-1].groups {
			continue
		}
		double := readHeader(f, m, lines[i-1], l)
		if double.under >= 2 && double.under*2 >= l.filled && double.known >= 2 && (!found || double.score() > best.score()) {
			best, found = double, true
		}
	}
	return best, found
}

func (h header) has(key string) bool { _, ok := h.at[key]; return ok }

// missing lists the columns that the header lacks, in the form's order; joined tells which columns another sheet brings.
func (h header) missing(f *form, joined func(key string) bool) []column {
	lacks := map[string]bool{}
	here := func(key string) bool { return h.has(key) || joined != nil && joined(key) }
	for _, any := range f.AnyOf {
		if !slices.ContainsFunc(any, here) {
			lacks[any[0]] = true
		}
	}
	for _, key := range f.Required {
		if !here(key) {
			lacks[key] = true
		}
	}
	var out []column
	for _, c := range f.Columns {
		if lacks[c.Key] {
			out = append(out, c)
		}
	}
	return out
}

// label is a column as the file calls it, or its usual title where the file lacks it.
func (h header) label(f *form, key string) string {
	if i, ok := h.at[key]; ok {
		return h.cells[i].text
	}
	if i, ok := h.at[colPlace]; ok && key == colRoom {
		return h.cells[i].text
	}
	if c := f.column(key); c != nil {
		return c.Title
	}
	return ""
}
