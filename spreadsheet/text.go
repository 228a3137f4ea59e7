package spreadsheet

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// textLimit is in bytes what a text of the longest cell and a little more can take.
func textLimit(l Limits) int { return (l.CellRunes + 1) * utf8.UTFMax }

// textCollector joins the runs of a rich text. Phonetic runs are no part of it, and what goes far beyond the limit of a
// cell is dropped as it comes.
type textCollector struct {
	limit    int
	text     []byte
	inText   bool
	phonetic bool
}

func (c *textCollector) reset() { c.text, c.inText, c.phonetic = c.text[:0], false, false }

func (c *textCollector) start(name []byte) {
	switch string(name) {
	case "t":
		c.inText = true
	case "rPh":
		c.phonetic = true
	}
}

func (c *textCollector) stop(name []byte) {
	switch string(name) {
	case "t":
		c.inText = false
	case "rPh":
		c.phonetic = false
	}
}

func (c *textCollector) take(x *xmlScanner) (err error) {
	if !c.inText || c.phonetic {
		return nil
	}
	if len(c.text) == 0 && !x.plain { // leading blanks do not count against the limit
		x.text = bytes.TrimLeft(x.text, " \t\r\n")
	}
	if len(c.text) < c.limit {
		c.text, err = x.appendText(c.text)
	}
	return err
}

// bytes is the text as people see it: trimmed, with the escapes of the format resolved, without control characters. It is
// valid until the next text.
func (c *textCollector) bytes() []byte {
	text := c.text
	if len(text) > c.limit {
		text = text[:c.limit]
		for len(text) > 0 && !utf8.RuneStart(c.text[len(text)]) {
			text = text[:len(text)-1]
		}
	}
	return bytes.TrimSpace(cleanText(text))
}

// cleanText resolves _x000D_, ends every line with LF, and drops control characters, in place.
func cleanText(text []byte) []byte {
	if bytes.IndexFunc(text, control) < 0 && !bytes.Contains(text, []byte("_x")) {
		return text
	}
	out := text[:0]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if escaped, ok := hexEscape(text[i:]); ok {
			r, size = escaped, len("_x0000_")
		} else if r == utf8.RuneError && size == 1 {
			out = append(out, text[i]) // left for the check of the encoding
			i++
			continue
		}
		i += size
		if r == '\r' && (i == len(text) || text[i] != '\n') {
			r = '\n'
		}
		if !control(r) {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func control(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7F }

// hexEscape reads _x000D_, which is how the format writes what XML does not carry.
func hexEscape(text []byte) (rune, bool) {
	if len(text) < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}
