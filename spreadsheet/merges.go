package spreadsheet

import (
	"bytes"
	"slices"

	"steward/domain/importing"
)

// tallMerge is a merged area of more than one row; its value stands in the first column of each.
type tallMerge struct{ column, first, last int }

// merges fills the value of vertically merged cells down: a building written once beside all its rooms.
type merges struct {
	areas []tallMerge
	next  int
	open  map[int]openMerge // by column
}

type openMerge struct {
	last int
	cell importing.Cell
}

// add reads a reference like A2:B9; an area of one row says nothing. all counts the areas of the whole workbook.
func (m *merges) add(ref []byte, limits Limits, all *int) error {
	from, to, isArea := bytes.Cut(ref, []byte(":"))
	if !isArea {
		return nil
	}
	column, first, okFrom := cellName(from)
	lastColumn, last, okTo := cellName(to)
	if !okFrom || !okTo || last < first || lastColumn < column {
		return malformed("合并单元格的范围不正常")
	}
	if last == first || column > limits.Columns {
		return nil
	}
	if *all++; *all > limits.Merges {
		return tooManyMerges(limits.Merges)
	}
	m.areas = append(m.areas, tallMerge{column: column - 1, first: first, last: last})
	return nil
}

// settle is called when all areas are known, before the lines.
func (m *merges) settle() {
	slices.SortFunc(m.areas, func(a, b tallMerge) int { return a.first - b.first })
	m.open = map[int]openMerge{}
}

// fill takes the values of the areas that begin in this line, and gives it those of the areas it lies in. A line that
// shows nothing of its own stays as it is: a merge over empty rows makes no rows.
func (m *merges) fill(lineNo int, cells []importing.Cell, shown bool) []importing.Cell {
	if shown {
		for column, area := range m.open {
			if lineNo > area.last {
				delete(m.open, column)
				continue
			}
			for len(cells) <= column {
				cells = append(cells, importing.Cell{})
			}
			cells[column] = area.cell
		}
	}
	for m.next < len(m.areas) && m.areas[m.next].first <= lineNo {
		area := m.areas[m.next]
		m.next++
		if area.first == lineNo && area.column < len(cells) && (cells[area.column].Text != "" || cells[area.column].Formula) {
			m.open[area.column] = openMerge{last: area.last, cell: cells[area.column]}
		}
	}
	return cells
}
