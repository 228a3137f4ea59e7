package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"steward/domain/importing"
	"steward/domain/refusal"
	"steward/spreadsheet"
)

func read(t testing.TB, r spreadsheet.Reader, name string, content []byte) ([]importing.Line, error) {
	t.Helper()
	var lines []importing.Line
	err := r.Read(name, content, func(l importing.Line) error {
		l.Cells = append([]importing.Cell(nil), l.Cells...)
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

func texts(l importing.Line) []string {
	var out []string
	for _, c := range l.Cells {
		out = append(out, c.Text)
	}
	return out
}

func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func simple(t testing.TB) []byte {
	return workbook(t, func(f *excelize.File) {
		require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{"楼栋", "房号", "业主"}))
		require.NoError(t, f.SetSheetRow("Sheet1", "A2", &[]any{3, 1501, "王小明"}))
	})
}

// rezip writes the parts of a package again, changed.
func rezip(t testing.TB, content []byte, change func(name string, part []byte) []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		rc, err := f.Open()
		require.NoError(t, err)
		var part bytes.Buffer
		_, err = part.ReadFrom(rc)
		require.NoError(t, err)
		pw, err := w.Create(f.Name)
		require.NoError(t, err)
		_, err = pw.Write(change(f.Name, part.Bytes()))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func gb18030(t testing.TB, s string) []byte {
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	require.NoError(t, err)
	return b
}

func compound(stream string) []byte {
	b := []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600))
	for _, u := range utf16.Encode([]rune(stream)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return append(b, make([]byte, 512)...)
}

func TestBadFilesAreRefusedByWhatTheyAre(t *testing.T) {
	good := simple(t)
	bomb := rezip(t, good, func(name string, part []byte) []byte {
		if name == "xl/worksheets/sheet1.xml" {
			return append(part, bytes.Repeat([]byte(" "), 64<<20)...)
		}
		return part
	})
	require.Less(t, len(bomb), 1<<20)
	brokenXML := rezip(t, good, func(name string, part []byte) []byte {
		if name == "xl/worksheets/sheet1.xml" {
			return part[:len(part)*2/3]
		}
		return part
	})
	var plainZip bytes.Buffer
	w := zip.NewWriter(&plainZip)
	_, err := w.Create("readme.txt")
	require.NoError(t, err)
	require.NoError(t, w.Close())

	small := spreadsheet.New()
	small.Limits.FileBytes = 100
	short := spreadsheet.New()
	short.Limits.Rows = 3
	narrow := spreadsheet.New()
	narrow.Limits.Columns = 2
	for _, c := range []struct {
		why, name string
		content   []byte
		reader    spreadsheet.Reader
		code      string
	}{
		{"no table", "a.pdf", []byte("%PDF-1.7"), spreadsheet.New(), "unsupported-file-type"},
		{"macros by name", "a.xlsm", good, spreadsheet.New(), "macro-file"},
		{"template with macros by name", "A.XLTM", good, spreadsheet.New(), "macro-file"},
		{"WPS's own", "a.et", compound("Workbook"), spreadsheet.New(), "unsupported-file-type"},
		{"binary workbook by name", "a.xlsb", good, spreadsheet.New(), "unsupported-file-type"},
		{"page named xls", "a.xls", []byte("<html><table></table></html>"), spreadsheet.New(), "unsupported-file-type"},
		{"no ending", "花名册", good, spreadsheet.New(), "unsupported-file-type"},
		{"photograph named xlsx", "a.xlsx", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF"), spreadsheet.New(), "unsupported-file-type"},
		{"photograph named csv", "a.csv", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF"), spreadsheet.New(), "unsupported-file-type"},
		{"document named xlsx", "a.xlsx", []byte("%PDF-1.7"), spreadsheet.New(), "unsupported-file-type"},
		{"workbook in an archive", "a.xlsx", zipped(t, map[string]string{"a.xlsx": string(good)}), spreadsheet.New(), "unsupported-file-type"},
		{"open document", "a.xlsx", zipped(t, map[string]string{"content.xml": "<a/>", "mimetype": "x"}), spreadsheet.New(), "unsupported-file-type"},
		{"spreadsheet in XML", "a.csv", []byte("<?xml version=\"1.0\"?><Workbook/>"), spreadsheet.New(), "unsupported-file-type"},
		{"page in UTF-16", "a.csv", []byte(utf16le("<html><table>")), spreadsheet.New(), "unsupported-file-type"},
		{"page in GB18030", "a.csv", gb18030(t, "<table><td>楼栋"), spreadsheet.New(), "unsupported-file-type"},
		{"bytes far behind", "a.csv", append(bytes.Repeat([]byte("1,2\n"), 100_000), 0), spreadsheet.New(), "unsupported-file-type"},
		{"end mark in the middle", "a.csv", []byte("a,b\n\x1A1,2\n"), spreadsheet.New(), "unsupported-file-type"},
		{"picture named xlsx", "a.xlsx", []byte("\x89PNG\r\n\x1a\n0000"), spreadsheet.New(), "unsupported-file-type"},
		{"picture named csv", "a.csv", []byte("\x89PNG\r\n\x1a\n\x00\x00"), spreadsheet.New(), "unsupported-file-type"},
		{"page named xlsx", "a.xlsx", []byte("<html><table></table></html>"), spreadsheet.New(), "unsupported-file-type"},
		{"page named csv", "a.csv", []byte("<!DOCTYPE html><table></table>"), spreadsheet.New(), "unsupported-file-type"},
		{"text named xlsx", "a.xlsx", []byte("楼栋,房号\n1,2\n"), spreadsheet.New(), "unsupported-file-type"},
		{"workbook named csv", "a.csv", good, spreadsheet.New(), "unsupported-file-type"},
		{"old xls", "a.xls", compound("Workbook"), spreadsheet.New(), "unsupported-file-type"},
		{"old xls named xlsx", "a.xlsx", compound("Workbook"), spreadsheet.New(), "unsupported-file-type"},
		{"zip that is no workbook", "a.xlsx", plainZip.Bytes(), spreadsheet.New(), "unsupported-file-type"},
		{"password", "a.xlsx", compound("EncryptedPackage"), spreadsheet.New(), "file-encrypted"},
		{"cut in the middle", "a.xlsx", good[:len(good)/2], spreadsheet.New(), "file-truncated"},
		{"cut at the end", "a.xlsx", good[:len(good)-10], spreadsheet.New(), "file-truncated"},
		{"cut sheet", "a.xlsx", brokenXML, spreadsheet.New(), "file-truncated"},
		{"zip bomb", "a.xlsx", bomb, spreadsheet.New(), "file-too-large"},
		{"over the limit", "a.xlsx", good, small, "file-too-large"},
		{"too many rows", "a.csv", []byte("a,b\n1,2\n1,2\n1,2\n"), short, "too-many-rows"},
		{"too many columns", "a.csv", []byte("a,b,c\n"), narrow, "too-many-columns"},
		{"too many columns in a workbook", "a.xlsx", good, narrow, "too-many-columns"},
		{"mixed encoding", "a.csv", append([]byte("楼栋,房号\n"), gb18030(t, "三栋,一零一\n")...), spreadsheet.New(), "bad-encoding"},
		{"half a character of utf-16", "a.csv", []byte("\xFF\xFEa\x00,\x00\x00\xD8"), spreadsheet.New(), "bad-encoding"},
		{"open quote", "a.csv", []byte("a,b\n1,\"2\n3,4\n"), spreadsheet.New(), "malformed-csv"},
		{"nothing", "a.csv", nil, spreadsheet.New(), "empty-file"},
		{"only blanks", "a.csv", []byte("\xEF\xBB\xBF\r\n,,\r\n"), spreadsheet.New(), "empty-file"},
		{"empty workbook", "a.xlsx", workbook(t, func(*excelize.File) {}), spreadsheet.New(), "empty-file"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := read(t, c.reader, c.name, c.content)
			r, ok := refusal.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.code, r.Code)
			require.Regexp(t, `请.*。$`, r.Message, "it says what to do")
		})
	}
}

func TestWorkbookCells(t *testing.T) {
	content := workbook(t, func(f *excelize.File) {
		_, err := f.NewSheet("隐藏")
		require.NoError(t, err)
		require.NoError(t, f.SetSheetRow("隐藏", "A1", &[]any{"不读"}))
		require.NoError(t, f.SetSheetVisible("隐藏", false))
		require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{"标题"}))
		require.NoError(t, f.SetSheetRow("Sheet1", "A4", &[]any{"1501", 13800000001, 0.1 + 0.2, 46027, "1e5abc", strings.Repeat("长", 2001)}))
		require.NoError(t, f.SetCellFormula("Sheet1", "C6", "SUM(A1:A2)"))
		require.NoError(t, f.SetCellValue("Sheet1", "B6", "x"))
	})
	lines, err := read(t, spreadsheet.New(), "a.xlsx", content)
	require.NoError(t, err)
	require.Len(t, lines, 3)
	require.Equal(t, []int{1, 4, 6}, []int{lines[0].No, lines[1].No, lines[2].No})
	require.Equal(t, []string{"1501", "13800000001", "0.3", "46027", "1e5abc"}, texts(lines[1])[:5])
	require.True(t, lines[1].Cells[5].TooLong)
	require.Equal(t, 2000, len([]rune(lines[1].Cells[5].Text)))
	require.True(t, lines[2].Cells[2].Formula)
	require.False(t, lines[2].Cells[1].Formula)
}

func TestAnErrorOfTheCallerEndsTheReading(t *testing.T) {
	stop := fmt.Errorf("enough")
	for _, c := range []struct {
		name    string
		content []byte
	}{{"a.xlsx", simple(t)}, {"a.csv", []byte("a,b\n1,2\n")}} {
		n := 0
		err := spreadsheet.New().Read(c.name, c.content, func(importing.Line) error { n++; return stop })
		require.ErrorIs(t, err, stop)
		require.Equal(t, 1, n)
	}
}
