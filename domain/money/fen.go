// Package money holds the rules of bills, payments and the books: amounts in fen, double entry that cannot be out of
// balance, and how a payment is split over debts. Nothing here does I/O.
package money

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"steward/domain/refusal"
)

// MaxFen bounds one amount: ten billion yuan. Sums of many such amounts still fit an int64.
const MaxFen = 1_000_000_000_000

// Format prints an amount for people: ¥1,234.50, -¥0.05.
func Format(fen int64) string {
	sign, abs := "", uint64(fen)
	if fen < 0 {
		sign, abs = "-", uint64(-(fen+1))+1
	}
	yuan := strconv.FormatUint(abs/100, 10)
	var b strings.Builder
	for i, r := range yuan {
		if i > 0 && (len(yuan)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return fmt.Sprintf("%s¥%s.%02d", sign, b.String(), abs%100)
}

// ParseYuan reads an amount in yuan the way people type it (1,234.50, ¥88, 88元, full-width digits) and gives fen. More
// than two decimals are refused unless they are zeros: an amount is never rounded silently.
func ParseYuan(text string) (int64, error) {
	t := strings.TrimSpace(norm.NFKC.String(text))
	t = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(t, "¥"), "￥")), "元")
	t = strings.TrimSpace(t)
	negative := strings.HasPrefix(t, "-")
	t = strings.TrimPrefix(t, "-")
	whole, fraction, _ := strings.Cut(t, ".")
	if strings.Contains(whole, ",") && !groupedByThree(whole) {
		return 0, notAnAmount(text)
	}
	whole = strings.ReplaceAll(whole, ",", "")
	fraction = strings.TrimRight(fraction, "0")
	if !digits(whole) || whole == "" || !digits(fraction) || len(whole) > 15 {
		return 0, notAnAmount(text)
	}
	if len(fraction) > 2 {
		return 0, refusal.New(refusal.Rule, "amount-too-precise", "金额“%s”超过两位小数，请精确到分。", clip(text))
	}
	fen, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	if err != nil {
		return 0, notAnAmount(text)
	}
	if negative {
		fen = -fen
	}
	return fen, nil
}

// CheckAmount refuses what cannot be the amount of a bill or a payment.
func CheckAmount(fen int64) error {
	switch {
	case fen <= 0:
		return refusal.New(refusal.Rule, "amount-not-positive", "金额必须大于 0 元。").At("amount_fen", "金额必须大于 0 元", fen)
	case fen > MaxFen:
		return refusal.New(refusal.Rule, "amount-too-large", "金额超过单笔上限 %s，请核对后重新填写。", Format(MaxFen)).
			At("amount_fen", "金额超过单笔上限", fen)
	}
	return nil
}

func notAnAmount(text string) error {
	return refusal.New(refusal.Rule, "amount-unreadable", "“%s”不是有效的金额，请填写数字，例如 1234.50。", clip(text))
}

func clip(text string) string {
	if utf8.RuneCountInString(text) <= 24 {
		return text
	}
	return string([]rune(text)[:24]) + "…"
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func groupedByThree(whole string) bool {
	parts := strings.Split(whole, ",")
	for i, p := range parts {
		if i == 0 && (len(p) < 1 || len(p) > 3) || i > 0 && len(p) != 3 {
			return false
		}
	}
	return true
}
