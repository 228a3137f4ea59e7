package importing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Result ends the reading: rows that waited for other sheets are read, and what was not read is named.
func (r *Reading) Result() Result {
	if r.ended {
		return r.result
	}
	r.ended = true
	r.settle()
	for _, s := range r.mains {
		for _, j := range s.joins {
			r.clash = append(r.clash, r.rivals[j.Form]...)
		}
	}
	switch {
	case len(r.sheets) == 0:
		r.refuse(Problem{Code: "empty-file", Message: "文件里没有内容，请检查是否选错了文件。"})
	case len(r.clash) > 0:
		names := strings.Join(quote(slices.Compact(slices.Sorted(slices.Values(r.clash)))), "、")
		r.refuse(Problem{Code: "sheets-of-one-kind", Message: fmt.Sprintf("工作表%s是同一类表，无法确定用哪一个。请只保留一个，或在导入时指定工作表。", names)})
		r.count()
	case len(r.mains) == 0:
		r.blame()
	default:
		r.finish()
	}
	r.nameSheets()
	return r.result
}

// refuse ends with a problem of the file as a whole: no row is taken.
func (r *Reading) refuse(p Problem) {
	r.result.Unreadable, r.result.Good, r.result.Problems, r.result.Rejected = true, Rows{}, nil, 0
	r.problem(p)
}

func (r *Reading) count() {
	for _, s := range r.sheets {
		if s.main || s.isLike(r.kind) {
			r.result.Rows += s.rows
		}
	}
}

// blame says of a file without a sheet of the asked kind what it looks like and which columns are missing.
func (r *Reading) blame() {
	s := slices.MaxFunc(r.sheets, func(a, b *sheet) int {
		return cmp.Or(cmp.Compare(yes(a.name == r.mapping.sheet), yes(b.name == r.mapping.sheet)), cmp.Compare(a.asked.known, b.asked.known))
	})
	r.result.Unreadable, r.result.Rows, r.result.Headers = true, s.rows, headersOf(s.asked)
	if named := r.mapping.sheet; named != "" && s.name != named {
		r.refuse(Problem{Code: "no-such-sheet", Message: fmt.Sprintf("文件里没有名为“%s”的工作表，现有：%s。", named, strings.Join(quote(sheetNames(r.sheets)), "、"))})
		return
	}
	if s.looks != nil && !s.isLike(r.kind) {
		advice := fmt.Sprintf("请改选“%s”类型导入", s.looks.Title)
		if s.looks.Helper {
			advice = "这类表不能单独导入，请换一个文件"
		}
		r.problem(Problem{Sheet: s.name, Row: s.head.lineNo, Code: "looks-like-other-kind", Message: fmt.Sprintf("这份表像是“%s”，不是“%s”。%s，或补上下面列出的列。", s.looks.Title, r.form.Title, advice)})
	}
	r.faultHeader(s, s.asked)
	r.tellStrangers(true)
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sheetNames(all []*sheet) (out []string) {
	for _, s := range all {
		out = append(out, s.name)
	}
	return out
}

func headersOf(h header) map[string]string {
	out := make(map[string]string, len(h.at))
	for key, i := range h.at {
		out[key] = h.cells[i].text
	}
	return out
}

// faultHeader names what is wrong with a header: columns twice, columns missing, and the sheet that others refer to.
func (r *Reading) faultHeader(s *sheet, h header) {
	for _, t := range h.twice {
		r.problem(Problem{Sheet: s.name, Row: h.lineNo, Column: t, Code: "duplicate-column", Message: fmt.Sprintf("“%s”与另一列含义相同，无法确定用哪一列。请删除其中一列，或在列对应关系里把其中一列设为不导入。", t)})
	}
	for _, j := range joinsOf(r.kind) {
		if h.has(j.Column) && r.lists[j.Form] == nil && s.main {
			list := vocab().byKey[j.Form]
			r.problem(Problem{Sheet: s.name, Row: h.lineNo, Column: h.label(r.form, j.Column), Code: "missing-sheet",
				Message: fmt.Sprintf("“%s”指向另一张表（%s），文件里没有。请把那张表放进同一个工作簿，或补上下面列出的列。", h.label(r.form, j.Column), list.Title)})
		}
	}
	for _, c := range h.missing(r.form, r.brought(h)) {
		r.problem(Problem{Sheet: s.name, Row: h.lineNo, Column: c.Title, Code: "missing-column", Message: fmt.Sprintf("缺少“%s”列，请补上后重新导入。", c.Title)})
	}
}

// brought tells which columns come from the sheets that the file really has.
func (r *Reading) brought(h header) func(key string) bool {
	return func(key string) bool {
		return slices.ContainsFunc(joinsOf(r.kind), func(j join) bool {
			list := r.lists[j.Form]
			return list != nil && h.has(j.Column) && list.sheet.head.has(key)
		})
	}
}

// finish reads what waited and tells what was left out.
func (r *Reading) finish() {
	main := r.mains[0]
	r.result.Headers, r.result.Sheet = headersOf(main.head), main.name
	for _, s := range r.mains {
		for key, text := range headersOf(s.head) {
			if _, known := r.result.Headers[key]; !known {
				r.result.Headers[key] = text
			}
		}
		r.result.Rows += s.rows
		if len(s.head.twice) > 0 || len(s.head.missing(r.form, r.brought(s.head))) > 0 {
			r.result.Unreadable, r.result.Good, r.result.Problems, r.result.Rejected = true, Rows{}, nil, 0
			r.faultHeader(s, s.head)
		}
	}
	for _, list := range r.lists {
		if t := list.sheet.head.twice; len(t) > 0 && !list.sheet.main && !r.result.Unreadable {
			r.refuse(Problem{Sheet: list.sheet.name, Row: list.sheet.head.lineNo, Column: t[0], Code: "duplicate-column", Message: fmt.Sprintf("“%s”与另一列含义相同，无法确定用哪一列。请删除其中一列，或在列对应关系里把其中一列设为不导入。", t[0])})
		}
	}
	if !r.result.Unreadable {
		r.takePending()
	}
	switch {
	case r.result.Unreadable:
	case r.result.Rows == 0:
		r.refuse(Problem{Row: main.head.lineNo, Code: "no-rows", Message: "文件只有表头，没有数据行，请检查是否选错了文件。"})
	case r.placeless == r.result.Rows:
		r.refuse(Problem{Row: main.head.lineNo, Column: "楼栋", Code: "missing-column", Message: "缺少“楼栋”列，房号里也看不出楼栋。请补上“楼栋”列，或把房号写成 3-2-1501。"})
	}
	r.tellSheets()
}

// takePending reads the rows that refer to other sheets.
func (r *Reading) takePending() {
	for _, s := range r.mains {
		for _, l := range s.pending {
			rows, skip := r.joined(s, l)
			if skip && rows[0].ok() {
				r.mark(s.name, "", "no-numbers", l.No)
				continue
			}
			if !rows[0].ok() {
				r.result.Rejected++
				r.report(rows[0].problems)
				continue
			}
			r.takeRow(s, rows)
		}
		s.pending = nil
	}
}

// tellSheets names what the file holds and the import does not take: lines, columns, sheets.
func (r *Reading) tellSheets() {
	for _, s := range r.sheets {
		if !r.uses(s) {
			r.tellUnused(s)
			continue
		}
		if _, above := s.linesBelow(); len(above) > 0 {
			r.markAll(s.name, "", "above-header", above)
		}
		for _, kind := range []lineKind{exampleLine, totalLine, noteLine, emptyRowLine} {
			r.markAll(s.name, "", skippedAs[kind], s.skipped[kind])
		}
		r.markAll(s.name, "", "notes-beside", append(s.skipped[besideLine], s.beside...))
		if list := r.listOf(s); list != nil && !s.main {
			r.markAll(s.name, "", "rows-not-used", list.idle())
		}
		r.tellColumns(s)
	}
	if r.prefixed {
		r.markAll(r.mains[0].name, r.mains[0].head.label(r.form, colRoom), "room-unclear", r.repeats)
	}
	r.tell()
	r.tellStrangers(false)
}

// uses tells whether a sheet's rows are the import's, or rows to which these refer.
func (r *Reading) uses(s *sheet) bool {
	return s.main || r.listOf(s) != nil && slices.ContainsFunc(r.mains, func(m *sheet) bool { return m.refersTo(s) })
}

func (r *Reading) tellUnused(s *sheet) {
	message := fmt.Sprintf("工作表“%s”没有用到。", s.name)
	switch {
	case s.looks == nil && s.name == InstructionSheet:
		return
	case s.looks == nil:
	case s.looks.Helper:
		message = fmt.Sprintf("工作表“%s”是“%s”一类的表，这次没有用到。", s.name, s.looks.Title)
	default:
		message = fmt.Sprintf("工作表“%s”像是“%s”，这次没有导入；需要时请另选“%s”类型导入。", s.name, s.looks.Title, s.looks.Title)
	}
	r.notice(Notice{Sheet: s.name, Code: "sheet-not-used", Message: message})
}

// tellStrangers names the headers of the mapping that the file does not have: a problem where columns are missing.
func (r *Reading) tellStrangers(missing bool) {
	for _, h := range r.mapping.strangers() {
		if missing {
			r.problem(Problem{Column: h, Code: "bad-mapping", Message: fmt.Sprintf("列对应关系里的“%s”在文件的表头里找不到，请核对列名。", h)})
		} else {
			r.notice(Notice{Column: h, Code: "mapping-not-used", Message: fmt.Sprintf("列对应关系里的“%s”不在这个文件里，没有用到。", h)})
		}
	}
}

// nameSheets leaves the sheet's name out where the file has only one.
func (r *Reading) nameSheets() {
	if len(r.sheets) > 1 {
		return
	}
	r.result.Sheet = ""
	for i := range r.result.Problems {
		r.result.Problems[i].Sheet = ""
	}
	for i := range r.result.Notices {
		r.result.Notices[i].Sheet = ""
	}
	for i := range r.result.Good.FeeItems {
		r.result.Good.FeeItems[i].Sheet = ""
	}
}
