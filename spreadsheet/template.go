package spreadsheet

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
)

// TemplateName is the file name of a kind's template, for people.
func TemplateName(t importing.Template) string { return "导入模板-" + t.Title + ".xlsx" }

// Template writes the template of a kind as an .xlsx: one sheet with the header, a line of examples and lists to choose
// from, and one that explains the columns. Columns of digits are text, so that no program rounds them.
func (r Reader) Template(kind importing.Kind) (fileName string, content []byte, err error) {
	t, err := importing.TemplateOf(kind)
	if err != nil {
		return "", nil, err
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	book := templateBook{f: f, t: t}
	for _, step := range []func() error{book.styles, book.table, book.lists, book.instructions, book.finish} {
		if err := step(); err != nil {
			return "", nil, fmt.Errorf("write the template of %s: %w", kind, err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return "", nil, fmt.Errorf("write the template of %s: %w", kind, err)
	}
	return TemplateName(t), out.Bytes(), nil
}

// numberFormats are how the columns of each format look.
var numberFormats = map[string]string{"text": "@", "date": "yyyy-mm-dd", "area": "0.00", "money": "0.00", "price": "0.00####", "number": "0.###"}

type templateBook struct {
	f *excelize.File
	t importing.Template

	header, needed, example, wrapped int            // styles
	column                           map[string]int // styles by format
}

func (b *templateBook) sheet() string { return b.t.Title }

func (b *templateBook) styles() (err error) {
	border := []excelize.Border{{Type: "bottom", Color: "808080", Style: 1}}
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.header, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EEF7"}}, Border: border, NumFmt: 49}},
		{&b.needed, excelize.Style{Font: &excelize.Font{Bold: true, Color: "B00020"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EEF7"}}, Border: border, NumFmt: 49}},
		{&b.example, excelize.Style{Font: &excelize.Font{Italic: true, Color: "808080"}, NumFmt: 49}},
		{&b.wrapped, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, NumFmt: 49}},
	} {
		if *s.into, err = b.f.NewStyle(&s.style); err != nil {
			return err
		}
	}
	b.column = map[string]int{}
	for format, code := range numberFormats {
		if b.column[format], err = b.f.NewStyle(&excelize.Style{CustomNumFmt: &code}); err != nil {
			return err
		}
	}
	return nil
}

// table writes header and examples.
func (b *templateBook) table() error {
	if err := b.f.SetSheetName(b.f.GetSheetName(0), b.sheet()); err != nil {
		return err
	}
	example := b.t.ExampleLine()
	for i, c := range b.t.Columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		style := b.header
		if c.Required {
			style = b.needed
		}
		widest := max(utf8.RuneCountInString(c.Header()), utf8.RuneCountInString(example[i]), 5)
		for _, err := range []error{
			b.f.SetColWidth(b.sheet(), name, name, float64(min(2*widest+2, 36))),
			b.columnStyle(name, c.Format),
			b.f.SetCellStr(b.sheet(), name+"1", c.Header()),
			b.f.SetCellStyle(b.sheet(), name+"1", name+"1", style),
			b.f.SetCellStr(b.sheet(), name+"2", example[i]),
			b.f.SetCellStyle(b.sheet(), name+"2", name+"2", b.example),
		} {
			if err != nil {
				return err
			}
		}
	}
	return b.f.SetPanes(b.sheet(), &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (b *templateBook) columnStyle(name, format string) error {
	style, ok := b.column[format]
	if !ok {
		return nil
	}
	return b.f.SetColStyle(b.sheet(), name, style)
}

// lists lets columns with fixed words be chosen from; a free column only warns of other words.
func (b *templateBook) lists() error {
	for i, c := range b.t.Columns {
		if len(c.Choices) == 0 {
			continue
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		list := excelize.NewDataValidation(true)
		list.SetSqref(fmt.Sprintf("%s2:%s%d", name, name, lastRow))
		if err := list.SetDropList(c.Choices); err != nil {
			return err
		}
		if c.Free {
			list.ShowErrorMessage = false
		} else {
			list.SetError(excelize.DataValidationErrorStyleWarning, c.Title, "请从列表中选择；其他写法导入时可能不认识。")
		}
		list.SetInput(c.Title, c.Explain)
		if err := b.f.AddDataValidation(b.sheet(), list); err != nil {
			return err
		}
	}
	return nil
}

// formatNames are what people are told about a column's format.
var formatNames = map[string]string{"": "文字", "text": "文本", "date": "日期，如 2026-01-31", "area": "数字，两位小数", "money": "金额，两位小数", "price": "数字，最多六位小数", "number": "数字"}

// instructions explains the columns on a sheet that no import reads.
func (b *templateBook) instructions() error {
	sheet := importing.InstructionSheet
	if _, err := b.f.NewSheet(sheet); err != nil {
		return err
	}
	lines := [][]string{{"“" + b.t.Title + "”怎么填"}}
	for _, n := range append([]string{"第一行是列名，请不要改动；第二行是示例，可以删除，不删也不会被导入。", "红色并注明（必填）的列必须填写。这一页只是说明，不会被导入。"}, b.t.Notes...) {
		lines = append(lines, []string{"· " + n})
	}
	lines = append(lines, nil, []string{"哪一列", "要不要填", "怎么填", "写法", "例子"})
	for _, c := range b.t.Columns {
		needed, format := "可以不填", formatNames[c.Format]
		if c.Required {
			needed = "必须填"
		}
		if len(c.Choices) > 0 {
			format = "从列表中选择"
		}
		if c.Free {
			format = "从列表中选择，也可以自己写"
		}
		lines = append(lines, []string{"「" + c.Title + "」", needed, c.Explain, format, c.Example})
	}
	for i, line := range lines {
		for j, text := range line {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := b.f.SetCellStr(sheet, cell, text); err != nil {
				return err
			}
			if len(line) > 1 {
				if err := b.f.SetCellStyle(sheet, cell, cell, b.wrapped); err != nil {
					return err
				}
			}
		}
	}
	for name, width := range map[string]float64{"A": 22, "B": 10, "C": 60, "D": 24, "E": 24} {
		if err := b.f.SetColWidth(sheet, name, name, width); err != nil {
			return err
		}
	}
	return nil
}

func (b *templateBook) finish() error {
	b.f.SetActiveSheet(0)
	return b.f.SetDocProps(&excelize.DocProperties{Creator: "Steward", LastModifiedBy: "Steward", Title: TemplateName(b.t)})
}
