package estate

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Room is a unit's place in normalised parts: "3", "2", "1501". Entrance is empty in a building without entrances, and
// also when a writer left it out ("3#1501"); AnyEntrance tells the second case.
type Room struct {
	Building    string
	Entrance    string
	Number      string
	AnyEntrance bool
}

// Key is the unit's natural key inside its community: building-entrance-room, with an empty entrance kept ("3--101").
func (r Room) Key() string { return r.Building + "-" + r.Entrance + "-" + r.Number }

// Matches tells whether r, as somebody wrote it, can mean the unit with this key.
func (r Room) Matches(key string) bool {
	parts := strings.Split(key, "-")
	if len(parts) != 3 || parts[2] != r.Number {
		return false
	}
	if r.Building != "" && parts[0] != r.Building {
		return false
	}
	return r.AnyEntrance || parts[1] == r.Entrance
}

// String is how people read it: 3栋2单元1501.
func (r Room) String() string {
	return BuildingName(r.Building) + EntranceName(r.Entrance) + r.Number
}

// BuildingName writes a building's normalised name for people: 3 is 3栋, 商业街 stays.
func BuildingName(key string) string { return marked(key, "栋") }

// EntranceName writes an entrance's normalised name for people.
func EntranceName(key string) string { return marked(key, "单元") }

func marked(key, mark string) string {
	if key == "" || strings.IndexFunc(key, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 && !hasDigit(key[len(key)-1:]) {
		return key
	}
	return key + mark
}

var (
	buildingMarks = []string{"号楼", "栋楼", "栋", "幢", "座", "楼", "#", "号"}
	entranceMarks = []string{"单元", "门洞", "门", "梯"}
	roomMarks     = []string{"号房", "房间", "室", "房", "号"}
)

// NewRoom normalises a place given in three cells. An entrance of 0 is how some forms write "none" (shops).
//
// Leading zeros of a part that is a number go (01栋 is 1栋, room 0101 is 101): a spreadsheet drops them as soon as it takes
// the cell for a number, so that they can't tell two places apart. A phase or a quarter before a building's number is
// parted from it by a point, however it was written: 二期3栋 and 2期-3栋 are 2期.3.
func NewRoom(building, entrance, room string) Room {
	r := Room{
		Building: part(building, buildingMarks),
		Entrance: part(entrance, entranceMarks),
		Number:   part(withoutStorey(room), roomMarks),
	}
	if strings.ContainsAny(r.Building, "期区弄") {
		r.Building = phase.ReplaceAllString(r.Building, "$1.$2")
	}
	if r.Entrance == "0" {
		r.Entrance = ""
	}
	return r
}

// withoutStorey drops a floor before a room whose number begins with it: 15层1501.
func withoutStorey(room string) string {
	if !strings.ContainsAny(room, "层楼Ff") {
		return room
	}
	if m := storey.FindStringSubmatch(digits(plain(room))); m != nil && strings.HasPrefix(strings.TrimLeft(m[2], "0"), strings.TrimLeft(m[1], "0")) {
		return m[2]
	}
	return room
}

// ParseRoom reads a place written in one piece: 3-2-1501, 3#1501, 3栋2单元1501, 三栋二单元1501室, 3号楼2单元15层1501, 3/2/1501,
// 3.2.1501, １－２－３０１, ①栋501, 12弄3号501室, 商铺 S-12, or a bare room. ok is false when there is no room in it.
func ParseRoom(s string) (r Room, ok bool) {
	s = plain(s)
	if s == "" {
		return Room{}, false
	}
	if zone, number, found := cutZone(s); found {
		return Room{Building: zone, Number: part(number, roomMarks)}, true
	}
	if dotted.MatchString(s) {
		s = strings.ReplaceAll(s, ".", "-")
	}
	if m := lane.FindStringSubmatch(s); m != nil {
		r = NewRoom(m[1]+m[2], "", m[3])
		r.AnyEntrance = true
		return r, true
	}
	building, rest, marked := cutMark(s, buildingMarks[:7])
	entrance, number, hasEntrance := cutMark(rest, entranceMarks)
	switch {
	case marked && hasEntrance:
		r = NewRoom(building, entrance, number)
	case marked:
		r = fromSegments(append([]string{building}, segments(rest)...))
	case hasEntrance && len(segments(entrance)) == 1: // 2单元1501: the building is not said
		r = NewRoom("", entrance, number)
	case hasEntrance: // 3-2单元1501
		r = fromSegments(append(segments(entrance), number))
	default:
		r = fromSegments(segments(s))
	}
	return r, hasDigit(r.Number) && (hasDigit(s) || marked || hasEntrance)
}

var (
	dotted = regexp.MustCompile(`^\d{1,3}\.\d{1,2}\.\d{2,5}$`)
	lane   = regexp.MustCompile(`^(\d+弄)?(\d{1,4}号)(\d{2,5}[A-Z]?)(?:室|房)?$`)
	storey = regexp.MustCompile(`^-?(\d{1,2})(?:层|楼|F)-?(\d{3,5}.*)$`)
	phase  = regexp.MustCompile(`(期|区|弄)-?([0-9A-Z])`)
)

// zones are places that are no building and are written before a number of their own: 商铺 S-12, 地下车位 B1-023.
var zones = []string{"地下停车场", "地下车库", "地下车位", "地上车位", "停车场", "商业街", "沿街商铺", "商铺", "底商", "门面", "车位", "车库", "地库", "储藏室", "储藏间"}

// cutZone takes a zone apart from its number, where a letter or a hyphen shows that the number stands for itself.
func cutZone(s string) (zone, number string, found bool) {
	for _, z := range zones {
		if rest, ok := strings.CutPrefix(s, z); ok {
			number = strings.TrimLeft(rest, "- ")
			if hasDigit(number) && number[0] <= unicode.MaxASCII && strings.ContainsAny(number, "-ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.IndexFunc(number, isHan) < 0 {
				return z, number, true
			}
			return "", "", false
		}
	}
	return "", "", false
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// fromSegments takes the last as the room and the one before as the entrance; more than three join into the building.
func fromSegments(seg []string) Room {
	switch n := len(seg); n {
	case 0:
		return Room{}
	case 1:
		return Room{Number: part(seg[0], roomMarks), AnyEntrance: true}
	case 2:
		r := NewRoom(seg[0], "", seg[1])
		r.AnyEntrance = true
		return r
	default:
		return NewRoom(strings.Join(seg[:n-2], "-"), seg[n-2], seg[n-1])
	}
}

func segments(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/_,、# ", r) })
}

// cutMark splits at the first mark that has something before it.
func cutMark(s string, marks []string) (before, after string, found bool) {
	best := -1
	var mark string
	for _, m := range marks {
		if i := strings.Index(s, m); i > 0 && (best < 0 || i < best || i == best && len(m) > len(mark)) {
			best, mark = i, m
		}
	}
	if best < 0 {
		return "", s, false
	}
	return s[:best], strings.TrimLeft(s[best+len(mark):], "- "), true
}

// part normalises one of the three: its mark goes, Chinese numerals become digits, leading zeros go, and a hyphen inside
// becomes a point because the key is joined by hyphens.
func part(s string, marks []string) string {
	s = plain(s)
	for _, m := range marks {
		if t := strings.TrimSuffix(s, m); t != s && t != "" {
			s = t
			break
		}
	}
	s = strings.TrimPrefix(s, "第")
	s = digits(s)
	s = strings.ReplaceAll(strings.Trim(s, "- "), "-", ".")
	if t := strings.TrimLeft(s, "0"); t != s && allDigits(s) {
		s = t
		if s == "" {
			s = "0"
		}
	}
	return s
}

var dashes = strings.NewReplacer("—", "-", "–", "-", "−", "-", "―", "-", "~", "-", " -", "-", "- ", "-")

func plain(s string) string {
	s = strings.ToUpper(Fold(s))
	if !strings.ContainsAny(s, "—–−―~ ") {
		return s
	}
	return dashes.Replace(s)
}

const numerals = "零一二三四五六七八九"

// digits replaces runs of Chinese numerals by digits: 三 3, 十二 12, 二十 20, 一百零五 105, 一五零一 1501.
func digits(s string) string {
	if !strings.ContainsAny(s, numerals+"〇两十百") {
		return s
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "〇", "零"), "两", "二")
	var out strings.Builder
	var run []rune
	flush := func() {
		if len(run) > 0 {
			out.WriteString(numeral(run))
			run = run[:0]
		}
	}
	for _, r := range s {
		if strings.ContainsRune(numerals+"十百", r) {
			run = append(run, r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

func numeral(run []rune) string {
	if !strings.ContainsAny(string(run), "十百") { // read out digit by digit
		var b strings.Builder
		for _, r := range run {
			b.WriteString(strconv.Itoa(digitOf(r)))
		}
		return b.String()
	}
	total, digit := 0, 0
	seen := false
	for _, r := range run {
		switch r {
		case '百':
			total += max(digit, 1) * 100
			digit, seen = 0, false
		case '十':
			if !seen {
				digit = 1
			}
			total += digit * 10
			digit, seen = 0, false
		default:
			digit = digitOf(r)
			seen = digit != 0
		}
	}
	return strconv.Itoa(total + digit)
}

func digitOf(r rune) int { return strings.Index(numerals, string(r)) / len("零") }

func allDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func hasDigit(s string) bool { return strings.IndexFunc(s, unicode.IsDigit) >= 0 }
