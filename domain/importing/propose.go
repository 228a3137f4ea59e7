package importing

import (
	"strings"
	"unicode/utf8"

	"steward/domain/estate"
)

// leastLikeness is how much of the longer of two headers the shorter one must make up to be proposed.
const leastLikeness = 0.4

// forNeeded is how much more likely a header is meant for a column that has to be there.
const forNeeded = 0.2

// propose guesses which column a header that nobody knows may be: one that shares most of its words with a known header,
// whose cells look as the column's cells do, and that the sheet has not got. A person decides.
func (s *sheet) propose(text string, samples []string) (key string) {
	best, tie := leastLikeness, false
	folded := foldHeader(text)
	for known, k := range s.form.dict {
		col := s.form.byKey[k]
		if col.Unused || col.Ordinal || s.head.has(k) || !col.looksRight(samples) {
			continue
		}
		l := likeness(folded, known)
		if s.form.needs(k) && l > leastLikeness {
			l += forNeeded
		}
		switch {
		case l > best:
			best, key, tie = l, k, false
		case l == best && key != "" && k != key:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return key
}

// likeness is the share of the longer text that the characters which both have in this order make up, from 0 to 1.
func likeness(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if x[i] == y[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	if row[len(y)] < 2 {
		return 0
	}
	return float64(row[len(y)]) / float64(max(len(x), len(y)))
}

// looksRight tells whether cells are of the shape that a column holds.
func (c *column) looksRight(samples []string) bool {
	for _, s := range samples {
		if !c.looksLike(s) {
			return false
		}
	}
	return true
}

func (c *column) looksLike(s string) bool {
	list, isWord := strings.CutPrefix(c.Holds, "word:")
	if isWord {
		_, ok := words(list).mean(s)
		return ok
	}
	ok := true
	switch c.Holds {
	case "phone":
		_, _, ok = splitPhones(s)
	case "id_no":
		_, ok = estate.IDNumber(s)
		ok = ok && len(s) >= 15
	case "area":
		_, f := area(s)
		ok = f == nil
	case "amount", "number":
		_, ok = number(s)
	case "date":
		_, f := day(s, false)
		ok = f == nil
	case "period":
		_, f := period(s, false)
		ok = f == nil
	case "name":
		ok = utf8.RuneCountInString(s) <= 20 && !strings.ContainsAny(s, "0123456789")
	}
	return ok
}
