// Package spreadsheet reads .xlsx and .csv files of strangers into lines. It believes the content, not the name, keeps to
// limits on size, rows, columns and cells, and never computes a formula.
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
	Rows          int   // lines that hold something
	Columns       int   // cells of a line that hold something
	CellRunes     int   // longer text is cut and marked
}

// DefaultLimits are far above any real roster.
var DefaultLimits = Limits{FileBytes: 20 << 20, UnzippedBytes: 200 << 20, Rows: 200_000, Columns: 200, CellRunes: 2000}

// Reader reads files within its limits. It implements importing.SheetReader.
type Reader struct {
	Limits Limits
}

// New gives a reader with the default limits.
func New() Reader { return Reader{Limits: DefaultLimits} }

type format int

const (
	formatCSV format = iota + 1
	formatXLSX
)

// Check looks at what a file is without reading its rows: type, encryption, truncation, size.
func (r Reader) Check(fileName string, content []byte) error {
	_, err := r.detect(fileName, content)
	return err
}

// Read calls each for every line that holds something, in order, with the file's own line number. The first error of
// each ends it. What cannot be read is a refusal.
func (r Reader) Read(fileName string, content []byte, each func(importing.Line) error) error {
	f, err := r.detect(fileName, content)
	if err != nil {
		return err
	}
	count := &counter{limits: r.Limits, each: each}
	if f == formatXLSX {
		err = r.readXLSX(content, count)
	} else {
		err = r.readCSV(content, count)
	}
	if err == nil && count.rows == 0 {
		return refusal.New(refusal.Rule, "empty-file", "文件里没有内容，请检查是否选错了文件或工作表。")
	}
	return err
}

func (r Reader) detect(fileName string, content []byte) (format, error) {
	if int64(len(content)) > r.Limits.FileBytes {
		return 0, refusal.New(refusal.TooLarge, "file-too-large", "文件超过 %d MB，请按楼栋拆分后分别导入。", r.Limits.FileBytes>>20)
	}
	ext := strings.ToLower(filepath.Ext(strings.TrimSpace(fileName)))
	switch {
	case ext != ".xlsx" && ext != ".csv":
		return 0, unsupported("只支持 .xlsx 和 .csv 文件。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
	case len(bytes.TrimSpace(content)) == 0:
		return 0, refusal.New(refusal.Rule, "empty-file", "文件是空的，请检查是否选错了文件。")
	case bytes.HasPrefix(content, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return 0, compound(content)
	case bytes.HasPrefix(content, []byte("PK")):
		if ext != ".xlsx" {
			return 0, unsupported("文件内容不是 .csv 文本，扩展名与内容不符。请用原来的扩展名，或重新另存为 .csv。")
		}
		return formatXLSX, r.checkZip(content)
	case ext == ".xlsx":
		return 0, unsupported("文件扩展名是 .xlsx，但内容不是 Excel 工作簿。请用 Excel 或 WPS 重新另存为 .xlsx。")
	}
	return formatCSV, checkText(content)
}

func unsupported(message string) error {
	return refusal.New(refusal.Unsupported, "unsupported-file-type", "%s", message)
}

// compound tells the two files that share a container apart: a workbook with a password, and the old .xls.
func compound(content []byte) error {
	var name []byte
	for _, c := range []byte("EncryptedPackage") {
		name = append(name, c, 0)
	}
	if bytes.Contains(content, name) {
		return refusal.New(refusal.Rule, "file-encrypted", "文件设有打开密码。请在 Excel 或 WPS 里取消密码，另存后再导入。")
	}
	return unsupported("这是旧版 Excel（.xls）文件。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
}

// counter applies the limits that count rows, columns and cells.
type counter struct {
	limits Limits
	rows   int
	each   func(importing.Line) error
}

func (c *counter) take(l importing.Line) error {
	last := len(l.Cells)
	for last > 0 && l.Cells[last-1].Text == "" && !l.Cells[last-1].Formula {
		last--
	}
	if last == 0 {
		return nil
	}
	l.Cells = l.Cells[:last]
	if last > c.limits.Columns {
		return refusal.New(refusal.Rule, "too-many-columns", "第 %d 行超过 %d 列，请删除多余的列。", l.No, c.limits.Columns)
	}
	c.rows++
	if c.rows > c.limits.Rows {
		return refusal.New(refusal.Rule, "too-many-rows", "文件超过 %d 行，请拆分后分别导入。", c.limits.Rows)
	}
	return c.each(l)
}

func (c *counter) cell(text string) importing.Cell {
	cell := importing.Cell{Text: text}
	if len(text) > c.limits.CellRunes && utf8.RuneCountInString(text) > c.limits.CellRunes {
		cell.Text, cell.TooLong = string([]rune(text)[:c.limits.CellRunes]), true
	}
	return cell
}
