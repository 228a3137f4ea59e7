package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/domain/refusal"
	"steward/spreadsheet"
)

// twice is a package with two parts of one name.
func twice(t testing.TB) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, part := range one(row1).all() {
		for range 1 + strings.Count(name, "sheet1") {
			pw, err := w.Create(name)
			require.NoError(t, err)
			_, err = pw.Write([]byte(part))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// flagged sets the bit of encryption in the directory of a package.
func flagged(content []byte) []byte {
	content = bytes.Clone(content)
	content[bytes.LastIndex(content, []byte("PK\x01\x02"))+8] |= 1
	return content
}

func many(n int, format string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString(strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

func sheets(n int, data string) book {
	var b book
	for i := range n {
		b.sheets = append(b.sheets, bookSheet{name: fmt.Sprint("第", i+1), data: data})
	}
	return b
}

// What no honest program writes is refused with a code and the next step: atDoor before the file is stored, the rest
// before the first line is handed on.
func TestHostileWorkbooksAreRefused(t *testing.T) {
	const atDoor, inside = true, false
	withPart := func(name, content string) []byte {
		parts := one(row1).all()
		parts[name] = content
		return zipped(t, parts)
	}
	rels := func(list string) []byte {
		return withPart("xl/_rels/workbook.xml.rels", "<Relationships>"+list+"</Relationships>")
	}
	root := func(target string) []byte {
		return withPart("_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="`+target+`"/></Relationships>`)
	}
	to := func(target string) string {
		return `<Relationship Id="rId1" Type="x/worksheet" Target="` + target + `"/>`
	}
	sheet := func(xml string) []byte { return withPart("xl/worksheets/sheet1.xml", xml) }
	after := func(xml string) []byte {
		b := one(row1)
		b.sheets[0].after = xml
		return b.file(t)
	}
	shared := func(index string, strs ...string) []byte {
		b := one(cells(`<c r="A1" t="s"><v>` + index + `</v></c>`))
		b.strings = strs
		return b.file(t)
	}
	cell := func(ref, value string) string { return `<c r="` + ref + `" t="str"><v>` + value + `</v></c>` }
	laughs := `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>`
	for _, c := range []struct {
		why    string
		file   []byte
		code   string
		atDoor bool
	}{
		{"macros under another name", withPart("xl/vbaProject.bin", "x"), "macro-file", atDoor},
		{"macros in another folder", withPart("Elsewhere/VBAPROJECT.BIN", "x"), "macro-file", atDoor},
		{"macro sheet", book{sheets: []bookSheet{{name: "宏", kind: "xlMacrosheet"}}}.file(t), "macro-file", atDoor},
		{"binary workbook", root("xl/workbook.bin"), "unsupported-file-type", atDoor},
		{"document of another program", root("word/document.xml"), "unsupported-file-type", atDoor},
		{"password of the archive", flagged(one(row1).file(t)), "file-encrypted", atDoor},
		{"part twice", twice(t), "malformed-workbook", atDoor},
		{"part twice in other letters", withPart("XL/Workbook.XML", "<workbook/>"), "malformed-workbook", atDoor},
		{"path outside", withPart("xl/../../../etc/passwd", "x"), "malformed-workbook", atDoor},
		{"path outside, of Windows", withPart(`..\boot.ini`, "x"), "malformed-workbook", atDoor},
		{"path from the root", withPart("/etc/passwd", "x"), "malformed-workbook", atDoor},
		{"5,000 sheets", sheets(4900, row1).file(t), "too-many-sheets", atDoor},
		{"10,000 parts", sheets(10_000, row1).file(t), "file-too-large", atDoor},
		{"more strings than rows can hold", shared("0", strings.Repeat("</si><si>", 2_000_001)), "file-too-large", inside},
		{"bomb of shared strings", shared("0", strings.Repeat("<t>长</t>", 8<<20)), "file-too-large", atDoor},
		{"no sheets", withPart("xl/workbook.xml", "<workbook/>"), "malformed-workbook", atDoor},
		{"no relationships", book{sheets: one(row1).sheets, without: []string{"xl/_rels/workbook.xml.rels"}}.file(t), "malformed-workbook", atDoor},
		{"a sheet without its part", book{sheets: one(row1).sheets, without: []string{"xl/worksheets/sheet1.xml"}}.file(t), "malformed-workbook", atDoor},
		{"a sheet somewhere else", rels(strings.Replace(to("http://example.com/1.xml"), "/>", ` TargetMode="External"/>`, 1)), "malformed-workbook", atDoor},
		{"a sheet above the package", rels(to("../../../etc/passwd")), "malformed-workbook", atDoor},
		{"a relationship twice", rels(to("a.xml") + to("worksheets/sheet1.xml")), "malformed-workbook", atDoor},
		{"a sheet that is the workbook", rels(to("workbook.xml")), "malformed-workbook", inside},
		{"two sheets of one part", withPart("xl/workbook.xml", `<workbook><sheet name="a" r:id="rId1"/><sheet name="b" r:id="rId1"/></workbook>`), "malformed-workbook", atDoor},
		{"two sheets of one name", book{sheets: []bookSheet{{name: "a", data: row1}, {name: "a", data: row1}}}.file(t), "malformed-workbook", atDoor},
		{"entities in the workbook", withPart("xl/workbook.xml", laughs+"<workbook>&b;</workbook>"), "malformed-workbook", atDoor},
		{"entities in a sheet", sheet(laughs + "<worksheet><sheetData>" + row1 + "&b;</sheetData></worksheet>"), "malformed-workbook", inside},
		{"an entity that is not there", sheet("<worksheet><sheetData>" + cells(cell("A1", "&b;")) + "</sheetData></worksheet>"), "malformed-workbook", inside},
		{"a sheet cut off", sheet("<worksheet><sheetData>" + row1), "file-truncated", inside},
		{"a sheet cut in a tag", sheet("<worksheet><sheetData>" + row1 + "<row r="), "file-truncated", inside},
		{"a sheet cut behind its cells", sheet("<worksheet><sheetData>" + row1 + "</sheetData>"), "file-truncated", inside},
		{"an empty part", sheet(""), "file-truncated", inside},
		{"tags that cross", sheet("<worksheet><sheetData>" + row1 + "</worksheet></sheetData>"), "malformed-workbook", inside},
		{"two roots", sheet("<worksheet><sheetData>" + row1 + "</sheetData></worksheet><worksheet/>"), "malformed-workbook", inside},
		{"deep nesting", sheet("<worksheet>" + strings.Repeat("<a>", 100_000)), "malformed-workbook", inside},
		{"an endless tag", sheet("<worksheet a=\"" + strings.Repeat("a", 1<<20)), "malformed-workbook", inside},
		{"a huge row number", one(`<row r="99999999999">` + cell("A99999999999", "x") + `</row>`).file(t), "malformed-workbook", inside},
		{"a row behind the last", one(`<row r="1048577">` + cell("A1048577", "x") + `</row>`).file(t), "malformed-workbook", inside},
		{"a negative row", one(`<row r="-1"/>`).file(t), "malformed-workbook", inside},
		{"row nought", one(`<row r="0"/>`).file(t), "malformed-workbook", inside},
		{"rows out of order", one(`<row r="2"/><row r="1"/>`).file(t), "malformed-workbook", inside},
		{"a row twice", one(row1 + row1).file(t), "malformed-workbook", inside},
		{"a row in a row", one(`<row r="1"><row r="2">` + cell("A2", "x") + `</row></row>`).file(t), "malformed-workbook", inside},
		{"a cell in a cell", one(cells(`<c r="A1">` + cell("B1", "x") + `</c>`)).file(t), "malformed-workbook", inside},
		{"a cell outside the rows", one(cell("A1", "x")).file(t), "malformed-workbook", inside},
		{"a cell twice", one(cells(cell("A1", "x") + cell("A1", "y"))).file(t), "malformed-workbook", inside},
		{"cells out of order", one(cells(cell("B1", "x") + cell("A1", "y"))).file(t), "malformed-workbook", inside},
		{"a cell of another row", one(cells(cell("A2", "x"))).file(t), "malformed-workbook", inside},
		{"a cell behind the last column", one(cells(cell("XFE1", "x"))).file(t), "malformed-workbook", inside},
		{"a cell at the last column", one(cells(cell("XFD1", "x"))).file(t), "too-many-columns", inside},
		{"10,000 values in a row", one(cells(strings.Repeat(`<c><v>1</v></c>`, 10_000))).file(t), "too-many-columns", inside},
		{"a million rows", one(strings.Repeat(`<row><c><v>1</v></c></row>`, 1_000_000)).file(t), "too-many-rows", inside},
		{"a million rows in ten sheets", sheets(10, strings.Repeat(`<row><c><v>1</v></c></row>`, 100_000)).file(t), "too-many-rows", inside},
		{"100,000 merged areas", after("<mergeCells>" + many(100_000, `<mergeCell ref="A%d:A1048576"/>`) + "</mergeCells>"), "too-many-merged-cells", inside},
		{"a merge upside down", after(`<mergeCells><mergeCell ref="B9:A1"/></mergeCells>`), "malformed-workbook", inside},
		{"a shared string that is not there", shared("7", "<t>x</t>"), "malformed-workbook", inside},
		{"a negative shared string", shared("-1", "<t>x</t>"), "malformed-workbook", inside},
		{"no shared strings at all", one(cells(`<c t="s"><v>0</v></c>`)).file(t), "malformed-workbook", inside},
		{"bytes that are no text", one(cells(cell("A1", "\xC3\x28"))).file(t), "malformed-workbook", inside},
		{"a checksum that differs", spoiled(t), "file-truncated", inside},
	} {
		t.Run(c.why, func(t *testing.T) {
			err := spreadsheet.New().Check("a.xlsx", c.file)
			if !c.atDoor {
				require.NoError(t, err)
				err = spreadsheet.New().Read("a.xlsx", c.file, func(importing.Line) error {
					require.FailNow(t, "a line was handed on")
					return nil
				})
			}
			r, ok := refusal.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.code, r.Code, r.Message)
			require.Regexp(t, `请.*。$`, r.Message, "it says what to do")
		})
	}
}

// spoiled changes one stored byte of a sheet, behind the directory's back.
func spoiled(t testing.TB) []byte {
	return bytes.Replace(stored(t, one(row1).all()), []byte("房号"), []byte("房呷"), 1)
}

// The largest texts are refused or cut without being held: each of these unpacks to 30 MB and more.
func TestLargeTextsTakeLittleMemory(t *testing.T) {
	for why, content := range map[string][]byte{
		"one cell":          one(cells(`<c t="str"><v>` + strings.Repeat("长文本", 3<<20) + `</v></c>`)).file(t),
		"one blank cell":    one(row1 + `<row><c t="str"><v>` + strings.Repeat(" ", 30<<20) + `</v></c></row>`).file(t),
		"one CDATA section": one(cells(`<c t="str"><v><![CDATA[` + strings.Repeat("长文本", 3<<20) + `]]></v></c>`)).file(t),
		"one comment":       one(row1 + `<!--` + strings.Repeat("长文本", 3<<20) + `-->`).file(t),
		"rows of nothing":   one(row1 + strings.Repeat("<row/>", 1_000_000)).file(t),
		"text in a table":   append([]byte("a,\""), append(bytes.Repeat([]byte("a\n"), 9<<20), '"')...),
	} {
		t.Run(why, func(t *testing.T) {
			name := "a.xlsx"
			if why == "text in a table" {
				name = "a.csv"
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			lines, err := read(t, spreadsheet.New(), name, content)
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.Len(t, lines, 1)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(48<<20), "bytes taken in all, freed ones counted")
		})
	}
}
