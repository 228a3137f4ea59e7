package importing

import (
	"slices"
	"strings"

	"steward/domain/estate"
)

// listed are the rows of a sheet to which others refer by numbers.
type listed struct {
	sheet *sheet
	by    string
	lines map[string][]Line
	used  map[string]bool
}

func newListed(s *sheet, by string) *listed {
	return &listed{sheet: s, by: by, lines: map[string][]Line{}, used: map[string]bool{}}
}

// numberKey is a reference in one form: 1, １ and 1.0 are one number.
func numberKey(s string) string { return strings.TrimSuffix(wordKey(s), ".0") }

func (l *listed) add(line Line) (key string) {
	if i := l.sheet.head.at[l.by]; i < len(line.Cells) {
		key = numberKey(line.Cells[i].Text)
	}
	l.lines[key] = append(l.lines[key], line)
	return key
}

// idle are the lines to which nothing referred.
func (l *listed) idle() (out []int) {
	for key, lines := range l.lines {
		if !l.used[key] {
			for _, line := range lines {
				out = append(out, line.No)
			}
		}
	}
	slices.Sort(out)
	return out
}

// joined gives the rows that a line stands for once the rows it refers to are added: one for each of them. skip tells that
// it refers to none although that is all it is about.
func (r *Reading) joined(s *sheet, l Line) (rows []*row, skip bool) {
	base := r.newRow(s, l)
	rows = []*row{base}
	for _, j := range s.joins {
		from := r.lists[j.Form]
		if from == nil {
			continue
		}
		numbers := base.numbers(j)
		if len(numbers) == 0 {
			skip = skip || j.List
			continue
		}
		parallel := base.parallel(j, len(numbers))
		var next []*row
		for i, n := range numbers {
			matches := from.lines[n]
			from.used[n] = true
			if len(matches) == 0 {
				base.fault(j.Column, faultf(j.Code, "工作表“%s”里没有编号“%s”，请核对编号，或在那里补上这一行。", from.sheet.name, short(n)))
			}
			for _, m := range matches {
				add := *base
				add.parts = append(slices.Clone(base.parts), part{from.sheet, m})
				add.given = parallel(i)
				next = append(next, &add)
			}
		}
		if !base.ok() {
			return []*row{base}, false
		}
		rows = next
	}
	return rows, skip
}

// numbers reads the references of a cell.
func (r *row) numbers(j join) (out []string) {
	cell := r.text(j.Column, cellLimit)
	values := []string{cell}
	if j.List {
		values = splitList(cell)
	}
	for _, v := range values {
		if v = numberKey(v); v != "" && !slices.Contains(j.None, v) {
			out = append(out, v)
		}
	}
	return out
}

// parallel reads the lists that go with the references, as 2020-06-10#2020-07-10 goes with 1#2.
func (r *row) parallel(j join, n int) func(i int) map[string]string {
	lists := map[string][]string{}
	for _, key := range j.Parallel {
		values := splitList(r.text(key, cellLimit))
		switch {
		case len(values) == 0 || n == 1 && len(values) == 1:
		case len(values) != n:
			r.fault(key, faultf("list-mismatch", "“%s”有 %d 个值，“%s”有 %d 个编号，请用 # 一一对应。", r.label(key), len(values), r.label(j.Column), n))
			return func(int) map[string]string { return nil }
		default:
			lists[key] = values
		}
	}
	return func(i int) map[string]string {
		given := map[string]string{}
		for key, values := range lists {
			given[key] = values[i]
		}
		return given
	}
}

// splitList takes a list of numbers or dates apart.
func splitList(s string) (out []string) {
	for _, v := range strings.FieldsFunc(estate.Fold(s), func(r rune) bool { return strings.ContainsRune("#,、;|，；", r) }) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
