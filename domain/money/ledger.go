package money

import (
	"errors"
	"fmt"
	"time"
)

// Account is one account of the books. A debit is positive, a credit negative.
type Account string

// The accounts. Cash has one for each channel.
const (
	Receivable Account = "receivable" // what debtors owe, by bill
	Revenue    Account = "revenue"    // what was billed
	Advance    Account = "advance"    // what debtors have paid and no bill has used yet
	Suspense   Account = "suspense"   // 待认领款: money that matches nobody yet
	LateFee    Account = "late-fee"   // late fees, booked when they are paid
	Waived     Account = "waived"     // what was billed and waived, small change included; kept apart from revenue
	Deposit    Account = "deposit"    // deposits and bonds: owed back, no revenue
	Refunding  Account = "refunding"  // approved to be given back and not handed out yet
)

// Cash is the account of money taken through a channel.
func Cash(channel string) Account { return Account("cash:" + channel) }

// Kinds of ledger entries.
const (
	EntryIssue    = "bills-issued"
	EntryVoid     = "bills-voided"
	EntryPayment  = "payment"
	EntryOffset   = "advance-offset"
	EntryReversal = "reversal"
	EntrySuspense = "suspense"
	EntryAdjust   = "adjustment"
	EntryWaiver   = "waiver"
	EntryRelease  = "released"    // off a bill, back to what its payer has left
	EntryRefund   = "refund"      // from an advance or a deposit to refunding
	EntryPaidOut  = "refund-paid" // from refunding to the channel's cash
)

// EntryHead says what an entry is about. OccurredAt is when it is booked: the value date's instant while its
// day is open, else later. PostedAt is when it was written.
type EntryHead struct {
	ID          string
	CommunityID string // "" for money that belongs to no community yet
	Kind        string
	SubjectKind string
	SubjectID   string
	OccurredAt  time.Time
	PostedAt    time.Time
	PostedBy    string
	ReversesID  string
}

// Posting is one line of an entry.
type Posting struct {
	Account   Account
	DebtorID  string
	BillID    string
	AmountFen int64
}

// Entry is a set of postings that sums to zero. It can only be made by NewEntry and Mirror, so an unbalanced one does not
// exist.
type Entry struct {
	head     EntryHead
	postings []Posting
}

// ErrUnbalanced is what NewEntry answers for postings that are not an entry.
var ErrUnbalanced = errors.New("ledger entry does not balance")

// NewEntry checks that there are at least two postings, none of them zero, and that they sum to zero.
func NewEntry(head EntryHead, postings ...Posting) (Entry, error) {
	if len(postings) < 2 {
		return Entry{}, fmt.Errorf("%w: %d postings", ErrUnbalanced, len(postings))
	}
	var sum int64
	for _, p := range postings {
		if p.AmountFen == 0 {
			return Entry{}, fmt.Errorf("%w: a posting of zero on %s", ErrUnbalanced, p.Account)
		}
		next := sum + p.AmountFen
		if (p.AmountFen > 0) != (next > sum) {
			return Entry{}, fmt.Errorf("%w: the sum overflows", ErrUnbalanced)
		}
		sum = next
	}
	if sum != 0 {
		return Entry{}, fmt.Errorf("%w: the sum is %d fen", ErrUnbalanced, sum)
	}
	return Entry{head: head, postings: append([]Posting(nil), postings...)}, nil
}

// Mirror is the entry that takes this one back. The new head says by whom and when.
func (e Entry) Mirror(head EntryHead) Entry {
	head.ReversesID = e.head.ID
	head.CommunityID = e.head.CommunityID
	m := Entry{head: head, postings: make([]Posting, len(e.postings))}
	for i, p := range e.postings {
		p.AmountFen = -p.AmountFen
		m.postings[i] = p
	}
	return m
}

// Head gives what the entry is about.
func (e Entry) Head() EntryHead { return e.head }

// Postings gives a copy of the lines.
func (e Entry) Postings() []Posting { return append([]Posting(nil), e.postings...) }
