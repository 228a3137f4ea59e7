package importing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tally gathers the rows of which one thing is to be said, so that a thousand rows give one notice.
type tally struct {
	sheet, column, code string
	rows                []int
}

// noticeTexts are what a notice says of rows; %s is the rows.
var noticeTexts = map[string]string{
	"above-header":   "%s在表头之上，作为标题或说明，没有导入。",
	"notes-beside":   "%s在表格右侧还有文字，不属于任何一列，没有导入。",
	"header-again":   "%s又是表头，没有导入。",
	"example-rows":   "%s是示例，没有导入。",
	"total-rows":     "%s是合计，没有导入。",
	"note-rows":      "%s是说明、签字或页码，没有导入。",
	"empty-rows":     "%s只有序号或公式，没有内容，没有导入。",
	"unnamed-column": "没有列名，%s有内容但没有导入。需要导入请在表头写上列名。",
	"rows-not-used":  "%s的编号没有被其他工作表用到，没有导入。",
	"no-numbers":     "%s没有填写编号，没有可导入的内容。",
	"room-unclear":   "%s的房号前缀与楼栋相同，按楼栋理解，而其他行的前缀是单元。请核对，或补上“单元”列。",
	"several-phones": "%s有多个电话，第一个作为联系电话，其余作为备用电话。",
	"phone-remark":   "%s的电话后写有文字，只导入了号码。",
	"no-phone":       "%s的电话是占位号码，按没有电话导入。请尽快补上真实号码。",
	"id-no-checksum": "%s的身份证号校验位不对，可能有误，请核对。",
	"month-only":     "%s的日期只写到月份，开始类的日期按当月第一天、截止类的日期按当月最后一天导入。",
	"several-owners": "%s有多位业主，分别导入为共有人。",
	"owner-unclear":  "%s有多位业主，但电话或证件号码的个数对不上，都记在第一位名下，请核对。",
}

// skippedAs is how lines that are no data are named.
var skippedAs = map[lineKind]string{besideLine: "notes-beside", exampleLine: "example-rows", totalLine: "total-rows", noteLine: "note-rows", emptyRowLine: "empty-rows"}

// mark counts a row under what is to be said of it.
func (r *Reading) mark(sheet, column, code string, row int) {
	key := sheet + "\x00" + column + "\x00" + code
	t := r.tallies[key]
	if t == nil {
		t = &tally{sheet: sheet, column: column, code: code}
		r.tallies[key] = t
		r.order = append(r.order, t)
	}
	if n := len(t.rows); n == 0 || t.rows[n-1] != row {
		t.rows = append(t.rows, row)
	}
}

func (r *Reading) markAll(sheet, column, code string, rows []int) {
	for _, row := range rows {
		r.mark(sheet, column, code, row)
	}
}

func (r *Reading) notice(n Notice) {
	if len(r.result.Notices) < MaxNotices {
		r.result.Notices = append(r.result.Notices, n)
	}
}

// tell turns the tallies into notices.
func (r *Reading) tell() {
	for _, t := range r.order {
		slices.Sort(t.rows)
		r.notice(Notice{Sheet: t.sheet, Row: t.rows[0], Column: t.column, Code: t.code, Message: fmt.Sprintf(noticeTexts[t.code], rowList(t.rows))})
	}
}

// rowList names rows for people: 第 3-5、9 行; of very many the first and the count.
func rowList(rows []int) string {
	var parts []string
	for i := 0; i < len(rows); {
		j := i
		for j+1 < len(rows) && rows[j+1] == rows[j]+1 {
			j++
		}
		part := strconv.Itoa(rows[i])
		if j > i {
			part += "-" + strconv.Itoa(rows[j])
		}
		if parts = append(parts, part); len(parts) == 15 && j+1 < len(rows) {
			return fmt.Sprintf("第 %s 等 %d 行", strings.Join(parts, "、"), len(rows))
		}
		i = j + 1
	}
	return "第 " + strings.Join(parts, "、") + " 行"
}

// tellColumns reports the columns of a sheet that are not read: known without a place, of another kind, unknown, unnamed.
func (r *Reading) tellColumns(s *sheet) {
	for i, c := range s.head.cells {
		if rows := s.unnamed[i]; len(rows) > 0 {
			r.markAll(s.name, columnLetter(i), "unnamed-column", rows)
		}
		if c.text == "" || i >= s.head.end || c.how == HowLeft {
			continue
		}
		switch col := s.form.column(c.key); {
		case col != nil && col.Unused:
			r.notice(Notice{Sheet: s.name, Row: s.head.lineNo, Column: c.text, Code: "column-not-used", Message: fmt.Sprintf("“%s”是常见的列，但系统里还没有存放它的地方，没有导入。", c.text)})
		case col != nil && col.Joins && s.main && !r.refers(s, c.key):
			r.notice(Notice{Sheet: s.name, Row: s.head.lineNo, Column: c.text, Code: "column-not-used", Message: fmt.Sprintf("文件里没有“%s”所指的工作表，这一列没有用到。", c.text)})
		case col != nil || slices.Contains(s.head.twice, c.text): // a problem says that it is there twice
		default:
			r.notice(s.stranger(c))
		}
	}
}

func (r *Reading) refers(s *sheet, column string) bool {
	return slices.ContainsFunc(s.joins, func(j join) bool { return j.Column == column && r.lists[j.Form] != nil })
}

// stranger reports a header that the form does not know: of which kinds it is a column, or that nobody knows it.
func (s *sheet) stranger(c headCell) Notice {
	n := Notice{Sheet: s.name, Row: s.head.lineNo, Column: c.text, Code: "column-not-used"}
	var kinds []string
	h, known := newHeading(c.text), false
	for _, f := range vocab().Forms {
		key, ok := f.find(h)
		known = known || ok
		if ok && !f.Helper && !f.column(key).Unused && !f.column(key).Ordinal {
			kinds = append(kinds, f.Title)
		}
	}
	switch {
	case len(kinds) > 0:
		n.Message = fmt.Sprintf("“%s”不是“%s”的列，没有导入；需要时请另选%s类型导入。", c.text, s.form.Title, strings.Join(quote(kinds), "或"))
	case known:
		n.Message = fmt.Sprintf("“%s”是常见的列，但系统里还没有存放它的地方，没有导入。", c.text)
	default:
		n.Code = "unknown-column"
		n.Message = fmt.Sprintf("不认识“%s”这一列，没有导入。请在列对应关系里指定它是哪一列，或选择不导入。", c.text)
	}
	return n
}

func quote(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = "“" + s + "”"
	}
	return out
}

// columnLetter names a column without a header as spreadsheets do.
func columnLetter(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name + " 列"
}
