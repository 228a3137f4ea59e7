package spreadsheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// numberFormat is the little of a cell's style that changes what a number means.
type numberFormat struct {
	date  bool
	width int // leading zeros fill up to it: 0101 is kept as 101 under the format 0000
}

const (
	// maxFormats is a little above what Excel itself takes.
	maxFormats       = 66_000
	maxCustomFormats = 5_000
)

// loadFormats reads which of the workbook's cell styles are dates.
func (b *workbook) loadFormats() error {
	if b.styles == "" || b.formats != nil {
		return nil
	}
	b.formats = []numberFormat{}
	custom := map[string]numberFormat{}
	inCells := false
	return b.parts.scanSmall(b.styles, func(x *xmlScanner, token tokenKind) error {
		name := string(x.name)
		if name == "cellXfs" && token != characters {
			inCells = token == startTag
		}
		switch {
		case token != startTag:
			return nil
		case name == "numFmt" && len(custom) < maxCustomFormats:
			v, err := values(x, "numFmtId", "formatCode")
			if err == nil {
				custom[v[0]] = formatOf(v[1])
			}
			return err
		case name == "xf" && inCells:
			if len(b.formats) == maxFormats {
				return malformed("单元格样式过多")
			}
			v, err := values(x, "numFmtId")
			if err != nil {
				return err
			}
			format, own := custom[v[0]]
			if !own {
				format.date = builtinDate(v[0])
			}
			b.formats = append(b.formats, format)
		}
		return nil
	})
}

// builtinDate knows the numbered formats that show a day, those of Chinese Excel included. Formats with only a time of day
// are none.
func builtinDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 31 || n == 36 || n >= 50 && n <= 54 || n == 57 || n == 58)
}

var (
	notShown  = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)
	onlyZeros = regexp.MustCompile(`^0{2,20}$`)
)

func formatOf(code string) numberFormat {
	if len(code) > 1000 {
		return numberFormat{}
	}
	shown, _, _ := strings.Cut(notShown.ReplaceAllString(code, ""), ";")
	if onlyZeros.MatchString(shown) && shown == code {
		return numberFormat{width: len(shown)}
	}
	return numberFormat{date: strings.ContainsAny(strings.ToLower(shown), "yd")}
}

// show writes a stored number as people see it, as far as that says more than the number.
func (f numberFormat) show(number string, date1904 bool) string {
	switch {
	case f.date:
		if day, ok := dateOf(number, date1904); ok {
			return day
		}
	case f.width > len(number) && strings.Trim(number, "0123456789") == "":
		return strings.Repeat("0", f.width-len(number)) + number
	}
	return number
}

const (
	// firstTrueSerial is 1 March 1900: before it the two date systems of the format are off by a day that never was.
	firstTrueSerial = 61
	lastSerial      = 2_958_465 // 9999-12-31
)

// dateOf writes a serial number as 2026-01-05, or 2026-01-05 13:30:00 where it has a time of day.
func dateOf(number string, date1904 bool) (string, bool) {
	serial, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(serial) || serial < firstTrueSerial || serial > lastSerial {
		return "", false
	}
	t, err := excelize.ExcelDateToTime(serial, date1904)
	if err != nil {
		return "", false
	}
	return civilText(t.Round(time.Second)), true
}

func civilText(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}

// isoDate writes the date of a cell that is kept as ISO 8601 in the same way; other text stays.
func isoDate(s string) string {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return civilText(t.Round(time.Second))
		}
	}
	return s
}

// plainNumber writes a stored number without an exponent, zeros at its end (1501.0), and the noise that binary fractions leave
// behind the fifteenth digit. What has more than fifteen digits before the point has lost some, and stays as it is.
func plainNumber(s string) string {
	if len(s) < 3 || !strings.ContainsAny(s, ".Ee") || strings.Trim(s, "+-0123456789.Ee") != "" {
		return s
	}
	if whole, fraction, _ := strings.Cut(s, "."); !strings.ContainsAny(s, "Ee") && len(s) < 17 {
		if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
			return whole
		}
		return whole + "." + fraction
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(f) > 1e15 || f != 0 && math.Abs(f) < 1e-15 {
		return s
	}
	if f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64); err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
