package spreadsheet

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"steward/domain/calendar"
	"steward/domain/report"
)

// WriteReport writes a report as an .xlsx, one sheet for each section, row by row. Amounts are numbers in yuan. Text is
// written as text, so that no program takes a name for a formula.
func (r Reader) WriteReport(w io.Writer, rep report.Report) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	styles, err := reportStyles(f)
	if err != nil {
		return fmt.Errorf("write report %s: %w", rep.Name, err)
	}
	for i, s := range rep.Sections {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.Title)
		} else {
			_, err = f.NewSheet(s.Title)
		}
		if err == nil {
			err = writeSection(f, rep, s, styles)
		}
		if err != nil {
			return fmt.Errorf("write section %s of report %s: %w", s.Key, rep.Name, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write report %s: %w", rep.Name, err)
	}
	return nil
}

// reportFormats are how the columns of each kind look.
var reportFormats = map[report.Kind]string{report.Text: "@", report.Yuan: "#,##0.00", report.Count: "#,##0", report.Share: "0.00%", report.Day: "@"}

const headStyle = report.Kind("head")

func reportStyles(f *excelize.File) (map[report.Kind]int, error) {
	styles := map[report.Kind]int{}
	for kind, format := range reportFormats {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return nil, err
		}
		styles[kind] = id
	}
	id, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EEF7"}}, NumFmt: 49})
	styles[headStyle] = id
	return styles, err
}

func writeSection(f *excelize.File, rep report.Report, s report.Section, styles map[report.Kind]int) error {
	out, err := f.NewStreamWriter(s.Title)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, len(s.Columns), 18); err != nil {
		return err
	}
	line := 0
	put := func(cells []any) error {
		line++
		return out.SetRow("A"+strconv.Itoa(line), cells)
	}
	for _, text := range reportHead(rep, s) {
		if err := put([]any{text}); err != nil {
			return err
		}
	}
	head := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		head[i] = excelize.Cell{StyleID: styles[headStyle], Value: c.Title}
	}
	if err := put(head); err != nil {
		return err
	}
	rows := s.Rows
	if s.Totals != nil {
		rows = append(rows[:len(rows):len(rows)], s.Totals)
	}
	for _, row := range rows {
		cells := make([]any, len(s.Columns))
		for i, c := range s.Columns {
			cells[i] = excelize.Cell{StyleID: styles[c.Kind], Value: cellOf(c.Kind, row[c.Key])}
		}
		if err := put(cells); err != nil {
			return err
		}
	}
	return out.Flush()
}

// reportHead is what stands above the table: what it is, of whom, for which days, and what it counts.
func reportHead(rep report.Report, s report.Section) []string {
	span := "截至 " + rep.CutOff.String()
	if !rep.From.IsZero() {
		span = fmt.Sprintf("%s 至 %s，%s", rep.From, rep.To, span)
	}
	head := []string{rep.Community + " " + rep.Title, span}
	if s.Truncated {
		head = append(head, fmt.Sprintf("仅列出前 %d 行。", len(s.Rows)))
	}
	return append(head, rep.Notes...)
}

// cellOf gives the value of a cell: a number where the column holds one, else text. Strings are stored as strings, never as
// formulas.
func cellOf(kind report.Kind, value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		if kind == report.Yuan {
			return float64(v) / 100
		}
		return v
	case calendar.Date:
		return v.String()
	case string:
		if kind == report.Share {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return n
			}
			return nil
		}
		return harmless(v)
	}
	return fmt.Sprint(value)
}

// harmless keeps text from becoming a formula when the file is turned into another format.
func harmless(text string) string {
	if text != "" && (text[0] == '=' || text[0] == '+' || text[0] == '-' || text[0] == '@' || text[0] == '\t' || text[0] == '\r') {
		return "'" + text
	}
	return text
}
