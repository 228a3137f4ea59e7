package spreadsheet

import (
	"strings"
	"unicode/utf8"
)

// workbook is an opened .xlsx: what its sheets are called, where they are, and what their cells refer to.
type workbook struct {
	parts      archive
	limits     Limits
	sheets     []sheetPart // the visible ones that hold cells, in the order of their tabs
	date1904   bool
	strings    *sharedStrings
	styles     string // the part that holds the styles, "" for none
	formats    []numberFormat
	tallMerges int // counted over all sheets
}

type sheetPart struct{ name, part string }

// openWorkbook checks all that can be said without reading a sheet.
func (r Reader) openWorkbook(content []byte) (*workbook, error) {
	parts, err := r.openArchive(content)
	if err != nil {
		return nil, err
	}
	root, err := parts.relations("")
	if err != nil {
		return nil, err
	}
	main := "xl/workbook.xml"
	for _, rel := range root {
		if rel.kind == "officeDocument" {
			main = rel.target
		}
	}
	switch {
	case parts.hasMacros():
		return nil, macroFile()
	case strings.HasSuffix(main, ".bin"):
		return nil, unsupported("这是二进制的 Excel 工作簿（.xlsb）。请另存为 .xlsx 再导入。")
	case parts[main] == nil || !strings.HasSuffix(main, ".xml") || strings.HasPrefix(main, "word/") || strings.HasPrefix(main, "ppt/"):
		return nil, unsupported("文件是压缩包，但不是 Excel 工作簿。请用 Excel 或 WPS 另存为 .xlsx 再导入。")
	}
	book := &workbook{parts: parts, limits: r.Limits}
	return book, book.open(main)
}

func (b *workbook) open(main string) error {
	relations, err := b.parts.relations(main)
	if err != nil {
		return err
	}
	strs := ""
	for _, rel := range relations {
		switch rel.kind {
		case "sharedStrings":
			strs = rel.target
		case "styles":
			b.styles = rel.target
		}
	}
	b.strings = &sharedStrings{part: strs, limits: b.limits}
	sheets := 0
	err = b.parts.scanSmall(main, func(x *xmlScanner, token tokenKind) error {
		if token != startTag {
			return nil
		}
		switch string(x.name) {
		case "workbookPr":
			v, err := values(x, "date1904")
			b.date1904 = err == nil && (v[0] == "1" || v[0] == "true" || v[0] == "on")
			return err
		case "sheet":
			if sheets++; sheets > b.limits.Sheets {
				return tooManySheets(b.limits.Sheets)
			}
			return b.addSheet(x, relations)
		}
		return nil
	})
	if err == nil && sheets == 0 {
		return malformed("没有工作表")
	}
	return err
}

// addSheet keeps a visible sheet. A chart or a dialog on a tab of its own holds no cells.
func (b *workbook) addSheet(x *xmlScanner, relations map[string]relation) error {
	v, err := values(x, "name", "id", "state")
	if err != nil {
		return err
	}
	name := strings.TrimSpace(string(cleanText([]byte(v[0]))))
	rel, known := relations[v[1]]
	switch {
	case known && strings.HasSuffix(strings.ToLower(rel.kind), "macrosheet"):
		return macroFile()
	case v[2] == "hidden" || v[2] == "veryHidden" || rel.kind == "chartsheet" || rel.kind == "dialogsheet":
		return nil
	case name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > longestSheetName:
		return malformed("工作表名称不正常")
	case !known || b.parts[rel.target] == nil:
		return malformed("缺少工作表“%s”的内容", name)
	}
	for _, other := range b.sheets {
		if other.name == name || other.part == rel.target {
			return malformed("工作表“%s”重复", name)
		}
	}
	b.sheets = append(b.sheets, sheetPart{name: name, part: rel.target})
	return nil
}

// longestSheetName is generous: Excel allows 31 characters, other programs more.
const longestSheetName = 255
