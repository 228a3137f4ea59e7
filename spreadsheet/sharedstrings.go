package spreadsheet

import "unicode/utf8"

const (
	stringsPerChunk = 1024
	// maxSharedBytes and stringsPerRow bound what the shared strings of a file may take in memory; a roster of 200,000 rows
	// has some ten different texts in a row and 30 bytes in each.
	maxSharedBytes = 64 << 20
	stringsPerRow  = 10
)

// sharedStrings are the texts that cells refer to by number, kept end to end in chunks: four bytes each beside the text.
type sharedStrings struct {
	part   string
	limits Limits
	loaded bool

	chunks  []string
	offsets []uint32 // where each text begins in its chunk
	open    []byte   // the chunk being filled
	bytes   int
}

// at gives the n-th text, cut a little above the limit of a cell so that the cut is seen.
func (s *sharedStrings) at(n int) (string, bool) {
	if n < 0 || n >= len(s.offsets) {
		return "", false
	}
	chunk := s.chunks[n/stringsPerChunk]
	from, to := int(s.offsets[n]), len(chunk)
	if n%stringsPerChunk < stringsPerChunk-1 && n+1 < len(s.offsets) {
		to = int(s.offsets[n+1])
	}
	return chunk[from:to], true
}

func (s *sharedStrings) load(parts archive) error {
	if s.loaded {
		return nil
	}
	s.loaded = true
	if s.part == "" {
		return malformed("缺少共享文字")
	}
	text := textCollector{limit: textLimit(s.limits)}
	err := parts.scan(s.part, func(x *xmlScanner, token tokenKind) error {
		switch token {
		case startTag:
			if string(x.name) == "si" {
				text.reset()
			}
			text.start(x.name)
		case characters:
			return text.take(x)
		case endTag:
			text.stop(x.name)
			if string(x.name) == "si" {
				return s.add(text.bytes())
			}
		}
		return nil
	})
	s.flush()
	return err
}

func (s *sharedStrings) add(text []byte) error {
	if !utf8.Valid(text) {
		return malformed("文字编码不正常")
	}
	if s.bytes += len(text); s.bytes > maxSharedBytes || len(s.offsets) >= stringsPerRow*s.limits.Rows {
		return bomb()
	}
	s.offsets = append(s.offsets, uint32(len(s.open)))
	s.open = append(s.open, text...)
	if len(s.offsets)%stringsPerChunk == 0 {
		s.flush()
	}
	return nil
}

func (s *sharedStrings) flush() {
	if len(s.offsets) > len(s.chunks)*stringsPerChunk {
		s.chunks = append(s.chunks, string(s.open))
	}
	s.open = s.open[:0]
}
