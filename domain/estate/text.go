// Package estate is the place and its people: communities, buildings, units, and who is there in which role. It holds
// the rules by which differently written rooms, names and phones are known to be the same.
package estate

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings text from a cell or a search box into one form: compatibility forms (full width, circled digits) become
// plain, control and zero-width characters go, blanks are single, and there is none beside a Chinese character.
func Fold(s string) string {
	if isFolded(s) {
		return s
	}
	var b strings.Builder
	var last rune
	blank := false
	for _, r := range norm.NFKC.String(s) {
		switch {
		case unicode.IsSpace(r) || r == '\u3000':
			blank = true
			continue
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			continue
		}
		if blank && last != 0 && !unicode.Is(unicode.Han, r) && !unicode.Is(unicode.Han, last) {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// isFolded tells of most cells that Fold would leave them as they are: plain letters, digits and signs, and common Chinese
// characters, without a blank.
func isFolded(s string) bool {
	for _, r := range s {
		if (r <= ' ' || r >= 0x7f) && (r < 0x4e00 || r > 0x9fff) {
			return false
		}
	}
	return true
}

// NameKey is the natural key of a name: folded, letters in one case. Two names with one key are one name.
func NameKey(name string) string { return strings.ToLower(Fold(name)) }

// MaskName keeps the family name's first character and hides the rest.
func MaskName(name string) string {
	r := []rune(name)
	if len(r) == 0 {
		return ""
	}
	return string(r[0]) + strings.Repeat("*", max(1, min(len(r)-1, 4)))
}

// MaskPhone keeps the first three and the last four digits.
func MaskPhone(phone string) string {
	if len(phone) < 8 {
		return strings.Repeat("*", len(phone))
	}
	return phone[:3] + "****" + phone[len(phone)-4:]
}

var phoneFillers = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "—", "", "–", "")

// Phone normalises a phone number to digits only, without the country prefix; ok is false for what cannot be one.
func Phone(s string) (digits string, ok bool) {
	if s = Fold(s); !allDigits(s) {
		s = phoneFillers.Replace(s)
	}
	for _, prefix := range []string{"+86", "0086"} {
		s = strings.TrimPrefix(s, prefix)
	}
	if len(s) == 13 && strings.HasPrefix(s, "861") {
		s = s[2:]
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	switch {
	case len(s) == 11 && s[0] == '1' && s[1] >= '3': // mobile
		return s, true
	case len(s) >= 10 && len(s) <= 12 && s[0] == '0': // landline with its area code
		return s, true
	case len(s) >= 7 && len(s) <= 8 && s[0] >= '2': // landline of the own city
		return s, true
	case len(s) == 10 && (strings.HasPrefix(s, "400") || strings.HasPrefix(s, "800")):
		return s, true
	}
	return "", false
}

// Mobile tells whether a normalised phone can take text messages.
func Mobile(digits string) bool { return len(digits) == 11 && digits[0] == '1' }

// LastFour gives the last four characters of a normalised phone or ID number, "" when it is shorter.
func LastFour(s string) string {
	if len(s) < 4 {
		return ""
	}
	return s[len(s)-4:]
}

// IDNumber normalises an identity document's number; ok is false for what cannot be one. Placeholders of one repeated
// digit, which forms ask for where the number is unknown, give "".
func IDNumber(s string) (no string, ok bool) {
	s = strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(Fold(s), " ", ""), "-", ""))
	if s == "" || strings.Count(s, s[:1]) == len(s) {
		return "", true
	}
	if len(s) < 6 || len(s) > 30 {
		return "", false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '(' && r != ')' {
			return "", false
		}
	}
	return s, true
}

// IDChecks tells whether the number of a resident's card of 18 digits has the check digit that belongs to it. Other
// documents have none that is known here, and pass.
func IDChecks(no string) bool {
	if len(no) != 18 || !allDigits(no[:17]) {
		return true
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(no[i]-'0') * w
	}
	return no[17] == "10X98765432"[sum%11]
}

var plateSigns = strings.NewReplacer(" ", "", "·", "", "•", "", ".", "", "-", "", "_", "", "・", "")

// Plate normalises a vehicle's plate: upper case, without blanks and dots.
func Plate(s string) string { return plateSigns.Replace(strings.ToUpper(Fold(s))) }
