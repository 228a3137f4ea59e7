package checkout

import "strings"

// MaskName shows the first character of a person's name, or the first two and last two of a company's: enough for the
// payer to see that the right one is meant.
func MaskName(name string) string {
	runes := []rune(strings.TrimSpace(name))
	switch n := len(runes); {
	case n == 0:
		return "业主"
	case n <= 4:
		return string(runes[:1]) + strings.Repeat("*", max(n-1, 1))
	default:
		return string(runes[:2]) + "***" + string(runes[n-2:])
	}
}

// MaskUnit hides the room but its last two characters: 3栋2单元1501 becomes 3栋2单元**01.
func MaskUnit(display, room string) string {
	runes := []rune(room)
	if len(runes) < 3 || !strings.HasSuffix(display, room) {
		return display
	}
	hidden := strings.Repeat("*", len(runes)-2)
	return strings.TrimSuffix(display, room) + hidden + string(runes[len(runes)-2:])
}
