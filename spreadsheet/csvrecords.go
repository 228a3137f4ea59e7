package spreadsheet

import "bytes"

// records cuts a text into records and fields. Beside what the standard library reads it knows lines that end in a bare CR,
// ="0012" with a delimiter inside, quotes inside a bare field (5"管), and the line "sep=;" that Excel writes for itself. A
// quote that is never closed, or closed in the middle of a field, is refused: it would swallow lines without a word.
type records struct {
	text   []byte
	pos    int
	comma  byte
	ending byte // what ends a line: LF with or without CR before it, or CR alone
	line   int  // of pos, from 1
	lineNo int  // where the record begins
	inside bool // the record has another field
	buf    []byte
}

func newRecords(text []byte) *records {
	r := &records{text: text, ending: lineEnding(text), line: 1}
	first := bytes.Trim(r.peekLine(), "\" \r")
	if len(first) == len("sep=;") && bytes.EqualFold(first[:4], []byte("sep=")) {
		r.comma = first[4]
		r.pos += len(r.peekLine())
		if r.pos < len(text) {
			r.pos++
			r.line++
		}
		return r
	}
	r.comma = r.delimiter()
	return r
}

// lineEnding looks at the first end of a line outside quotes.
func lineEnding(text []byte) byte {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return '\n'
		case c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			return '\r'
		}
	}
	return '\n'
}

func (r *records) peekLine() []byte {
	rest := r.text[r.pos:]
	if n := bytes.IndexByte(rest, r.ending); n >= 0 {
		return rest[:n]
	}
	return rest
}

// delimiter is decided by the first line that has one: the comma before the tab, because programs that write bills put a
// tab behind long numbers to protect them.
func (r *records) delimiter() byte {
	rest := r.text
	for range 20 {
		line, after, more := bytes.Cut(rest, []byte{r.ending})
		for _, d := range []byte(",\t;") {
			if bytes.IndexByte(line, d) >= 0 {
				return d
			}
		}
		if rest = after; !more {
			break
		}
	}
	return ','
}

// next goes to the next record; the fields of the one before have all been taken.
func (r *records) next() (bool, error) {
	for r.inside {
		if _, _, err := r.field(); err != nil {
			return false, err
		}
	}
	if r.pos >= len(r.text) {
		return false, nil
	}
	r.lineNo, r.inside = r.line, true
	return true, nil
}

// field takes the next field of the record, valid until the next call; ok is false behind the last.
func (r *records) field() (value []byte, ok bool, err error) {
	if !r.inside {
		return nil, false, nil
	}
	start := r.skipBlanks(r.pos)
	rest := r.text[start:]
	if len(rest) > 0 && rest[0] == '"' {
		value, err = r.quoted(start + 1)
		return value, err == nil, err
	}
	if bytes.HasPrefix(rest, []byte(`="`)) {
		if end := bytes.IndexAny(rest[2:], "\"\r\n"); end >= 0 && rest[2+end] == '"' {
			if after := r.skipBlanks(start + end + 3); r.ends(after) {
				r.pass(after)
				return rest[:3+end], true, nil
			}
		}
	}
	end := r.pos
	for !r.ends(end) {
		end++
	}
	value = r.text[r.pos:end]
	r.pass(end)
	return value, true, nil
}

// quoted takes a field whose text begins at from, behind its opening quote.
func (r *records) quoted(from int) ([]byte, error) {
	r.buf = r.buf[:0]
	lines := 0
	for {
		n := bytes.IndexByte(r.text[from:], '"')
		if n < 0 {
			return nil, openQuote(r.line)
		}
		piece := r.text[from : from+n]
		lines += bytes.Count(piece, []byte("\n"))
		if r.ending == '\r' {
			lines += bytes.Count(piece, []byte("\r")) - bytes.Count(piece, []byte("\r\n"))
		}
		r.buf = append(r.buf, piece...)
		from += n + 1
		if from < len(r.text) && r.text[from] == '"' {
			r.buf = append(r.buf, '"')
			from++
			continue
		}
		after := r.skipBlanks(from)
		if !r.ends(after) {
			return nil, openQuote(r.line)
		}
		r.line += lines
		r.pass(after)
		if bytes.IndexByte(r.buf, '\r') >= 0 {
			text := bytes.ReplaceAll(r.buf, []byte("\r\n"), []byte("\n"))
			r.buf = append(r.buf[:0], bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))...)
		}
		return r.buf, nil
	}
}

func (r *records) skipBlanks(pos int) int {
	for pos < len(r.text) && (r.text[pos] == ' ' || r.text[pos] == '\t') && r.text[pos] != r.comma {
		pos++
	}
	return pos
}

// ends tells whether a field may end at pos.
func (r *records) ends(pos int) bool {
	if pos >= len(r.text) {
		return true
	}
	c := r.text[pos]
	return c == r.comma || c == r.ending || c == '\r' && pos+1 < len(r.text) && r.text[pos+1] == '\n' && r.ending == '\n'
}

// pass goes behind the delimiter or the end of the line at pos.
func (r *records) pass(pos int) {
	r.inside = pos < len(r.text) && r.text[pos] == r.comma
	if !r.inside && pos < len(r.text) {
		if r.text[pos] == '\r' && r.ending == '\n' {
			pos++
		}
		r.line++
	}
	r.pos = pos + 1
}
