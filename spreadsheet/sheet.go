package spreadsheet

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/domain/importing"
)

const (
	lastRow    = 1_048_576
	lastColumn = 16_384
)

// sheetWalk reads the cells of one sheet line by line. Rows that are hidden are read: a filter hides them, and they are
// data all the same.
type sheetWalk struct {
	book   *workbook
	sheet  sheetPart
	count  *counter
	merged *merges
	learn  bool // the first walk: the merged areas stand behind the cells

	inData   bool
	inRow    bool
	inCell   bool
	row      int
	numbered bool // the row gave its number itself
	column   int
	cells    []importing.Cell
	width    int // of the last line
	shown    bool
	cell     cellParts
}

// cellParts is what has been read of one cell.
type cellParts struct {
	kind     string
	style    int
	formula  bool
	hasValue bool
	value    textCollector
}

// walkSheet calls the counter for every line of a sheet.
func (b *workbook) walkSheet(sheet sheetPart, merged *merges, learn bool, count *counter) error {
	w := &sheetWalk{book: b, sheet: sheet, count: count, merged: merged, learn: learn}
	w.cell.value.limit = textLimit(b.limits)
	rooted := false
	return b.parts.scan(sheet.part, func(x *xmlScanner, token tokenKind) error {
		switch token {
		case startTag:
			if !rooted && string(x.name) != "worksheet" {
				return malformed("工作表“%s”的内容不是单元格", sheet.name)
			}
			rooted = true
			return w.start(x)
		case characters:
			return w.cell.value.take(x)
		default:
			return w.stop(x)
		}
	})
}

func (w *sheetWalk) start(x *xmlScanner) error {
	if !w.inData {
		switch string(x.name) {
		case "sheetData":
			w.inData = true
		case "mergeCell":
			return w.startMerge(x)
		}
		return nil
	}
	switch string(x.name) {
	case "row":
		if w.inRow {
			return malformed("工作表“%s”第 %d 行的标签嵌套不正常", w.sheet.name, w.row)
		}
		w.inRow = true
		return w.startRow(x)
	case "c":
		if !w.inRow || w.inCell {
			return malformed("工作表“%s”第 %d 行的标签嵌套不正常", w.sheet.name, w.row)
		}
		w.inCell = true
		return w.startCell(x)
	case "v":
		w.cell.value.inText, w.cell.hasValue = true, true
	case "f":
		w.cell.formula = true
	default:
		w.cell.value.start(x.name)
	}
	return nil
}

func (w *sheetWalk) stop(x *xmlScanner) error {
	if !w.inData {
		return nil
	}
	switch string(x.name) {
	case "sheetData":
		w.inData = false
	case "row":
		w.inRow = false
		return w.endRow()
	case "c":
		w.inCell = false
		return w.endCell()
	case "v":
		w.cell.value.inText = false
	default:
		w.cell.value.stop(x.name)
	}
	return nil
}

func (w *sheetWalk) startMerge(x *xmlScanner) error {
	if !w.learn {
		return nil
	}
	v, err := values(x, "ref")
	if err != nil {
		return err
	}
	return w.merged.add([]byte(v[0]), w.book.limits, &w.book.tallMerges)
}

func (w *sheetWalk) startRow(x *xmlScanner) error {
	no := w.row + 1
	w.numbered = false
	for rest := x.attrs; ; {
		name, value, next, ok, err := attribute(rest)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		rest = next
		if string(name) == "r" {
			if no, ok = digits(value); !ok {
				return malformed("工作表“%s”第 %d 行之后的行号不正常", w.sheet.name, w.row)
			}
			w.numbered = true
		}
	}
	w.column, w.cells, w.shown = 0, nil, false
	return w.setRow(no)
}

func (w *sheetWalk) setRow(no int) error {
	if no <= w.row || no > lastRow {
		return malformed("工作表“%s”第 %d 行之后的行号不正常", w.sheet.name, w.row)
	}
	w.row = no
	return nil
}

func (w *sheetWalk) startCell(x *xmlScanner) error {
	c := &w.cell
	c.kind, c.style, c.formula, c.hasValue = "", 0, false, false
	c.value.reset()
	column := w.column + 1
	for rest := x.attrs; ; {
		name, value, next, ok, err := attribute(rest)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		rest = next
		switch string(name) {
		case "r":
			if column, err = w.placeCell(value); err != nil {
				return err
			}
		case "s":
			c.style, _ = digits(value)
		case "t":
			c.kind = cellKind(value)
		}
	}
	if column <= w.column || column > lastColumn {
		return malformed("工作表“%s”第 %d 行的单元格重复或次序不正常", w.sheet.name, w.row)
	}
	w.column = column
	return nil
}

// placeCell reads a cell's own reference; the first cell numbers a row that does not do it itself.
func (w *sheetWalk) placeCell(ref []byte) (int, error) {
	column, row, ok := cellName(ref)
	if ok && row != w.row && !w.numbered && w.column == 0 {
		w.row--
		if err := w.setRow(row); err != nil {
			return 0, err
		}
	}
	w.numbered = true
	if !ok || row != w.row {
		return 0, malformed("工作表“%s”第 %d 行的单元格位置不正常", w.sheet.name, w.row)
	}
	return column, nil
}

// cellKind avoids a copy of what nearly every cell says.
func cellKind(value []byte) string {
	for _, known := range []string{"s", "n", "inlineStr", "str", "b", "e", "d"} {
		if string(value) == known {
			return known
		}
	}
	return "?"
}

func (w *sheetWalk) endCell() error {
	c := &w.cell
	text, err := w.cellText()
	if err != nil {
		return err
	}
	if text == "" && !c.formula {
		return nil
	}
	if w.column > w.book.limits.Columns {
		return tooManyColumns(w.sheet.name, w.row, w.book.limits.Columns)
	}
	// A formula that was computed and shows nothing does not make a line: sheets are filled with them far down.
	w.shown = w.shown || text != "" || !c.hasValue
	if w.cells == nil {
		w.cells = make([]importing.Cell, 0, max(w.width, w.column))
	}
	for len(w.cells) < w.column-1 {
		w.cells = append(w.cells, importing.Cell{})
	}
	cell := w.count.cell(text)
	cell.Formula = c.formula
	w.cells = append(w.cells, cell)
	return nil
}

// cellText is the cell as people see it, as far as that can be said without computing.
func (w *sheetWalk) cellText() (string, error) {
	c := &w.cell
	raw := c.value.bytes()
	if c.kind == "s" && len(raw) > 0 {
		if err := w.book.strings.load(w.book.parts); err != nil {
			return "", err
		}
		n, ok := digits(raw)
		text, found := w.book.strings.at(n)
		if !ok || !found {
			return "", malformed("工作表“%s”第 %d 行引用了不存在的文字", w.sheet.name, w.row)
		}
		return text, nil
	}
	if !utf8.Valid(raw) {
		return "", malformed("工作表“%s”第 %d 行的文字编码不正常", w.sheet.name, w.row)
	}
	if c.kind == "e" && len(raw) == 0 {
		return "#VALUE!", nil // an error is never empty
	}
	text := string(raw)
	switch c.kind {
	case "", "n":
		return w.number(text), nil
	case "b":
		return strings.ToUpper(strings.NewReplacer("1", "TRUE", "0", "FALSE").Replace(text)), nil
	case "d":
		return isoDate(text), nil
	}
	return text, nil
}

func (w *sheetWalk) number(text string) string {
	text = plainNumber(text)
	if c := w.cell.style; c > 0 && c < len(w.book.formats) && text != "" {
		return w.book.formats[c].show(text, w.book.date1904)
	}
	return text
}

func (w *sheetWalk) endRow() error {
	cells := w.cells
	if !w.learn {
		cells = w.merged.fill(w.row, cells, w.shown)
	}
	if !w.shown {
		return nil
	}
	w.width = len(cells)
	return w.count.take(importing.Line{Sheet: w.sheet.name, No: w.row, Cells: cells, Date1904: w.book.date1904})
}

// cellName reads AB12 into column and row, from 1.
func cellName(ref []byte) (column, row int, ok bool) {
	ref = bytes.TrimSpace(ref)
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	row, ok = digits(ref[i:])
	return column, row, ok && column > 0 && column <= lastColumn && row > 0 && row <= lastRow
}

// digits reads a small number without a sign.
func digits(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 || b[0] == '+' || b[0] == '-' {
		return 0, false
	}
	n, err := strconv.Atoi(string(b))
	return n, err == nil
}
