package money

import (
	"slices"
	"time"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// ShiftStatus is where a cashier's shift stands.
type ShiftStatus string

// The statuses of a shift. A closed one is final.
const (
	ShiftOpen   ShiftStatus = "open"
	ShiftClosed ShiftStatus = "closed"
)

// Shift is a cashier's time at the desk of one community. ExpectedFen is what should lie in the drawer: the float and the
// cash taken, less the cash given back. DifferenceFen is what was counted less that; a shortage is negative.
type Shift struct {
	ID            string         `json:"id"`
	CommunityID   string         `json:"community_id"`
	Community     string         `json:"community"`
	No            int            `json:"no"`
	SlipNo        string         `json:"slip_no"` // of the pay-in slip (交款单)
	CashierID     string         `json:"cashier_id"`
	Cashier       string         `json:"cashier"`
	Status        ShiftStatus    `json:"status"`
	BookID        string         `json:"receipt_book_id,omitempty"`
	Book          string         `json:"receipt_book,omitempty"`
	FloatFen      int64          `json:"float_fen"`
	CashInFen     int64          `json:"cash_in_fen"`
	CashOutFen    int64          `json:"cash_out_fen"`
	ExpectedFen   int64          `json:"expected_fen"`
	CountedFen    *int64         `json:"counted_fen,omitempty"`
	DifferenceFen *int64         `json:"difference_fen,omitempty"`
	PayInFen      *int64         `json:"pay_in_fen,omitempty"` // counted less the float that stays in the drawer
	Denominations []Denomination `json:"denominations,omitempty"`
	Takings       []Taking       `json:"takings"`
	OpenedAt      time.Time      `json:"opened_at"`
	ClosedAt      *time.Time     `json:"closed_at,omitempty"`
	Note          string         `json:"note,omitempty"`
	Version       int            `json:"version"`
}

// Denomination is how many pieces of one note or coin were counted.
type Denomination struct {
	FaceFen int64 `json:"face_fen" doc:"10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2 or 1."`
	Pieces  int64 `json:"pieces"`
}

// Taking is what a shift took by one method and channel. BackFen is what was reversed or paid back.
type Taking struct {
	Method   string `json:"method"`
	Channel  string `json:"channel"`
	Payments int    `json:"payments"`
	InFen    int64  `json:"in_fen"`
	BackFen  int64  `json:"back_fen"`
}

// NewShift is a shift to be opened.
type NewShift struct {
	CommunityID string
	FloatFen    int64
	BookID      string
}

// CloseShift is what the cashier counted.
type CloseShift struct {
	CommunityID   string
	CountedFen    int64
	Denominations []Denomination
	Note          string
}

var faces = []int64{10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1}

const (
	maxDrawerFen = 10_000_000_000
	maxPieces    = 1_000_000
	maxNote      = 500
)

// Check refuses an amount that is no drawer's.
func (n NewShift) Check() error {
	if n.FloatFen < 0 || n.FloatFen > maxDrawerFen {
		return refusal.New(refusal.Rule, "float-malformed", "备用金不能为负，也不能超过 %s。", Format(maxDrawerFen)).At("float_fen", "备用金不正确", n.FloatFen)
	}
	return nil
}

// Check refuses a count that does not add up.
func (c CloseShift) Check() error {
	if c.CountedFen < 0 || c.CountedFen > maxDrawerFen {
		return refusal.New(refusal.Rule, "counted-malformed", "清点金额不能为负，也不能超过 %s。", Format(maxDrawerFen)).At("counted_fen", "清点金额不正确", c.CountedFen)
	}
	if len([]rune(c.Note)) > maxNote {
		return refusal.New(refusal.Rule, "note-too-long", "备注不能超过 %d 个字。", maxNote).At("note", "备注过长", nil)
	}
	var sum int64
	seen := map[int64]bool{}
	for _, d := range c.Denominations {
		switch {
		case !slices.Contains(faces, d.FaceFen) || seen[d.FaceFen]:
			return refusal.New(refusal.Rule, "denomination-unknown", "面额 %s 不是人民币面额，或重复填写。", Format(d.FaceFen)).At("denominations", "面额不正确", d.FaceFen)
		case d.Pieces < 0 || d.Pieces > maxPieces:
			return refusal.New(refusal.Rule, "pieces-malformed", "面额 %s 的张数不正确。", Format(d.FaceFen)).At("denominations", "张数不正确", d.Pieces)
		}
		seen[d.FaceFen] = true
		sum += d.FaceFen * d.Pieces
	}
	if len(c.Denominations) > 0 && sum != c.CountedFen {
		return refusal.New(refusal.Rule, "count-differs", "按面额清点合计 %s，与填写的清点金额 %s 不一致，请核对。", Format(sum), Format(c.CountedFen)).
			At("counted_fen", "与面额合计不一致", c.CountedFen)
	}
	return nil
}

// ShiftFilter narrows a list of shifts; empty fields do not. Date is the day of opening in China; Mine leaves the caller's.
type ShiftFilter struct {
	CommunityID string
	Status      ShiftStatus
	Date        calendar.Date
	Mine        bool
}
