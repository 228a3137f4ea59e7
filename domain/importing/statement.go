package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"steward/domain/estate"
)

// StatementRow is one line of a bank's statement. Outgoing money is not taken. Derived tells that the bank gave no serial and
// ExternalNo was made from the line, so that the same line gets it again.
type StatementRow struct {
	Row        int       `json:"row"`
	PaidAt     time.Time `json:"paid_at"`
	AmountFen  int64     `json:"amount_fen"`
	Outgoing   bool      `json:"outgoing,omitempty"`
	Payer      string    `json:"payer,omitempty"`
	Note       string    `json:"note,omitempty"` // summary, remark, purpose and note, joined
	Channel    string    `json:"channel"`
	ExternalNo string    `json:"external_no"`
	Derived    bool      `json:"derived,omitempty"`
}

// The columns of a statement.
const (
	colPaidTime  = "paid_time"
	colPostedOn  = "posted_on"
	colCredit    = "credit"
	colDebit     = "debit"
	colDirection = "direction"
	colPayer     = "payer"
	colSummary   = "summary"
	colRemark    = "remark"
	colPurpose   = "purpose"
	colOtherNote = "other_note"
	colAccount   = "account"
)

// noteLimit is how much of each of a line's notes is read.
const noteLimit = 200

func takeStatement(r *Reading, in *row) func() {
	out := in.statement(r.now)
	if in.ok() && !out.Outgoing {
		r.identifyStatement(in, &out)
	}
	return func() { r.result.Good.Statements = append(r.result.Good.Statements, out) }
}

func (r *row) statement(now time.Time) StatementRow {
	out := StatementRow{Row: r.line.No, Payer: r.text(colPayer, nameLimit*2), ExternalNo: strings.ReplaceAll(r.text(colExternalNo, 80), " ", "")}
	out.PaidAt = r.neededInstant(r.dateColumn())
	if out.PaidAt.After(now) {
		r.fault(r.dateColumn(), faultf("date-in-future", "交易日期晚于现在，请核对。"))
	}
	if out.PaidAt.Year() > 1 && out.PaidAt.Year() < 2000 {
		r.fault(r.dateColumn(), faultf("date-absurd", "交易日期早于 2000 年，请核对。"))
	}
	out.AmountFen, out.Outgoing = r.incoming()
	var notes []string
	for _, key := range []string{colRemark, colPurpose, colOtherNote, colSummary} {
		if text := r.text(key, noteLimit); text != "" && !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	out.Note = strings.Join(notes, "；")
	out.Channel = r.bankChannel()
	return out
}

// dateColumn is where the line says when: by day, by instant, or when the bank wrote it down.
func (r *row) dateColumn() string {
	for _, key := range []string{colPaidAt, colPaidTime, colPostedOn} {
		if r.has(key) && r.peek(key) != "" {
			return key
		}
	}
	for _, key := range []string{colPaidAt, colPaidTime} {
		if r.has(key) {
			return key
		}
	}
	return colPostedOn
}

// incoming reads what came in. Outgoing is a line with a debit, a negative amount, or one that is marked as such.
func (r *row) incoming() (fen int64, outgoing bool) {
	if v, ok := number(r.peek(colDebit)); ok && !v.IsZero() && (r.peek(colCredit) == "" || isZero(r.peek(colCredit))) {
		return magnitude(v), true
	}
	key := colCredit
	if !r.has(colCredit) || r.peek(colCredit) == "" && r.has(colAmount) {
		key = colAmount
	}
	switch strings.ToUpper(estate.Fold(r.peek(colDirection))) {
	case "借", "支", "支出", "D", "借方", "转出", "支取", "付款", "往账":
		v, _ := number(r.peek(key))
		return magnitude(v), true
	}
	if v, ok := number(r.peek(key)); ok && v.IsNegative() {
		return magnitude(v), true
	}
	return r.amount(key), false
}

// magnitude is the size of what went out, for showing it.
func magnitude(yuan decimal.Decimal) int64 {
	if fen := yuan.Abs().Shift(2).Truncate(0); fen.LessThan(decimal.NewFromInt(maxAmountFen)) {
		return fen.IntPart()
	}
	return maxAmountFen
}

func isZero(s string) bool {
	v, ok := number(s)
	return ok && v.IsZero()
}

// bankChannel is the channel that an own account is: bank and the last four digits, never the whole number.
func (r *row) bankChannel() string {
	if c := r.text(colChannel, 24); c != "" {
		return asciiName(c)
	}
	var digits []byte
	for _, c := range []byte(r.text(colAccount, cellLimit)) {
		if c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	if len(digits) < 4 {
		return "bank"
	}
	return "bank:" + string(digits[len(digits)-4:])
}

// identifyStatement settles a line's serial: the bank's own, or one made from the line.
func (r *Reading) identifyStatement(in *row, s *StatementRow) {
	if s.ExternalNo != "" {
		r.once(in, colExternalNo, s.Channel+"|"+s.ExternalNo)
		return
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%s|%s", s.Channel, s.PaidAt.UTC().Format(time.RFC3339), s.AmountFen, estate.NameKey(s.Payer), estate.NameKey(s.Note)))
	base := "line-" + hex.EncodeToString(sum[:16])
	r.nth[base]++
	s.ExternalNo, s.Derived = fmt.Sprintf("%s-%d", base, r.nth[base]), true
}
