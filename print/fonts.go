// Package print draws the papers of the desk as PDF: receipts on plain and on pre-printed paper, pay-in slips, the sheet of a
// closed day, statements. What is drawn follows from the arguments alone: the same receipt gives the same bytes.
package print

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// DefaultFonts are where Debian and Ubuntu put the fonts of the packages fonts-dejavu-core and fonts-droid-fallback.
const DefaultFonts = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf,/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"

// ErrNoFonts is what printing without fonts answers.
var ErrNoFonts = errors.New("no fonts for printing")

// Fonts are TrueType fonts in order: a character is taken from the first one that has it.
type Fonts struct {
	data [][]byte
	err  error
}

// LoadFonts reads TrueType fonts from a list of files divided by commas. What is wrong with them is told when something is
// to be printed, so that a machine without fonts serves everything else.
func LoadFonts(files string) *Fonts {
	f := &Fonts{}
	for file := range strings.SplitSeq(files, ",") {
		if file = strings.TrimSpace(file); file == "" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.err = fmt.Errorf("%w: %w: install the packages fonts-dejavu-core and fonts-droid-fallback, or name other TrueType fonts (.ttf) with --print-fonts or STEWARD_PRINT_FONTS", ErrNoFonts, err)
			return f
		}
		if len(data) < 4 || string(data[:4]) != "\x00\x01\x00\x00" && string(data[:4]) != "true" {
			f.err = fmt.Errorf("%w: %s is no TrueType font (.ttf); collections (.ttc) and OpenType outlines (.otf) can't be used", ErrNoFonts, file)
			return f
		}
		f.data = append(f.data, data)
	}
	if len(f.data) == 0 {
		f.err = fmt.Errorf("%w: --print-fonts or STEWARD_PRINT_FONTS names no file", ErrNoFonts)
	}
	return f
}

// Err tells why nothing can be printed, nil when it can.
func (f *Fonts) Err() error { return f.err }
