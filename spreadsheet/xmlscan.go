package spreadsheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// scanWindow bounds what the scanner keeps of a part; a tag must fit into it.
	scanWindow = 64 << 10
	// deepestElement is far below any sheet; a part nested deeper was made to do harm.
	deepestElement = 64
	// longestEntity is the longest reference that XML needs without a document type: &#x10FFFF;
	longestEntity = 10
)

type tokenKind int

const (
	endOfPart tokenKind = iota
	startTag
	endTag
	characters
)

// xmlScanner walks the XML of one part with a fixed window of memory and without allocating per element: a sheet of
// 100,000 lines has some ten million tokens. It knows no document types, so there are no entities to expand. What it
// returns is valid until the next call of next.
type xmlScanner struct {
	in         io.Reader
	buf        []byte
	pos, end   int
	stack      []byte // the names of the open elements, one behind the other
	starts     []int  // where each begins in stack
	rooted     bool
	selfClosed bool
	inCDATA    bool

	name  []byte // of the tag, without its prefix
	attrs []byte // of a start tag, raw
	text  []byte // raw
	plain bool   // text is CDATA: nothing to unescape
}

// newXMLScanner takes UTF-8, and UTF-16 with a byte order mark.
func newXMLScanner(in io.Reader) *xmlScanner {
	fallback := unicode.BOMOverride(transform.Nop)
	return &xmlScanner{in: transform.NewReader(in, fallback), buf: make([]byte, scanWindow)}
}

// fill brings more of the part into the window; io.EOF says that there is no more.
func (s *xmlScanner) fill() error {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		return malformed("标签过长")
	}
	n, err := io.ReadAtLeast(s.in, s.buf[s.end:], 1)
	s.end += n
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return truncated()
}

// more is fill where the part must not end yet.
func (s *xmlScanner) more() error {
	err := s.fill()
	if errors.Is(err, io.EOF) {
		return truncated()
	}
	return err
}

func (s *xmlScanner) next() (tokenKind, error) {
	if s.selfClosed {
		s.selfClosed = false
		s.pop()
		return endTag, nil
	}
	for {
		if s.inCDATA {
			done, err := s.cdata()
			if err != nil || !done {
				return characters, err
			}
			continue
		}
		if s.pos == s.end {
			if err := s.fill(); errors.Is(err, io.EOF) {
				if !s.rooted || len(s.starts) > 0 {
					return 0, truncated()
				}
				return endOfPart, nil
			} else if err != nil {
				return 0, err
			}
		}
		if s.buf[s.pos] != '<' {
			found, err := s.characters()
			if err != nil || found {
				return characters, err
			}
			continue
		}
		kind, err := s.markup()
		if err != nil || kind != endOfPart {
			return kind, err
		}
	}
}

// characters takes the text up to the next tag, or a part of it where it is longer than the window.
func (s *xmlScanner) characters() (found bool, err error) {
	n := bytes.IndexByte(s.buf[s.pos:s.end], '<')
	for n < 0 {
		if s.pos == 0 && s.end == len(s.buf) {
			n = s.end
			if i := bytes.LastIndexByte(s.buf[n-longestEntity:n], '&'); i >= 0 {
				n += i - longestEntity
			}
			break
		}
		err := s.fill()
		if errors.Is(err, io.EOF) {
			n = s.end - s.pos
			break
		}
		if err != nil {
			return false, err
		}
		n = bytes.IndexByte(s.buf[s.pos:s.end], '<')
	}
	s.text, s.plain = s.buf[s.pos:s.pos+n], false
	s.pos += n
	if len(s.starts) > 0 {
		return true, nil
	}
	if len(bytes.TrimSpace(s.text)) > 0 {
		return false, malformed("标签之外有内容")
	}
	return false, nil
}

// cdata takes the next piece of a CDATA section; done says that it is over and nothing was taken.
func (s *xmlScanner) cdata() (done bool, err error) {
	for {
		if n := bytes.Index(s.buf[s.pos:s.end], []byte("]]>")); n >= 0 {
			s.text, s.plain = s.buf[s.pos:s.pos+n], true
			s.pos += n + 3
			s.inCDATA = false
			return n == 0, nil
		}
		if s.end-s.pos == len(s.buf) {
			s.text, s.plain = s.buf[:s.end-2], true
			s.pos = s.end - 2
			return false, nil
		}
		if err := s.more(); err != nil {
			return false, err
		}
	}
}

// markup takes what begins with "<"; endOfPart stands for what is passed over.
func (s *xmlScanner) markup() (tokenKind, error) {
	for s.end-s.pos < 2 {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	switch s.buf[s.pos+1] {
	case '?':
		s.pos += 2
		return endOfPart, s.skipPast("?>")
	case '!':
		return endOfPart, s.declaration()
	}
	length, err := s.tagLength()
	if err != nil {
		return 0, err
	}
	tag := s.buf[s.pos+1 : s.pos+length-1]
	s.pos += length
	if tag[0] == '/' {
		return endTag, s.closeElement(bytes.TrimRight(tag[1:], " \t\r\n"))
	}
	return startTag, s.openElement(tag)
}

func (s *xmlScanner) declaration() error {
	const cdata = "<![CDATA["
	for s.end-s.pos < len(cdata) {
		if err := s.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	switch {
	case bytes.HasPrefix(s.buf[s.pos:s.end], []byte("<!--")):
		s.pos += 4
		return s.skipPast("-->")
	case bytes.HasPrefix(s.buf[s.pos:s.end], []byte(cdata)) && len(s.starts) > 0:
		s.pos += len(cdata)
		s.inCDATA = true
		return nil
	}
	return malformed("含有不允许的声明")
}

func (s *xmlScanner) skipPast(mark string) error {
	for {
		if n := bytes.Index(s.buf[s.pos:s.end], []byte(mark)); n >= 0 {
			s.pos += n + len(mark)
			return nil
		}
		s.pos = max(s.pos, s.end-len(mark)+1)
		if err := s.more(); err != nil {
			return err
		}
	}
}

// tagLength finds the end of a tag; ">" inside quotes does not end it.
func (s *xmlScanner) tagLength() (int, error) {
	var quote byte
	for i := 1; ; i++ {
		if s.pos+i == s.end {
			if err := s.more(); err != nil {
				return 0, err
			}
		}
		switch c := s.buf[s.pos+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return 0, malformed("标签没有结束")
		case c == '>' && i == 1:
			return 0, malformed("标签没有名称")
		case c == '>':
			return i + 1, nil
		}
	}
}

func (s *xmlScanner) openElement(tag []byte) error {
	if len(s.starts) == 0 && s.rooted || len(s.starts) == deepestElement {
		return malformed("标签嵌套不正常")
	}
	if tag[len(tag)-1] == '/' {
		tag, s.selfClosed = tag[:len(tag)-1], true
	}
	n := bytes.IndexAny(tag, " \t\r\n")
	if n < 0 {
		n = len(tag)
	}
	if n == 0 || tag[0] == ':' || tag[n-1] == ':' {
		return malformed("标签没有名称")
	}
	s.rooted = true
	s.starts = append(s.starts, len(s.stack))
	s.stack = append(s.stack, tag[:n]...)
	s.name, s.attrs = local(tag[:n]), tag[n:]
	return nil
}

func (s *xmlScanner) closeElement(name []byte) error {
	if len(s.starts) == 0 || !bytes.Equal(s.stack[s.starts[len(s.starts)-1]:], name) {
		return malformed("标签没有成对")
	}
	s.pop()
	return nil
}

func (s *xmlScanner) pop() {
	top := s.starts[len(s.starts)-1]
	s.name = local(s.stack[top:])
	s.stack, s.starts = s.stack[:top], s.starts[:len(s.starts)-1]
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// attribute cuts the next attribute off a tag; its name loses its prefix, its value is raw. ok is false at the end.
func attribute(attrs []byte) (name, value, rest []byte, ok bool, err error) {
	attrs = bytes.TrimLeft(attrs, " \t\r\n")
	if len(attrs) == 0 {
		return nil, nil, nil, false, nil
	}
	eq := bytes.IndexByte(attrs, '=')
	if eq > 0 {
		name = bytes.TrimRight(attrs[:eq], " \t\r\n")
		rest = bytes.TrimLeft(attrs[eq+1:], " \t\r\n")
		if len(rest) > 1 && (rest[0] == '"' || rest[0] == '\'') {
			if end := bytes.IndexByte(rest[1:], rest[0]); end >= 0 {
				return local(name), rest[1 : 1+end], rest[2+end:], true, nil
			}
		}
	}
	return nil, nil, nil, false, malformed("标签的属性无法读取")
}

// appendText adds the characters of the token to dst, with its references resolved.
func (s *xmlScanner) appendText(dst []byte) ([]byte, error) {
	if s.plain {
		return append(dst, s.text...), nil
	}
	return appendUnescaped(dst, s.text)
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

func appendUnescaped(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...), nil
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i+1:]
		end := bytes.IndexByte(raw[:min(len(raw), longestEntity)], ';')
		if end < 1 {
			return nil, malformed("含有无法识别的字符")
		}
		r, known := entities[string(raw[:end])]
		if !known && raw[0] == '#' {
			r, known = reference(string(raw[1:end]))
		}
		if !known {
			return nil, malformed("含有无法识别的字符")
		}
		dst, raw = utf8.AppendRune(dst, r), raw[end+1:]
	}
}

// reference reads 65 or x41.
func reference(digits string) (rune, bool) {
	base := 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n > 0 && utf8.ValidRune(rune(n))
}
