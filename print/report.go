package print

import "fmt"

// report is an upright page of head, tables and notes that goes on over as many pages as it needs. y is the upper edge of
// the next line.
type report struct {
	*sheet
	title string
	y     float64
}

const (
	margin   = 15.0
	lineH    = 6.2
	baseline = lineH * 0.7 // of a line's text, below its upper edge
	reportPt = 9.5
)

func newReport(fonts *Fonts, title, under string) *report {
	r := &report{sheet: newSheet(fonts, a4Upright), title: title}
	r.cell(margin, 20, r.paper.w-2*margin, 16, centre, title)
	r.cell(margin, 27, r.paper.w-2*margin, reportPt, centre, under)
	r.y = 32
	return r
}

// need begins a page where less than h is left on this one.
func (r *report) need(h float64) {
	if r.y+h <= r.paper.h-margin {
		return
	}
	r.addPage()
	r.cell(margin, 14, r.paper.w-2*margin, reportPt-1, left, r.title)
	r.cell(margin, 14, r.paper.w-2*margin, reportPt-1, right, fmt.Sprintf("第 %d 页", r.pages))
	r.y = 18
}

// pair is a word and what it says.
type pair struct{ word, says string }

// pairs writes words and what they say, two to a line.
func (r *report) pairs(all ...pair) {
	half := (r.paper.w - 2*margin) / 2
	for i, p := range all {
		if i%2 == 0 {
			r.need(lineH)
		}
		r.cell(margin+float64(i%2)*half, r.y+baseline, half-2, reportPt, left, p.word+"："+p.says)
		if i%2 == 1 || i == len(all)-1 {
			r.y += lineH
		}
	}
}

// heading begins a part.
func (r *report) heading(text string) {
	r.need(3 * lineH)
	r.y += 2
	r.cell(margin, r.y+baseline, r.paper.w-2*margin, reportPt+1.5, left, text)
	r.y += lineH + 0.5
}

// table writes rows under columns whose widths are shares of the page; on a further page the titles come again.
func (r *report) table(columns []column, rows [][]string) {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	r.need(2 * lineH)
	r.row(columns, titles, true)
	for _, row := range rows {
		page := r.pages
		if r.need(lineH); r.pages != page {
			r.row(columns, titles, true)
		}
		r.row(columns, row, false)
	}
	r.y += lineH / 3
}

func (r *report) row(columns []column, cells []string, title bool) {
	x, width := margin, r.paper.w-2*margin
	for i, c := range columns {
		w := width * c.w
		to := c.to
		if title {
			to = centre
		}
		r.box(x, r.y, w, lineH)
		r.cell(x+1, r.y+baseline, w-2, reportPt, to, cells[i])
		x += w
	}
	r.y += lineH
}

// note writes one line.
func (r *report) note(text string) {
	r.need(lineH)
	r.cell(margin, r.y+baseline, r.paper.w-2*margin, reportPt, left, text)
	r.y += lineH
}
