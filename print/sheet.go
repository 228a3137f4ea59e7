package print

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/signintech/gopdf"
)

// size of a paper in millimetres.
type size struct{ w, h float64 }

var (
	a5Across  = size{210, 148}
	a4Third   = size{210, 99}
	a4Upright = size{210, 297}
)

// align is where a text sits in its width.
type align int

const (
	left align = iota
	right
	centre
)

const minPt = 5.5

// sheet is a PDF under way. All measures are millimetres from the upper left corner, y is the text's baseline. The first
// error stays and ends in bytes.
type sheet struct {
	pdf   gopdf.GoPdf
	paper size
	fonts int
	at    map[rune]int // which font has a character
	pages int
	err   error
}

func newSheet(fonts *Fonts, paper size) *sheet {
	s := &sheet{paper: paper, at: map[rune]int{}, fonts: len(fonts.data), err: fonts.err}
	if s.err != nil {
		return s
	}
	s.pdf.Start(gopdf.Config{Unit: gopdf.UnitMM, PageSize: gopdf.Rect{W: paper.w, H: paper.h}})
	for i, data := range fonts.data {
		s.try(s.pdf.AddTTFFontData(family(i), data))
	}
	s.addPage()
	return s
}

func family(i int) string { return fmt.Sprintf("f%d", i) }

func (s *sheet) try(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("draw a page: %w", err)
	}
}

func (s *sheet) addPage() {
	if s.err == nil {
		s.pdf.AddPage()
		s.pages++
	}
}

// bytes ends the document.
func (s *sheet) bytes() ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	var out bytes.Buffer
	if _, err := s.pdf.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	return out.Bytes(), nil
}

// run is a stretch of text in one font.
type run struct {
	font int
	text string
}

// runs parts a text by the fonts that have its characters. A character that no font has is written as a box of the last.
func (s *sheet) runs(text string) []run {
	var parts []run
	for _, r := range text {
		f := s.fontOf(r)
		if n := len(parts); n > 0 && parts[n-1].font == f {
			parts[n-1].text += string(r)
			continue
		}
		parts = append(parts, run{f, string(r)})
	}
	return parts
}

func (s *sheet) fontOf(r rune) int {
	if f, known := s.at[r]; known {
		return f
	}
	found := s.fonts - 1
	for i := range s.fonts {
		s.try(s.pdf.SetFont(family(i), "", 10))
		if has, err := s.pdf.IsCurrFontContainGlyph(r); err == nil && has {
			found = i
			break
		}
	}
	s.at[r] = found
	return found
}

// width measures a text.
func (s *sheet) width(text string, pt float64) float64 {
	var sum float64
	for _, part := range s.runs(text) {
		s.try(s.pdf.SetFont(family(part.font), "", pt))
		w, err := s.pdf.MeasureTextWidth(part.text)
		s.try(err)
		sum += w
	}
	return sum
}

// text writes from x on.
func (s *sheet) text(x, y, pt float64, text string) {
	if s.err != nil || text == "" {
		return
	}
	for _, part := range s.runs(text) {
		s.try(s.pdf.SetFont(family(part.font), "", pt))
		s.pdf.SetXY(x, y)
		s.try(s.pdf.Text(part.text))
		w, err := s.pdf.MeasureTextWidth(part.text)
		s.try(err)
		x += w
	}
}

// cell writes a text within a width: made smaller where it does not fit, and cut with … where that is not enough.
func (s *sheet) cell(x, y, w, pt float64, to align, text string) {
	if s.err != nil || text == "" {
		return
	}
	for pt > minPt && s.width(text, pt) > w {
		pt -= 0.5
	}
	for cut := text; s.width(text, pt) > w && cut != ""; {
		_, last := utf8.DecodeLastRuneInString(cut)
		cut = cut[:len(cut)-last]
		text = cut + "…"
	}
	switch to {
	case right:
		x += w - s.width(text, pt)
	case centre:
		x += (w - s.width(text, pt)) / 2
	}
	s.text(x, y, pt, text)
}

func (s *sheet) line(x1, y1, x2, y2 float64) {
	if s.err == nil {
		s.pdf.Line(x1, y1, x2, y2)
	}
}

func (s *sheet) box(x, y, w, h float64) {
	if s.err == nil {
		s.pdf.SetLineWidth(0.2)
		s.pdf.RectFromUpperLeft(x, y, w, h)
	}
}

// stamp writes a word large, light red and aslant across the page.
func (s *sheet) stamp(word string) {
	if s.err != nil {
		return
	}
	const pt = 72
	x, y := s.paper.w/2, s.paper.h/2
	s.pdf.SetTextColor(235, 150, 150)
	s.pdf.Rotate(20, x, y)
	s.cell(x-s.paper.w/2, y+9, s.paper.w, pt, centre, word)
	s.pdf.RotateReset()
	s.pdf.SetTextColor(0, 0, 0)
}
