package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/spreadsheet"
)

const (
	nsMain   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	nsStrict = `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`
	relBase  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// book is a workbook written part by part, as programs other than excelize write it, or as nobody should.
type book struct {
	sheets  []bookSheet
	strings []string // the content of each <si>
	styles  string   // the content of <styleSheet>
	props   string   // the content of <workbookPr/>
	parts   map[string]string
	without []string
}

type bookSheet struct{ name, state, data, after, kind string }

// one is a workbook of one sheet, with these rows.
func one(rows string) book { return book{sheets: []bookSheet{{name: "资料", data: rows}}} }

func (b book) all() map[string]string {
	rel := func(id, kind, target string) string {
		return fmt.Sprintf(`<Relationship Id="%s" Type="%s/%s" Target="%s"/>`, id, relBase, kind, target)
	}
	var list, rels strings.Builder
	out := map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships>` + rel("rId1", "officeDocument", "xl/workbook.xml") + `</Relationships>`,
	}
	for i, s := range b.sheets {
		part := fmt.Sprintf("worksheets/sheet%d.xml", i+1)
		kind := s.kind
		if kind == "" {
			kind = "worksheet"
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" state="%s" r:id="rId%d"/>`, s.name, i+1, s.state, i+1)
		rels.WriteString(rel(fmt.Sprintf("rId%d", i+1), kind, part))
		out["xl/"+part] = `<?xml version="1.0" encoding="UTF-8"?><worksheet ` + nsMain + `><sheetData>` + s.data + `</sheetData>` + s.after + `</worksheet>`
	}
	if b.strings != nil {
		rels.WriteString(rel("s", "sharedStrings", "sharedStrings.xml"))
		out["xl/sharedStrings.xml"] = `<sst ` + nsMain + `><si>` + strings.Join(b.strings, `</si><si>`) + `</si></sst>`
	}
	if b.styles != "" {
		rels.WriteString(rel("y", "styles", "/xl/styles.xml"))
		out["xl/styles.xml"] = `<styleSheet ` + nsMain + `>` + b.styles + `</styleSheet>`
	}
	out["xl/workbook.xml"] = `<workbook ` + nsMain + ` xmlns:r="` + relBase + `"><workbookPr ` + b.props + `/><sheets>` + list.String() + `</sheets></workbook>`
	out["xl/_rels/workbook.xml.rels"] = `<Relationships>` + rels.String() + `</Relationships>`
	maps.Copy(out, b.parts)
	for _, name := range b.without {
		delete(out, name)
	}
	return out
}

func (b book) file(t testing.TB) []byte { return zipped(t, b.all()) }

func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		pw, err := w.Create(name)
		require.NoError(t, err)
		_, err = pw.Write([]byte(parts[name]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// say writes what was read as a person would note it: sheet!line: cells joined by |, a formula in braces.
func say(lines []importing.Line) []string {
	out := []string{}
	for _, l := range lines {
		var cells []string
		for _, c := range l.Cells {
			text := c.Text
			if c.Formula {
				text = "{" + text + "}"
			}
			cells = append(cells, text)
		}
		out = append(out, fmt.Sprintf("%s!%d: %s", l.Sheet, l.No, strings.Join(cells, "|")))
	}
	return out
}

func said(t testing.TB, name string, content []byte) []string {
	t.Helper()
	require.NoError(t, spreadsheet.New().Check(name, content))
	lines, err := read(t, spreadsheet.New(), name, content)
	require.NoError(t, err)
	return say(lines)
}

func utf16le(s string) string {
	out := []byte("\xFF\xFE")
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// styledRows are the rows that a form has been painted with and nobody filled.
func styledRows(from, to int) string {
	var b strings.Builder
	for no := from; no <= to; no++ {
		fmt.Fprintf(&b, `<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>`, no, no, no)
	}
	return b.String()
}
