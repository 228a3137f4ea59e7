package dunning

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxTextRunes bounds a rendered message.
const MaxTextRunes = 500

// Placeholders are all that a template may name between double braces.
var Placeholders = []string{"name", "community", "unit", "amount", "late_fee", "total", "periods", "due_date", "link"}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// Longest values shown of the lists; the rest is counted.
const (
	shownUnits   = 3
	shownPeriods = 6
)

// Render fills a template with what is asked for. A validated template has no placeholder that is not known; a longer
// text than 500 runes is cut.
func Render(template string, f Facts, a Asked) string {
	text := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		switch placeholder.FindStringSubmatch(m)[1] {
		case "name":
			return f.Name
		case "community":
			return f.Community
		case "unit":
			return list(f.Units, shownUnits, "套")
		case "amount":
			return Yuan(a.AmountFen)
		case "late_fee":
			return Yuan(a.LateFeeFen)
		case "total":
			return Yuan(a.AmountFen + a.LateFeeFen)
		case "periods":
			return list(periodsOf(a.Bills), shownPeriods, "期")
		case "due_date":
			return a.DueOn.String()
		case "link":
			return f.Link
		}
		return ""
	})
	return cut(text)
}

func periodsOf(bills []BillFact) []string {
	var out []string
	seen := make(map[string]bool, len(bills))
	for _, b := range bills {
		p := b.FeeItem + " " + b.Period
		if b.FeeItem == "" {
			p = b.Period
		}
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func list(values []string, shown int, counter string) string {
	if len(values) <= shown {
		return strings.Join(values, "、")
	}
	return fmt.Sprintf("%s等%d%s", strings.Join(values[:shown], "、"), len(values), counter)
}

// Yuan prints fen as 1,234.50元.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	whole := strconv.FormatInt(fen/100, 10)
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return fmt.Sprintf("%s%s.%02d元", sign, b.String(), fen%100)
}

func cut(text string) string {
	if utf8.RuneCountInString(text) <= MaxTextRunes {
		return text
	}
	return string([]rune(text)[:MaxTextRunes-1]) + "…"
}
