package money

import (
	"regexp"
	"time"

	"steward/domain/refusal"
)

// BookKind is what a receipt book is made of.
type BookKind string

// The kinds of books. A community has one electronic book, without end, and any number of paper ones.
const (
	BookElectronic BookKind = "electronic"
	BookPaper      BookKind = "paper"
)

// BookStatus is where a receipt book stands.
type BookStatus string

// The statuses of a book. Only an open one gives numbers.
const (
	BookOpen   BookStatus = "open"
	BookUsedUp BookStatus = "used_up"
	BookClosed BookStatus = "closed"
)

// ReceiptBook hands out gapless receipt numbers. LastNo is nil for the electronic book, LeftNos how many a paper one has
// left.
type ReceiptBook struct {
	ID          string           `json:"id"`
	CommunityID string           `json:"community_id"`
	Code        string           `json:"code"`
	Kind        BookKind         `json:"kind"`
	Status      BookStatus       `json:"status"`
	FirstNo     int64            `json:"first_no"`
	LastNo      *int64           `json:"last_no,omitempty"`
	NextNo      int64            `json:"next_no"`
	LeftNos     *int64           `json:"left_nos,omitempty"`
	Spoiled     []SpoiledReceipt `json:"spoiled,omitempty"`
}

// SpoiledReceipt is a paper number that never became a receipt.
type SpoiledReceipt struct {
	No        int64     `json:"no"`
	DisplayNo string    `json:"display_no"`
	Reason    string    `json:"reason"`
	MadeBy    string    `json:"made_by"`
	MadeAt    time.Time `json:"made_at"`
}

// NewReceiptBook is a paper book to be used: its printed code and numbers.
type NewReceiptBook struct {
	CommunityID string
	Code        string
	FirstNo     int64
	LastNo      int64
}

const (
	maxReceiptNo = 99_999_999
	maxBookNos   = 100_000
)

var bookCode = regexp.MustCompile(`^[A-Z0-9]{0,11}[A-Z][A-Z0-9]{0,11}$`)

// Check refuses a book that cannot be. The code holds a letter, so that it is never an electronic book's.
func (b NewReceiptBook) Check() error {
	switch {
	case len(b.Code) > 12 || !bookCode.MatchString(b.Code):
		return refusal.New(refusal.Rule, "book-code-malformed", "票据册编号请用 1–12 位大写字母和数字，且至少含一个字母，例如 A2026。").
			At("code", "编号格式不正确", b.Code)
	case b.FirstNo < 1 || b.FirstNo > maxReceiptNo:
		return refusal.New(refusal.Rule, "first-no-malformed", "起始号应在 1 到 %d 之间，请按票据上印的号码填写。", maxReceiptNo).At("first_no", "起始号不正确", b.FirstNo)
	case b.LastNo < b.FirstNo || b.LastNo > maxReceiptNo:
		return refusal.New(refusal.Rule, "last-no-malformed", "终止号不能小于起始号，也不能超过 %d，请按票据上印的号码填写。", maxReceiptNo).At("last_no", "终止号不正确", b.LastNo)
	case b.LastNo-b.FirstNo >= maxBookNos:
		return refusal.New(refusal.Rule, "book-too-large", "一册票据最多 %d 张，请分册登记。", maxBookNos).At("last_no", "号码过多", b.LastNo)
	}
	return nil
}
