package spreadsheet

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"steward/domain/importing"
)

var bom = []byte("\xEF\xBB\xBF")

// textEncoding finds out what a text is written in, and that all of it is: nil is UTF-8. UTF-16 is known by its mark, as
// Excel writes it for "Unicode text"; GB18030 is what is no UTF-8 and valid throughout.
func textEncoding(content []byte) (encoding.Encoding, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\xFF\xFE")), bytes.HasPrefix(content, []byte("\xFE\xFF")):
		e := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		return e, checkEncoded(e, content)
	case bytes.HasPrefix(content, bom) || utf8.Valid(content):
		if !utf8.Valid(content) {
			return nil, badEncoding()
		}
		rest := bytes.TrimPrefix(content, bom)
		if err := checkHead(rest); err != nil {
			return nil, err
		}
		return nil, checkControls(rest)
	case startsInUTF8(content): // cut in a character, or glued together from two files
		if err := checkHead(content); err != nil {
			return nil, err
		}
		return nil, badEncoding()
	}
	return simplifiedchinese.GB18030, checkEncoded(simplifiedchinese.GB18030, content)
}

// checkEncoded decodes a text piece by piece and keeps nothing of it.
func checkEncoded(e encoding.Encoding, content []byte) error {
	if err := checkHead(content); err != nil { // a picture is called a picture before its bytes are called badly encoded
		return err
	}
	decoder := e.NewDecoder()
	piece := make([]byte, 64<<10)
	for first := true; ; first = false {
		written, read, err := decoder.Transform(piece, content, true)
		if err != nil && !errors.Is(err, transform.ErrShortDst) || bytes.ContainsRune(piece[:written], utf8.RuneError) {
			return badEncoding()
		}
		if first {
			if err := checkHead(piece[:written]); err != nil {
				return err
			}
		}
		content = content[read:]
		if err := checkControls(piece[:written]); err != nil {
			return err
		}
		if len(content) == 0 {
			return nil
		}
	}
}

// checkHead refuses what announces itself as something else: pages, documents, pictures.
func checkHead(content []byte) error {
	head := bytes.ToLower(bytes.TrimSpace(content[:min(len(content), 1024)]))
	for _, sign := range []string{"<!doctype", "<html", "<table", "<?xml", "<workbook", "<head", "<meta", "%pdf", "{\\rtf", "mime-version:", "id;p"} {
		if bytes.HasPrefix(head, []byte(sign)) {
			return unsupported("文件内容是网页或文档，不是 .csv 表格。请用 Excel 或 WPS 打开后另存为 .xlsx 再导入。")
		}
	}
	for _, sign := range []string{"\x89PNG", "\xFF\xD8\xFF", "GIF8", "RIFF", "Rar!", "7z\xBC\xAF"} {
		if bytes.HasPrefix(content, []byte(sign)) {
			return unsupported("文件内容是图片或压缩包，不是表格。请选择 .xlsx 或 .csv 文件。")
		}
	}
	return nil
}

// checkControls refuses bytes that no text holds, except the mark with which old programs end one.
func checkControls(text []byte) error {
	for i, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && (c != endMark || len(bytes.Trim(text[i:], "\x1A\r\n")) > 0) {
			return unsupported("文件内容不是文本表格。请用 Excel 或 WPS 另存为 .xlsx 或 .csv 再导入。")
		}
	}
	return nil
}

const endMark = 0x1A

// startsInUTF8 tells whether the first line is Chinese text in UTF-8; bytes of GB18030 are that by chance only in a word
// or two.
func startsInUTF8(content []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(content, "\r\n"), []byte("\n"))
	return utf8.Valid(first) && len(first)-utf8.RuneCount(first) >= 8
}

// decode gives the text in UTF-8 without its marks; UTF-8 itself is not copied.
func decode(content []byte) ([]byte, error) {
	e, err := textEncoding(content)
	if err != nil {
		return nil, err
	}
	if e != nil {
		if content, err = e.NewDecoder().Bytes(content); err != nil {
			return nil, badEncoding()
		}
	}
	content = bytes.TrimPrefix(content, bom)
	if i := bytes.IndexByte(content, endMark); i >= 0 {
		content = content[:i]
	}
	return content, nil
}

func (r Reader) readCSV(content []byte, each func(importing.Line) error) error {
	text, err := decode(content)
	if err != nil {
		return err
	}
	survey := &counter{limits: r.Limits}
	if err := r.walkCSV(text, survey); err != nil {
		return err
	}
	if survey.rows == 0 {
		return emptyFile()
	}
	return r.walkCSV(text, &counter{limits: r.Limits, each: each})
}

func (r Reader) walkCSV(text []byte, count *counter) error {
	in := newRecords(text)
	var line importing.Line
	last := 0
	for {
		more, err := in.next()
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
		line = importing.Line{No: in.lineNo}
		for i := 0; ; i++ {
			field, ok, err := in.field()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			cell := csvCell(count, field)
			if cell.Text == "" && !cell.Formula {
				continue
			}
			if i >= r.Limits.Columns {
				return tooManyColumns("", line.No, r.Limits.Columns)
			}
			if line.Cells == nil {
				line.Cells = make([]importing.Cell, 0, max(last, i+1))
			}
			for len(line.Cells) < i {
				line.Cells = append(line.Cells, importing.Cell{})
			}
			line.Cells = append(line.Cells, cell)
		}
		last = len(line.Cells)
		if err := count.take(line); err != nil {
			return err
		}
	}
}

// csvCell knows the two ways in which a text file carries formulas; ="0012" is only how exporters protect text.
func csvCell(count *counter, field []byte) importing.Cell {
	field = bytes.TrimSpace(field)
	text := string(field[:min(len(field), textLimit(count.limits))])
	if len(text) < len(field) {
		text = strings.ToValidUTF8(text, "") // cut in a character
	}
	if inner, ok := strings.CutPrefix(text, `="`); ok && inner != "" && strings.IndexByte(inner, '"') == len(inner)-1 {
		return count.cell(inner[:len(inner)-1])
	}
	c := count.cell(text)
	c.Formula = len(text) > 1 && text[0] == '='
	return c
}
