package money

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"steward/domain/calendar"
)

// Order is a community's rule for splitting a payment whose payer has named nothing.
type Order string

// The orders.
const (
	// OrderLaw is 民法典 560: due before not due, the heavier burden first, then the older, then pro rata. Security is the
	// same for all debts of this kind and drops out.
	OrderLaw Order = "law"
	// OrderOldestDue takes one bill after the other by due date, for communities where all debts are alike.
	OrderOldestDue Order = "oldest_due"
)

// OpenBill is a bill as far as allocation needs to know it.
type OpenBill struct {
	ID           string
	UnitID       string
	DueOn        calendar.Date
	UnpaidFen    int64
	LateFeeFen   int64 // what a payment of this day can settle of the bill's late fee
	LateFeeFirst bool  // within this bill the late fee is settled before the principal
	BearsLateFee bool  // the heavier burden: it would go on growing
	Disputed     bool  // taken last, unless the payer names it
}

// owedFen is what a payment can settle of the bill.
func (b OpenBill) owedFen() int64 { return max(b.UnpaidFen, 0) + max(b.LateFeeFen, 0) }

// divide splits what the bill gets over its principal and its late fee.
func (b OpenBill) divide(fen int64) Allocation {
	a := Allocation{BillID: b.ID}
	if b.LateFeeFirst {
		a.LateFeeFen = min(fen, max(b.LateFeeFen, 0))
		a.PrincipalFen = fen - a.LateFeeFen
	} else {
		a.PrincipalFen = min(fen, max(b.UnpaidFen, 0))
		a.LateFeeFen = fen - a.PrincipalFen
	}
	return a
}

// Allocation is the part of a payment that one bill gets.
type Allocation struct {
	BillID       string `json:"bill_id"`
	PrincipalFen int64  `json:"principal_fen"`
	LateFeeFen   int64  `json:"late_fee_fen"`
}

// Allocate splits an amount over open bills: those that the payer names, in the payer's order, then the rest by the
// community's order on the day today. A bill is settled with its late fee before the next one gets anything; within the bill
// its own order counts (民法典 560 ranks the debts, 561 what belongs to one of them). It gives nothing to a bill beyond what is
// unpaid; restFen is what no bill took.
// Ids in named that are not among the bills are passed over. The answer depends on nothing but the arguments, and not on
// the order of bills.
func Allocate(amountFen int64, bills []OpenBill, order Order, named []string, today calendar.Date) (allocations []Allocation, restFen int64) {
	restFen = max(amountFen, 0)
	open := make([]OpenBill, 0, len(bills))
	for _, b := range bills {
		if b.owedFen() > 0 {
			open = append(open, b)
		}
	}
	for _, id := range named {
		i := slices.IndexFunc(open, func(b OpenBill) bool { return b.ID == id })
		if i < 0 {
			continue
		}
		allocations, restFen = take(allocations, open[i], min(restFen, open[i].owedFen()), restFen)
		open = slices.Delete(open, i, i+1)
	}
	compare := ranking(order, today)
	slices.SortFunc(open, func(a, b OpenBill) int { return cmp.Or(compare(a, b), strings.Compare(a.ID, b.ID)) })
	for len(open) > 0 && restFen > 0 {
		n := 1
		for order != OrderOldestDue && n < len(open) && compare(open[0], open[n]) == 0 {
			n++
		}
		for i, share := range proRata(restFen, open[:n]) {
			allocations, restFen = take(allocations, open[i], share, restFen)
		}
		open = open[n:]
	}
	return allocations, restFen
}

func take(allocations []Allocation, b OpenBill, fen, restFen int64) ([]Allocation, int64) {
	if fen == 0 {
		return allocations, restFen
	}
	return append(allocations, b.divide(fen)), restFen - fen
}

func ranking(order Order, today calendar.Date) func(a, b OpenBill) int {
	byDueDate := func(a, b OpenBill) int { return a.DueOn.At(0, 0).Compare(b.DueOn.At(0, 0)) }
	if order == OrderOldestDue {
		return func(a, b OpenBill) int { return cmp.Or(falseFirst(a.Disputed, b.Disputed), byDueDate(a, b)) }
	}
	return func(a, b OpenBill) int {
		return cmp.Or(
			falseFirst(a.Disputed, b.Disputed),
			falseFirst(a.DueOn.After(today), b.DueOn.After(today)),
			falseFirst(!a.BearsLateFee, !b.BearsLateFee),
			byDueDate(a, b),
		)
	}
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// proRata splits fen over bills of one rank by what is owed on them. The fen that division leaves over go to the largest
// remainders, the smaller id first.
func proRata(fen int64, bills []OpenBill) []int64 {
	shares := make([]int64, len(bills))
	var sum int64
	for _, b := range bills {
		sum += b.owedFen()
	}
	if fen >= sum {
		for i, b := range bills {
			shares[i] = b.owedFen()
		}
		return shares
	}
	remainders, left := make([]uint64, len(bills)), fen
	for i, b := range bills {
		hi, lo := bits.Mul64(uint64(fen), uint64(b.owedFen()))
		q, r := bits.Div64(hi, lo, uint64(sum)) // hi < sum because fen < sum
		shares[i], remainders[i] = int64(q), r
		left -= shares[i]
	}
	byRemainder := make([]int, len(bills))
	for i := range byRemainder {
		byRemainder[i] = i
	}
	slices.SortStableFunc(byRemainder, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	for _, i := range byRemainder[:left] {
		shares[i]++
	}
	return shares
}
