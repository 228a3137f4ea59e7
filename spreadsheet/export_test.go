package spreadsheet

import (
	"io"
	"strings"
)

// ScanForTest says what the XML scanner reads, in one line.
func ScanForTest(in io.Reader) (string, error) {
	var out strings.Builder
	x := newXMLScanner(in)
	for {
		token, err := x.next()
		if err != nil || token == endOfPart {
			return out.String(), err
		}
		switch token {
		case startTag:
			for rest := x.attrs; ; {
				_, _, next, ok, err := attribute(rest)
				if err != nil {
					return "", err
				}
				if !ok {
					break
				}
				rest = next
			}
			out.WriteString("<" + string(x.name) + ">")
		case endTag:
			out.WriteString("</" + string(x.name) + ">")
		case characters:
			text, err := x.appendText(nil)
			if err != nil {
				return "", err
			}
			out.Write(text)
		}
	}
}
