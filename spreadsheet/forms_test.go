package spreadsheet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/spreadsheet"
)

const (
	row1 = `<row r="1"><c r="A1" t="inlineStr"><is><t>房号</t></is></c></row>`
	// dateStyles: 1 is a day, 2 a day and a time in own words, 3 four digits with leading zeros, 4 a time, 5 red numbers.
	dateStyles = `<numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\ h:mm;@"/>` +
		`<numFmt numFmtId="177" formatCode="0000"/><numFmt numFmtId="178" formatCode="[Red]0.00&quot;day&quot;"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="177"/>` +
		`<xf numFmtId="20"/><xf numFmtId="178"/></cellXfs>`
	// richText is in runs, and says how it is pronounced.
	richText = `<r><rPr><b/></rPr><t>3</t></r><r><t xml:space="preserve"> 栋</t></r><rPh sb="0" eb="1"><t>さん</t></rPh><phoneticPr/>`
	prefixed = `<x:worksheet xmlns:x="m"><x:sheetData><x:row r="2"><x:c r="B2" t="inlineStr"><x:is><x:t>甲</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`
)

func cells(inner string) string { return `<row r="1">` + inner + `</row>` }

func TestCellsOfEveryKindOfProgram(t *testing.T) {
	for why, c := range map[string]struct {
		book book
		want string
	}{
		"shared string":          {book{sheets: one(cells(`<c r="A1" t="s"><v>1</v></c>`)).sheets, strings: []string{`<t>甲</t>`, `<t> 乙 </t>`}}, "乙"},
		"rich text, no readings": {book{sheets: one(cells(`<c r="A1" t="s"><v>0</v></c>`)).sheets, strings: []string{richText}}, "3 栋"},
		"inline rich text":       {one(cells(`<c r="A1" t="inlineStr"><is><r><t>3</t></r><r><t>栋</t></r></is></c>`)), "3栋"},
		"entities and CDATA":     {one(cells(`<c r="A1" t="inlineStr"><is><t>A&amp;B&lt;&#x6C49;&#23383;<![CDATA[<&amp;>]]></t></is></c>`)), "A&B<汉字<&amp;>"},
		"escaped control":        {one(cells(`<c r="A1" t="str"><v>一_x000D_&#10;二_x005F_x_x0000_</v></c>`)), "一\n二_x"},
		"a lone CR":              {one(cells(`<c r="A1" t="str"><v>一_x000d_二&#13;&#10;三</v></c>`)), "一\n二\n三"},
		"true":                   {one(cells(`<c r="A1" t="b"><v>1</v></c>`)), "TRUE"},
		"false":                  {one(cells(`<c r="A1" t="b"><v>0</v></c>`)), "FALSE"},
		"error":                  {one(cells(`<c r="A1" t="e"><v>#N/A</v></c>`)), "#N/A"},
		"error without a name":   {one(cells(`<c r="A1" t="e"/>`)), "#VALUE!"},
		"error of a formula":     {one(cells(`<c r="A1" t="e"><f>A9</f><v>#REF!</v></c>`)), "{#REF!}"},
		"exponent":               {one(cells(`<c r="A1"><v>1.3800000001E10</v></c>`)), "13800000001"},
		"small exponent":         {one(cells(`<c r="A1"><v>1E-3</v></c>`)), "0.001"},
		"binary noise":           {one(cells(`<c r="A1"><v>89.490000000000009</v></c>`)), "89.49"},
		"a room as a fraction":   {one(cells(`<c r="A1"><v>1501.0</v></c>`)), "1501"},
		"zeros at the end":       {one(cells(`<c r="A1"><v>-89.50</v></c>`)), "-89.5"},
		"digits already lost":    {one(cells(`<c r="A1"><v>1.1010119900101E+17</v></c>`)), "1.1010119900101E+17"},
		"number kept as text":    {one(cells(`<c r="A1" t="str"><v>0101</v></c>`)), "0101"},
		"text like an exponent":  {one(cells(`<c r="A1" t="str"><v>3E2</v></c>`)), "3E2"},
		"literal apostrophe":     {one(cells(`<c r="A1" t="str"><v>'0101</v></c>`)), "0101"},
		"apostrophe of a name":   {one(cells(`<c r="A1" t="str"><v>'t Hart</v></c>`)), "'t Hart"},
		"text like a formula":    {one(cells(`<c r="A1" t="str"><v>=1+2</v></c>`)), "=1+2"},
		"formula":                {one(cells(`<c r="A1"><f>1+2</f><v>3</v></c>`)), "{3}"},
		"shared formula":         {one(cells(`<c r="A1"><f t="shared" si="0"/><v>3</v></c>`)), "{3}"},
		"formula not computed":   {one(cells(`<c r="A1"><f>1+2</f></c>`)), "{}"},
		"bare serial":            {one(cells(`<c r="A1"><v>42370</v></c>`)), "42370"},
		"serial under a date":    {book{sheets: one(cells(`<c r="A1" s="1"><v>42370</v></c>`)).sheets, styles: dateStyles}, "2016-01-01"},
		"date of birth":          {book{sheets: one(cells(`<c r="A1" s="1"><v>27395</v></c>`)).sheets, styles: dateStyles}, "1975-01-01"},
		"own date format":        {book{sheets: one(cells(`<c r="A1" s="2"><v>46027.5625</v></c>`)).sheets, styles: dateStyles}, "2026-01-05 13:30:00"},
		"date since 1904":        {book{sheets: one(cells(`<c r="A1" s="1"><v>40908</v></c>`)).sheets, styles: dateStyles, props: `date1904="1"`}, "2016-01-01"},
		"text under a date":      {book{sheets: one(cells(`<c r="A1" s="1" t="str"><v>2020-6-10</v></c>`)).sheets, styles: dateStyles}, "2020-6-10"},
		"leading zeros":          {book{sheets: one(cells(`<c r="A1" s="3"><v>101</v></c>`)).sheets, styles: dateStyles}, "0101"},
		"time of day":            {book{sheets: one(cells(`<c r="A1" s="4"><v>0.5</v></c>`)).sheets, styles: dateStyles}, "0.5"},
		"a unit that says day":   {book{sheets: one(cells(`<c r="A1" s="5"><v>42370</v></c>`)).sheets, styles: dateStyles}, "42370"},
		"style that is not":      {book{sheets: one(cells(`<c r="A1" s="77"><v>42370</v></c>`)).sheets, styles: dateStyles}, "42370"},
		"ISO day":                {one(cells(`<c r="A1" t="d"><v>2026-01-05</v></c>`)), "2026-01-05"},
		"ISO instant":            {one(cells(`<c r="A1" t="d"><v>2026-01-05T00:00:00.000Z</v></c>`)), "2026-01-05"},
		"ISO with a time":        {one(cells(`<c r="A1" t="d"><v>2026-01-05T13:30:00</v></c>`)), "2026-01-05 13:30:00"},
		"beside empty cells":     {one(cells(`<c r="A1" s="1"/><c r="C1"><v>3</v></c><c r="XFD1" s="2"/>`)), "||3"},
	} {
		t.Run(why, func(t *testing.T) {
			require.Equal(t, []string{"资料!1: " + c.want}, said(t, "a.xlsx", c.book.file(t)))
		})
	}
}

func TestSheetsOfEveryKindOfProgram(t *testing.T) {
	withPrefix := one("")
	withPrefix.parts = map[string]string{"xl/worksheets/sheet1.xml": prefixed}
	strict := one(row1).all()
	for name, part := range strict {
		strict[name] = strings.NewReplacer(nsMain, nsStrict, relBase, "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(part)
	}
	backslashes := map[string]string{}
	for name, part := range one(row1).all() {
		backslashes[strings.ReplaceAll(strings.ToUpper(name), "/", `\`)] = part
	}
	sixteen := one("")
	sixteen.parts = map[string]string{"xl/worksheets/sheet1.xml": utf16le(`<worksheet><sheetData>` + row1 + `</sheetData></worksheet>`)}
	for why, c := range map[string]struct {
		content []byte
		want    []string
	}{
		"without references": {
			one(`<row><c t="str"><v>甲</v></c><c/><c><v>1</v></c></row><row/><row><c><v>2</v></c></row>`).file(t), []string{"资料!1: 甲||1", "资料!3: 2"},
		},
		"cells that number the rows": {one(`<row><c r="B3"><v>1</v></c></row><row><c><v>2</v></c></row>`).file(t), []string{"资料!3: |1", "资料!4: 2"}},
		"prefixes":                   {withPrefix.file(t), []string{"资料!2: |甲"}},
		"strict namespace":           {zipped(t, strict), []string{"资料!1: 房号"}},
		"names of Windows":           {zipped(t, backslashes), []string{"资料!1: 房号"}},
		"UTF-16 inside":              {sixteen.file(t), []string{"资料!1: 房号"}},
		"hidden rows are data":       {one(`<row r="1" hidden="1"><c r="A1"><v>1</v></c></row>`).file(t), []string{"资料!1: 1"}},
		"hundreds of styled rows":    {one(row1 + styledRows(2, 900)).file(t), []string{"资料!1: 房号"}},
		"formulas that show nothing": {one(row1 + `<row r="2"><c r="A2" t="str"><f>IF(B2="","",1)</f><v></v></c></row>`).file(t), []string{"资料!1: 房号"}},
		"all visible sheets": {book{sheets: []bookSheet{
			{name: "楼栋 &amp; 单元", data: row1}, {name: "藏", state: "hidden", data: row1}, {name: "深藏", state: "veryHidden", data: row1},
			{name: "空"}, {name: "图", kind: "chartsheet"}, {name: "业主", data: row1, state: "visible"},
		}, without: []string{"xl/worksheets/sheet2.xml"}}.file(t), []string{"楼栋 & 单元!1: 房号", "业主!1: 房号"}},
	} {
		t.Run(why, func(t *testing.T) { require.Equal(t, c.want, said(t, "表格.XLSX ", c.content)) })
	}
}

// A building written once beside its rooms is meant for all of them; a title over the columns is meant once.
func TestMergedCellsFillDown(t *testing.T) {
	rows := `<row r="1"><c r="A1" t="str"><v>某园业主表</v></c></row>` +
		`<row r="2"><c r="A2" t="str"><v>1栋</v></c><c r="B2"><v>1</v></c><c r="D2"><v>101</v></c></row>` +
		`<row r="3"><c r="A3" s="1"/><c r="D3"><v>102</v></c></row>` +
		`<row r="4"><c r="D4"><v>201</v></c></row>` +
		`<row r="6"><c r="D6"><v>202</v></c></row>` +
		`<row r="7"><c r="A7" t="str"><v>2栋</v></c><c r="D7"><v>101</v></c></row>` +
		`<row r="9"><c r="A9"><v>9</v></c><c r="D9"><v>102</v></c></row>`
	b := one(rows)
	for _, ref := range []string{"A7:A8", "A1:D1", "A2:A6", "B2:C4", "D6", "ZZ1:ZZ9"} {
		b.sheets[0].after += `<mergeCell ref="` + ref + `"/>`
	}
	require.Equal(t, []string{
		"资料!1: 某园业主表", "资料!2: 1栋|1||101", "资料!3: 1栋|1||102", "资料!4: 1栋|1||201", "资料!6: 1栋|||202",
		"资料!7: 2栋|||101", "资料!9: 9|||102",
	}, said(t, "a.xlsx", b.file(t)))
}

func TestALongTextIsCutAndMarked(t *testing.T) {
	long := strings.Repeat("长", 2001)
	b := one(cells(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>` + long + long + `</t></is></c><c r="C1" t="s"><v>1</v></c>`))
	b.strings = []string{"<t>" + long + "</t>", "<t>" + long[:len("长")*2000] + "</t>"}
	lines, err := read(t, spreadsheet.New(), "a.xlsx", b.file(t))
	require.NoError(t, err)
	for i, want := range []bool{true, true, false} {
		require.Equal(t, want, lines[0].Cells[i].TooLong, i)
		require.Len(t, []rune(lines[0].Cells[i].Text), 2000)
	}
}
