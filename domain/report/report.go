// Package report holds the figures about money that people decide by: what each is made of, in one definition that every
// screen and file shares. Nothing here does I/O.
package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// Name is what a report is asked by.
type Name string

// The reports.
const (
	Takings        Name = "takings"
	ArrearsAge     Name = "arrears-age"
	Advances       Name = "advances"
	Deposits       Name = "deposits"
	CollectionRate Name = "collection-rate"
	OnlineShare    Name = "online-share"
)

// Titles are the reports that exist, with their names for people.
var Titles = map[Name]string{
	Takings: "收款日报", ArrearsAge: "欠费账龄", Advances: "预存余额", Deposits: "押金余额", CollectionRate: "收缴率", OnlineShare: "线上缴费占比",
}

// Kind says what a column holds and how it is written.
type Kind string

// The kinds of columns. Yuan holds fen; Share a decimal up to 1 as text.
const (
	Text  Kind = "text"
	Yuan  Kind = "yuan"
	Count Kind = "count"
	Share Kind = "share"
	Day   Kind = "day"
)

// Column is one column of a section; Key is its name in the rows.
type Column struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Kind  Kind   `json:"kind"`
}

// Row is one line by column key: text, int64 for fen and counts, text for shares, calendar.Date for days.
type Row map[string]any

// Section is one table of a report. Truncated tells that there are more rows than it may show.
type Section struct {
	Key       string   `json:"key"`
	Title     string   `json:"title"`
	Columns   []Column `json:"columns"`
	Rows      []Row    `json:"rows"`
	Totals    Row      `json:"totals,omitempty"`
	Truncated bool     `json:"truncated"`
}

// Report is one report as it is shown or written to a file. Figures are what it comes to as a whole. CutOff is the last day
// whose bookings it knows.
type Report struct {
	Name        Name          `json:"name"`
	Title       string        `json:"title"`
	CommunityID string        `json:"community_id"`
	Community   string        `json:"community"`
	From        calendar.Date `json:"from,omitzero"`
	To          calendar.Date `json:"to"`
	CutOff      calendar.Date `json:"cut_off"`
	MadeAt      time.Time     `json:"made_at"`
	Figures     Row           `json:"figures"`
	Sections    []Section     `json:"sections"`
	Notes       []string      `json:"notes"`
}

// Ask is which report is wanted. To is today when left out, From the first day of To's month. File tells that it is taken
// away as a file.
type Ask struct {
	Name        Name
	CommunityID string
	From, To    calendar.Date
	AsOf        calendar.Date
	File        bool
}

// maxDays bounds the range of a report.
const maxDays = 366

// Settle fills what was left out and refuses what cannot be answered; today is the business day.
func (a Ask) Settle(today calendar.Date) (Ask, error) {
	if _, ok := Titles[a.Name]; !ok {
		names := make([]string, 0, len(Titles))
		for n := range Titles {
			names = append(names, string(n))
		}
		slices.Sort(names)
		return a, refusal.New(refusal.NotFound, "report-unknown", "没有这个报表。现有报表：%s。", strings.Join(names, "、")).With("names", names)
	}
	if a.CommunityID == "" {
		return a, refusal.New(refusal.Rule, "community-needed", "请选择小区。").At("query.community_id", "请选择小区", nil)
	}
	if a.To.IsZero() {
		a.To = today
	}
	if a.From.IsZero() {
		a.From = calendar.Date{Year: a.To.Year, Month: a.To.Month, Day: 1}
	}
	if a.AsOf.IsZero() || a.AsOf.After(today) {
		a.AsOf = today
	}
	switch {
	case a.From.After(a.To):
		return a, refusal.New(refusal.Rule, "range-malformed", "开始日期不能晚于结束日期。").At("query.from", "开始日期晚于结束日期", a.From)
	case a.From.DaysUntil(a.To) >= maxDays:
		return a, refusal.New(refusal.Rule, "range-too-long", "报表最长 %d 天，请缩短日期范围。", maxDays).At("query.from", "日期范围过长", a.From)
	}
	return a, nil
}

// ShareOf gives part / whole as a decimal of four places, rounded down so that 1 means all of it; "" when there is no whole.
func ShareOf(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	if part <= 0 {
		return "0.0000"
	}
	tenThousandths := part/whole*10_000 + part%whole*10_000/whole
	return fmt.Sprintf("%d.%04d", tenThousandths/10_000, tenThousandths%10_000)
}
