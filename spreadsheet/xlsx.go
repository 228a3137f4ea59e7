package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"steward/domain/importing"
	"steward/domain/refusal"
)

const (
	maxZipParts = 5000
	// bombRatio is beyond what repeated rows of a real sheet compress to; small files may reach it by chance.
	bombRatio    = 200
	bombMinBytes = 32 << 20
	// widestRow bounds the cells that a line may have even when they are empty.
	widestRow = 2048
)

func truncated() error {
	return refusal.New(refusal.Rule, "file-truncated", "文件不完整或已损坏，可能没有下载完。请重新获取文件后再导入。")
}

func bomb() error {
	return refusal.New(refusal.TooLarge, "file-too-large", "文件解压后过大，不像是正常的表格。请只保留需要的工作表，另存后再导入。")
}

// checkZip reads the directory of an .xlsx: complete, a workbook, and of bounded size when unpacked.
func (r Reader) checkZip(content []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return truncated()
	}
	if len(archive.File) > maxZipParts {
		return bomb()
	}
	var total uint64
	workbook, encrypted := false, false
	for _, f := range archive.File {
		total += f.UncompressedSize64
		if total > uint64(r.Limits.UnzippedBytes) {
			return bomb()
		}
		workbook = workbook || strings.EqualFold(f.Name, "xl/workbook.xml")
		encrypted = encrypted || f.Flags&1 != 0
	}
	switch {
	case total > bombMinBytes && total/uint64(len(content)) > bombRatio:
		return bomb()
	case encrypted:
		return refusal.New(refusal.Rule, "file-encrypted", "文件设有密码。请取消密码，另存后再导入。")
	case !workbook:
		return unsupported("文件是压缩包，但不是 Excel 工作簿。请用 Excel 或 WPS 另存为 .xlsx 再导入。")
	}
	return nil
}

// readXLSX reads the first visible sheet that holds something.
func (r Reader) readXLSX(content []byte, count *counter) (err error) {
	defer func() {
		if p := recover(); p != nil { // the parser must not take the process down with a hostile file
			err = truncated()
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{
		UnzipSizeLimit: r.Limits.UnzippedBytes, UnzipXMLSizeLimit: r.Limits.UnzippedBytes, RawCellValue: true,
	})
	if err != nil {
		return broken(err)
	}
	defer func() { _ = book.Close() }()
	props, err := book.GetWorkbookProps()
	if err != nil {
		return broken(err)
	}
	date1904 := props.Date1904 != nil && *props.Date1904
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		before := count.rows
		if err := r.readSheet(book, sheet, date1904, count); err != nil {
			return err
		}
		if count.rows > before {
			return nil
		}
	}
	return nil
}

// broken turns what the parser says into a refusal; it has no typed error for a part that grows beyond its limit.
func broken(err error) error {
	if strings.Contains(err.Error(), "unzip size exceeds") {
		return bomb()
	}
	return truncated()
}

func (r Reader) readSheet(book *excelize.File, sheet string, date1904 bool, count *counter) error {
	formulas, err := formulaCells(book, sheet)
	if err != nil {
		return err
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		var none excelize.ErrSheetNotExist // a chart sheet has no rows
		if errors.As(err, &none) {
			return nil
		}
		return broken(err)
	}
	defer func() { _ = rows.Close() }()
	no := 0
	for rows.Next() {
		no++
		texts, err := rows.Columns()
		if err != nil {
			return broken(err)
		}
		if len(texts) > widestRow {
			return refusal.New(refusal.Rule, "too-many-columns", "第 %d 行超过 %d 列，请删除多余的列。", no, r.Limits.Columns)
		}
		if err := count.take(xlsxLine(count, no, texts, formulas[no], date1904)); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return broken(err)
	}
	return nil
}

func xlsxLine(count *counter, no int, texts []string, formulas []int, date1904 bool) importing.Line {
	line := importing.Line{No: no, Date1904: date1904, Cells: make([]importing.Cell, len(texts))}
	for i, t := range texts {
		line.Cells[i] = count.cell(plainNumber(strings.TrimSpace(t)))
	}
	for _, i := range formulas {
		for len(line.Cells) <= i {
			line.Cells = append(line.Cells, importing.Cell{})
		}
		line.Cells[i].Formula = true
	}
	return line
}

// plainNumber writes a stored number as people see it: without an exponent, and without the noise that binary fractions
// leave behind the fifteenth digit. Other text stays.
func plainNumber(s string) string {
	if len(s) < 5 || !strings.ContainsAny(s, ".Ee") || strings.Trim(s, "+-0123456789.Ee") != "" {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1e15 || f < -1e15 {
		return s
	}
	if !strings.ContainsAny(s, "Ee") && len(s) < 17 {
		return s
	}
	short := strconv.FormatFloat(f, 'g', 15, 64)
	if f, err = strconv.ParseFloat(short, 64); err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// formulaCells finds the cells of a sheet that hold a formula, by row, as column indices from 0. It reads the whole part
// because the row reader ends without a word where the XML breaks off.
func formulaCells(book *excelize.File, sheet string) (map[int][]int, error) {
	raw := sheetXML(book, sheet)
	if raw == nil {
		return nil, truncated()
	}
	found := map[int][]int{}
	depth := 0
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	at := ""
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) && depth == 0 {
			return found, nil
		}
		if err != nil {
			return nil, truncated()
		}
		switch e := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			switch e.Name.Local {
			case "c":
				at = attribute(e, "r")
			case "f":
				if column, row, err := excelize.CellNameToCoordinates(at); err == nil && column <= widestRow {
					found[row] = append(found[row], column-1)
				}
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// sheetXML is the part of the package that holds a sheet, as the parser keeps it.
func sheetXML(book *excelize.File, sheet string) []byte {
	index, err := book.GetSheetIndex(sheet)
	if err != nil || index < 0 {
		return nil
	}
	name := sheetPart(book, index)
	if raw, ok := book.Pkg.Load(name); ok {
		if b, ok := raw.([]byte); ok {
			return b
		}
	}
	return nil
}

// sheetPart finds the part of the n-th sheet through the workbook's relationships.
func sheetPart(book *excelize.File, n int) string {
	if book.WorkBook == nil || n >= len(book.WorkBook.Sheets.Sheet) {
		return ""
	}
	id := book.WorkBook.Sheets.Sheet[n].ID
	raw, ok := book.Pkg.Load("xl/_rels/workbook.xml.rels")
	content, isBytes := raw.([]byte)
	if !ok || !isBytes {
		return fmt.Sprintf("xl/worksheets/sheet%d.xml", n+1)
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if xml.Unmarshal(content, &relations) != nil {
		return ""
	}
	for _, rel := range relations.All {
		if rel.ID == id {
			if strings.HasPrefix(rel.Target, "/") {
				return strings.TrimPrefix(rel.Target, "/")
			}
			return path.Join("xl", rel.Target)
		}
	}
	return ""
}
