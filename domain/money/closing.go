package money

import (
	"slices"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// ClosingKind is what was closed.
type ClosingKind string

// The kinds of closings.
const (
	ClosingDay   ClosingKind = "day"
	ClosingMonth ClosingKind = "month"
)

// NewClosing asks to close a day or a month of a community. CountedFen is the cash that was counted in the drawer, Counted
// what was counted or read off for single channels.
type NewClosing struct {
	CommunityID string
	Day         calendar.Date
	Month       string // YYYY-MM
	CountedFen  *int64
	Counted     []CountedChannel
	Note        string
}

// CountedChannel is what a person counted, or read off a statement, for one channel.
type CountedChannel struct {
	Channel    string `json:"channel" maxLength:"32"`
	CountedFen int64  `json:"counted_fen"`
}

// Closing is a closed day or month with its figures as they were then.
type Closing struct {
	ID          string        `json:"id"`
	CommunityID string        `json:"community_id"`
	Kind        ClosingKind   `json:"kind"`
	Day         calendar.Date `json:"day,omitzero"`
	Month       string        `json:"month,omitempty"`
	From        calendar.Date `json:"from"`
	Through     calendar.Date `json:"through"`
	ClosingFigures
	Note     string    `json:"note,omitempty"`
	ClosedBy string    `json:"closed_by"`
	ClosedAt time.Time `json:"closed_at"`
}

// Name fills Day or Month from the kind and the days.
func (c *Closing) Name() {
	if c.Kind == ClosingMonth {
		c.Month = c.From.String()[:len("2006-01")]
		return
	}
	c.Day = c.Through
}

// ClosingFigures are what a closing keeps. Expected amounts come from the books: what was booked on the cash account of each
// channel on the closed days. Receivables and the advances are of months only.
type ClosingFigures struct {
	Channels          []ChannelTakings `json:"channels"`
	Cash              CashCount        `json:"cash"`
	ExpectedFen       int64            `json:"expected_fen"`
	CountedFen        *int64           `json:"counted_fen,omitempty"`
	DifferenceFen     *int64           `json:"difference_fen,omitempty"`
	Payments          int              `json:"payments"`
	PaymentsFen       int64            `json:"payments_fen"`
	Reversals         int              `json:"reversals"`
	ReversalsFen      int64            `json:"reversals_fen"`
	Refunds           int              `json:"refunds"`
	RefundsFen        int64            `json:"refunds_fen"`
	ReceiptsIssued    int              `json:"receipts_issued"`
	ReceiptsVoid      int              `json:"receipts_void"`
	SuspenseInFen     int64            `json:"suspense_in_fen"`
	SuspenseOutFen    int64            `json:"suspense_out_fen"`
	LateFeesFen       int64            `json:"late_fees_fen"`
	AlsoClosed        []DayTotal       `json:"also_closed"`
	Receivables       []ReceivableRoll `json:"receivables,omitempty"`
	AdvanceOpeningFen int64            `json:"advance_opening_fen,omitempty"`
	AdvanceClosingFen int64            `json:"advance_closing_fen,omitempty"`
	Warnings          []ClosingWarning `json:"warnings"`
}

// ChannelTakings is one channel of a closing: what came in and went out by it, and what was counted.
type ChannelTakings struct {
	Channel       string `json:"channel"`
	ReceivedFen   int64  `json:"received_fen"`
	ReversedFen   int64  `json:"reversed_fen"`
	RefundedFen   int64  `json:"refunded_fen"`
	SuspenseFen   int64  `json:"suspense_fen"`
	ExpectedFen   int64  `json:"expected_fen"`
	CountedFen    *int64 `json:"counted_fen,omitempty"`
	DifferenceFen *int64 `json:"difference_fen,omitempty"`
}

// CashCount compares the drawer with what was taken and handed out in cash, over all channels.
type CashCount struct {
	ExpectedFen   int64  `json:"expected_fen"`
	CountedFen    *int64 `json:"counted_fen,omitempty"`
	DifferenceFen *int64 `json:"difference_fen,omitempty"`
}

// DayTotal is an earlier day that was still open and is closed with this one.
type DayTotal struct {
	Day         calendar.Date `json:"day" db:"day"`
	ExpectedFen int64         `json:"expected_fen" db:"expected_fen"`
	Payments    int           `json:"payments" db:"payments"`
}

// ReceivableRoll is how what is owed for one fee item moved in a month: opening + issued + adjusted - waived - paid is
// closing.
type ReceivableRoll struct {
	FeeItemID   string `json:"fee_item_id" db:"fee_item_id"`
	FeeItem     string `json:"fee_item" db:"fee_item"`
	OpeningFen  int64  `json:"opening_fen" db:"opening_fen"`
	IssuedFen   int64  `json:"issued_fen" db:"issued_fen"`
	AdjustedFen int64  `json:"adjusted_fen" db:"adjusted_fen"`
	WaivedFen   int64  `json:"waived_fen" db:"waived_fen"`
	PaidFen     int64  `json:"paid_fen" db:"paid_fen"`
	ClosingFen  int64  `json:"closing_fen" db:"closing_fen"`
}

// ClosingWarning is what a closing points out without being refused.
type ClosingWarning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// CashMovement is what was booked on one channel's cash account on one day by one kind of entry and method of payment.
type CashMovement struct {
	Day       calendar.Date `json:"day" db:"day"`
	Channel   string        `json:"channel" db:"channel"`
	Kind      string        `json:"kind" db:"kind"`
	Method    string        `json:"method" db:"method"`
	Number    int           `json:"number" db:"number"`
	AmountFen int64         `json:"amount_fen" db:"amount_fen"`
}

// MethodCash is the method of payments in notes and coins.
const MethodCash = "cash"

// Reckon adds movements up by channel and compares them with what was counted. A channel that was counted without having
// moved is expected to hold nothing.
func Reckon(moves []CashMovement, drawerFen *int64, counted []CountedChannel) ClosingFigures {
	f := ClosingFigures{Channels: []ChannelTakings{}, AlsoClosed: []DayTotal{}, Warnings: []ClosingWarning{}}
	byChannel, cashIn := map[string]*ChannelTakings{}, map[string]bool{}
	channel := func(name string) *ChannelTakings {
		if byChannel[name] == nil {
			byChannel[name] = &ChannelTakings{Channel: name}
		}
		return byChannel[name]
	}
	for _, m := range moves {
		c := channel(m.Channel)
		switch m.Kind {
		case EntryPayment:
			c.ReceivedFen += m.AmountFen
		case EntryReversal:
			c.ReversedFen -= m.AmountFen
		case EntryPaidOut:
			c.RefundedFen -= m.AmountFen
			f.Refunds += m.Number
		default:
			c.SuspenseFen += m.AmountFen
		}
		c.ExpectedFen += m.AmountFen
		f.ExpectedFen += m.AmountFen
		if m.Method == MethodCash {
			f.Cash.ExpectedFen += m.AmountFen
			cashIn[m.Channel] = true
		}
	}
	if drawerFen != nil {
		f.Cash.CountedFen, f.Cash.DifferenceFen = drawerFen, difference(*drawerFen, f.Cash.ExpectedFen)
		for name := range cashIn {
			if c := byChannel[name]; len(cashIn) == 1 && c.ExpectedFen == f.Cash.ExpectedFen {
				c.count(*drawerFen)
			}
		}
	}
	for _, c := range counted {
		channel(c.Channel).count(c.CountedFen)
	}
	for _, c := range byChannel {
		f.Channels = append(f.Channels, *c)
		f.RefundsFen += c.RefundedFen
	}
	slices.SortFunc(f.Channels, func(a, b ChannelTakings) int { return strings.Compare(a.Channel, b.Channel) })
	f.sumCounted()
	return f
}

// sumCounted gives what was counted in all, once every channel that moved was.
func (f *ClosingFigures) sumCounted() {
	var sum int64
	n := 0
	for _, c := range f.Channels {
		if c.CountedFen != nil {
			sum += *c.CountedFen
			n++
		} else if c.ExpectedFen != 0 {
			n = 0
			break
		}
	}
	switch {
	case n > 0:
		f.CountedFen, f.DifferenceFen = &sum, difference(sum, f.ExpectedFen)
	case f.Cash.CountedFen != nil:
		f.CountedFen, f.DifferenceFen = f.Cash.CountedFen, f.Cash.DifferenceFen
	}
}

func (c *ChannelTakings) count(fen int64) {
	c.CountedFen, c.DifferenceFen = &fen, difference(fen, c.ExpectedFen)
}

func difference(countedFen, expectedFen int64) *int64 {
	d := countedFen - expectedFen
	return &d
}

const maxCountedChannels = 50

// Period gives the kind and the days that are to be closed; today is the business day. What is not over yet is refused.
func (n NewClosing) Period(today calendar.Date) (kind ClosingKind, from, through calendar.Date, err error) {
	if (n.Month == "") == n.Day.IsZero() {
		return "", from, through, refusal.New(refusal.Rule, "day-or-month-needed", "请填写要结账的日期或月份，只填一项。").At("day", "请填写日期或月份其中一项", nil)
	}
	if n.Month == "" {
		if n.Day.After(today) {
			return "", from, through, refusal.New(refusal.Rule, "day-in-future", "不能为还没有到的日期结账，今天是 %s。", today).At("day", "日期不能在将来", n.Day)
		}
		return ClosingDay, n.Day, n.Day, nil
	}
	from, through, ok := monthDays(n.Month)
	if !ok {
		return "", from, through, refusal.New(refusal.Rule, "month-malformed", "月份格式不正确，请写成 2026-01 这样的形式。").At("month", "月份格式不正确", n.Month)
	}
	if through.After(today) {
		return "", from, through, refusal.New(refusal.Rule, "month-not-over", "%s 还没有结束，最早可在 %s 月结。", n.Month, through).At("month", "该月还没有结束", n.Month)
	}
	return ClosingMonth, from, through, nil
}

// Check refuses amounts and channels that cannot have been counted.
func (n NewClosing) Check() error {
	if n.CommunityID == "" {
		return refusal.New(refusal.Rule, "community-needed", "请选择要结账的小区。").At("community_id", "请选择小区", nil)
	}
	if n.CountedFen != nil && (*n.CountedFen < 0 || !countable(*n.CountedFen)) {
		return refusal.New(refusal.Rule, "counted-malformed", "实点金额不能小于零，也不能超过系统支持的最大金额。").At("counted_fen", "实点金额不正确", *n.CountedFen)
	}
	if len(n.Counted) > maxCountedChannels {
		return refusal.New(refusal.Rule, "counted-malformed", "最多填写 %d 个渠道的实点金额。", maxCountedChannels).At("counted", "渠道过多", len(n.Counted))
	}
	seen := map[string]bool{}
	for _, c := range n.Counted {
		switch {
		case !channelForm.MatchString(c.Channel) || seen[c.Channel]:
			return refusal.New(refusal.Rule, "counted-malformed", "实点金额里的渠道不正确或重复，请核对后重试。").At("counted", "渠道不正确或重复", c.Channel)
		case !countable(c.CountedFen):
			return refusal.New(refusal.Rule, "counted-malformed", "渠道“%s”的实点金额不正确，请核对后重试。", c.Channel).At("counted", "实点金额不正确", c.CountedFen)
		}
		seen[c.Channel] = true
	}
	return nil
}

// maxCountedFen is a hundred billion yuan.
const maxCountedFen = 10_000_000_000_000

// countable keeps a counted amount within reason. A channel that paid out more than it took is below zero, a drawer never.
func countable(fen int64) bool { return fen >= -maxCountedFen && fen <= maxCountedFen }

// monthDays gives the first and the last day of a month written YYYY-MM.
func monthDays(month string) (first, last calendar.Date, ok bool) {
	t, err := time.Parse("2006-01", month)
	if err != nil || t.Year() < earliest.Year() {
		return first, last, false
	}
	first = calendar.Date{Year: t.Year(), Month: t.Month(), Day: 1}
	end := t.AddDate(0, 1, -1)
	return first, calendar.Date{Year: end.Year(), Month: end.Month(), Day: end.Day()}, true
}
