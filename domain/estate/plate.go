package estate

import (
	"regexp"
	"strings"
)

// The forms of a number plate once Plate has normalised it. I and O are not used; the last character may be a word (学, 警,
// 挂, 港, 澳); one of a new-energy vehicle has eight characters.
var (
	civilPlate    = regexp.MustCompile(`^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z](?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJ-NP-Z0-9]{6})$`)
	officialPlate = regexp.MustCompile(`^(?:使[0-9]{6}|[0-9]{6}使|[A-Z0-9]{5,6}领|WJ\p{Han}?[0-9A-Z]{5}|[A-Z]{2}[0-9]{5}|临[A-Z0-9]{4,6})$`)
	otherPlate    = regexp.MustCompile(`^[\p{Han}A-Z0-9]{4,12}$`)
)

// PlateFits tells whether a normalised number plate can be one. The plates of motorcycles and electric bicycles differ
// from city to city; what cannot be one of a car passes as theirs.
func PlateFits(plate, vehicleKind string) bool {
	switch vehicleKind {
	case "motorcycle", "other":
		return otherPlate.MatchString(plate)
	}
	return civilPlate.MatchString(plate) || officialPlate.MatchString(plate)
}

// MaskPlate keeps the first two characters and the last two.
func MaskPlate(plate string) string {
	r := []rune(plate)
	if len(r) < 6 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:2]) + strings.Repeat("*", len(r)-4) + string(r[len(r)-2:])
}
