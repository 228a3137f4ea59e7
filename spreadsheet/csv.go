package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"steward/domain/importing"
	"steward/domain/refusal"
)

var bom = []byte("\xEF\xBB\xBF")

// checkText refuses what is no table in text: pictures, web pages, UTF-16.
func checkText(content []byte) error {
	head := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(content, bom)))
	for _, sign := range []string{"<!doctype", "<html", "<table", "<?xml", "%pdf", "{\\rtf"} {
		if bytes.HasPrefix(head, []byte(sign)) {
			return unsupported("文件内容是网页或文档，不是 .csv 表格。请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。")
		}
	}
	if bytes.HasPrefix(content, []byte("\xFF\xFE")) || bytes.HasPrefix(content, []byte("\xFE\xFF")) {
		return badEncoding()
	}
	if i := bytes.IndexFunc(content[:min(len(content), 1<<16)], binary); i >= 0 {
		return unsupported("文件内容不是文本表格。请用 Excel 或 WPS 另存为 .xlsx 或 .csv 再导入。")
	}
	return nil
}

func binary(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' }

func badEncoding() error {
	return refusal.New(refusal.Rule, "bad-encoding", "文件编码无法识别。请另存为 .xlsx，或 UTF-8、GB18030（GBK）编码的 .csv。")
}

// decode gives the text: UTF-8 where the whole file is valid UTF-8, else GB18030 where the whole file is valid in that.
func decode(content []byte) (string, error) {
	if rest, had := bytes.CutPrefix(content, bom); had {
		if !utf8.Valid(rest) {
			return "", badEncoding()
		}
		return string(rest), nil
	}
	if utf8.Valid(content) {
		return string(content), nil
	}
	if startsInUTF8(content) {
		return "", badEncoding() // cut in a character, or glued together from two files
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", badEncoding()
	}
	return string(text), nil
}

// startsInUTF8 tells whether the first line is Chinese text in UTF-8; bytes of GB18030 are that by chance only in a word
// or two.
func startsInUTF8(content []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(content, "\r\n"), []byte("\n"))
	return utf8.Valid(first) && len(first)-utf8.RuneCount(first) >= 8
}

// protected is how exporters keep leading zeros: ="0012", with quotes that the format does not allow there.
var protected = regexp.MustCompile(`(?m)(^|[,;\t])="([^"\r\n]*)"`)

func (r Reader) readCSV(content []byte, count *counter) error {
	text, err := decode(content)
	if err != nil {
		return err
	}
	text = protected.ReplaceAllString(text, `$1"=""$2"""`)
	rows := csv.NewReader(strings.NewReader(text))
	rows.Comma = delimiter(text)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	for {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return refusal.New(refusal.Rule, "malformed-csv", "第 %d 行的引号没有成对，后面的内容无法分列。请检查此行，或另存为 .xlsx 再导入。", bad.StartLine)
		}
		if err != nil {
			return err
		}
		line := importing.Line{Cells: make([]importing.Cell, len(fields))}
		line.No, _ = rows.FieldPos(0)
		for i, f := range fields {
			line.Cells[i] = csvCell(count, f)
		}
		if err := count.take(line); err != nil {
			return err
		}
	}
}

// csvCell knows the two ways in which a text file carries formulas; ="0012" is only how exporters protect text.
func csvCell(count *counter, field string) importing.Cell {
	field = strings.TrimSpace(field)
	if inner, ok := strings.CutPrefix(field, `="`); ok && strings.HasSuffix(inner, `"`) && !strings.Contains(inner[:len(inner)-1], `"`) {
		return count.cell(inner[:len(inner)-1])
	}
	c := count.cell(field)
	c.Formula = len(field) > 1 && field[0] == '='
	return c
}

// delimiter is the comma, unless the first line has none and is divided by tabs or semicolons.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	if !strings.Contains(first, ",") {
		for _, d := range "\t;" {
			if strings.ContainsRune(first, d) {
				return d
			}
		}
	}
	return ','
}
