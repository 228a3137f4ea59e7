package print_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// document is what a test reads back of a PDF: its text in the order of drawing, its pages and their size in millimetres.
type document struct {
	text  string
	pages int
	w, h  float64
	fonts int // embedded ones
}

var (
	object    = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj`)
	stream    = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\n?endstream`)
	mediaBox  = regexp.MustCompile(`/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]`)
	fontRef   = regexp.MustCompile(`/F(\d+) (\d+) 0 R`)
	toUnicode = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	drawn     = regexp.MustCompile(`/F(\d+) [\d.]+ Tf|\[((?:<[0-9A-Fa-f]+>|[-\d. ]+)+)\] ?TJ|<([0-9A-Fa-f]+)> ?Tj`)
	hexText   = regexp.MustCompile(`<([0-9A-Fa-f]+)>`)
	mapped    = regexp.MustCompile(`<([0-9A-Fa-f]{4})>\s*<[0-9A-Fa-f]{4}>\s*<([0-9A-Fa-f]{4,8})>`)
)

// readPDF reads what this package's documents hold: flate streams, Type 0 fonts with a ToUnicode map.
func readPDF(t *testing.T, data []byte) document {
	t.Helper()
	require.True(t, bytes.HasPrefix(data, []byte("%PDF-1.")))
	require.Contains(t, string(data[len(data)-32:]), "%%EOF")
	objects := map[string]string{}
	for _, m := range object.FindAllSubmatch(data, -1) {
		objects[string(m[1])] = string(m[2])
	}
	var d document
	maps := map[string]map[string]string{}
	for _, body := range objects {
		if strings.Contains(body, "/Type /Page\n") || strings.Contains(body, "/Type /Page ") {
			d.pages++
		}
		d.fonts += strings.Count(body, "/FontFile2")
		if m := mediaBox.FindStringSubmatch(body); m != nil {
			d.w, d.h = mm(t, m[1]), mm(t, m[2])
		}
		for _, ref := range fontRef.FindAllStringSubmatch(body, -1) {
			if m := toUnicode.FindStringSubmatch(objects[ref[2]]); m != nil {
				maps[ref[1]] = glyphs(content(t, objects[m[1]]))
			}
		}
	}
	for i := 1; i <= len(objects); i++ {
		body := content(t, objects[strconv.Itoa(i)])
		if strings.Contains(body, "Tf") && strings.Contains(body, "BT") {
			d.text += draw(body, maps)
		}
	}
	return d
}

func mm(t *testing.T, points string) float64 {
	v, err := strconv.ParseFloat(points, 64)
	require.NoError(t, err)
	return v / 72 * 25.4
}

func content(t *testing.T, body string) string {
	m := stream.FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	if !strings.Contains(body, "FlateDecode") {
		return m[1]
	}
	z, err := zlib.NewReader(strings.NewReader(m[1]))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(text)
}

func glyphs(cmap string) map[string]string {
	to := map[string]string{}
	for _, m := range mapped.FindAllStringSubmatch(cmap, -1) {
		code, err := strconv.ParseUint(m[2][:4], 16, 32)
		if err == nil {
			to[strings.ToUpper(m[1])] = string(rune(code))
		}
	}
	return to
}

func draw(page string, maps map[string]map[string]string) string {
	var out strings.Builder
	font := ""
	for _, m := range drawn.FindAllStringSubmatch(page, -1) {
		if m[1] != "" {
			font = m[1]
			continue
		}
		for _, h := range hexText.FindAllStringSubmatch(m[0], -1) {
			for i := 0; i+4 <= len(h[1]); i += 4 {
				out.WriteString(maps[font][strings.ToUpper(h[1][i:i+4])])
			}
		}
	}
	return fmt.Sprint(out.String(), "\n")
}
