package importing

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"steward/domain/estate"
)

// What a line below the header is. A line is data unless one of the rules below says otherwise; a data line whose
// required cells are empty is a problem and never a note.
type lineKind int

const (
	dataLine lineKind = iota
	blankLine
	besideLine   // every filled cell stands beside the table
	headerLine   // the header again, as printed pages have it
	exampleLine  // begins with 示例:
	totalLine    // 合计
	noteLine     // 说明, 制表人, with no place, name or number of a row
	emptyRowLine // only the running number, or formulas that were dragged down
)

// kindOfLine looks at one line below the header:
//
//   - beside: no cell of the table is filled;
//   - header again: at least two cells, and half of the filled ones, are the header's own;
//   - example: its first cell, or two cells, begin with 示例: or the like;
//   - total: its first cell is 合计 or the like, or a place followed by it (3栋小计), or a cell of its place or name is just
//     that (a building merged down over its 小计);
//   - note: its first cell is or begins with 说明:, 注: or the like, or is a signature (制表人:), and every other cell of a
//     required column is empty; below such a line also a line of one cell, and one that explains a header;
//   - empty: nothing but the running number, or formulas in columns that need not be there.
func (s *sheet) kindOfLine(l Line) lineKind {
	first, filled, outside := -1, 0, false
	for i, c := range l.Cells {
		if c.empty() {
			continue
		}
		if i >= s.head.end {
			outside = true
			continue
		}
		if first < 0 {
			first = i
		}
		filled++
	}
	switch {
	case filled == 0 && outside:
		return besideLine
	case filled == 0:
		return blankLine
	case s.repeatsHeader(l, filled):
		return headerLine
	}
	text := lineText(l.Cells[first].Text)
	switch {
	case isExample(text) || s.examples(l) >= 2:
		return exampleLine
	case s.isTotal(text, first) || s.isTotalInside(l, first):
		return totalLine
	case s.isNote(l, text, first, filled):
		s.noted = true
		return noteLine
	case s.isEmptyRow(l):
		return emptyRowLine
	}
	s.noted = false
	return dataLine
}

func lineText(s string) string {
	if len(s) > 400 {
		s = string([]rune(s)[:100])
	}
	return strings.ToLower(estate.Fold(s))
}

func (s *sheet) repeatsHeader(l Line, filled int) bool {
	if filled < 2 {
		return false
	}
	same := 0
	for i, c := range l.Cells[:min(len(l.Cells), s.head.end)] {
		if c.Text != "" && s.head.cells[i].key != "" && (c.Text == s.head.cells[i].raw || estate.Fold(c.Text) == estate.Fold(s.head.cells[i].raw)) {
			same++
		} else if same == 0 && i > 3 {
			return false
		}
	}
	return same >= 2 && same*2 >= filled
}

// begins tells whether a text is one of the words, or begins with one that a colon or a bracket ends.
func begins(text string, words []string) bool {
	for _, w := range words {
		rest, ok := strings.CutPrefix(text, w)
		if ok && (rest == "" || strings.HasPrefix(rest, ":")) {
			return true
		}
	}
	return false
}

func isExample(text string) bool {
	if t := strings.TrimLeft(text, "([【<"); t != text {
		i := strings.IndexAny(t, ")]】>")
		return i > 0 && begins(t[:i], vocab().Lines.Examples[:3])
	}
	return begins(text, vocab().Lines.Examples)
}

func (s *sheet) examples(l Line) (n int) {
	for _, c := range l.Cells[:min(len(l.Cells), s.head.end)] {
		if strings.ContainsAny(c.Text, ":：") && isExample(lineText(c.Text)) {
			n++
		}
	}
	return n
}

func (s *sheet) isTotal(text string, at int) bool {
	for _, w := range vocab().Lines.Totals {
		if rest, ok := strings.CutPrefix(text, w); ok && !startsWithHan(rest) { // 合计, 合计:, 合计300户
			return true
		}
	}
	switch s.head.cells[at].key {
	case colBuilding, colCommunity, colEntrance, colPlace, "ordinal", "":
		text = strings.TrimSuffix(text, ":")
		return strings.HasSuffix(text, "小计") || strings.HasSuffix(text, "合计") || strings.HasSuffix(text, "总计")
	}
	return false
}

func startsWithHan(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Han, r)
}

// isTotalInside looks for a total behind the first cell.
func (s *sheet) isTotalInside(l Line, first int) bool {
	for i := first + 1; i < min(len(l.Cells), s.head.end); i++ {
		switch s.head.cells[i].key {
		case colBuilding, colEntrance, colRoom, colPlace, colName:
			if text := lineText(l.Cells[i].Text); slices.Contains(vocab().Lines.Totals, strings.TrimSuffix(text, ":")) {
				return true
			}
		}
	}
	return false
}

var (
	pageNo   = regexp.MustCompile(`^(第 ?\d+ ?页|共 ?\d+ ?页|page \d+|\d+ ?/ ?\d+ ?页?$)`)
	signedBy = regexp.MustCompile(`.(人|日期|时间)$`)
	noteItem = regexp.MustCompile(`^[(]?[0-9一二三四五六七八九十]{1,2}[)、.:]`)
)

func (s *sheet) isNote(l Line, text string, first, filled int) bool {
	if begins(text, vocab().Lines.Signatures) && (strings.Contains(text, ":") || signedBy.MatchString(text)) {
		return true
	}
	if s.identified(l, first) {
		return false
	}
	if begins(text, vocab().Lines.Notes) || begins(text, vocab().Lines.Signatures) || filled == 1 && (pageNo.MatchString(text) || strings.HasPrefix(text, "※") || strings.HasPrefix(text, "★")) {
		return true
	}
	if !s.noted || filled > 2 {
		return false
	}
	return filled == 1 && (noteItem.MatchString(text) || len([]rune(text)) > 12) || s.explains(text)
}

// identified tells whether a required cell other than the one at i is filled.
func (s *sheet) identified(l Line, i int) bool {
	for _, at := range s.required {
		if at != i && at < len(l.Cells) && !l.Cells[at].empty() {
			return true
		}
	}
	return false
}

// explains tells whether a text is one of the sheet's own headers.
func (s *sheet) explains(text string) bool {
	return slices.ContainsFunc(s.head.cells, func(c headCell) bool { return c.text != "" && foldHeader(c.text) == foldHeader(text) })
}

func (s *sheet) isEmptyRow(l Line) bool {
	for i, c := range l.Cells[:min(len(l.Cells), s.head.end)] {
		key := s.head.cells[i].key
		if c.empty() || key == "ordinal" && !c.Formula {
			continue
		}
		if !c.Formula || slices.Contains(s.required, i) {
			return false
		}
	}
	return true
}
