package importing

import "steward/domain/estate"

// Line is one line of a sheet with the number that the file itself gives it (the first line is 1).
type Line struct {
	Sheet    string // the sheet's name, "" for a text file
	No       int
	Cells    []Cell
	Date1904 bool // serial dates of this workbook count from 1904
}

// Cell is the text of one cell. A formula's value is never used, and a text over the limit is cut.
type Cell struct {
	Text    string
	Formula bool
	TooLong bool
}

// empty tells whether a cell holds nothing that can be seen.
func (c Cell) empty() bool { return !c.Formula && (c.Text == "" || estate.Fold(c.Text) == "") }

// SheetReader turns a file into lines; what cannot be read is a refusal with a code.
type SheetReader interface {
	Read(fileName string, content []byte, each func(Line) error) error
}
