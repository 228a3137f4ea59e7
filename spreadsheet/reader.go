// Package spreadsheet reads .xlsx and .csv files of strangers into lines. It believes the content, not the name, keeps to
// limits on size, sheets, rows, columns and cells, and never computes a formula. A file is walked through once before the
// first line is handed on, so that what is refused is refused as a whole and early.
package spreadsheet

import (
	"bytes"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"steward/domain/importing"
	"steward/domain/refusal"
)

// Limits keep one file from taking the machine.
type Limits struct {
	FileBytes     int64 // as uploaded
	UnzippedBytes int64 // all parts of an .xlsx together
	Sheets        int   // hidden ones count
	Rows          int   // lines that hold something, of all sheets together
	Columns       int   // the last cell of a line that holds something
	CellRunes     int   // longer text is cut and marked
	Merges        int   // merged areas of several rows, of all sheets together
}

// DefaultLimits are far above any real roster.
var DefaultLimits = Limits{
	FileBytes: 20 << 20, UnzippedBytes: 200 << 20, Sheets: 200, Rows: 200_000, Columns: 200, CellRunes: 2000, Merges: 50_000,
}

// Reader reads files within its limits. It implements importing.SheetReader.
type Reader struct {
	Limits Limits
}

// New gives a reader with the default limits.
func New() Reader { return Reader{Limits: DefaultLimits} }

// Check refuses what can be refused without reading rows: another type of file, a password, macros, a cut or damaged
// package, an unknown encoding, too many sheets, too many bytes. It keeps nothing of the file in memory.
func (r Reader) Check(fileName string, content []byte) error {
	isWorkbook, err := r.detect(fileName, content)
	if err != nil {
		return err
	}
	if isWorkbook {
		_, err = r.openWorkbook(content)
		return err
	}
	_, err = textEncoding(content)
	return err
}

// Read calls each for every line that holds something, sheet by sheet in the order of the tabs, with the file's own line
// numbers. Hidden sheets are left out. The first error of each ends it. What cannot be read is a refusal, and then each is
// never called.
func (r Reader) Read(fileName string, content []byte, each func(importing.Line) error) error {
	isWorkbook, err := r.detect(fileName, content)
	if err != nil {
		return err
	}
	if isWorkbook {
		return r.readWorkbook(content, each)
	}
	return r.readCSV(content, each)
}

func (r Reader) readWorkbook(content []byte, each func(importing.Line) error) error {
	book, err := r.openWorkbook(content)
	if err != nil {
		return err
	}
	if err := book.loadFormats(); err != nil {
		return err
	}
	merged := make([]merges, len(book.sheets))
	survey := &counter{limits: r.Limits}
	for i, sheet := range book.sheets {
		if err := book.walkSheet(sheet, &merged[i], true, survey); err != nil {
			return err
		}
		merged[i].settle()
	}
	if survey.rows == 0 {
		return emptyFile()
	}
	count := &counter{limits: r.Limits, each: each}
	for i, sheet := range book.sheets {
		if err := book.walkSheet(sheet, &merged[i], false, count); err != nil {
			return err
		}
	}
	return nil
}

// detect tells a workbook from text, and refuses what is neither.
func (r Reader) detect(fileName string, content []byte) (isWorkbook bool, err error) {
	if int64(len(content)) > r.Limits.FileBytes {
		return false, refusal.New(refusal.TooLarge, "file-too-large", "文件超过 %d MB，请按楼栋拆分后分别导入。", r.Limits.FileBytes>>20)
	}
	ext := strings.ToLower(filepath.Ext(strings.TrimSpace(fileName)))
	isText := ext == ".csv" || ext == ".txt" || ext == ".tsv"
	if err := refusedName(ext); err != nil {
		return false, err
	}
	switch {
	case ext != ".xlsx" && !isText:
		return false, unsupported("只支持 .xlsx 和 .csv 文件。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
	case len(bytes.TrimSpace(content)) == 0:
		return false, refusal.New(refusal.Rule, "empty-file", "文件是空的，请检查是否选错了文件。")
	case bytes.HasPrefix(content, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return false, compound(content)
	case bytes.HasPrefix(content, []byte("PK\x03\x04")), bytes.HasPrefix(content, []byte("PK\x05\x06")):
		if isText {
			return false, unsupported("文件内容不是 .csv 文本，扩展名与内容不符。请用原来的扩展名，或重新另存为 .csv。")
		}
		return true, nil
	case !isText:
		return false, unsupported("文件扩展名是 .xlsx，但内容不是 Excel 工作簿。请用 Excel 或 WPS 重新另存为 .xlsx。")
	}
	return false, nil
}

// refusedName knows the tables of other kinds, to say what each needs.
func refusedName(ext string) error {
	switch ext {
	case ".xlsm", ".xltm", ".xlam":
		return macroFile()
	case ".xls", ".xlt":
		return unsupported("这是旧版 Excel（" + ext + "）文件。请在 Excel 或 WPS 里打开，另存为 .xlsx 再导入。")
	case ".et", ".ett":
		return unsupported("这是 WPS 表格（" + ext + "）文件。请在 WPS 里打开，另存为 .xlsx 再导入。")
	case ".xlsb", ".ods", ".numbers", ".xml", ".html", ".htm", ".mht":
		return unsupported("不支持 " + ext + " 文件。请用 Excel 或 WPS 打开，另存为 .xlsx 再导入。")
	}
	return nil
}

// compound tells the two files that share a container apart: a workbook with a password, and the old .xls.
func compound(content []byte) error {
	var name []byte
	for _, c := range []byte("EncryptedPackage") {
		name = append(name, c, 0)
	}
	if bytes.Contains(content, name) {
		return encrypted()
	}
	return unsupported("这是旧版 Excel（.xls）或 WPS（.et）文件。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
}

// counter applies the limits that count rows, columns and cells.
type counter struct {
	limits Limits
	rows   int
	each   func(importing.Line) error // nil: count only
}

// take passes on a line that holds something, without the empty cells at its end.
func (c *counter) take(l importing.Line) error {
	last := len(l.Cells)
	for last > 0 && l.Cells[last-1].Text == "" && !l.Cells[last-1].Formula {
		last--
	}
	if last == 0 {
		return nil
	}
	l.Cells = l.Cells[:last]
	if c.rows++; c.rows > c.limits.Rows {
		return tooManyRows(c.limits.Rows)
	}
	if c.each == nil {
		return nil
	}
	return c.each(l)
}

// cell gives a text the form in which it is read: within the limit, and without the apostrophe that marks text.
func (c *counter) cell(text string) importing.Cell {
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte("0123456789=+-@", text[1]) >= 0 {
		text = text[1:]
	}
	cell := importing.Cell{Text: text}
	if len(text) > c.limits.CellRunes && utf8.RuneCountInString(text) > c.limits.CellRunes {
		cell.Text, cell.TooLong = string([]rune(text)[:c.limits.CellRunes]), true
	}
	return cell
}
