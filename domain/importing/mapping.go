package importing

import (
	"maps"
	"slices"
	"strings"

	"steward/domain/refusal"
)

// SheetKey is the entry of a mapping that names the sheet to read, where a workbook has several of one kind.
const SheetKey = "@sheet"

// mapping is what a person settled about the headers of a file: header -> column, "" or "-" to leave it out. A header may
// be given with its sheet, as 业主信息!编号. Headers are compared as foldHeader leaves them.
type mapping struct {
	given, saved map[string]string // folded header -> what was named
	written      map[string]string // folded header -> as it was written
	sheet        string
	met          map[string]bool
}

// newMapping reads the mapping of an import. People also write it the other way round, from a column to the file's header.
func newMapping(kind Kind, given, saved map[string]string) *mapping {
	m := &mapping{given: map[string]string{}, saved: map[string]string{}, written: map[string]string{}, met: map[string]bool{}}
	m.sheet = strings.TrimSpace(saved[SheetKey])
	if s := strings.TrimSpace(given[SheetKey]); s != "" {
		m.sheet = s
	}
	m.fill(m.given, kind, given)
	m.fill(m.saved, kind, saved)
	return m
}

func (m *mapping) fill(into map[string]string, kind Kind, from map[string]string) {
	for _, header := range slices.Sorted(maps.Keys(from)) {
		column := strings.TrimSpace(from[header])
		if header == SheetKey {
			continue
		}
		if !knownColumn(kind, column) && knownColumn(kind, header) {
			header, column = column, header
		}
		if foldHeader(header) != "" {
			into[foldHeader(header)] = column
			m.written[foldHeader(header)] = header
		}
	}
}

// readBy gives the forms whose sheets an import of a kind reads.
func readBy(kind Kind) []*form {
	out := []*form{formOf(kind)}
	for _, j := range vocab().Joins {
		if f := vocab().byKey[j.Form]; j.Kind == kind && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func leavesOut(column string) bool { return column == "" || column == "-" }

func knownColumn(kind Kind, name string) bool {
	return leavesOut(name) || slices.ContainsFunc(readBy(kind), func(f *form) bool { _, ok := f.named(name); return ok })
}

// CheckMapping refuses a mapping that names a column which an import of this kind does not have.
func CheckMapping(kind Kind, given map[string]string) error {
	for _, header := range slices.Sorted(maps.Keys(given)) {
		if header == SheetKey || knownColumn(kind, strings.TrimSpace(given[header])) || knownColumn(kind, header) {
			continue
		}
		return refusal.New(refusal.Rule, "bad-mapping", "“%s”导入里没有“%s”这一列，请从列表中选择，或留空表示不导入这一列。", kind.Title(), short(given[header])).
			At("body.mapping."+header, "没有这一列", given[header])
	}
	return nil
}

// settle finds which column a header is: by the mapping, else by the vocabulary.
func (m *mapping) settle(f *form, sheet, text string, looked ...heading) headCell {
	c := headCell{text: text, how: HowUnknown}
	if len(m.given)+len(m.saved) > 0 && m.decided(f, sheet, &c) {
		return c
	}
	for _, h := range looked {
		if key, ok := f.find(h); ok {
			c.key, c.how = key, HowSynonym
			return c
		}
	}
	return c
}

// decided applies what a person settled about a header, if anything.
func (m *mapping) decided(f *form, sheet string, c *headCell) bool {
	for _, name := range []string{foldHeader(sheet + "!" + c.text), foldHeader(c.text)} {
		for _, by := range []struct {
			from map[string]string
			how  How
		}{{m.given, HowGiven}, {m.saved, HowSaved}} {
			column, ok := by.from[name]
			if !ok {
				continue
			}
			if leavesOut(column) {
				c.how = HowLeft
				return true
			}
			if key, ok := f.named(column); ok {
				c.key, c.how = key, by.how
				return true
			}
		}
	}
	return false
}

// meet notes which headers of the mapping a sheet has.
func (m *mapping) meet(sheet string, h header) {
	for _, c := range h.cells {
		m.met[foldHeader(c.text)] = true
		m.met[foldHeader(sheet+"!"+c.text)] = true
	}
}

// strangers are the headers that the mapping of this import gives to a column and that the file does not have.
func (m *mapping) strangers() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(m.given)) {
		if !m.met[name] && !leavesOut(m.given[name]) {
			out = append(out, m.written[name])
		}
	}
	return out
}
