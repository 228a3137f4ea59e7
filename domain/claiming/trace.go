// Package claiming finds whose money came in: what a transfer says of unit and payer, how well that fits what is owed, and
// whether it is sure enough to be booked. What is not sure waits for a person; nothing is guessed.
package claiming

import (
	"regexp"
	"strings"

	"steward/domain/estate"
)

// Trace is what a transfer's note names: rooms as they are written, whole phones, whole ID numbers.
type Trace struct {
	Rooms  []estate.Room
	Phones []string
	IDNos  []string
}

// number is written in digits or in numerals, never in both: 张三3#1501 is 3#1501.
const number = `(?:[0-9]{1,4}|[一二三四五六七八九十百零〇]{1,4})`

// rooms are the habits in which a room stands inside other text. Each needs its building: a bare 1501 may be an amount.
var rooms = []*regexp.Regexp{
	regexp.MustCompile(`(?:第?` + number + `[A-Z]?(?:号楼|栋|幢|座|#|号|楼)|[A-Z](?:号楼|栋|幢|座))[-/ ]?(?:(?:第?` + number + `(?:单元|门|梯)|[0-9]{1,2}-)[-/ ]?)?(?:[0-9]{1,2}层)?[0-9]{2,5}[A-Z]?(?:室|号|房)?`),
	regexp.MustCompile(`[0-9]{1,3}[A-Z]?[-/][0-9]{1,2}[-/][0-9]{2,5}[A-Z]?`),
	regexp.MustCompile(`[0-9]{1,3}[-/#][0-9]{3,5}[A-Z]?`),
}

var (
	digitRun = regexp.MustCompile(`[0-9]{7,20}[Xx]?`)
	dates    = regexp.MustCompile(`(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}(?:[-/.月](?:[0-9]{1,2}日?)?)?(?:[-~至到](?:(?:19|20)[0-9]{2}[-/.年])?[0-9]{1,2}月?)?`)
	widthOf  = strings.NewReplacer("—", "-", "–", "-", "－", "-", "＃", "#", "_", "-")
)

const maxTraces = 8

// Read finds the traces in a note.
func Read(note string) Trace {
	text := strings.ToUpper(widthOf.Replace(estate.Fold(note)))
	text = dates.ReplaceAllString(text, "，")
	var t Trace
	for _, run := range digitRun.FindAllString(text, maxTraces) {
		switch run = strings.ToUpper(run); {
		case len(run) == 18 && estate.IDChecks(run):
			t.IDNos = append(t.IDNos, run)
		case len(run) == 11 && estate.Mobile(run):
			if phone, ok := estate.Phone(run); ok {
				t.Phones = append(t.Phones, phone)
			}
		}
	}
	seen := map[string]bool{}
	for _, form := range rooms {
		for _, at := range form.FindAllStringIndex(text, maxTraces) {
			if inNumber(text, at) {
				continue
			}
			room, ok := estate.ParseRoom(text[at[0]:at[1]])
			if ok && room.Building != "" && !seen[room.Key()] && len(t.Rooms) < maxTraces {
				seen[room.Key()] = true
				t.Rooms = append(t.Rooms, room)
			}
		}
		if len(t.Rooms) > 0 { // the forms further on would find parts of the same room
			break
		}
	}
	return t
}

// inNumber tells whether a find is a piece of a longer number or of one more segment.
func inNumber(text string, at []int) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	before := at[0] > 0 && (digit(text[at[0]-1]) || strings.ContainsRune("-/.", rune(text[at[0]-1])))
	after := at[1] < len(text) && (digit(text[at[1]]) || at[1]+1 < len(text) && strings.ContainsRune("-/.", rune(text[at[1]])) && digit(text[at[1]+1]))
	return before && digit(text[at[0]]) || after && digit(text[at[1]-1])
}
