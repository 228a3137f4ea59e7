package importing

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"steward/domain/estate"
)

// header is the line that names the columns: which cell holds which of the kind's columns.
type header struct {
	lineNo int
	at     map[string]int // column key -> cell
	text   map[string]string
}

// headerLines is how many lines may stand above the header (titles, explanations).
const headerLines = 10

var bracketed = regexp.MustCompile(`[(\[【{<][^)\]】}>]*[)\]】}>]`)

// foldHeader brings a header into one form without dropping a word of it.
func foldHeader(s string) string {
	return strings.ToLower(headerSigns.Replace(estate.Fold(s)))
}

var headerSigns = strings.NewReplacer("*", "", ":", "", " ", "", "必填", "", "(", "", ")", "", "[", "", "]", "", "【", "", "】", "", "的", "")

// headerKey folds a header cell: (必填), units in brackets, stars and colons go.
func headerKey(s string) string {
	return foldHeader(bracketed.ReplaceAllString(estate.Fold(s), ""))
}

// dictionary maps folded headers to column keys; mapping, given by the importer, goes from a header as it stands in the
// file to a column by its key, title or synonym, and wins over the synonyms. People also write it the other way round.
func dictionary(kind Kind, mapping map[string]string) map[string]string {
	dict := maps.Clone(formOf(kind).dict)
	known := maps.Clone(dict)
	for _, c := range formOf(kind).Columns {
		known[c.Key] = c.Key
	}
	for from, to := range mapping {
		if key, ok := known[headerKey(to)]; ok {
			dict[headerKey(from)] = key
		} else if key, ok := known[headerKey(from)]; ok && headerKey(to) != "" {
			dict[headerKey(to)] = key
		}
	}
	return dict
}

// readHeader looks at one line; known is how many of its cells are columns of this kind.
func readHeader(dict map[string]string, l Line) (h header, known int, twice []string) {
	h = header{lineNo: l.No, at: map[string]int{}, text: map[string]string{}}
	for i, c := range l.Cells {
		key, ok := dict[headerKey(c.Text)]
		if !ok {
			continue
		}
		if _, taken := h.at[key]; taken {
			twice = append(twice, estate.Fold(c.Text))
			continue
		}
		h.at[key] = i
		h.text[key] = estate.Fold(c.Text)
		known++
	}
	return h, known, twice
}

// missing lists the required columns that the header lacks. A unit is named by 房号 or by one 房屋 column; 楼栋 is needed
// unless the room column may hold the whole place, which the rows then show.
func (h header) missing(kind Kind) []column {
	var out []column
	f := formOf(kind)
	for _, any := range f.AnyOf {
		if !slices.ContainsFunc(any, func(key string) bool { _, has := h.at[key]; return has }) {
			out = append(out, *f.byKey[any[0]])
		}
	}
	for _, key := range f.Required {
		if _, has := h.at[key]; !has {
			out = append(out, *f.byKey[key])
		}
	}
	return out
}
