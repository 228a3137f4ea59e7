package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/domain/refusal"
	"steward/spreadsheet"
)

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"楼栋,房号\n1,101\n", "\xEF\xBB\xBFa;b\n1;2\n", "\xC2\xA5\x81\x30,\x00\n", "a,\"b\n", "sep=;\r\na;\"b\r\nc\";=\"0012\"\r\n",
		"a\tb\r1\t\"2\r3\"\r", "=\"1,2\",'0012,=A1\n\x1A", utf16le("甲,乙\n1,\"2\"\n"), "\xFE\xFF\x00a\x00,\xD8\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Add(gb18030(f, "三栋,一零一\n,\"𠮷\"\n"))
	f.Fuzz(func(t *testing.T, content []byte) { harmless(t, "a.csv", content) })
}

// FuzzReadXLSX changes whole packages; most of what it makes ends at the archive.
func FuzzReadXLSX(f *testing.F) {
	good := simple(f)
	f.Add(good)
	f.Add(good[:len(good)-40])
	f.Add(rezip(f, good, func(_ string, part []byte) []byte { return bytes.ReplaceAll(part, []byte(`r="`), []byte(`r="9`)) }))
	f.Add(rezip(f, good, func(_ string, part []byte) []byte { return bytes.ReplaceAll(part, []byte("sheet"), []byte("she")) }))
	f.Add(stored(f, one(row1).all()))
	f.Fuzz(func(t *testing.T, content []byte) { harmless(t, "a.xlsx", content) })
}

// FuzzParts changes what is inside an intact package.
func FuzzParts(f *testing.F) {
	f.Add(row1, "<t>甲</t>", dateStyles, `<mergeCells><mergeCell ref="A1:B9"/></mergeCells>`, `date1904="1"`)
	f.Add(`<row><c t="s"><v>0</v></c><c t="d"><v>2026-01-05T01:02:03Z</v></c></row>`, "<r><t>3</t></r><rPh><t>x</t></rPh>", "", "", "")
	f.Add(`<row r="2"><c r="B2" s="3"><f>A1</f><v>1.5E3</v></c></row><row r="3"><c t="e"/><c s="1"><v>46027.5</v></c></row>`, "<t>_x000D_</t>", dateStyles, "", "")
	f.Add(`<row r="1"><c t="inlineStr"><is><t><![CDATA[<]]>&#65;</t></is></c></row><!-- --><?p ?>`, "", "<cellXfs><xf/></cellXfs>", "", "")
	f.Fuzz(func(t *testing.T, rows, shared, styles, after, props string) {
		b := one(rows)
		b.strings, b.styles, b.props = []string{shared, "<t>x</t>"}, styles, props
		b.sheets[0].after = after
		harmless(t, "a.xlsx", b.file(t))
	})
}

// FuzzScannerAgreesWithTheStandardLibrary holds the package's own XML scanner against encoding/xml: what both take, they
// read alike. The scanner refuses document types and deep nesting, and lets some slips pass (an attribute twice).
func FuzzScannerAgreesWithTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{
		`<a b="1"><c/>x&amp;y<![CDATA[<z>]]><!-- c --><d>&#x41;</d></a>`, `<?xml version="1.0"?><x:a xmlns:x='u'> <x:b /> </x:a>`, `<a>]]></a>`, `<a b=">"/>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := spreadsheet.ScanForTest(strings.NewReader(text))
		if err != nil {
			_, ok := refusal.As(err)
			require.True(t, ok, "%v", err)
			return
		}
		theirs, err := library(text)
		if err == nil {
			require.Equal(t, ends.Replace(theirs), ends.Replace(ours))
		}
	})
}

// ends makes the ends of lines one: the library does it as it reads, the reader when it has a cell's whole text.
var ends = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// library says what encoding/xml reads, in the scanner's words.
func library(text string) (string, error) {
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			out.WriteString("<" + e.Name.Local + ">")
		case xml.EndElement:
			out.WriteString("</" + e.Name.Local + ">")
		case xml.CharData:
			out.Write(e)
		}
	}
}

// harmless: any file is read within the limits or refused, with rising line numbers, and what is refused hands on nothing.
func harmless(t *testing.T, name string, content []byte) {
	r := spreadsheet.New()
	r.Limits.UnzippedBytes, r.Limits.Rows, r.Limits.CellRunes = 4<<20, 1000, 100
	door := r.Check(name, content)
	last, sheet, lines := 0, "", 0
	seen := map[string]bool{}
	err := r.Read(name, content, func(l importing.Line) error {
		if l.Sheet != sheet {
			require.False(t, seen[l.Sheet], "a sheet comes once")
			sheet, last = l.Sheet, 0
		}
		seen[l.Sheet] = true
		require.Greater(t, l.No, last)
		last = l.No
		lines++
		require.NotEmpty(t, l.Cells)
		require.LessOrEqual(t, len(l.Cells), r.Limits.Columns)
		for _, c := range l.Cells {
			require.True(t, utf8.ValidString(c.Text), "%q", c.Text)
			require.LessOrEqual(t, utf8.RuneCountInString(c.Text), r.Limits.CellRunes)
		}
		return nil
	})
	require.LessOrEqual(t, lines, r.Limits.Rows)
	if door != nil {
		require.Error(t, err, "what is refused at the door is not read")
	}
	if err != nil {
		_, ok := refusal.As(err)
		require.True(t, ok, "%v", err)
		require.Zero(t, lines)
	}
}

// stored is a package without compression, whose bytes can be changed with an effect.
func stored(t testing.TB, parts map[string]string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, part := range parts {
		pw, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
		_, err = pw.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}
